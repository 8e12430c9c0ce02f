-- No personal data: neither respondent nor interviewer, and no free text.
select
    s.form_id,
    f.year,
    f.agency_id,
    f.questionnaire_id,
    f.questionnaire_version,
    s.item_code,
    cast(s.answer as integer) as answer,
    s.missing_reason,
    f.stratum,
    s.psu,
    f.weight,
    f.sampling_basis,
    {{ run_stamp() }}
from {{ ref('stg_survey_responses') }} as s
inner join {{ ref('int_survey_forms') }} as f on s.form_id = f.form_id and s.load_seq = f.load_seq
