-- The interviewer's pseudonym serves the correlation within interviewers (methods §3.8) alone: no published row has it.
select
    s.form_id,
    s.agency_id,
    s.questionnaire_id,
    s.questionnaire_version,
    s.interviewed_date,
    s.stratum,
    s.psu,
    s.form_weight,
    s.investigator_key,
    coalesce(s.sampling_basis, 'probability') as sampling_basis,
    s.item_code,
    s.answer,
    s.missing_reason,
    l.load_seq
from {{ landing('survey_responses') }} as s
inner join {{ ref('stg_current_loads') }} as l
    on s.load_id = l.load_id and l.source = 'survey_responses'
