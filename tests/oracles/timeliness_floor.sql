-- The floor of `core` and `timeliness`: what one person who knows the data would write by hand in DuckDB to get from
-- the typed landing to core.fct_dossier and the tables of the schema timeliness. Formulas: methods §4.
-- It knows that there is one load of each source, that nothing is dated after as_of, that every dossier with events has
-- a receipt among them, that periods are of whole months, and which rules are in force: in these years no limit is
-- moved. It checks and explains nothing.
-- Variables: landing, registry (folders of Parquet; the ledger's lies beside the registry's), as_of (date).
-- bench/same_tables.py holds its result against the marts; the exact limits of the funnel are not in it.

set preserve_insertion_order = false;
set variable load_seq = (
    select load_seq from read_parquet(getvariable('registry') || '/../ledger/loads.parquet') where source = 'dossiers'
);
set variable z = 1.959963984540054;

create schema core;
create schema timeliness;

create view dossiers as
select * from read_parquet(getvariable('landing') || '/dossiers/*/part-0.parquet', union_by_name = true);

create view events as
select * from read_parquet(getvariable('landing') || '/dossier_events/*/part-0.parquet', union_by_name = true);

create table procedures as
select
    procedure_code,
    valid_from::date as valid_from,
    coalesce(valid_to::date, date '9999-12-31') as valid_to,
    deadline_length::int as deadline_length,
    deadline_unit,
    online_level::int as online_level
from read_parquet(getvariable('registry') || '/procedures.parquet');

-- n counts working days, c calendar days. A receipt after 15:00 of a working day is one of the next working day.
create table days as
select
    calendar_date,
    is_working_day,
    sum(is_working_day::int) over (order by calendar_date)::int as n,
    date_diff('day', date '2000-01-01', calendar_date)::int as c,
    date_diff('day', date '2000-01-01', min(case when is_working_day then calendar_date end) over (
        order by calendar_date rows between 1 following and unbounded following
    ))::int as next_c,
    strftime(calendar_date, '%y%m%d') as in_code
from read_parquet(getvariable('registry') || '/calendar.parquet');

create table workdays as select n, calendar_date from days where is_working_day;

set variable as_of_n = (select n from days where calendar_date = getvariable('as_of'));
set variable as_of_c = (select c from days where calendar_date = getvariable('as_of'));

-- Office hours 07:30-11:30 and 13:30-17:00: a working day of 450 minutes. NULL is the end of the day.
create macro minutes_at(n, is_working_day, moment) as case
    when moment is null or not is_working_day then n * 450
    else (n - 1) * 450 + (
        greatest(least(hour(moment) * 60 + minute(moment), 690) - 450, 0)
        + greatest(least(hour(moment) * 60 + minute(moment), 1020) - 810, 0)
    )::int
end;

create macro clock_at(unit, n, c, is_working_day, moment) as case
    when unit = 'hour' then minutes_at(n, is_working_day, moment)
    when unit = 'calendar_day' then c
    else n
end;

create macro workday_of(unit, i) as case unit when 'working_day' then i when 'hour' then (i + 449) // 450 end;

create macro percent(part, whole) as 100 * part / nullif(whole, 0);

create macro n_if(n, condition) as coalesce(sum(n) filter (where condition), 0)::bigint;

-- What the events say beside the pauses, as narrow as it is used: millions of rows are joined to it.
create table notes as
with told as (
    select
        dossier_code,
        max(occurred_at) filter (where event_type = 'withdrawn') as withdrawn_at,
        max(occurred_at) filter (where event_type = 'refusal_notice') as refused_at,
        min(occurred_at) filter (where event_type = 'refusal_notice') as refused_first_at,
        bool_or(event_type = 'refusal_notice' and document_no is not null) as is_refusal_numbered,
        max_by(new_due_at, occurred_at) filter (where event_type = 'apology_reschedule_notice') as new_due_at,
        min(occurred_at) filter (where event_type = 'apology_reschedule_notice') as apologised_first_at,
        max(occurred_at) filter (where event_type = 'apology_reschedule_notice') as apologised_last_at,
        min(occurred_at) filter (where event_type = 'apology_reschedule_notice' and new_due_at is not null)
            as apologised_at,
        min(occurred_at) filter (where event_type = 'guidance_slip') as guided_at,
        bool_or(event_type = 'guidance_slip' and document_no is not null) as is_guidance_numbered,
        min(occurred_at) filter (where event_type in ('supplement_notice', 'supplement_received')) as supplemented_at,
        min(occurred_at) filter (where event_type = 'supplement_notice') as asked_first_at,
        max(occurred_at) filter (where event_type = 'supplement_notice') as asked_last_at,
        min(occurred_at) filter (where event_type = 'early_result_invitation') as invited_at
    from events
    where event_type in (
        'withdrawn', 'refusal_notice', 'apology_reschedule_notice', 'guidance_slip', 'supplement_notice',
        'supplement_received', 'early_result_invitation'
    )
    group by 1
)

select
    dossier_code,
    withdrawn_at,
    refused_at,
    refused_first_at,
    new_due_at::date as new_due_date,
    apologised_at::date as apologised_date,
    apologised_first_at < apologised_last_at as is_apologised_twice,
    date_trunc('month', guided_at)::date as guidance_month,
    date_trunc('month', supplemented_at)::date as supplement_month,
    invited_at,
    (
        case when is_guidance_numbered then 1 else 0 end
        + case when asked_first_at is not null then 2 else 0 end
        + case when asked_first_at = supplemented_at and asked_first_at = asked_last_at then 4 else 0 end
        + case when apologised_first_at is not null then 16 else 0 end
        + case when refused_at is not null then 64 else 0 end
        + case when is_refusal_numbered then 128 else 0 end
        + case when invited_at is not null then 512 else 0 end
    )::smallint as told_bits
from told;

-- Ends of the dossiers that were ever reopened, each with the reopening after it; of a log that no event bears out, its
-- own. A withdrawal ends a dossier whatever else is said; a refusal ends it when it is finished, if it is.
create table turns as
with opened as materialized (select dossier_code, occurred_at from events where event_type = 'reopened')

select dossier_code, 'reopened' as how, occurred_at from opened
union all
select dossier_code, event_type, occurred_at
from events
where event_type in ('finished', 'withdrawn', 'refusal_notice') and dossier_code in (select dossier_code from opened)
union all
select dossier_code, 'logged', finished_at
from dossiers
where finished_at is not null and dossier_code in (select dossier_code from opened);

create table reopenings as
with ends as (
    select f.dossier_code, r.occurred_at as reopened_at, f.how, min(f.occurred_at) as moment
    from (from turns where how <> 'reopened') as f
    asof left join (from turns where how = 'reopened') as r
        on f.dossier_code = r.dossier_code and r.occurred_at >= f.occurred_at
    group by all
),

