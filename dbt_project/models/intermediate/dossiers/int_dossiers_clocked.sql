-- The deadline and the clock of every dossier: indexes in the deadline's unit (of hours their minutes), working days
-- where it has none. A late receipt in hours is one of the end of its day. No clock runs for a dossier that was never
-- received.
with deadlines as (
    select
        d.*,
        p.deadline_length,
        p.deadline_unit,
        coalesce(p.deadline_unit, 'working_day') as clock_unit,
        coalesce(cast(d.clock_end_at as date), d.as_of_date) as clock_end_date
    from {{ ref('int_dossiers_ended') }} as d
    left join {{ source('registry', 'procedures') }} as p
        on d.procedure_code = p.procedure_code and {{ valid_on('p', 'd.received_date') }}
)

select
    d.*,
    case
        when not d.is_received then null
        when d.received_at > r.receipt_cutoff_at
            then case when d.clock_unit = 'hour' then r.day_index * r.office_minutes else r.day_index_after_cutoff end
        else {{ clock_index('d.clock_unit', 'r', 'd.received_at', 'r') }}
    end as received_index,
    {{ clock_index('d.clock_unit', 'e', 'd.clock_end_at', 'r') }} as end_index,
    case when d.clock_unit = 'hour' then a.day_index * r.office_minutes else a.day_index end as as_of_index,
    r.morning_from,
    r.morning_to,
    r.afternoon_from,
    r.afternoon_to,
    r.office_minutes,
    r.withdrawn_before_due,
    coalesce(r.is_due_moved, false) as is_due_moved,
    r.code_date as received_code_date
from deadlines as d
left join {{ ref('int_deadline_days') }} as r on d.clock_unit = r.deadline_unit and d.received_date = r.calendar_date
left join {{ ref('int_deadline_days') }} as e on d.clock_unit = e.deadline_unit and d.clock_end_date = e.calendar_date
left join {{ ref('int_deadline_days') }} as a on d.clock_unit = a.deadline_unit and d.as_of_date = a.calendar_date
