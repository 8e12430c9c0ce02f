{{ config(materialized='table') }}

-- Weighted sums of the answers to each item of the index. An item without any answer has no row: it leaves, and the
-- weights of the others are taken over their own sum.
select
    a.year,
    a.agency_id,
    a.questionnaire_id,
    a.questionnaire_version,
    i.factor_code,
    a.item_code,
    i.weight as item_weight,
    i.lowest,
    i.highest,
    i.satisfied_from,
    {{ exact_sum('a.weight * a.n_answers') }} as w_answers,
    {{ exact_sum('a.weight * a.n_answers * ' ~ on_five('a.answer', 'i')) }} as w_answer_sum,
    {{ exact_sum('a.weight * case when a.answer >= i.satisfied_from then a.n_answers else 0 end') }} as w_satisfied
from {{ ref('int_survey_answer_counts') }} as a
inner join {{ ref('stg_questionnaire_items') }} as i
    on
        i.is_in_index
        and a.questionnaire_id = i.questionnaire_id
        and a.questionnaire_version = i.questionnaire_version
        and a.item_code = i.item_code
where a.answer is not null
group by
    a.year,
    a.agency_id,
    a.questionnaire_id,
    a.questionnaire_version,
    i.factor_code,
    a.item_code,
    i.weight,
    i.lowest,
    i.highest,
    i.satisfied_from