spells as (
    select dossier_code, reopened_at, map_from_entries(list((how, moment))) as told
    from ends
    group by all
)

select
    dossier_code,
    reopened_at,
    case
        when told['withdrawn'] is not null then 'withdrawn'
        when told['refusal_notice'] is not null then 'refused'
        when told['finished'] is not null then 'finished'
    end as end_reason,
    coalesce(told['withdrawn'], told['finished'], told['refusal_notice'], told['logged']) as ended_at
from spells
where reopened_at is not null or end_reason is not null;

create table reopened as
select
    dossier_code,
    max(t.occurred_at) as reopened_at,
    any_value(f.ended_at) filter (where f.end_reason is not null) as ended_again_at,
    any_value(f.end_reason) as ended_again_reason
from turns as t
left join (from reopenings where reopened_at is null) as f using (dossier_code)
where how = 'reopened'
group by 1;

-- Dossiers that the log ends without a day: the event's, or since when the dossier cannot have ended.
create table undated as
select
    d.dossier_code,
    max(occurred_at) filter (where event_type = 'finished') as told_finished_at,
    max(occurred_at) filter (
        where event_type in (
            'transferred', 'supplement_notice', 'supplement_received', 'tax_notice', 'tax_paid', 'pause', 'resume',
            'apology_reschedule_notice', 'reopened'
        )
        and occurred_at::date <= coalesce(returned_at::date, getvariable('as_of'))
    ) as seen_at
from dossiers as d
inner join events as e on d.dossier_code = e.dossier_code
where finished_at is null and status in ('finished', 'returned', 'withdrawn', 'stopped')
group by 1;

create table stops as
with told as (
    select
        dossier_code,
        occurred_at,
        line,
        event_type in ('supplement_notice', 'tax_notice', 'pause') as is_stop,
        case
            when event_type in ('supplement_notice', 'supplement_received') then 1
            when event_type in ('tax_notice', 'tax_paid') then 2
            else 3
        end as kind
    from events
    where event_type in ('supplement_notice', 'supplement_received', 'tax_notice', 'tax_paid', 'pause', 'resume')
),

ordered as (
    select
        *,
        lead(occurred_at) over own as resumed_at,
        lag(is_stop) over own as is_after_stop,
        lag(is_stop, 2) over own as is_second_after_stop
    from told
    window own as (partition by dossier_code, kind order by occurred_at, line)
)

select
    dossier_code,
    kind,
    occurred_at as stopped_at,
    resumed_at,
    not is_stop as is_resume_only,
    is_stop and resumed_at is null and not coalesce(is_after_stop, true) and not coalesce(is_second_after_stop, false)
    and dossier_code not in (
        select dossier_code from dossiers where status in ('supplement_requested', 'awaiting_payment')
    ) as is_reversed
from ordered
where is_stop or not coalesce(is_after_stop, false)
union all
select dossier_code, 4, ended_at, reopened_at, false, false from reopenings where ended_at < reopened_at;

create view stopped as
select * from dossiers where dossier_code in (select dossier_code from stops);

create view given_up as
select * from dossiers where status in ('withdrawn', 'stopped') and applicant_key is not null;

-- Dossiers of a view with their end, their deadline and their place on its clock: days, or minutes of a limit in hours.
create macro clocked(source) as table
with told as (
    select
        d.*,
        n.* exclude (dossier_code),
        o.reopened_at,
        o.ended_again_at,
        o.ended_again_reason,
        greatest(u.seen_at, d.received_at) as seen_at,
        case d.status
            when 'withdrawn' then 'withdrawn'
            when 'stopped' then case when n.refused_at is not null then 'refused' else 'stopped' end
            when 'finished' then 'finished'
            when 'returned' then 'finished'
        end as told_reason,
        case d.status
            when 'withdrawn' then coalesce(n.withdrawn_at, d.finished_at, u.told_finished_at)
            when 'stopped' then coalesce(d.finished_at, n.refused_at, u.told_finished_at)
            when 'finished' then coalesce(d.finished_at, u.told_finished_at)
            when 'returned' then coalesce(d.finished_at, u.told_finished_at)
        end as told_at
    from query_table(source) as d
    left join notes as n on d.dossier_code = n.dossier_code
    left join undated as u on d.dossier_code = u.dossier_code
    left join reopened as o on d.dossier_code = o.dossier_code
),

ended as (
    select
        *,
        case when told_at < reopened_at then ended_again_at else told_at end as ended_at,
        case when told_at < reopened_at then ended_again_reason else told_reason end as end_reason,
        end_reason is not null and ended_at is null as is_ended_without_date,
        case when is_ended_without_date then seen_at else ended_at end as clock_end_at,
        coalesce(ended_at, case when is_ended_without_date then returned_at end) as latest_end_at,
        coalesce(status not in ('registered', 'not_received'), true) as is_received
    from told
)

select
    d.*,
    p.deadline_length,
    p.deadline_unit,
    p.online_level,
    case when p.deadline_unit = 'hour' then 60 * p.deadline_length else p.deadline_length end as span,
    d.received_at::date as received_date,
    e.calendar_date as end_date,
    r.in_code,
    coalesce(
        d.latest_end_at::date < d.received_at::date
        or d.latest_end_at < d.received_at
        and d.latest_end_at::time > time '00:00' and d.received_at::time > time '00:00',
        false
    ) as is_invalid,
    case
        when not d.is_received then null
        when not (r.is_working_day and d.received_at::time > time '15:00')
            then clock_at(p.deadline_unit, r.n, r.c, r.is_working_day, d.received_at)
        when p.deadline_unit = 'hour' then r.n * 450
        when p.deadline_unit = 'calendar_day' then r.next_c
        else r.n + 1
    end as received_i,
    clock_at(p.deadline_unit, e.n, e.c, e.is_working_day, d.clock_end_at) as end_i,
    r.n + (r.is_working_day and d.received_at::time > time '15:00')::int as received_n,
    e.n as end_n
from ended as d
left join procedures as p
    on d.procedure_code = p.procedure_code and d.received_at >= p.valid_from and d.received_at < p.valid_to
left join days as r on d.received_at::date = r.calendar_date
left join days as e on coalesce(d.clock_end_at::date, getvariable('as_of')) = e.calendar_date;

