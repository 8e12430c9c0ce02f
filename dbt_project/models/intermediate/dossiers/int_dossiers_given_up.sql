{{ config(materialized='table') }}

-- Dossiers with status withdrawn or stopped, with the day of that end up to as_of_date. The keyed pseudonym is used
-- for comparison only and not published.
select
    e.dossier_code,
    e.applicant_key,
    e.procedure_code,
    e.received_at,
    case when e.end_reason in ('withdrawn', 'stopped') then cast(e.ended_at as date) end as ended_date
from {{ ref('int_dossiers_ended') }} as e
where e.status in ('withdrawn', 'stopped') and e.applicant_key is not null
