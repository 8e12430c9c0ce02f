-- Starts and ends of pauses by resolving agency: the measures of int_dossier_day_counts that depend on pauses.
select
    resolving_agency_id as agency_id,
    stop_date as day,
    'pause_started' as measure,
    count(*) as n
from {{ ref('int_dossier_pauses_merged') }}
where resolving_agency_id is not null
group by resolving_agency_id, stop_date
union all
select
    resolving_agency_id as agency_id,
    resume_date as day,
    'pause_ended' as measure,
    count(*) as n
from {{ ref('int_dossier_pauses_merged') }}
where resolving_agency_id is not null and not is_open
group by resolving_agency_id, resume_date