create table clipped as
select
    d.dossier_code,
    d.resolving_agency_id as agency_id,
    d.procedure_code,
    d.span,
    d.received_i,
    d.received_n,
    d.end_n,
    p.kind,
    p.is_resume_only,
    p.is_reversed,
    p.resumed_at is null and d.end_reason is null as is_open,
    p.resumed_at is null as is_never_resumed,
    r.calendar_date < d.received_date or s.calendar_date > d.end_date as is_outside,
    greatest(s.calendar_date, d.received_date) as stop_date,
    least(r.calendar_date, d.end_date) as resume_date,
    greatest(s.n, d.received_n) as stop_n,
    least(r.n, d.end_n) as resume_n,
    greatest(clock_at(d.deadline_unit, s.n, s.c, s.is_working_day, p.stopped_at), d.received_i) as stop_i,
    greatest(
        least(
            clock_at(d.deadline_unit, r.n, r.c, r.is_working_day, coalesce(p.resumed_at, d.clock_end_at)), d.end_i
        ),
        stop_i
    ) as resume_i
from clocked('stopped') as d
inner join stops as p on d.dossier_code = p.dossier_code
inner join days as s on p.stopped_at::date = s.calendar_date
inner join days as r on coalesce(p.resumed_at::date, d.end_date) = r.calendar_date
where d.received_i is not null and not d.is_invalid;

create table findings as
select
    dossier_code,
    bool_or(is_reversed) as is_pause_invalid,
    count_if(is_resume_only) > count_if(is_reversed) as is_resume_without_pause,
    bool_or(is_outside and not is_resume_only) as is_pause_outside_life,
    bool_or(is_never_resumed and not is_resume_only and not is_reversed and not is_outside) as is_left_stopped,
    count_if(kind = 1 and not is_resume_only) > 1 as is_multiple_supplements
from clipped
where is_resume_only or is_reversed or is_outside or is_never_resumed or kind = 1
group by 1
having is_left_stopped or is_pause_invalid or is_resume_without_pause or is_pause_outside_life or is_multiple_supplements;

create table pauses as
with reached as (
    select *, max(resume_date) over before as reached_date, max(resume_i) over before as reached_i
    from clipped
    where not is_resume_only and not is_reversed and not is_outside
    window before as (
        partition by dossier_code order by stop_date, stop_i, resume_date, resume_i, kind
        rows between unbounded preceding and 1 preceding
    )
),

islands as (
    select *, count_if(reached_date is null or stop_date > reached_date or stop_i > reached_i) over (
        partition by dossier_code order by stop_date, stop_i, resume_date, resume_i, kind rows unbounded preceding
    ) as island
    from reached
)

select
    dossier_code,
    any_value(agency_id) as agency_id,
    any_value(procedure_code) as procedure_code,
    any_value(span) as span,
    min(stop_i) - any_value(received_i) as elapsed_i,
    max(resume_i) - min(stop_i) as paused_i,
    min(stop_date) as stop_date,
    max(resume_date) as resume_date,
    min(stop_n) as stop_n,
    max(resume_n) as resume_n,
    bool_or(is_open) as is_open
from islands
group by dossier_code, island;

-- A pause that begins when the time has run out takes nothing back.
create table paused as
with running as (
    select
        *,
        elapsed_i - coalesce(sum(paused_i) over (
            partition by dossier_code order by elapsed_i, paused_i rows between unbounded preceding and 1 preceding
        ), 0) as net_i
    from pauses
)

select
    dossier_code,
    sum(paused_i)::int as paused_i,
    coalesce(sum(paused_i) filter (where net_i <= span), 0)::int as paused_in_time_i,
    coalesce(bool_or(is_open and net_i <= span), false) as is_open_in_time,
    sum(greatest(resume_n - stop_n, 0))::int as paused_n,
    bool_or(is_open) as is_open,
    coalesce(bool_or(net_i = span and (paused_i > 0 or is_open)), false) as is_on_due_day
from running
group by 1;

create table reregistered as
select distinct d.dossier_code
from dossiers as d
inner join clocked('given_up') as g on d.applicant_key = g.applicant_key and d.procedure_code = g.procedure_code
where g.end_reason in ('withdrawn', 'stopped')
    and d.dossier_code <> g.dossier_code
    and d.received_at >= g.received_at
    and d.received_at::date between g.ended_at::date and g.ended_at::date + 3
    and coalesce(d.status not in ('registered', 'not_received'), true);

create table silent as
select dossier_code from dossiers
where dossier_code not in (select dossier_code from events where event_type = 'received' and dossier_code is not null);

-- Days of the log that lie a month before or behind those of the events.
create table shifted as
select
    dossier_code,
    bool_or(event_type <> 'received') as is_ended_before,
    bool_or(event_type = 'received') as is_received_after
from dossiers
inner join events using (dossier_code)
where date_trunc('month', occurred_at) < date_trunc('month', received_at) and event_type = 'received'
    or date_trunc('month', occurred_at) > date_trunc('month', finished_at) and event_type = case status
        when 'withdrawn' then 'withdrawn' when 'stopped' then 'refusal_notice'
        when 'finished' then 'finished' when 'returned' then 'finished'
    end
group by 1;

-- The columns after load_seq are for the aggregates below, and dropped at the end.
create table core.fct_dossier as
with netted as (
    select
        d.*,
        w.is_on_due_day,
        f.is_pause_invalid,
        f.is_resume_without_pause,
        f.is_pause_outside_life,
        f.is_multiple_supplements,
        coalesce(d.end_reason = 'finished' and f.is_left_stopped, false) as is_finished_while_paused,
        coalesce(s.is_ended_before and d.reopened_at is null, false) as is_ended_month_before,
        coalesce(s.is_received_after, false) as is_received_month_after,
        g.dossier_code is not null as is_reregistered,
        u.dossier_code is not null as is_silent,
        case when not d.is_invalid then greatest(d.end_i - d.received_i, 0) end as elapsed_i,
        case when d.received_i is not null then coalesce(w.paused_i, 0) end as paused_i,
        coalesce(w.paused_n, 0) as paused_n,
        d.is_received and d.end_reason is null and not coalesce(w.is_open, false)
        and coalesce(d.status in ('supplement_requested', 'awaiting_payment'), false) as is_start_unknown,
        coalesce(w.is_open, false) or is_start_unknown as is_paused,
        d.received_i + d.span as due_i,
        -- A pause counts when it began in time, and then for good.
        due_i + coalesce(w.paused_in_time_i, 0) as due_last_i,
        case when not coalesce(w.is_open_in_time, false) then due_last_i end as due_adjusted_i,
        due_last_i + 1 as overdue_i,
        coalesce(d.deadline_unit, 'working_day') as unit
    from clocked('dossiers') as d
    left join paused as w on d.dossier_code = w.dossier_code
    left join findings as f on d.dossier_code = f.dossier_code
    left join shifted as s on d.dossier_code = s.dossier_code
    left join reregistered as g on d.dossier_code = g.dossier_code
    left join silent as u on d.dossier_code = u.dossier_code
),

