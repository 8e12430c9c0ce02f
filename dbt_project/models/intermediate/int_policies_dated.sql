-- The rules in force on the day of receipt decide about a dossier.
select
    c.calendar_date,
    max(case when p.parameter = 'receipt_cutoff' then p.value end) as receipt_cutoff,
    max(case when p.parameter = 'withdrawn_before_due' then p.value end) as withdrawn_before_due
from {{ ref('stg_calendar') }} as c
left join {{ ref('stg_policy_parameters') }} as p
    on
        c.calendar_date >= coalesce(p.valid_from, date '1900-01-01')
        and c.calendar_date < coalesce(p.valid_to, date '9999-12-31')
        and p.parameter in ('receipt_cutoff', 'withdrawn_before_due')
group by c.calendar_date
