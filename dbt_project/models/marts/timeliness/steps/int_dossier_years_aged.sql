{{ config(materialized='table') }}

-- The dossiers that live in more than one year, or whose limit is not in working days, in every year of their life:
-- the net ages in working days between which they were observed. Those received in the year are observed from
-- before day 0, those open on 1 January from the age that the year before left them at; they leave at their end, on
-- 31 December or on as_of_date. Without a known end or with invalid dates nothing is observed.
with dossiers as (
    select
        dossier_code,
        resolving_agency_id as agency_id,
        received_at,
        cast(received_at as date) as received_date,
        coalesce(cast(finished_at as date), as_of_date) as last_date,
        cast(extract(year from received_at) as integer) as first_year,
        cast(extract(year from coalesce(cast(finished_at as date), as_of_date)) as integer) as last_year,
        {{ exit_kind('end_reason') }} as exit_kind
    from {{ ref('fct_dossier') }}
    where
        is_in_flow
        and net_days is not null
        and (
            extract(year from received_at) < extract(year from coalesce(cast(finished_at as date), as_of_date))
            or deadline_unit <> 'working_day'
        )
),

days as (
    select
        calendar_date,
        day_index,
        day_index_after_cutoff,
        receipt_cutoff_at
    from {{ ref('int_deadline_days') }}
    where deadline_unit = 'working_day'
),

year_ends as (
    select
        cast(extract(year from calendar_date) as integer) as year,
        max(day_index) as last_index
    from days
    group by extract(year from calendar_date)
),

years as (
    select
        *,
        lag(last_index) over (order by year nulls last) as index_before
    from year_ends
),

received as (
    select
        d.*,
        l.day_index as end_index,
        case when d.received_at > r.receipt_cutoff_at then r.day_index_after_cutoff else r.day_index end
            as received_index
    from dossiers as d
    inner join days as r on d.received_date = r.calendar_date
    inner join days as l on d.last_date = l.calendar_date
),

observed as (
    select
        d.dossier_code,
        d.agency_id,
        d.received_index,
        y.year,
        d.first_year,
        case when y.year = d.first_year then d.received_index else greatest(y.index_before, d.received_index) end
            as entry_index,
        greatest(case when y.year = d.last_year then d.end_index else y.last_index end, d.received_index)
            as exit_index,
        case when y.year = d.last_year then d.exit_kind else 'censored' end as exit_kind
    from received as d
    inner join years as y on d.first_year <= y.year and d.last_year >= y.year
),

paused as (
    select
        o.dossier_code,
        o.year,
        cast(
            sum(greatest(least(r.day_index, o.entry_index) - greatest(s.day_index, o.received_index), 0)) as bigint
        ) as days_before_entry,
        cast(
            sum(greatest(least(r.day_index, o.exit_index) - greatest(s.day_index, o.received_index), 0)) as bigint
        ) as days_before_exit
    from observed as o
    inner join {{ ref('int_dossier_pauses_merged') }} as p on o.dossier_code = p.dossier_code
    inner join days as s on p.stop_date = s.calendar_date
    inner join days as r on p.resume_date = r.calendar_date
    group by o.dossier_code, o.year
)

select
    o.dossier_code,
    o.year,
    o.agency_id,
    case
        when o.year = o.first_year then -1
        else o.entry_index - o.received_index - coalesce(p.days_before_entry, 0)
    end as entry_days,
    o.exit_index - o.received_index - coalesce(p.days_before_exit, 0) as exit_days,
    o.exit_kind
from observed as o
left join paused as p on o.dossier_code = p.dossier_code and o.year = p.year