dated as (
    select
        d.*,
        case when d.unit = 'hour' then ceil(d.elapsed_i / 60)::int else d.elapsed_i end as least_elapsed,
        case when d.unit = 'hour' then ceil((d.elapsed_i - d.paused_i) / 60)::int else d.elapsed_i - d.paused_i end
            as least_net,
        case when not d.is_ended_without_date then least_elapsed end as elapsed_days,
        case when not d.is_ended_without_date then least_net end as net_days,
        case when d.unit = 'calendar_day' then date '2000-01-01' + d.due_i else o.calendar_date end
            as due_original_date,
        case when d.unit = 'calendar_day' then date '2000-01-01' + d.due_adjusted_i else a.calendar_date end
            as due_adjusted_date,
        case when d.unit = 'calendar_day' then date '2000-01-01' + d.overdue_i else f.calendar_date end as overdue_date
    from netted as d
    left join workdays as o on workday_of(d.unit, d.due_i) = o.n
    left join workdays as a on workday_of(d.unit, d.due_adjusted_i) = a.n
    left join workdays as f on workday_of(d.unit, d.overdue_i) = f.n
),

judged as (
    select
        *,
        case when overdue_date <= end_date and not is_invalid then overdue_date end as overdue_from_date,
        case
            when not is_received then null
            when is_invalid then 'invalid_dates'
            when due_i is null or is_ended_without_date and least_net <= deadline_length then 'not_recomputable'
            when end_reason in ('withdrawn', 'stopped') then 'withdrawn'
            when end_reason is null then case when net_days > deadline_length then 'open_overdue' else 'open_within' end
            when least_net < deadline_length then 'early'
            when least_net = deadline_length then 'on_time'
            else 'late'
        end as deadline_status,
        case
            when not is_received or is_ended_without_date or due_at is null then null
            when end_reason in ('withdrawn', 'stopped') then 'withdrawn'
            when end_reason is null
                then case when due_at::date < getvariable('as_of') then 'open_overdue' else 'open_within' end
            when ended_at::date < due_at::date then 'early'
            when ended_at::date = due_at::date then 'on_time'
            else 'late'
        end as system_status,
        case
            when deadline_status in ('early', 'on_time') then true
            when deadline_status in ('late', 'open_overdue') then false
            when deadline_status = 'withdrawn' and least_net > deadline_length then false
        end as is_on_time,
        case
            when end_reason is null then null
            when is_invalid then received_date
            when is_ended_without_date then coalesce(returned_at::date, end_date)
            else end_date
        end as counted_end_date,
        is_received and received_i is not null and resolving_agency_id is not null as is_in_flow,
        coalesce(
            is_on_time is not null and due_adjusted_i < case unit
                when 'hour' then 450 * getvariable('as_of_n')
                when 'calendar_day' then getvariable('as_of_c')
                else getvariable('as_of_n')
            end, false
        ) as is_in_due_cohort,
        coalesce(due_adjusted_date, overdue_from_date) as apology_date,
        coalesce(length(split_part(dossier_code, '-', 2)) = 6 and split_part(dossier_code, '-', 2) <> in_code, false)
            as is_code_date_mismatch,
        coalesce(due_at::date < received_date, false) as is_due_before_receipt,
        coalesce(deadline_status = 'early' and net_days = 0 and deadline_length > 1, false) as is_early_with_net_0,
        coalesce(is_apologised_twice, false) as is_multiple_reschedules,
        finished_at is not null and told_reason is null as is_open_with_finish,
        coalesce(is_on_due_day and reopened_at is null, false) as is_pause_on_due_day,
        coalesce(due_at::date > due_original_date, false) as is_printed_due_later,
        is_received and received_date is not null and received_i is null as is_outside_calendar,
        coalesce(returned_at::date < ended_at::date, false) as is_returned_before
    from dated
)

select
    dossier_code,
    procedure_code,
    receiving_agency_id,
    resolving_agency_id,
    returning_agency_id,
    channel,
    channel = 'online' as is_online,
    is_e_dossier,
    received_at,
    deadline_length,
    deadline_unit,
    due_original_date,
    due_adjusted_date,
    coalesce(new_due_date, due_adjusted_date) as due_current_date,
    overdue_from_date,
    ended_at as finished_at,
    counted_end_date,
    returned_at,
    end_reason,
    elapsed_days,
    coalesce(least_elapsed - least_net, paused_i) as paused_days,
    net_days,
    deadline_length - net_days as margin_days,
    deadline_status,
    system_status,
    is_received,
    is_in_flow,
    is_paused,
    is_in_due_cohort,
    is_on_time,
    case
        when is_ended_month_before or is_finished_while_paused or is_start_unknown or is_received_month_after
            or is_code_date_mismatch or is_due_before_receipt or is_early_with_net_0 or is_ended_without_date
            or is_multiple_reschedules or is_multiple_supplements or is_open_with_finish or is_pause_invalid
            or is_pause_on_due_day or is_pause_outside_life or is_silent or is_printed_due_later or is_outside_calendar
            or reopened_at is not null or is_reregistered or is_resume_without_pause or is_returned_before
            then concat_ws(
                ';',
                case when is_code_date_mismatch then 'code_date_mismatch' end,
                case when is_due_before_receipt then 'due_before_receipt' end,
                case when is_early_with_net_0 then 'early_with_net_0' end,
                case when is_ended_month_before then 'ended_month_before_event' end,
                case when is_ended_without_date then 'ended_without_date' end,
                case when is_finished_while_paused then 'finished_while_paused' end,
                case when is_multiple_reschedules then 'multiple_reschedules' end,
                case when is_multiple_supplements then 'multiple_supplements' end,
                case when is_open_with_finish then 'open_with_finish_date' end,
                case when is_pause_invalid then 'pause_invalid' end,
                case when is_pause_on_due_day then 'pause_on_due_day' end,
                case when is_pause_outside_life then 'pause_outside_life' end,
                case when is_start_unknown then 'pause_start_unknown' end,
                case when is_silent then 'pauses_unknown' end,
                case when is_printed_due_later then 'printed_due_later' end,
                case when is_outside_calendar then 'receipt_outside_calendar' end,
                case when is_received_month_after then 'received_month_after_event' end,
                case when reopened_at is not null then 'reopened' end,
                case when is_reregistered then 'reregistered' end,
                case when is_resume_without_pause then 'resume_without_pause' end,
                case when is_returned_before then 'returned_before_finished' end
            )
    end as flags,
    getvariable('load_seq') as load_seq,
    online_level,
    received_n,
    case when unit = 'working_day' then net_days else greatest(end_n - received_n, 0) - paused_n end as age_days,
    guidance_month,
    supplement_month,
    case when end_reason = 'refused' or refused_at is not null
        then date_trunc('month', coalesce(ended_at, refused_first_at))::date end as refusal_month,
    case when apology_date <= getvariable('as_of') then date_trunc('month', apology_date)::date end as due_month,
    (
        coalesce(told_bits, 0)
        + case when least_net > deadline_length then 8 else 0 end
        + case
            when apologised_date < apology_date or unit = 'hour' and apologised_date = apology_date then 32
            else 0
        end
        + case
            when end_reason = 'finished' and ended_at::date < due_adjusted_date
                and due_adjusted_date <= getvariable('as_of')
                and coalesce(returned_at::date <> ended_at::date, true) then 256
            else 0
        end
        + case when invited_at >= ended_at and invited_at::date < due_adjusted_date then 1024 else 0 end
        + case when end_reason = 'refused' then 2048 else 0 end
    )::smallint as notice_bits
