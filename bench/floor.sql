-- The floor: what one person would write by hand in DuckDB to get from the delivered log to the agency-month table.
-- CSV as text, typed, personal columns left out, zstd Parquet; names to agencies, deadlines, working days, pauses, R1.
-- It checks nothing, flags nothing, explains nothing, publishes nothing. Variables: dossiers, events (CSV), registry (folder of
-- Parquet), out (folder), as_of (date). `make bench` holds its result against the mart.

copy (
    select
        "Mã hồ sơ" as dossier_code,
        "Mã TTHC" as procedure_code,
        "Đơn vị giải quyết" as resolving_name,
        try_strptime("Ngày tiếp nhận", '%d/%m/%Y %H:%M') as received_at,
        try_strptime("Ngày hẹn trả", '%d/%m/%Y %H:%M') as due_at,
        try_strptime("Ngày kết thúc xử lý", '%d/%m/%Y %H:%M') as finished_at,
        try_strptime("Ngày nộp", '%d/%m/%Y %H:%M') as submitted_at,
        try_strptime("Ngày trả", '%d/%m/%Y %H:%M') as returned_at,
        "Đơn vị tiếp nhận" as receiving_name,
        "Đơn vị trả kết quả" as returning_name,
        "Kênh thực hiện" as channel,
        "Hồ sơ điện tử" as e_dossier,
        "Trạng thái" as status
    from read_csv(getvariable('dossiers'), delim = ';', header = true, all_varchar = true)
    where "DeletedOn" is null
) to (getvariable('out') || '/dossiers.parquet') (format parquet, compression zstd);

copy (
    select
        "Mã hồ sơ" as dossier_code,
        "Loại sự kiện" as event_type,
        try_strptime("Thời điểm", '%d/%m/%Y %H:%M') as occurred_at,
        "Đơn vị" as agency_name,
        "Số văn bản" as document_no,
        try_strptime("Ngày hẹn mới", '%d/%m/%Y %H:%M') as new_due_at
    from read_csv(getvariable('events'), delim = ';', header = true, all_varchar = true)
) to (getvariable('out') || '/events.parquet') (format parquet, compression zstd);

create table days as
select
    calendar_date,
    is_working_day,
    sum(is_working_day::int) over (order by calendar_date)::int as n,
    date_diff('day', date '2000-01-01', calendar_date)::int as c,
    date_diff('day', date '2000-01-01', min(case when is_working_day then calendar_date end) over (
        order by calendar_date rows between 1 following and unbounded following
    ))::int as next_c
from read_parquet(getvariable('registry') || '/calendar.parquet');

create table names as
select written.name, any_value(a.agency_id) as agency_id
from (
    select distinct unnest([resolving_name, receiving_name, returning_name]) as name
    from read_parquet(getvariable('out') || '/dossiers.parquet')
) as written
inner join read_parquet(getvariable('registry') || '/agency_aliases.parquet') as a
    on regexp_replace(lower(regexp_replace(trim(nfc_normalize(written.name)), '\s+', ' ', 'g')), ' *- *', '-', 'g')
    = regexp_replace(lower(a.alias), ' *- *', '-', 'g')
group by 1;

create table stops as
with ordered as (
    select
        dossier_code,
        occurred_at::date as a,
        event_type in ('Yêu cầu bổ sung', 'Thông báo thuế', 'Tạm dừng') as is_stop,
        lead(occurred_at::date) over (
            partition by dossier_code, case
                when event_type in ('Yêu cầu bổ sung', 'Đã bổ sung') then 1
                when event_type in ('Thông báo thuế', 'Đã nộp thuế') then 2
                else 3
            end
            order by occurred_at
        ) as b
    from read_parquet(getvariable('out') || '/events.parquet')
    where event_type in ('Yêu cầu bổ sung', 'Đã bổ sung', 'Thông báo thuế', 'Đã nộp thuế', 'Tạm dừng', 'Tiếp tục')
),

