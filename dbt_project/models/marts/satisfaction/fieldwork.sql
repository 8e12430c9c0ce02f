with shown as (
    select
        f.*,
        p.allpositive_note,
        p.icc_note,
        -- For few forms these figures would reveal single answers.
        case
            when f.n_valid >= f.n_min_publish then {{ percent('f.n_straight_line', 'f.n_valid') }}
        end as straight_line_pct,
        case when f.n_valid >= f.n_min_publish then {{ percent('f.n_all_top', 'f.n_valid') }} end as all_top_pct,
        case when q.n_complete >= f.n_min_publish then q.cronbach_alpha end as cronbach_alpha,
        case when f.n_valid >= f.n_min_publish then q.investigator_icc end as investigator_icc
    from {{ ref('int_survey_fieldwork') }} as f
    inner join {{ ref('int_survey_policies') }} as p on f.year = p.year
    left join {{ source('methods', 'survey_quality') }} as q
        on
            f.year = q.year
            and f.agency_id = q.agency_id
            and f.questionnaire_id = q.questionnaire_id
            and f.questionnaire_version = q.questionnaire_version
            and q.factor_code = ''
)

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
    f.straight_line_pct,
    f.all_top_pct,
    f.cronbach_alpha,
    f.investigator_icc,
    {{ flag_list({
        'frame_exceeded': 'f.n_valid > coalesce(f.n_planned, f.n_valid)',
        'investigators_differ': 'coalesce(f.investigator_icc > f.icc_note, false)',
        'mostly_all_top': 'coalesce(f.all_top_pct > 100 * f.allpositive_note, false)',
        'not_framed': 'not f.is_framed',
        'several_questionnaires': 'f.n_questionnaires > 1',
    }) }} as flags,
    {{ run_stamp() }}
from shown as f