from judged;

create table cells as
select
    resolving_agency_id as agency_id,
    procedure_code,
    date_trunc('month', received_at)::date as received_month,
    date_trunc('month', counted_end_date)::date as ended_month,
    date_trunc('month', overdue_from_date)::date as overdue_month,
    case when is_in_due_cohort then date_trunc('month', due_adjusted_date)::date end as due_month,
    year(counted_end_date)::int as finished_year,
    end_reason,
    deadline_status,
    is_on_time,
    is_paused,
    case when deadline_status in ('early', 'on_time', 'late') then system_status = deadline_status end as is_same,
    paused_days > 0 or is_paused as is_stopped_once,
    system_status is not null and due_original_date is not null as is_printed,
    deadline_unit <> 'hour' as is_in_days,
    deadline_length > 1 as is_longer,
    flags,
    count(*)::int as n,
    (count(*) filter (where is_online))::int as n_online,
    (count(*) filter (where online_level = 3))::int as n_level3,
    (count(*) filter (where online_level = 4))::int as n_level4,
    (count(*) filter (where online_level >= 3 and is_online))::int as n_online_offered,
    (count(*) filter (where is_e_dossier))::int as n_e_dossier
from core.fct_dossier
where is_in_flow
group by all;

create table timeliness.digital_by_agency_month as
select
    received_month as month,
    agency_id,
    sum(n) as n_received,
    sum(c.n_online) as n_online,
    percent(sum(c.n_online_offered), sum(c.n_level3 + c.n_level4)) as online_pct,
    sum(c.n_level3) as n_level3,
    sum(c.n_level4) as n_level4,
    sum(c.n_e_dossier) as n_e_dossier,
    percent(sum(c.n_e_dossier), sum(n)) as e_dossier_pct,
    sum(c.n_online_offered) as n_online_offered
from cells as c
group by all;

create table timeliness.integrity_flags_by_agency_year as
with shown as (
    select
        agency_id,
        year(received_month)::int as received_year,
        finished_year,
        deadline_status in ('early', 'on_time', 'late') and is_in_days as is_completed,
        deadline_status = 'early' and is_longer as is_early,
        deadline_status = 'on_time' as is_on_due_day,
        is_stopped_once,
        is_printed,
        ';' || flags || ';' as flags,
        sum(n) as n
    from cells
    group by all
),

looked_for as (
    select unnest([
        'code_date_mismatch', 'due_before_receipt', 'ended_month_before_event', 'ended_without_date',
        'finished_while_paused', 'multiple_reschedules', 'multiple_supplements', 'open_with_finish_date',
        'pause_invalid', 'pause_outside_life', 'pause_start_unknown', 'pauses_unknown', 'received_month_after_event',
        'reopened', 'reregistered', 'resume_without_pause', 'returned_before_finished'
    ]) as flag, 'received' as base_kind
    union all
    values
        ('due_day_spike', 'completed'), ('early_with_net_0', 'early'), ('pause_on_due_day', 'paused'),
        ('printed_due_later', 'printed')
)

select
    case when base_kind in ('completed', 'early') then finished_year else received_year end as year,
    agency_id,
    flag,
    coalesce(sum(n) filter (
        where case when flag = 'due_day_spike' then is_on_due_day else contains(s.flags, ';' || flag || ';') end
    ), 0) as n_flagged,
    sum(n) as n_base,
    percent(n_flagged, n_base) as flagged_pct,
    base_kind
from shown as s
cross join looked_for
where case base_kind
    when 'completed' then is_completed
    when 'early' then is_early
    when 'paused' then is_stopped_once
    when 'printed' then is_printed
    else true
end
group by all;

create table periods as
with months as (
    select distinct date_trunc('month', calendar_date)::date as month
    from days
    where calendar_date <= getvariable('as_of')
)

select 'month' as kind, strftime(month, '%Y-%m') as key, month as first_month, month as last_month from months
union all
select kind, year(month)::varchar, min(month), max(month)
from months
cross join (values ('year'), ('procedure_year')) as v (kind)
group by kind, year(month)
union all
select 'period', period_id, start_date::date, date_trunc('month', least(end_date::date, getvariable('as_of')))::date
from read_parquet(getvariable('registry') || '/periods.parquet')
where start_date::date <= getvariable('as_of');

create table pause_cells as
select
    agency_id,
    procedure_code,
    date_trunc('month', stop_date)::date as stop_month,
    case when not is_open then date_trunc('month', resume_date)::date end as resume_month,
    count(*) as n
from pauses
where agency_id is not null and (is_open or stop_month < resume_month)
group by all;

create table counted as
with counts as (
    select
        agency_id,
        procedure_code,
        received_month,
        coalesce(ended_month, date '9999-12-31') as ended_month,
        overdue_month,
        due_month,
        end_reason,
        deadline_status,
        is_on_time,
        is_paused,
        is_same,
        sum(n) as n
    from cells
    group by all
),

placed as (
    select
        c.*,
        p.* exclude (first_month),
        case when kind = 'procedure_year' then procedure_code end as within,
        received_month >= first_month as is_new,
        ended_month between first_month and last_month as is_ended,
        ended_month > last_month as is_open,
        due_month between first_month and last_month as is_due
    from counts as c
    inner join periods as p
        on received_month <= last_month and (ended_month >= first_month or due_month >= first_month)
),

