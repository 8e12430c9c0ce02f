-- The rules in force on the day of receipt decide about a dossier.
with decided as (
    select
        c.calendar_date,
        max(case when p.parameter = 'receipt_cutoff' then p.value end) as receipt_cutoff,
        max(case when p.parameter = 'withdrawn_before_due' then p.value end) as withdrawn_before_due,
        max(case when p.parameter = 'office_hours' then p.value end) as office_hours
    from {{ source('registry', 'calendar') }} as c
    left join {{ source('registry', 'policy_parameters') }} as p
        on {{ policy_on('p', ['receipt_cutoff', 'withdrawn_before_due', 'office_hours'], 'c.calendar_date') }}
    group by c.calendar_date
)

select
    calendar_date,
    receipt_cutoff,
    withdrawn_before_due,
    {{ minute_of_day(text_part(text_part('office_hours', ';', 1), '-', 1)) }} as morning_from,
    {{ minute_of_day(text_part(text_part('office_hours', ';', 1), '-', 2)) }} as morning_to,
    {{ minute_of_day(text_part(text_part('office_hours', ';', 2), '-', 1)) }} as afternoon_from,
    {{ minute_of_day(text_part(text_part('office_hours', ';', 2), '-', 2)) }} as afternoon_to
from decided