reached as (
    select *, max(coalesce(b, getvariable('as_of'))) over (
        partition by dossier_code order by a, b rows between unbounded preceding and 1 preceding
    ) as mb
    from ordered
    where is_stop
),

islands as (
    select *, sum((mb is null or a > mb)::int) over (partition by dossier_code order by a, b) as island from reached
)

select
    dossier_code,
    min(a) as a,
    max(coalesce(b, getvariable('as_of'))) as b,
    bool_or(b is null) as is_open
from islands
group by dossier_code, island;

create table paused as
select
    m.dossier_code,
    sum(e.n - s.n)::int as days,
    sum(e.c - s.c)::int as calendar_days,
    bool_or(m.is_open) as is_open
from stops as m
inner join days as s on m.a = s.calendar_date
inner join days as e on m.b = e.calendar_date
group by 1;

create table notices as
select
    dossier_code,
    max(new_due_at) as new_due_at,
    max(occurred_at) filter (where event_type = 'Rút hồ sơ') as withdrawn_at,
    bool_or(event_type = 'Thông báo từ chối') as is_refused
from read_parquet(getvariable('out') || '/events.parquet')
where event_type in ('Xin lỗi và hẹn lại', 'Rút hồ sơ', 'Thông báo từ chối')
group by 1;

copy (
    with placed as (
        select
            d.*,
            n1.agency_id as resolving_agency_id,
            n2.agency_id as receiving_agency_id,
            n3.agency_id as returning_agency_id,
            p.deadline_length::int as sla,
            p.deadline_unit = 'calendar_day' as in_calendar_days,
            o.new_due_at,
            case
                when d.status = 'Công dân rút hồ sơ' then 'withdrawn'
                when d.status = 'Dừng xử lý' and o.is_refused then 'refused'
                when d.status = 'Dừng xử lý' then 'stopped'
                when d.status in ('Đã xử lý xong', 'Đã trả kết quả') then 'finished'
            end as end_reason,
            case when d.status = 'Công dân rút hồ sơ' then coalesce(o.withdrawn_at, d.finished_at) else d.finished_at end
                as ended_at,
            case when p.deadline_unit = 'calendar_day' then coalesce(w.calendar_days, 0) else coalesce(w.days, 0) end
                as paused_days,
            coalesce(w.is_open, false) and d.finished_at is null as is_paused
        from read_parquet(getvariable('out') || '/dossiers.parquet') as d
        left join names as n1 on d.resolving_name = n1.name
        left join names as n2 on d.receiving_name = n2.name
        left join names as n3 on d.returning_name = n3.name
        left join read_parquet(getvariable('registry') || '/procedures.parquet') as p
            on d.procedure_code = p.procedure_code
            and d.received_at >= p.valid_from::date and d.received_at < coalesce(p.valid_to::date, date '9999-12-31')
        left join paused as w on d.dossier_code = w.dossier_code
        left join notices as o on d.dossier_code = o.dossier_code
    ),

    clocked as (
        select
            d.*,
            case
                when r.is_working_day and d.received_at::time > time '15:00'
                    then case when d.in_calendar_days then r.next_c else r.n + 1 end
                when d.in_calendar_days then r.c
                else r.n
            end as received_n,
            case when d.in_calendar_days then e.c else e.n end as end_n
        from placed as d
        left join days as r on d.received_at::date = r.calendar_date
        left join days as e on coalesce(d.ended_at::date, getvariable('as_of')) = e.calendar_date
    ),

    netted as (
        select
            *,
            greatest(end_n - received_n, 0) as elapsed_days,
            greatest(end_n - received_n, 0) - paused_days as net_days,
            received_n + sla as due_n,
            received_n + sla + paused_days as due_adjusted_n
        from clocked
    ),

    dated as (
        select
            d.*,
            case when d.in_calendar_days then date '2000-01-01' + d.due_n::int else o.calendar_date end as due_original_date,
            case
                when d.is_paused then null
                when d.in_calendar_days then date '2000-01-01' + d.due_adjusted_n::int
                else a.calendar_date
            end as due_adjusted_date
        from netted as d
        left join days as o on not d.in_calendar_days and o.is_working_day and o.n = d.due_n
        left join days as a on not d.in_calendar_days and a.is_working_day and a.n = d.due_adjusted_n
    )

    select
        dossier_code,
        procedure_code,
        receiving_agency_id,
        resolving_agency_id,
        returning_agency_id,
        channel,
        e_dossier,
        received_at,
        sla,
        due_original_date,
        due_adjusted_date,
        coalesce(new_due_at::date, due_adjusted_date) as due_current_date,
        ended_at as finished_at,
        returned_at,
        end_reason,
        elapsed_days,
        paused_days,
        net_days,
        sla - net_days as margin_days,
        case
            when end_reason in ('withdrawn', 'stopped') then 'withdrawn'
            when end_reason is null and net_days > sla then 'open_overdue'
            when end_reason is null then 'open_within'
            when net_days < sla then 'early'
            when net_days = sla then 'on_time'
            else 'late'
        end as deadline_status,
        case
            when ended_at::date < due_at::date then 'early'
            when ended_at::date = due_at::date then 'on_time'
            when ended_at is not null then 'late'
        end as system_status,
        is_paused,
        due_adjusted_date < getvariable('as_of')
        and not coalesce(end_reason in ('withdrawn', 'stopped') and net_days <= sla, false) as is_in_due_cohort,
        coalesce(end_reason in ('finished', 'refused') and net_days <= sla, false) as is_on_time
    from dated
) to (getvariable('out') || '/facts.parquet') (format parquet, compression zstd);

