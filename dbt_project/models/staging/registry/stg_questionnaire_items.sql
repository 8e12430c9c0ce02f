-- The weights of a version add up to 1. Where none is stated its factors weigh alike, and so do the items of a factor.
with items as (
    select
        questionnaire_id,
        questionnaire_version,
        item_code,
        factor_code,
        item_text,
        content_kind,
        scale,
        is_in_index,
        cast(weight as double) as stated_weight
    from {{ source('registry', 'questionnaire_items') }}
),

counted as (
    select
        questionnaire_id,
        questionnaire_version,
        count(distinct factor_code) as n_factors,
        cast(sum(stated_weight) as double) as stated_total
    from items
    where is_in_index
    group by questionnaire_id, questionnaire_version
),

factors as (
    select
        questionnaire_id,
        questionnaire_version,
        factor_code,
        count(*) as n_items
    from items
    where is_in_index
    group by questionnaire_id, questionnaire_version, factor_code
)

select
    i.questionnaire_id,
    i.questionnaire_version,
    i.item_code,
    i.factor_code,
    i.item_text,
    i.content_kind,
    i.is_in_index,
    s.lowest,
    s.highest,
    s.satisfied_from,
    case
        when i.is_in_index
            then coalesce(
                {{ ratio('i.stated_weight', 'c.stated_total') }}, {{ ratio('1', '(c.n_factors * f.n_items)') }}
            )
    end as weight
from items as i
left join counted as c
    on i.questionnaire_id = c.questionnaire_id and i.questionnaire_version = c.questionnaire_version
left join factors as f
    on
        i.questionnaire_id = f.questionnaire_id
        and i.questionnaire_version = f.questionnaire_version
        and i.factor_code = f.factor_code
left join {{ source('registry', 'scales') }} as s on i.scale = s.scale
