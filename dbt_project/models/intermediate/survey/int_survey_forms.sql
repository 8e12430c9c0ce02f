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
        min(f.psu) as psu,
        min(f.sampling_basis) as sampling_basis,
        min(f.form_weight) as form_weight,
        min(f.investigator_key) as investigator_key,
        cast(sum(f.n_answered) as bigint) as n_answered,
        cast(sum(f.n_unsatisfied) as bigint) as n_unsatisfied,
        min(f.lowest_answer) as lowest_answer,
        max(f.highest_answer) as highest_answer,
        {{ exact_sum('f.answered_weight') }} as answered_weight,
        {{ exact_sum('f.weighted_answers') }} as weighted_answers,
        {{ exact_sum('f.answer_sum') }} as answer_sum,
        min(l.data_from_date) as stated_from_date,
        min(l.data_until_date) as stated_until_date,
        row_number() over (partition by f.form_id order by l.load_rank desc nulls last) as recency
    from {{ ref('int_survey_form_factors') }} as f
    inner join {{ ref('stg_current_loads') }} as l on f.load_seq = l.load_seq
    group by f.form_id, f.load_seq, l.load_rank
),

questionnaires as (
    {{ index_items_counted() }}
),

-- The survey year is that of the file's period, which without a first day is that of its interviews. Of a campaign
-- that runs over New Year it is that of the frame, else of the first day. Only a file about more than a year leaves it
-- to the day of the interview.
periods as (
    select
        *,
        coalesce(stated_from_date, min(interviewed_date) over (partition by load_seq)) as from_date,
        case
            when stated_from_date is null then max(interviewed_date) over (partition by load_seq)
            else stated_until_date
        end as until_date
    from delivered
),

dated as (
    select
        *,
        cast(
            extract(
                year from case
                    when {{ days_between('from_date', 'until_date') }} < 366 then from_date
                    else interviewed_date
                end
            ) as integer
        ) as first_year,
        cast(extract(year from until_date) as integer) as last_year
    from periods
    where recency = 1
),

framed as (
    select
        d.form_id,
        min(f.year) as year
    from dated as d
    inner join {{ source('registry', 'survey_frames') }} as f
        on
            d.agency_id = f.agency_id
            and d.questionnaire_id = f.questionnaire_id
            and d.questionnaire_version = f.questionnaire_version
            and d.first_year in (f.year, f.year - 1)
            and d.last_year >= f.year
    where {{ days_between('d.from_date', 'd.until_date') }} < 366
    group by d.form_id
),

surveyed as (
    select
        d.*,
        coalesce(f.year, d.first_year) as survey_year
    from dated as d
    left join framed as f on d.form_id = f.form_id
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
    from surveyed as d
    inner join {{ ref('stg_run') }} as r on d.interviewed_date <= r.as_of_date
    inner join {{ ref('int_survey_policies') }} as p on d.survey_year = p.year
    left join questionnaires as q
        on d.questionnaire_id = q.questionnaire_id and d.questionnaire_version = q.questionnaire_version
),

stratified as (
    select
        j.*,
        s.frame_count,
        s.psu_count,
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
    psu,
    sampling_basis,
    frame_count,
    psu_count,
    is_volunteer,
    is_valid,
    n_answered,
    n_unsatisfied,
    lowest_answer,
    highest_answer,
    answered_weight,
    weighted_answers,
    answer_sum,
    investigator_key,
    -- Weights of the files count where every valid form of the agency has one.
    -- One stratum of unknown size makes all weights of the agency unknown: then all forms have equal weight.
    case
        when not is_valid then null
        when n_valid_without_own = 0 then cast(form_weight as double)
        when n_valid_without_frame > 0 then 1.0
        else {{ ratio('frame_count', 'n_valid_of_stratum') }}
    end as weight
from stratified
