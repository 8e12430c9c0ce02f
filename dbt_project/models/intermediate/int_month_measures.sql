-- One row per month, agency and thing counted. A dossier counts as received in the month of its receipt, as ended in
-- that of its end, as due in that of its adjusted due date.
select
    received_month as month,
    agency_id,
    'received' as measure,
    n_dossiers as n
from {{ ref('int_dossiers_grouped') }}
union all
select
    received_month as month,
    agency_id,
    deadline_status as measure,
    n_dossiers as n
from {{ ref('int_dossiers_grouped') }}
where deadline_status in ('invalid_dates', 'not_recomputable')
union all
select
    finished_month as month,
    agency_id,
    end_reason as measure,
    n_dossiers as n
from {{ ref('int_dossiers_grouped') }}
where end_reason is not null
union all
select
    finished_month as month,
    agency_id,
    deadline_status as measure,
    n_dossiers as n
from {{ ref('int_dossiers_grouped') }}
where deadline_status in ('early', 'on_time', 'late')
union all
select
    finished_month as month,
    agency_id,
    case when is_system_different then 'system_different' else 'system_same' end as measure,
    n_dossiers as n
from {{ ref('int_dossiers_grouped') }}
where is_system_known and deadline_status in ('early', 'on_time', 'late')
union all
select
    due_month as month,
    agency_id,
    case when is_on_time then 'due_on_time' else 'due_late' end as measure,
    n_dossiers as n
from {{ ref('int_dossiers_grouped') }}
where due_month is not null
union all
select
    month,
    agency_id,
    'open' as measure,
    n_open as n
from {{ ref('int_dossier_month_ends') }}
union all
select
    month,
    agency_id,
    'open_overdue' as measure,
    n_open_overdue as n
from {{ ref('int_dossier_month_ends') }}
union all
select
    month,
    agency_id,
    'paused' as measure,
    n_paused as n
from {{ ref('int_paused_month_ends') }}