told as (
    select
        kind,
        key,
        agency_id,
        within as procedure_code,
        n_if(n, not is_new and (is_open or is_ended)) as n_carried_over,
        n_if(n, is_new) as n_received,
        n_if(n, is_ended and end_reason in ('finished', 'refused')) as n_finished,
        n_if(n, is_ended and end_reason = 'withdrawn') as n_withdrawn,
        n_if(n, is_ended and end_reason = 'stopped') as n_stopped,
        n_if(n, is_ended and deadline_status = 'early') as n_early,
        n_if(n, is_ended and deadline_status = 'on_time') as n_on_time,
        n_if(n, is_ended and deadline_status = 'late') as n_late,
        n_if(n, is_open) as n_open,
        n_if(n, is_open and overdue_month <= last_month) as n_open_overdue,
        n_if(n, is_open and is_paused) as n_paused_today,
        n_if(n, is_due) as n_due_cohort,
        n_if(n, is_due and is_on_time) as n_due_on_time,
        n_if(n, is_ended and is_same is not null) as n_compared,
        n_if(n, is_ended and not is_same) as n_different,
        n_if(n, is_new and deadline_status = 'not_recomputable') as n_not_recomputable,
        n_if(n, is_new and deadline_status = 'invalid_dates') as n_invalid_dates
    from placed
    group by all
    having n_carried_over + n_received + n_due_cohort > 0
),

stood as (
    select
        kind,
        key,
        agency_id,
        case when kind = 'procedure_year' then procedure_code end as procedure_code,
        sum(n)::bigint as n_paused
    from pause_cells
    inner join periods on stop_month <= last_month and coalesce(resume_month > last_month, true)
    group by all
)

select
    t.* exclude (n_paused_today),
    case
        when p.last_month = date_trunc('month', getvariable('as_of')) then t.n_paused_today
        else coalesce(s.n_paused, 0)
    end as n_paused,
    percent(n_due_on_time, n_due_cohort) as on_time_pct,
    percent(n_early + n_on_time, n_early + n_on_time + n_late) as on_time_completed_only_pct,
    percent(n_early + n_on_time, n_early + n_on_time + n_late + n_open_overdue) as on_time_with_overdue_pct,
    100 - percent(n_late + n_open_overdue, n_received + n_carried_over) as on_time_received_and_carried_pct,
    getvariable('z') * sqrt(
        getvariable('z') ^ 2 + 4 * n_due_on_time * (1 - n_due_on_time / nullif(n_due_cohort, 0))
    ) as spread,
    2 * n_due_on_time + getvariable('z') ^ 2 as middle,
    case when n_due_cohort > 0 then greatest(percent(middle - spread, 2 * (n_due_cohort + getvariable('z') ^ 2)), 0) end
        as ci_lo,
    case when n_due_cohort > 0 then least(percent(middle + spread, 2 * (n_due_cohort + getvariable('z') ^ 2)), 100) end
        as ci_hi,
    percent(n_different, n_compared) as system_disagreement_pct,
    case when n_due_cohort = 0 then 'no_data' else 'ok' end as estimate_status
from told as t
inner join periods as p using (kind, key)
left join stood as s
    on t.kind = s.kind and t.key = s.key and t.agency_id = s.agency_id
    and t.procedure_code is not distinct from s.procedure_code;

create macro rated(which) as table
select * exclude (kind, procedure_code, n_compared, n_different, spread, middle) from counted where kind = which;

create table timeliness.on_time_by_agency_month as
select (key || '-01')::date as month, * exclude (key) from rated('month');

create table timeliness.on_time_by_agency_period as
select key as period_id, * exclude (key) from rated('period');

-- Net times: a few thousand ages are enough for quantiles and curves.
create table ages as
select
    resolving_agency_id as agency_id,
    procedure_code,
    year(received_at)::int as first_year,
    coalesce(year(finished_at), year(getvariable('as_of')))::int as last_year,
    net_days,
    age_days,
    case
        when end_reason in ('finished', 'refused') then 'finished'
        when end_reason is not null then 'ended_otherwise'
    end as exit_kind,
    deadline_status in ('early', 'on_time', 'late') as is_completed,
    count(*) as n
from core.fct_dossier
where is_in_flow and net_days is not null
group by all;

create table timeliness.on_time_by_procedure_year as
with runs as (
    select
        agency_id,
        procedure_code,
        last_year,
        net_days,
        sum(sum(n)) over (partition by agency_id, procedure_code, last_year order by net_days) as until,
        sum(sum(n)) over (partition by agency_id, procedure_code, last_year) - 1 as last
    from ages
    where is_completed
    group by 1, 2, 3, 4
),

quantiles as (
    select
        agency_id,
        procedure_code,
        last_year as year,
        min(net_days) filter (where until > floor(0.5 * last)) as low,
        min(net_days) filter (where until > ceil(0.5 * last)) as high,
        min(net_days) filter (where until > floor(0.9 * last)) as low90,
        min(net_days) filter (where until > ceil(0.9 * last)) as high90,
        any_value(0.5 * last) as position,
        any_value(0.9 * last) as position90
    from runs
    group by all
),

limits as (
    select
        key,
        procedure_code,
        max_by(deadline_length, valid_from) as deadline_length,
        max_by(deadline_unit, valid_from) as deadline_unit
    from procedures
    inner join periods on valid_from <= last_day(last_month) and valid_to > first_month
    where kind = 'year'
    group by all
)

select
    c.key::int as year,
    c.* exclude (kind, key, n_compared, n_different, spread, middle, ci_lo, ci_hi),
    round(low + (high - low) * (position - floor(position))::double, 4) as median_days,
    round(low90 + (high90 - low90) * (position90 - floor(position90))::double, 4) as p90_days,
    l.deadline_length,
    l.deadline_unit
from counted as c
left join quantiles as q on c.key = q.year and c.agency_id = q.agency_id and c.procedure_code = q.procedure_code
left join limits as l on c.key = l.key and c.procedure_code = l.procedure_code
where c.kind = 'procedure_year' and c.procedure_code is not null;

-- Case mix (methods §4.6). Below 5 late ones the limits of Garwood stand in a table, as in a textbook.
create table case_mix as
with due as (
    select
        c.*,
        n_due_cohort - n_due_on_time as n_late_due,
        a.cchc_group
    from counted as c
    left join read_parquet(getvariable('registry') || '/agencies.parquet') as a
        on c.agency_id = a.agency_id
        and make_date(c.key::int, 12, 31) >= a.valid_from::date
        and make_date(c.key::int, 12, 31) < coalesce(a.valid_to::date, date '9999-12-31')
    where c.kind = 'procedure_year' and n_due_cohort > 0
),

pooled as (
    select
        *,
        sum(n_late_due) over alike / sum(n_due_cohort) over alike as rate,
        count(*) over alike > 1 as is_shared,
        count(*) over (partition by key, cchc_group, procedure_code) as n_having,
        count(distinct agency_id) over (partition by key, cchc_group) as n_ranked,
        cchc_group is not null and n_ranked > 1 and n_having = n_ranked as is_common
    from due
    window alike as (partition by key, procedure_code)
),

