-- What dossier-scored criteria are measured by, for each ranked agency in every year of which there is a log: without
-- dossiers that a measure counts it is NULL. Of a year without any log nothing is known, and there is no row; nor is
-- there one for the notices of a log that came without events.
with received as (
    select
        cast(extract(year from d.received_at) as integer) as year,
        d.resolving_agency_id as agency_id,
        count(*) as n_received,
        count(case when d.is_e_dossier then 1 end) as n_e_dossiers,
        count(case when p.online_level >= 3 then 1 end) as n_offered_online,
        count(case when p.online_level >= 3 and d.is_online then 1 end) as n_online,
        count(case when coalesce(d.flags, '') not like '%pauses_unknown%' then 1 end) as n_with_events
    from {{ ref('fct_dossier') }} as d
    left join {{ ref('stg_procedures') }} as p
        on
            d.procedure_code = p.procedure_code
            and cast(d.received_at as date) >= p.valid_from
            and cast(d.received_at as date) < coalesce(p.valid_to, date '9999-12-31')
    where d.is_in_flow
    group by extract(year from d.received_at), d.resolving_agency_id
),

logged as (
    select
        year,
        max(n_with_events) as n_with_events
    from received
    group by year
),

due as (
    select
        cast(extract(year from month) as integer) as year,
        agency_id,
        cast(sum(n_due_cohort) as bigint) as n_due_cohort,
        cast(sum(n_due_on_time) as bigint) as n_due_on_time
    from {{ ref('int_on_time_counted') }}
    group by extract(year from month), agency_id
),

-- The mean of the five kinds; one with none required counts in full.
notices as (
    select
        year,
        agency_id,
        0.2 * (100 * (5 - count(*)) + cast(sum({{ percent('n_issued_correctly', 'n_required') }}) as double))
            as compliance_pct
    from {{ ref('int_dossier_year_notices') }}
    group by year, agency_id
),

measured as (
    select
        a.year,
        a.agency_id,
        {{ percent('d.n_due_on_time', 'd.n_due_cohort') }} as on_time_pct,
        {{ percent('r.n_online', 'r.n_offered_online') }} as online_pct,
        {{ percent('r.n_e_dossiers', 'r.n_received') }} as e_dossier_pct,
        case
            when r.agency_id is not null or n.agency_id is not null then coalesce(n.compliance_pct, 100)
        end as notice_compliance_pct,
        y.n_with_events > 0 and coalesce(r.n_with_events > 0, true) as is_notice_known
    from {{ ref('int_assessment_agencies') }} as a
    inner join logged as y on a.year = y.year
    left join received as r on a.year = r.year and a.agency_id = r.agency_id
    left join due as d on a.year = d.year and a.agency_id = d.agency_id
    left join notices as n on a.year = n.year and a.agency_id = n.agency_id
)

select
    year,
    agency_id,
    'on_time_pct' as measure,
    on_time_pct as measure_pct
from measured
union all
select
    year,
    agency_id,
    'online_pct' as measure,
    online_pct as measure_pct
from measured
union all
select
    year,
    agency_id,
    'e_dossier_pct' as measure,
    e_dossier_pct as measure_pct
from measured
union all
select
    year,
    agency_id,
    'notice_compliance_pct' as measure,
    notice_compliance_pct as measure_pct
from measured
where is_notice_known
