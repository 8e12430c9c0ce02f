-- The rules in force on the day of receipt decide about a dossier. Where the registry says nothing, a limit in calendar
-- days moves from the day on which Bộ luật Dân sự 2015 came into force, and the cut-off holds for limits in hours.
with decided as (
    select
        c.calendar_date,
        max(case when p.parameter = 'receipt_cutoff' then p.value end) as receipt_cutoff,
        max(case when p.parameter = 'withdrawn_before_due' then p.value end) as withdrawn_before_due,
        max(case when p.parameter = 'office_hours' then p.value end) as office_hours,
        max(case when p.parameter = 'calendar_due_moves' then p.value end) = '1' as calendar_due_moves,
        max(case when p.parameter = 'cutoff_applies_to_hours' then p.value end) = '1' as cutoff_applies_to_hours
    from {{ source('registry', 'calendar') }} as c
    left join {{ source('registry', 'policy_parameters') }} as p
        on
            {{
                policy_on(
                    'p',
                    [
                        'receipt_cutoff', 'withdrawn_before_due', 'office_hours', 'calendar_due_moves',
                        'cutoff_applies_to_hours'
                    ],
                    'c.calendar_date'
                )
            }}
    group by c.calendar_date
)

select
    calendar_date,
    receipt_cutoff,
    withdrawn_before_due,
    coalesce(calendar_due_moves, calendar_date >= date '2017-01-01') as calendar_due_moves,
    coalesce(cutoff_applies_to_hours, true) as cutoff_applies_to_hours,
    {{ minute_of_day(text_part(text_part('office_hours', ';', 1), '-', 1)) }} as morning_from,
    {{ minute_of_day(text_part(text_part('office_hours', ';', 1), '-', 2)) }} as morning_to,
    {{ minute_of_day(text_part(text_part('office_hours', ';', 2), '-', 1)) }} as afternoon_from,
    {{ minute_of_day(text_part(text_part('office_hours', ';', 2), '-', 2)) }} as afternoon_to
from decided