summed as (
    select
        key,
        agency_id,
        n_if(n_late_due, is_shared) as o,
        coalesce(sum(n_due_cohort * rate) filter (where is_shared), 0) as e,
        percent(n_if(n_due_cohort, not is_shared), sum(n_due_cohort)) as single_agency_pct,
        percent(n_if(n_due_on_time, is_common), n_if(n_due_cohort, is_common)) as common_on_time_pct
    from pooled
    group by 1, 2
),

garwood (o, low, high) as (
    values
        (0, 0::double, 3.6888794541139354::double), (1, 0.025317807984289876, 5.571643390938898),
        (2, 0.24220927854396496, 7.22468766772396), (3, 0.6186721228956014, 8.767273069742323),
        (4, 1.0898653736263249, 10.241588675403694)
)

select
    key,
    agency_id,
    s.o as n_observed_late,
    s.e as n_expected_late,
    s.o / nullif(s.e, 0) as oe_ratio,
    coalesce(low, s.o * (1 - 1 / (9 * s.o) - getvariable('z') / (3 * sqrt(s.o))) ^ 3) / nullif(s.e, 0) as oe_lo,
    coalesce(high, (s.o + 1) * (1 - 1 / (9 * (s.o + 1)) + getvariable('z') / (3 * sqrt(s.o + 1))) ^ 3) / nullif(s.e, 0)
        as oe_hi,
    single_agency_pct,
    common_on_time_pct
from summed as s
left join garwood as g on s.o = g.o;

-- Funnel (methods §4.7). Its limits are those of the arcsine, in a table of their own: the marts have the exact ones.
create table funnel as
with pooled as (
    select
        key,
        agency_id,
        n_due_cohort as n,
        sum(n_due_on_time) over years / nullif(sum(n_due_cohort) over years, 0) as theta,
        count(*) filter (where n_due_cohort > 0) over years as k,
        case
            when theta > 0 and theta < 1 then asin(sqrt(n_due_on_time / nullif(n_due_cohort, 0))) - asin(sqrt(theta))
        end as distance,
        2 * sqrt(n_due_cohort) * distance as z
    from counted
    where kind = 'year'
    window years as (partition by key)
),

clipped_z as (
    select
        *,
        greatest(least(z, quantile_cont(z, 0.9) over years), quantile_cont(z, 0.1) over years) as winsorised,
        count(z) over years as n_known
    from pooled
    window years as (partition by key)
),

spread as (
    select
        key,
        avg(winsorised ^ 2) as phi,
        greatest(
            0, (count(*) * phi - (count(*) - 1)) / (sum(4 * n) - sum(16 * n ^ 2) / sum(4 * n))
        ) as tau2
    from clipped_z
    where z is not null and n_known >= 5
    group by 1
)

select
    p.key,
    agency_id,
    n,
    theta,
    100 * theta as target_pct,
    z,
    distance / sqrt(1 / (4 * nullif(n, 0)) + tau2) as z_adj,
    phi,
    tau2,
    case when k < 5 then 'too_few_units' end as flags
from pooled as p
left join spread as s on p.key = s.key;

create table funnel_limits as
select
    key,
    agency_id,
    100 * sin(greatest(asin(sqrt(theta)) - 1.959963984540054 / (2 * sqrt(n)), 0)) ^ 2 as lim95_lo,
    100 * sin(least(asin(sqrt(theta)) + 1.959963984540054 / (2 * sqrt(n)), pi() / 2)) ^ 2 as lim95_hi,
    100 * sin(greatest(asin(sqrt(theta)) - 3.090232306167813 / (2 * sqrt(n)), 0)) ^ 2 as lim998_lo,
    100 * sin(least(asin(sqrt(theta)) + 3.090232306167813 / (2 * sqrt(n)), pi() / 2)) ^ 2 as lim998_hi
from funnel
where n > 0;

create table timeliness.on_time_by_agency_year as
select
    y.key::int as year,
    y.* exclude (key),
    m.* exclude (key, agency_id),
    f.* exclude (key, agency_id, n, theta)
from rated('year') as y
left join case_mix as m on y.key = m.key and y.agency_id = m.agency_id
left join funnel as f on y.key = f.key and y.agency_id = f.agency_id;

create table timeliness.overdue_ageing as
with overdue as (
    select
        resolving_agency_id as agency_id,
        greatest(getvariable('as_of_n') - n + is_working_day::int, 1) as age,
        case
            when age <= 5 then '1-5'
            when age <= 10 then '6-10'
            when age <= 20 then '11-20'
            when age <= 60 then '21-60'
            else 'over 60'
        end as age_class
    from core.fct_dossier
    inner join days on overdue_from_date = calendar_date
    where is_in_flow and deadline_status = 'open_overdue'
)

select
    agency_id,
    age_class,
    count(*) as n_open_overdue,
    max(age) as oldest_overdue_days,
    median(age) as median_overdue_days
from overdue
group by all;

create table timeliness.notice_compliance_by_agency_month as
with cells as (
    select
        resolving_agency_id as agency_id,
        guidance_month,
        supplement_month,
        due_month,
        refusal_month,
        notice_bits as b,
        count(*) as n
    from core.fct_dossier
    where is_in_flow
        and deadline_status <> 'invalid_dates'
        and (notice_bits > 0 or guidance_month is not null or supplement_month is not null)
        and not coalesce(contains(flags, 'pauses_unknown'), false)
    group by all
),

kinds as (
    select
        agency_id,
        n,
        unnest([
            {
                'notice_kind': 'guidance_slip', 'month': guidance_month,
                'is_required': true, 'is_issued': true, 'is_correct': b & 1 > 0
            },
            {
                'notice_kind': 'supplement_notice', 'month': supplement_month,
                'is_required': true, 'is_issued': b & 2 > 0, 'is_correct': b & 4 > 0
            },
            {
                'notice_kind': 'apology_reschedule_notice', 'month': due_month,
                'is_required': b & 8 > 0, 'is_issued': b & 16 > 0, 'is_correct': b & 32 > 0
            },
            {
                'notice_kind': 'refusal_notice', 'month': refusal_month,
                'is_required': b & 2048 > 0, 'is_issued': b & 64 > 0, 'is_correct': b & 128 > 0
            },
            {
                'notice_kind': 'early_result_invitation', 'month': due_month,
                'is_required': b & 256 > 0, 'is_issued': b & 512 > 0, 'is_correct': b & 1024 > 0
            }
        ], recursive := true)
    from cells
)

select
    month,
    agency_id,
    notice_kind,
    n_if(n, is_required) as n_required,
    n_if(n, is_issued) as n_issued,
    n_if(n, is_required and is_correct) as n_issued_correctly,
    percent(n_issued_correctly, n_required) as compliance_pct
from kinds
where month is not null and (is_required or is_issued)
group by all;

