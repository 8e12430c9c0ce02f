{{ config(materialized='table') }}

-- The index of each surveyed agency and year in every form, with the agency's registry row of that day.
-- What rests on fewer than n_min_publish forms is taken out here, before anything is computed from it.
with dated as (
    select
        w.*,
        a.block_code,
        a.district_code,
        coalesce(a.is_survey_eligible, false) as is_survey_eligible,
        row_number() over (partition by w.year, w.agency_id order by a.valid_from desc nulls last) as recency
    from {{ ref('int_survey_fieldwork') }} as w
    left join {{ source('registry', 'agencies') }} as a on w.agency_id = a.agency_id and w.decided_date >= a.valid_from
    where w.is_main
),

judged as (
    select
        *,
        case
            when n_valid = 0 then 'no_data'
            when n_valid >= n_min_publish then 'ok'
            else 'suppressed'
        end as estimate_status
    from dated
    where recency = 1
),

index_forms as (
    select value as index_form
    from {{ source('registry', 'labels') }}
    where list_name = 'index_form'
),

items as (
    select
        questionnaire_id,
        questionnaire_version,
        count(*) as n_items
    from {{ ref('stg_questionnaire_items') }}
    where is_in_index
    group by questionnaire_id, questionnaire_version
)

select
    j.year,
    j.agency_id,
    j.population,
    j.block_code,
    j.district_code,
    j.is_survey_eligible,
    j.questionnaire_id,
    j.questionnaire_version,
    x.index_form,
    x.index_form = j.official_form as is_official_form,
    j.sampling_basis,
    case when j.estimate_status = 'ok' then {{ percent('s.numerator', 's.denominator') }} end as estimate_pct,
    case when j.estimate_status = 'ok' then s.numerator end as numerator,
    case when j.estimate_status = 'ok' then s.denominator end as denominator,
    j.n_planned,
    j.n_collected,
    j.n_valid,
    {{ percent('j.n_valid', 'j.n_planned') }} as response_rate_pct,
    j.estimate_status,
    case
        when not j.is_survey_eligible or j.estimate_status <> 'ok' then 'not_eligible'
        when j.n_valid >= j.n_min_rank then 'ranked'
        else 'low_reliability'
    end as rank_status,
    j.first_interview_date,
    j.last_interview_date,
    {{ flag_list({
        'frame_exceeded': 'j.n_valid > coalesce(j.n_planned, j.n_valid)',
        'not_framed': 'not j.is_framed',
        'question_missing': 'coalesce(s.n_items_answered < i.n_items, false)',
        'rr_unknown': 'j.n_planned is null',
        'several_questionnaires': 'j.n_questionnaires > 1',
        'stratum_empty': 'j.n_strata > j.n_strata_valid and j.n_valid > 0',
        'stratum_unknown': 'j.n_strata > 0 and j.n_valid_without_frame > 0',
        'volunteers_left_out': 'j.n_volunteer > 0',
    }) }} as flags
from judged as j
cross join index_forms as x
left join {{ ref('int_survey_scores') }} as s
    on
        s.factor_code is null
        and j.year = s.year
        and j.agency_id = s.agency_id
        and j.questionnaire_id = s.questionnaire_id
        and j.questionnaire_version = s.questionnaire_version
        and x.index_form = s.index_form
left join items as i
    on j.questionnaire_id = i.questionnaire_id and j.questionnaire_version = i.questionnaire_version
