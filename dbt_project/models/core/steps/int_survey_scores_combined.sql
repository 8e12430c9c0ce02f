{{ config(materialized='table') }}

-- The scores of an agency's year over all questionnaires that count: those of its one questionnaire, else the mean of
-- their indexes by index_weight, where a factor is weighted by the forms that answer it unless a weight is declared.
with scored as (
    select
        s.*,
        coalesce(w.declared_weight, s.n_valid) as index_weight
    from {{ ref('int_survey_scores') }} as s
    inner join {{ ref('int_survey_fieldwork') }} as w
        on
            w.is_in_index
            and s.year = w.year
            and s.agency_id = w.agency_id
            and s.questionnaire_id = w.questionnaire_id
            and s.questionnaire_version = w.questionnaire_version
)

select
    year,
    agency_id,
    factor_code,
    index_form,
    cast(sum(n_valid) as bigint) as n_valid,
    cast(sum(n_items_answered) as bigint) as n_items_answered,
    case
        when count(numerator) < count(*) then null
        when count(*) = 1 then max(numerator)
        else {{ exact_sum('index_weight * ' ~ ratio('numerator', 'denominator')) }}
    end as numerator,
    case
        when count(numerator) < count(*) then null
        when count(*) = 1 then max(denominator)
        else {{ exact_sum('index_weight') }}
    end as denominator
from scored
group by year, agency_id, factor_code, index_form