create table agency_month as
with facts as (
    select
        resolving_agency_id as agency_id,
        date_trunc('month', received_at)::date as received_month,
        date_trunc('month', finished_at)::date as finished_month,
        date_trunc('month', due_adjusted_date)::date as due_month,
        date_trunc('month', due_adjusted_date + 1)::date as overdue_month,
        end_reason,
        deadline_status,
        system_status <> deadline_status as is_different,
        is_in_due_cohort,
        is_on_time,
        is_paused,
        count(*) as n
    from read_parquet(getvariable('out') || '/facts.parquet')
    group by all
),

months as (select distinct received_month as month from facts),

received as (select agency_id, received_month as month, sum(n) as n_received from facts group by all),

finished as (
    select
        agency_id,
        finished_month as month,
        sum(n) filter (where end_reason in ('finished', 'refused')) as n_finished,
        sum(n) filter (where end_reason = 'withdrawn') as n_withdrawn,
        sum(n) filter (where end_reason = 'stopped') as n_stopped,
        sum(n) filter (where deadline_status = 'early') as n_early,
        sum(n) filter (where deadline_status = 'on_time') as n_on_time,
        sum(n) filter (where deadline_status = 'late') as n_late,
        sum(n) filter (where is_different and deadline_status in ('early', 'on_time', 'late')) as n_different
    from facts
    where finished_month is not null
    group by all
),

due as (
    select agency_id, due_month as month, sum(n) as n_due_cohort, sum(n) filter (where is_on_time) as n_due_on_time
    from facts
    where is_in_due_cohort
    group by all
),

stock as (
    select
        f.agency_id,
        m.month,
        sum(f.n) as n_open,
        sum(f.n) filter (where f.overdue_month <= m.month) as n_open_overdue,
        sum(f.n) filter (where f.is_paused) as n_paused
    from facts as f
    inner join months as m
        on f.received_month <= m.month and (f.finished_month is null or f.finished_month > m.month)
    group by all
)

select
    *,
    lag(n_open) over (partition by agency_id order by month) as n_carried_over,
    100.0 * n_due_on_time / n_due_cohort as on_time_pct,
    100.0 * (n_early + n_on_time) / (n_early + n_on_time + n_late) as on_time_completed_only_pct
from received
full join finished using (agency_id, month)
full join due using (agency_id, month)
full join stock using (agency_id, month);
