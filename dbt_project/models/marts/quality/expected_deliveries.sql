-- Whether what was to come has come: the first accepted load that covers anything of the period for the agency. A
-- source without a contract counts as missing, so that its rows are not lost (a test warns).
with expected as (
    select
        e.*,
        p.start_date,
        p.end_date
    from {{ source('registry', 'expected_deliveries') }} as e
    left join {{ source('registry', 'periods') }} as p on e.period_id = p.period_id
),

arrived as (
    select
        e.source,
        e.agency_id,
        e.period_id,
        min(coalesce(l.delivered_at, l.loaded_at)) as arrived_at
    from expected as e
    inner join {{ ref('stg_load_coverage') }} as c
        on
            e.source = c.source
            and e.agency_id = coalesce(c.agency_id, e.agency_id)
            and e.start_date <= c.last_date
            and e.end_date >= c.first_date
    inner join {{ ref('stg_loads') }} as l on c.load_seq = l.load_seq
    group by e.source, e.agency_id, e.period_id
)

select
    e.source,
    e.agency_id,
    e.period_id,
    e.expected_by_date,
    a.arrived_at,
    case
        when cast(a.arrived_at as date) > e.expected_by_date then 'late'
        when a.arrived_at is not null then 'arrived'
        when k.value is null then 'missing'
        when r.as_of_date > e.expected_by_date then 'missing'
        else 'not_due'
    end as delivery_status,
    {{ run_stamp() }}
from expected as e
left join arrived as a on e.source = a.source and e.agency_id = a.agency_id and e.period_id = a.period_id
left join {{ source('registry', 'labels') }} as k on k.list_name = 'source' and e.source = k.value
cross join {{ ref('stg_run') }} as r
