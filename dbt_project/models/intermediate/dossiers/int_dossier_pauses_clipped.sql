{{ config(materialized='table') }}

-- Pauses in the life of their dossier: from receipt to the end of processing, or to as_of_date.
with placed as (
    select
        p.dossier_code,
        p.pause_kind,
        p.is_resume_without_stop,
        p.is_reversed,
        d.resolving_agency_id,
        d.clock_unit,
        d.deadline_length,
        d.morning_from,
        d.morning_to,
        d.afternoon_from,
        d.afternoon_to,
        d.office_minutes,
        d.received_date,
        d.clock_end_date,
        d.is_due_moved,
        d.received_at,
        d.clock_end_at,
        d.received_index,
        d.end_index,
        p.stopped_at,
        coalesce(p.resumed_at, d.clock_end_at) as resumed_at,
        cast(p.stopped_at as date) as stop_date,
        coalesce(cast(p.resumed_at as date), d.clock_end_date) as resume_date,
        p.resumed_at is null as is_never_resumed,
        p.resumed_at is null and d.end_reason is null as is_open
    from {{ ref('int_dossier_pauses_paired') }} as p
    inner join {{ ref('int_dossiers_clocked') }} as d on p.dossier_code = d.dossier_code
    where d.is_received and d.received_index is not null and not d.has_invalid_dates
)

select
    p.dossier_code,
    p.pause_kind,
    p.resolving_agency_id,
    {{ clock_span('p.clock_unit', 'p.deadline_length') }} as deadline_length,
    p.received_index,
    p.is_due_moved,
    p.is_never_resumed,
    p.is_resume_without_stop,
    p.is_reversed,
    p.is_open and not p.is_resume_without_stop and not p.is_reversed as is_open,
    p.clock_unit,
    greatest(p.stopped_at, p.received_at) as started_at,
    least(p.resumed_at, p.clock_end_at) as ended_at,
    p.resume_date < p.received_date or p.stop_date > p.clock_end_date as is_outside,
    greatest(p.stop_date, p.received_date) as stop_date,
    least(p.resume_date, p.clock_end_date) as resume_date,
    greatest({{ clock_index('p.clock_unit', 's', 'p.stopped_at', 'p') }}, p.received_index) as stop_index,
    greatest(
        least({{ clock_index('p.clock_unit', 'r', 'p.resumed_at', 'p') }}, p.end_index),
        {{ clock_index('p.clock_unit', 's', 'p.stopped_at', 'p') }},
        p.received_index
    ) as resume_index
from placed as p
left join {{ ref('int_deadline_days') }} as s on p.clock_unit = s.deadline_unit and p.stop_date = s.calendar_date
left join {{ ref('int_deadline_days') }} as r on p.clock_unit = r.deadline_unit and p.resume_date = r.calendar_date