-- Ages at which dossiers come under observation and leave it, by year. Those that last over New Year enter late.
create table exits as
with years as (
    select year(calendar_date)::int as year, max(n) as last_n, lag(max(n)) over (order by max(n)) as before_n
    from days
    group by 1
),

crossing as (
    select
        d.dossier_code,
        d.resolving_agency_id as agency_id,
        d.received_n,
        y.year,
        y.year > year(d.received_at) as is_carried_over,
        greatest(case when is_carried_over then y.before_n else d.received_n end, d.received_n) as entry_n,
        greatest(case when y.year = year(e.calendar_date) then e.n else y.last_n end, d.received_n) as exit_n,
        case
            when y.year < year(e.calendar_date) or d.end_reason is null then null
            when d.end_reason in ('finished', 'refused') then 'finished'
            else 'ended_otherwise'
        end as exit_kind
    from core.fct_dossier as d
    inner join days as e on coalesce(d.finished_at::date, getvariable('as_of')) = e.calendar_date
    inner join years as y on y.year between year(d.received_at) and year(e.calendar_date)
    where d.is_in_flow
        and d.net_days is not null
        and year(d.received_at) < year(coalesce(d.finished_at, getvariable('as_of')))
),

aged as (
    select
        year,
        c.agency_id,
        entry_n - received_n
        - coalesce(sum(greatest(least(p.resume_n, entry_n) - p.stop_n, 0)), 0) as entry_days,
        is_carried_over,
        exit_n - received_n - coalesce(sum(greatest(least(p.resume_n, exit_n) - p.stop_n, 0)), 0) as exit_days,
        exit_kind
    from crossing as c
    left join pauses as p on c.dossier_code = p.dossier_code
    group by c.dossier_code, year, c.agency_id, is_carried_over, entry_n, exit_n, received_n, exit_kind
)

select first_year as year, agency_id, -1 as since, age_days as exit_days, exit_kind, n
from ages
where first_year = last_year
union all
select year, agency_id, case when is_carried_over then entry_days else -1 end as since, exit_days, exit_kind, count(*)
from aged
where exit_days > since
group by all;

create table curve as
with moves as (
    select year, agency_id, since as t, sum(n) as n_entered, 0 as n_left, 0 as n_finished, 0 as n_otherwise
    from exits
    group by all
    union all
    select
        year,
        agency_id,
        exit_days,
        0,
        sum(n),
        n_if(n, exit_kind = 'finished'),
        n_if(n, exit_kind = 'ended_otherwise')
    from exits
    group by all
),

times as (
    select
        year,
        agency_id,
        t,
        sum(n_left) as n_left,
        sum(n_finished) as d,
        sum(n_otherwise) as d2,
        sum(sum(n_entered) - sum(n_left)) over (
            partition by year, agency_id order by t rows between unbounded preceding and 1 preceding
        )::double as n
    from moves
    group by 1, 2, 3
),

products as (
    select
        *,
        product(1 - d / n) over until as surv,
        sum(case when n > d then d / (n * (n - d)) else 0 end) over until as greenwood,
        product(1 - (d + d2) / n) over until as surv_all,
        lead(t) over until as next_t
    from times
    where n_left > 0
    window until as (partition by year, agency_id order by t)
),

limited as (
    select
        *,
        exp(getvariable('z') * sqrt(greenwood) / ln(case when surv > 0 and surv < 1 then surv end)) as shift,
        coalesce(lag(surv_all) over until, 1) as surv_before
    from products
    window until as (partition by year, agency_id order by t)
)

select
    * exclude (surv_all, surv_before, shift),
    surv ^ (1 / shift) as surv_lo,
    surv ^ shift as surv_hi,
    sum(surv_before * d / n) over until as cif_finished,
    sum(surv_before * d2 / n) over until as cif_ended_otherwise
from limited
window until as (partition by year, agency_id order by t);

create table timeliness.turnaround_curve as
select
    year,
    agency_id,
    t as net_days,
    n::bigint as n_risk,
    d as n_event,
    surv,
    surv_lo,
    surv_hi,
    cif_finished,
    cif_ended_otherwise
from curve;

-- First time at which a curve is at most one half; on a flat step of exactly one half its middle.
create macro half_time(t, s) as case
    when abs(min_by(s, t) filter (where s <= 0.5 + 1e-9) - 0.5) <= 1e-9
        then (
            min(t) filter (where s <= 0.5 + 1e-9)
            + coalesce(min(t) filter (where s < 0.5 - 1e-9), min(t) filter (where s <= 0.5 + 1e-9))
        ) / 2
    else min(t) filter (where s <= 0.5 + 1e-9)
end;

-- Followed for ever is a curve of which at most 1 % is left; compared are agencies with 100 dossiers.
create table timeliness.turnaround_by_agency_year as
with medians as (
    select
        year,
        agency_id,
        sum(n_left)::bigint as n,
        sum(d)::bigint as n_event,
        half_time(t, surv) as median_days,
        half_time(t, surv_lo) as median_lo,
        half_time(t, surv_hi) as median_hi,
        case when max_by(surv, t) > 0.01 + 1e-9 then max(t) else 'infinity'::double end as known_until
    from curve
    group by all
),

taus as (
    select
        *,
        least(60, min(known_until) filter (where n >= 100 or n_largest < 100) over (partition by year))::int as tau
    from (select *, max(n) over (partition by year) as n_largest from medians)
),

steps as (
    select
        c.*,
        tau,
        surv * greatest(least(coalesce(next_t, tau), tau) - c.t, 0) as step,
        case when c.t <= tau and c.n > d then d / (c.n * (c.n - d)) else 0 end as term
    from curve as c
    inner join taus using (year, agency_id)
),

areas as (
    select *, sum(step) over (
        partition by year, agency_id order by t rows between current row and unbounded following
    ) as ahead
    from steps
),

means as (
    select
        year,
        agency_id,
        least(min(t), any_value(tau)) + sum(step) as rmst_days,
        sqrt(sum(ahead ^ 2 * term)) as rmst_se
    from areas
    group by all
)

select
    year,
    agency_id,
    n,
    n_event,
    n - n_event as n_censored,
    median_days,
    median_lo,
    median_hi,
    case when known_until >= tau then rmst_days end as rmst_days,
    case when known_until >= tau then rmst_se end as rmst_se,
    tau as rmst_tau_days
from taus
inner join means using (year, agency_id);

alter table core.fct_dossier drop column online_level;
alter table core.fct_dossier drop column received_n;
alter table core.fct_dossier drop column age_days;
alter table core.fct_dossier drop column guidance_month;
alter table core.fct_dossier drop column supplement_month;
alter table core.fct_dossier drop column refusal_month;
alter table core.fct_dossier drop column due_month;
alter table core.fct_dossier drop column notice_bits;
