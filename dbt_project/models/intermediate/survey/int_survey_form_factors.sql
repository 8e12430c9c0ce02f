{{ config(materialized='table') }}

-- Every form as each load has it, by factor: the one pass over all answers before they are known to count. Answers are
-- read on the scale 1 to 5 (methods §3.1). factor_code NULL holds what is not in the index, so that a form without a
-- single answer is still a form.
select
    s.form_id,
    s.load_seq,
    case when i.is_in_index then i.factor_code end as factor_code,
    min(s.agency_id) as agency_id,
    min(s.questionnaire_id) as questionnaire_id,
    min(s.questionnaire_version) as questionnaire_version,
    min(s.interviewed_date) as interviewed_date,
    min(s.stratum) as stratum,
    min(s.psu) as psu,
    min(s.sampling_basis) as sampling_basis,
    min(s.form_weight) as form_weight,
    min(s.investigator_key) as investigator_key,
    count(case when i.is_in_index then s.answer end) as n_answered,
    count(case when i.is_in_index and s.answer < i.satisfied_from then 1 end) as n_unsatisfied,
    min(case when i.is_in_index then {{ on_five('s.answer', 'i') }} end) as lowest_answer,
    max(case when i.is_in_index then {{ on_five('s.answer', 'i') }} end) as highest_answer,
    {{ exact_sum('case when s.answer is not null then i.weight end') }} as answered_weight,
    {{ exact_sum(on_five('s.answer', 'i') ~ ' * i.weight') }} as weighted_answers,
    {{ exact_sum('case when i.is_in_index then ' ~ on_five('s.answer', 'i') ~ ' end') }} as answer_sum
from {{ ref('stg_survey_responses') }} as s
left join {{ ref('stg_questionnaire_items') }} as i
    on
        s.questionnaire_id = i.questionnaire_id
        and s.questionnaire_version = i.questionnaire_version
        and s.item_code = i.item_code
group by s.form_id, s.load_seq, case when i.is_in_index then i.factor_code end
