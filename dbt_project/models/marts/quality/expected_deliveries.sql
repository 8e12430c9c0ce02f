-- Whether what was to come has come: the first accepted load with anything of the agency in the period. A source
-- without a contract counts as missing, so that its rows are not lost (a test warns), and one without a branch here as
-- not arrived.
with seen as (
    select
        'survey_responses' as source,
        agency_id,
        interviewed_date as day,
        load_seq
    from {{ ref('stg_survey_responses') }}
    union
    select
        'dossiers' as source,
        resolving_agency_id as agency_id,
        cast(received_at as date) as day,
        load_seq
    from {{ ref('stg_dossiers') }}
    union
    select
        'dossiers' as source,
        receiving_agency_id as agency_id,
        cast(received_at as date) as day,
        load_seq
    from {{ ref('stg_dossiers') }}
    where receiving_agency_id <> resolving_agency_id
    union
    select
        'dossier_events' as source,
        agency_id,
        cast(occurred_at as date) as day,
        load_seq
    from {{ ref('stg_dossier_events') }}
),

expected as (
    select
        e.*,
        p.start_date,
        p.end_date
    from {{ source('registry', 'expected_deliveries') }} as e
    left join {{ source('registry', 'periods') }} as p on e.period_id = p.period_id
),

arrivals as (
    select
        e.source,
        e.agency_id,
        e.period_id,
        s.load_seq
    from expected as e
    inner join seen as s
        on e.source = s.source and e.agency_id = s.agency_id and e.start_date <= s.day and e.end_date >= s.day
    union
    select
        e.source,
        e.agency_id,
        e.period_id,
        a.load_seq
    from expected as e
    inner join {{ ref('stg_assessments') }} as a
        on
            e.agency_id = a.agency_id
            and extract(year from e.end_date) = a.year
            and e.source = 'assessments'
            and a.workbook = 'self_assessment'
    -- One office collects these for all: whatever came for the period came from it.
    union
    select
        e.source,
        e.agency_id,
        e.period_id,
        t.load_seq
    from expected as e
    inner join {{ ref('stg_plan_tasks') }} as t
        on e.source = 'plan_tasks' and e.start_date <= t.month and e.end_date >= t.month
    union
    select
        e.source,
        e.agency_id,
        e.period_id,
        f.load_seq
    from expected as e
    inner join {{ ref('stg_citizen_feedback') }} as f
        on
            e.source = 'citizen_feedback'
            and e.start_date <= cast(f.received_at as date)
            and e.end_date >= cast(f.received_at as date)
),

arrived as (
    select
        a.source,
        a.agency_id,
        a.period_id,
        min(coalesce(l.delivered_at, l.loaded_at)) as arrived_at
    from arrivals as a
    inner join {{ ref('stg_loads') }} as l on a.load_seq = l.load_seq
    group by a.source, a.agency_id, a.period_id
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
