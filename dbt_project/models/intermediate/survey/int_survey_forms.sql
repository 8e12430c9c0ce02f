{{ config(materialized='table') }}

-- One row per form known on as_of_date, as the load of the highest rank has it whole, with its weight in the index.
with delivered as (
    select
        f.form_id,
        f.load_seq,
        min(f.agency_id) as agency_id,
        min(f.questionnaire_id) as questionnaire_id,
        min(f.questionnaire_version) as questionnaire_version,
        min(f.interviewed_date) as interviewed_date,
        min(f.stratum) as stratum,
        min(f.sampling_basis) as sampling_basis,
        min(f.form_weight) as form_weight,
        cast(sum(f.n_answered) as bigint) as n_answered,
        min(f.lowest_answer) as lowest_answer,
        max(f.highest_answer) as highest_answer,
        {{ exact_sum('f.answered_weight') }} as answered_weight,
        {{ exact_sum('f.weighted_answers') }} as weighted_answers,
        row_number() over (partition by f.form_id order by l.load_rank desc nulls last) as recency
    from {{ ref('int_survey_form_factors') }} as f
    inner join {{ ref('stg_current_loads') }} as l on f.load_seq = l.load_seq
    group by f.form_id, f.load_seq, l.load_rank
),

questionnaires as (
    select
        questionnaire_id,
        questionnaire_version,
        count(*) as n_items
    from {{ ref('stg_questionnaire_items') }}
    where is_in_index
    group by questionnaire_id, questionnaire_version
),

judged as (
    select
        d.*,
        p.year,
        d.sampling_basis = 'volunteer' as is_volunteer,
        coalesce(
            d.sampling_basis <> 'volunteer'
            and d.n_answered > 0
            and {{ percent('d.n_answered', 'q.n_items') }} >= p.min_answered_pct, false
        ) as is_valid
    from delivered as d
    inner join {{ ref('stg_run') }} as r on d.interviewed_date <= r.as_of_date
    inner join {{ ref('int_survey_policies') }} as p on p.year = extract(year from d.interviewed_date)
    left join questionnaires as q
        on d.questionnaire_id = q.questionnaire_id and d.questionnaire_version = q.questionnaire_version
    where d.recency = 1
),

stratified as (
    select
        j.*,
        s.frame_count,
        count(case when j.is_valid then 1 end) over (
            partition by j.year, j.agency_id, j.questionnaire_id, j.questionnaire_version, j.stratum
        ) as n_valid_of_stratum,
        count(case when j.is_valid and s.frame_count is null then 1 end) over (
            partition by j.year, j.agency_id, j.questionnaire_id, j.questionnaire_version
        ) as n_valid_without_frame,
        count(case when j.is_valid and j.form_weight is null then 1 end) over (
            partition by j.year, j.agency_id, j.questionnaire_id, j.questionnaire_version
        ) as n_valid_without_own
    from judged as j
    left join {{ source('registry', 'survey_strata') }} as s
        on j.year = s.year and j.agency_id = s.agency_id and j.stratum = s.stratum
)

select
    form_id,
    load_seq,
    year,
    agency_id,
    questionnaire_id,
    questionnaire_version,
    interviewed_date,
    stratum,
    sampling_basis,
    frame_count,
    is_volunteer,
    is_valid,
    n_answered,
    lowest_answer,
    highest_answer,
    answered_weight,
    weighted_answers,
    -- Weights of the files count where every valid form of the agency has one.
    -- One stratum of unknown size makes all weights of the agency unknown: then all forms have equal weight.
    case
        when not is_valid then null
        when n_valid_without_own = 0 then cast(form_weight as double)
        when n_valid_without_frame > 0 then 1.0
        else {{ ratio('frame_count', 'n_valid_of_stratum') }}
    end as weight
from stratified
