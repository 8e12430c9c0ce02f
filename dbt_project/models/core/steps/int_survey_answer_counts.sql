{{ config(materialized='table') }}

-- The answers of valid forms to every item, by answer or reason why there is none. Counts are taken per weight before
-- weights enter, so that half a million answers are only counted.
select
    year,
    agency_id,
    questionnaire_id,
    questionnaire_version,
    item_code,
    weight,
    answer,
    missing_reason,
    count(*) as n_answers
from {{ ref('fct_survey_answer') }}
where weight is not null
group by
    year, agency_id, questionnaire_id, questionnaire_version, item_code, weight, answer, missing_reason
