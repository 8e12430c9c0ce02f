-- What Cronbach's alpha needs (methods §3.8): of the forms that answer every index item, the variances of the items and
-- of their sum, for the whole index (factor_code '') and for each factor.
with items as (
    select
        questionnaire_id,
        questionnaire_version,
        factor_code,
        count(*) as n_items
    from {{ ref('stg_questionnaire_items') }}
    where is_in_index
    group by questionnaire_id, questionnaire_version, factor_code
),

scopes as (
    select * from items
    union all
    select
        questionnaire_id,
        questionnaire_version,
        cast(null as string) as factor_code,
        cast(sum(n_items) as bigint) as n_items
    from items
    group by questionnaire_id, questionnaire_version
),

complete as (
    select
        f.*,
        s.n_items
    from {{ ref('int_survey_form_scopes') }} as f
    inner join scopes as s
        on
            f.questionnaire_id = s.questionnaire_id
            and f.questionnaire_version = s.questionnaire_version
            and coalesce(f.factor_code, '') = coalesce(s.factor_code, '')
            and f.n_answered = s.n_items
),

totals as (
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        coalesce(factor_code, '') as factor_code,
        max(n_items) as n_items,
        count(*) as n_forms,
        case when count(*) > 1 then var_samp(answer_sum) end as total_variance
    from complete
    group by year, agency_id, questionnaire_id, questionnaire_version, coalesce(factor_code, '')
),

-- One pass over the answers serves both scopes: a form that answers everything answers each factor, too.
answers as (
    select
        a.year,
        a.agency_id,
        a.questionnaire_id,
        a.questionnaire_version,
        i.factor_code,
        a.item_code,
        {{ on_five('a.answer', 'i') }} as answer,
        case when w.form_id is not null then {{ on_five('a.answer', 'i') }} end as answer_of_complete
    from {{ ref('fct_survey_answer') }} as a
    inner join {{ ref('stg_questionnaire_items') }} as i
        on
            i.is_in_index
            and a.questionnaire_id = i.questionnaire_id
            and a.questionnaire_version = i.questionnaire_version
            and a.item_code = i.item_code
    inner join complete as f on a.form_id = f.form_id and i.factor_code = f.factor_code
    left join complete as w on w.factor_code is null and a.form_id = w.form_id
    where a.weight is not null and a.answer is not null
),

item_variances as (
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        factor_code,
        item_code,
        case when count(*) > 1 then var_samp(answer) end as of_factor,
        case when count(answer_of_complete) > 1 then var_samp(answer_of_complete) end as of_whole
    from answers
    group by year, agency_id, questionnaire_id, questionnaire_version, factor_code, item_code
),

summed as (
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        factor_code,
        {{ exact_sum('of_factor') }} as item_variances
    from item_variances
    group by year, agency_id, questionnaire_id, questionnaire_version, factor_code
    union all
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        '' as factor_code,
        {{ exact_sum('of_whole') }} as item_variances
    from item_variances
    group by year, agency_id, questionnaire_id, questionnaire_version
)

select
    t.*,
    s.item_variances
from totals as t
left join summed as s
    on
        t.year = s.year
        and t.agency_id = s.agency_id
        and t.questionnaire_id = s.questionnaire_id
        and t.questionnaire_version = s.questionnaire_version
        and t.factor_code = s.factor_code
