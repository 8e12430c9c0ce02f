{{ config(materialized='table') }}

-- The six index forms of methods §3.1, for the whole questionnaire (factor_code NULL) and for each factor.
-- Counts are taken per weight and answer before weights enter, so that half a million answers are only counted.
-- numerator is NULL where the scale of an item does not carry the form: it is not 1 to 5, or nothing says which answers
-- count as satisfied.
with answers as (
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        item_code,
        weight,
        answer,
        count(*) as n_answers
    from {{ ref('fct_survey_answer') }}
    where weight is not null and answer is not null
    group by year, agency_id, questionnaire_id, questionnaire_version, item_code, weight, answer
),

-- An item without any answer leaves, and the weights of the others are taken over their own sum.
items as (
    select
        a.year,
        a.agency_id,
        a.questionnaire_id,
        a.questionnaire_version,
        i.factor_code,
        a.item_code,
        i.weight as item_weight,
        {{ exact_sum('a.weight * a.n_answers') }} as w_answers,
        {{ exact_sum('a.weight * a.n_answers * ' ~ on_five('a.answer', 'i')) }} as w_answer_sum,
        {{ exact_sum('a.weight * case when a.answer >= i.satisfied_from then a.n_answers else 0 end') }} as w_satisfied
    from answers as a
    inner join {{ ref('stg_questionnaire_items') }} as i
        on
            i.is_in_index
            and a.questionnaire_id = i.questionnaire_id
            and a.questionnaire_version = i.questionnaire_version
            and a.item_code = i.item_code
    group by
        a.year, a.agency_id, a.questionnaire_id, a.questionnaire_version, i.factor_code, a.item_code, i.weight
),

item_scopes as (
    select * from items
    union all
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        null as factor_code,
        item_code,
        item_weight,
        w_answers,
        w_answer_sum,
        w_satisfied
    from items
),

by_item as (
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        factor_code,
        count(*) as n_items_answered,
        {{ exact_sum('item_weight') }} as v_sum,
        {{ exact_sum('item_weight * ' ~ ratio('w_answer_sum', 'w_answers')) }} as v_mean,
        {{ exact_sum('item_weight * ' ~ ratio('w_satisfied', 'w_answers')) }} as v_satisfied,
        {{ exact_sum('w_satisfied') }} as w_satisfied,
        {{ exact_sum('w_answers') }} as w_answers
    from item_scopes
    group by year, agency_id, questionnaire_id, questionnaire_version, factor_code
),

form_scopes as (
    select
        f.year,
        f.agency_id,
        f.questionnaire_id,
        f.questionnaire_version,
        p.factor_code,
        f.weight,
        p.weighted_answers,
        p.answered_weight,
        p.lowest_answer,
        p.n_unsatisfied
    from {{ ref('int_survey_form_factors') }} as p
    inner join {{ ref('int_survey_forms') }} as f on p.form_id = f.form_id and p.load_seq = f.load_seq
    where f.is_valid and p.factor_code is not null
    union all
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        null as factor_code,
        weight,
        weighted_answers,
        answered_weight,
        lowest_answer,
        n_unsatisfied
    from {{ ref('int_survey_forms') }}
    where is_valid
),

forms as (
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        factor_code,
        weight,
        count(*) as n_forms,
        count(case when n_unsatisfied = 0 then 1 end) as n_all_satisfied,
        {{ exact_sum(ratio('weighted_answers', 'answered_weight')) }} as mean_sum
    from form_scopes
    where lowest_answer is not null
    group by year, agency_id, questionnaire_id, questionnaire_version, factor_code, weight
),

by_form as (
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        factor_code,
        cast(sum(n_forms) as bigint) as n_valid,
        {{ exact_sum('weight * n_forms') }} as w_forms,
        {{ exact_sum('weight * mean_sum') }} as w_mean,
        {{ exact_sum('weight * n_all_satisfied') }} as w_all_satisfied
    from forms
    group by year, agency_id, questionnaire_id, questionnaire_version, factor_code
),

scaled as (
    select
        questionnaire_id,
        questionnaire_version,
        min(case when lowest = 1 and highest = 5 then 1 else 0 end) = 1 as is_of_five,
        min(case when satisfied_from is not null then 1 else 0 end) = 1 as has_satisfied
    from {{ ref('stg_questionnaire_items') }}
    where is_in_index
    group by questionnaire_id, questionnaire_version
),

index_forms as ({{ index_forms() }}
)

select
    i.year,
    i.agency_id,
    i.questionnaire_id,
    i.questionnaire_version,
    i.factor_code,
    x.index_form,
    f.n_valid,
    i.n_items_answered,
    case
        when x.index_form = 'mean_of_five' and not c.is_of_five then null
        when x.index_form in ('top2_weighted', 'top2_pooled', 'all_satisfied') and not c.has_satisfied then null
        when x.index_form = 'mean_minmax' then i.v_mean - i.v_sum
        when x.index_form = 'mean_of_five' then i.v_mean
        when x.index_form = 'top2_weighted' then i.v_satisfied
        when x.index_form = 'top2_pooled' then i.w_satisfied
        when x.index_form = 'respondent_mean' then f.w_mean - f.w_forms
        when x.index_form = 'all_satisfied' then f.w_all_satisfied
    end as numerator,
    case x.index_form
        when 'mean_minmax' then 4 * i.v_sum
        when 'mean_of_five' then 5 * i.v_sum
        when 'top2_weighted' then i.v_sum
        when 'top2_pooled' then i.w_answers
        when 'respondent_mean' then 4 * f.w_forms
        when 'all_satisfied' then f.w_forms
    end as denominator
from by_item as i
inner join by_form as f
    on
        i.year = f.year
        and i.agency_id = f.agency_id
        and i.questionnaire_id = f.questionnaire_id
        and i.questionnaire_version = f.questionnaire_version
        and coalesce(i.factor_code, '') = coalesce(f.factor_code, '')
inner join scaled as c
    on i.questionnaire_id = c.questionnaire_id and i.questionnaire_version = c.questionnaire_version
cross join index_forms as x
