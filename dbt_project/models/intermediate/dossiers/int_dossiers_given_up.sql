{{ config(materialized='table') }}

-- Dossiers that the log calls withdrawn or stopped, with the day of that end once it has come. The keyed pseudonym is
-- compared with and goes no further.
select
    e.dossier_code,
    e.applicant_key,
    e.procedure_code,
    e.received_at,
    case when e.end_reason in ('withdrawn', 'stopped') then cast(e.ended_at as date) end as ended_date
from {{ ref('int_dossiers_ended') }} as e
where e.status in ('withdrawn', 'stopped') and e.applicant_key is not null
