{{ config(materialized='table') }}

-- The index of each surveyed agency and year in every form, with the agency's registry row of that day.
-- What rests on fewer than n_min_publish forms is taken out here, before anything is computed from it.
with items as (
    {{ index_items_counted() }}
),

-- The questionnaires that count, together. What one of them has no number for has none for all.
surveyed as (
    select
        w.year,
        w.agency_id,
        w.population,
        w.decided_date,
        w.n_min_publish,
        w.n_min_rank,
        w.n_strata,
        w.n_questionnaires,
        min(w.official_form) as first_form,
        max(w.official_form) as last_form,
        min(w.questionnaire_id) as first_questionnaire_id,
        max(w.questionnaire_id) as last_questionnaire_id,
        min(w.questionnaire_id || ' ' || w.questionnaire_version) as first_questionnaire,
        max(w.questionnaire_id || ' ' || w.questionnaire_version) as last_questionnaire,
        case when count(w.n_planned) = count(*) then cast(sum(w.n_planned) as bigint) end as n_planned,
        min(case when w.is_framed then 1 else 0 end) = 1 as is_framed,
        cast(sum(w.n_collected) as bigint) as n_collected,
        cast(sum(w.n_valid) as bigint) as n_valid,
        cast(sum(w.n_volunteer) as bigint) as n_volunteer,
        max(w.n_strata_valid) as n_strata_valid,
        cast(sum(w.n_valid_without_frame) as bigint) as n_valid_without_frame,
        max(w.sampling_basis) as sampling_basis,
        min(w.first_interview_date) as first_interview_date,
        max(w.last_interview_date) as last_interview_date,
        cast(sum(case when w.n_valid > 0 then i.n_items else 0 end) as bigint) as n_items
    from {{ ref('int_survey_fieldwork') }} as w
    left join items as i
        on w.questionnaire_id = i.questionnaire_id and w.questionnaire_version = i.questionnaire_version
    where w.is_in_index
    group by
        w.year, w.agency_id, w.population, w.decided_date, w.n_min_publish, w.n_min_rank, w.n_strata, w.n_questionnaires
),

-- Forms of another population are in no index, and an agency that has some is not compared with those that have none.
elsewhere as (
    select distinct
        year,
        agency_id
    from {{ ref('int_survey_fieldwork') }}
    where not is_in_index and n_valid > 0
),

dated as (
    select
        w.*,
        e.agency_id is not null as has_other_population,
        a.block_code,
        a.district_code,
        coalesce(a.is_survey_eligible, false) as is_survey_eligible,
        row_number() over (partition by w.year, w.agency_id order by a.valid_from desc nulls last) as recency
    from surveyed as w
    left join elsewhere as e on w.year = e.year and w.agency_id = e.agency_id
    left join {{ source('registry', 'agencies') }} as a on w.agency_id = a.agency_id and w.decided_date >= a.valid_from
),

index_forms as ({{ index_forms() }}
),

judged as (
    select
        j.*,
        x.index_form,
        s.numerator,
        s.denominator,
        s.n_items_answered,
        case
            when j.n_valid = 0 then 'no_data'
            when j.n_valid < j.n_min_publish then 'suppressed'
            when s.numerator is null then 'not_applicable'
            else 'ok'
        end as estimate_status
    from dated as j
    cross join index_forms as x
    left join {{ ref('int_survey_scores_combined') }} as s
        on s.factor_code is null and j.year = s.year and j.agency_id = s.agency_id and x.index_form = s.index_form
    where j.recency = 1
)

select
    j.year,
    j.agency_id,
    j.population,
    j.block_code,
    j.district_code,
    j.is_survey_eligible,
    j.first_questionnaire_id,
    j.last_questionnaire_id,
    j.first_questionnaire,
    j.last_questionnaire,
    j.index_form,
    j.first_form = j.index_form and j.last_form = j.index_form as is_official_form,
    j.sampling_basis,
    case when j.estimate_status = 'ok' then {{ percent('j.numerator', 'j.denominator') }} end as estimate_pct,
    case when j.estimate_status = 'ok' then j.numerator end as numerator,
    case when j.estimate_status = 'ok' then j.denominator end as denominator,
    j.n_planned,
    j.n_collected,
    j.n_valid,
    {{ percent('j.n_valid', 'j.n_planned') }} as response_rate_pct,
    j.estimate_status,
    case
        when not j.is_survey_eligible or j.estimate_status <> 'ok' or j.has_other_population then 'not_eligible'
        when j.n_valid >= j.n_min_rank then 'ranked'
        else 'low_reliability'
    end as rank_status,
    j.first_interview_date,
    j.last_interview_date,
    j.is_framed,
    j.n_questionnaires,
    j.n_strata,
    j.n_strata_valid,
    j.n_valid_without_frame,
    j.n_volunteer,
    coalesce(j.n_items_answered < j.n_items, false) as is_question_missing
from judged as j
