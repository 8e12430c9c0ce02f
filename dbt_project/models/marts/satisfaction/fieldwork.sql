select
    f.year,
    f.agency_id,
    f.questionnaire_id,
    f.questionnaire_version,
    f.n_planned,
    f.n_issued,
    f.n_collected,
    f.n_valid,
    f.n_volunteer,
    -- For few forms these shares would reveal single answers.
    case
        when f.n_valid >= f.n_min_publish then {{ percent('f.n_straight_line', 'f.n_valid') }}
    end as straight_line_pct,
    case when f.n_valid >= f.n_min_publish then {{ percent('f.n_all_top', 'f.n_valid') }} end as all_top_pct,
    {{ flag_list({
        'frame_exceeded': 'f.n_valid > coalesce(f.n_planned, f.n_valid)',
        'not_framed': 'not f.is_framed',
        'several_questionnaires': 'f.n_questionnaires > 1',
    }) }} as flags,
    {{ run_stamp() }}
from {{ ref('int_survey_fieldwork') }} as f
