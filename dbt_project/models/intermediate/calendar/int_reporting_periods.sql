-- Every period that is counted, if it began by as_of_date; the last ones are counted as far as they have gone. Months
-- and years are those of the calendar, the others are data (domain §5.9).
with days as (
    select
        c.calendar_date,
        {{ month_of('c.calendar_date') }} as month,
        extract(year from c.calendar_date) as year
    from {{ source('registry', 'calendar') }} as c
    cross join {{ ref('stg_run') }} as r
    where c.calendar_date <= r.as_of_date
)

select
    'month' as period_kind,
    substr(cast(month as string), 1, 7) as period_key,
    month as start_date,
    max(calendar_date) as end_date
from days
group by month
union all
select
    'year' as period_kind,
    cast(year as string) as period_key,
    min(month) as start_date,
    max(calendar_date) as end_date
from days
group by year
union all
select
    'period' as period_kind,
    p.period_id as period_key,
    p.start_date,
    least(p.end_date, r.as_of_date) as end_date
from {{ source('registry', 'periods') }} as p
cross join {{ ref('stg_run') }} as r
where p.start_date <= r.as_of_date
