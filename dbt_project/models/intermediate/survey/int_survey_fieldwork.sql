{{ config(materialized='table') }}

-- What was planned, issued, collected and valid, by agency and questionnaire: one row where a frame or a form exists.
-- Of an agency with several questionnaires in one year, all that ask the population of the one with the most valid
-- forms make its index together (methods §3).
with collected as (
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        count(case when not is_volunteer then 1 end) as n_collected,
        count(case when is_valid then 1 end) as n_valid,
        count(case when is_volunteer then 1 end) as n_volunteer,
        count(case when is_valid and lowest_answer = highest_answer then 1 end) as n_straight_line,
        count(case when is_valid and lowest_answer = 5 then 1 end) as n_all_top,
        count(distinct case when is_valid and frame_count is not null then stratum end) as n_strata_valid,
        count(case when is_valid and frame_count is null then 1 end) as n_valid_without_frame,
        -- The later in the alphabet: a census with sampled forms among them is a sample.
        coalesce(max(case when not is_volunteer then sampling_basis end), max(sampling_basis)) as sampling_basis,
        min(case when is_valid then interviewed_date end) as first_interview_date,
        max(case when is_valid then interviewed_date end) as last_interview_date
    from {{ ref('int_survey_forms') }}
    group by year, agency_id, questionnaire_id, questionnaire_version
),

frames as (
    select f.*
    from {{ source('registry', 'survey_frames') }} as f
    inner join {{ ref('int_survey_policies') }} as p on f.year = p.year
),

joined as (
    select
        cast(coalesce(f.year, c.year) as integer) as year,
        coalesce(f.agency_id, c.agency_id) as agency_id,
        coalesce(f.questionnaire_id, c.questionnaire_id) as questionnaire_id,
        coalesce(f.questionnaire_version, c.questionnaire_version) as questionnaire_version,
        f.n_planned,
        f.n_issued,
        cast(f.weight as double) as declared_weight,
        f.year is not null as is_framed,
        coalesce(c.n_collected, 0) as n_collected,
        coalesce(c.n_valid, 0) as n_valid,
        coalesce(c.n_volunteer, 0) as n_volunteer,
        coalesce(c.n_straight_line, 0) as n_straight_line,
        coalesce(c.n_all_top, 0) as n_all_top,
        coalesce(c.n_strata_valid, 0) as n_strata_valid,
        coalesce(c.n_valid_without_frame, 0) as n_valid_without_frame,
        c.sampling_basis,
        c.first_interview_date,
        c.last_interview_date
    from frames as f
    full outer join collected as c
        on
            f.year = c.year
            and f.agency_id = c.agency_id
            and f.questionnaire_id = c.questionnaire_id
            and f.questionnaire_version = c.questionnaire_version
),

strata as (
    select
        year,
        agency_id,
        count(*) as n_strata
    from {{ source('registry', 'survey_strata') }}
    group by year, agency_id
),

placed as (
    select
        j.*,
        q.population,
        q.index_form as official_form,
        p.decided_date,
        p.n_min_publish,
        p.n_min_rank,
        coalesce(s.n_strata, 0) as n_strata,
        count(*) over (partition by j.year, j.agency_id) as n_questionnaires,
        first_value(q.population) over (
            partition by j.year, j.agency_id
            order by
                j.n_valid desc nulls last,
                j.is_framed desc nulls last,
                j.questionnaire_id asc nulls last,
                j.questionnaire_version asc nulls last
        ) as main_population
    from joined as j
    inner join {{ source('registry', 'questionnaires') }} as q
        on j.questionnaire_id = q.questionnaire_id and j.questionnaire_version = q.questionnaire_version
    inner join {{ ref('int_survey_policies') }} as p on j.year = p.year
    left join strata as s on j.year = s.year and j.agency_id = s.agency_id
)

select
    *,
    population = main_population as is_in_index
from placed
