{{ config(materialized='table') }}

-- The six index forms of methods §3.1, for the whole questionnaire (factor_code NULL) and for each factor.
-- numerator is NULL where the scale of an item does not carry the form: it is not 1 to 5, or nothing says which answers
-- count as satisfied.
with items as (
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        factor_code,
        item_code,
        item_weight,
        w_answers,
        w_answer_sum,
        w_satisfied
    from {{ ref('int_survey_item_scores') }}
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
    from {{ ref('int_survey_form_scopes') }}
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
