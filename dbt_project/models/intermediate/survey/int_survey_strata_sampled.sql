-- The sampling units (PSUs) of each stratum that have valid forms, and how many the population has. A form is its own
-- PSU where the file names no cluster.
with forms as (
    select
        f.*,
        {{ psu_of('f') }} as psu_key,
        count(*) over (
            partition by f.year, f.agency_id, f.questionnaire_id, f.questionnaire_version
        ) as n_valid,
        min(f.sampling_basis) over (
            partition by f.year, f.agency_id, f.questionnaire_id, f.questionnaire_version
        ) as first_basis,
        max(f.sampling_basis) over (
            partition by f.year, f.agency_id, f.questionnaire_id, f.questionnaire_version
        ) as last_basis
    from {{ ref('int_survey_forms') }} as f
    where f.is_valid
),

strata as (
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        coalesce(stratum, '') as stratum,
        count(distinct psu_key) as n_psu,
        count(psu) as n_clustered,
        max(frame_count) as frame_count,
        max(psu_count) as psu_count,
        max(n_valid) as n_valid,
        min(first_basis) = 'census' and max(last_basis) = 'census' as is_census
    from forms
    group by year, agency_id, questionnaire_id, questionnaire_version, coalesce(stratum, '')
)

select
    s.year,
    s.agency_id,
    s.questionnaire_id,
    s.questionnaire_version,
    s.stratum,
    s.n_psu,
    -- Of a census without a frame of its strata, everyone was planned, and each stratum answered at the rate of all.
    case
        when s.n_clustered > 0 then cast(s.psu_count as double)
        when s.frame_count is not null then cast(s.frame_count as double)
        when s.is_census then {{ ratio('s.n_psu * w.n_planned', 's.n_valid') }}
    end as population_psu
from strata as s
left join {{ ref('int_survey_fieldwork') }} as w
    on
        s.year = w.year
        and s.agency_id = w.agency_id
        and s.questionnaire_id = w.questionnaire_id
        and s.questionnaire_version = w.questionnaire_version
