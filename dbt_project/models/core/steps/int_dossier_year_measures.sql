-- What dossier-scored criteria are measured by, for each ranked agency in every year of which there is a log: from the
-- counts that the timeliness marts publish. Without dossiers that a measure counts it is NULL. Of a year without any
-- log nothing is known, and there is no row; nor is there one for the notices of a log that came without events.
with received as (
    select
        extract(year from month) as year,
        agency_id,
        cast(sum(n_received) as bigint) as n_received,
        cast(sum(n_e_dossier) as bigint) as n_e_dossier,
        cast(sum(n_level3 + n_level4) as bigint) as n_offered_online,
        cast(sum(n_online_offered) as bigint) as n_online_offered
    from {{ ref('int_digital_counted') }}
    group by extract(year from month), agency_id
),

known as (
    select
        received_year as year,
        agency_id,
        cast(
            sum(case when ';' || coalesce(flags, '') || ';' like '%;pauses_unknown;%' then 0 else n end) as bigint
        ) as n_with_events
    from {{ ref('int_dossier_flag_counts') }}
    group by received_year, agency_id
),

logged as (
    select
        year,
        max(n_with_events) as n_with_events
    from known
    group by year
),

due as (
    select
        extract(year from start_date) as year,
        agency_id,
        n_due_cohort,
        n_due_on_time
    from {{ ref('int_on_time_counted') }}
    where period_kind = 'year'
),

notices_by_kind as (
    select
        extract(year from month) as year,
        agency_id,
        notice_kind,
        cast(sum(n_required) as bigint) as n_required,
        cast(sum(n_issued_correctly) as bigint) as n_issued_correctly
    from {{ ref('int_notices_counted') }}
    where n_required > 0
    group by extract(year from month), agency_id, notice_kind
),

-- The mean of the five kinds; one with none required counts in full.
notices as (
    select
        year,
        agency_id,
        0.2 * (100 * (5 - count(*)) + {{ exact_sum(percent('n_issued_correctly', 'n_required')) }}) as compliance_pct
    from notices_by_kind
    group by year, agency_id
),

measured as (
    select
        a.year,
        a.agency_id,
        {{ on_time_rate('d') }} as on_time_pct,
        {{ percent('r.n_online_offered', 'r.n_offered_online') }} as online_pct,
        {{ percent('r.n_e_dossier', 'r.n_received') }} as e_dossier_pct,
        case
            when r.agency_id is not null or n.agency_id is not null then coalesce(n.compliance_pct, 100)
        end as notice_compliance_pct,
        {{ percent('p.n_issued_correctly', 'p.n_required') }} as apology_compliance_pct,
        y.n_with_events > 0 and coalesce(k.n_with_events > 0, true) as is_notice_known
    from {{ ref('int_assessment_agencies') }} as a
    inner join logged as y on a.year = y.year
    left join received as r on a.year = r.year and a.agency_id = r.agency_id
    left join known as k on a.year = k.year and a.agency_id = k.agency_id
    left join due as d on a.year = d.year and a.agency_id = d.agency_id
    left join notices as n on a.year = n.year and a.agency_id = n.agency_id
    left join notices_by_kind as p
        on a.year = p.year and a.agency_id = p.agency_id and p.notice_kind = 'apology_reschedule_notice'
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
union all
select
    year,
    agency_id,
    'apology_compliance_pct' as measure,
    apology_compliance_pct as measure_pct
from measured
where is_notice_known
