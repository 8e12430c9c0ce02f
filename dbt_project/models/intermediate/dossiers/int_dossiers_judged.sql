-- Statuses. Lateness compares integers; only system_status compares the printed date with the day of the end. Of an end
-- on an unknown day only lateness can be certain: past the limit when the dossier was last in hand.
with judged as (
    select
        *,
        case
            when not is_received then null
            when has_invalid_dates then 'invalid_dates'
            when received_index is null or deadline_length is null then 'not_recomputable'
            when is_ended_without_date and largest_margin_days >= 0 then 'not_recomputable'
            when end_reason in ('withdrawn', 'stopped') then 'withdrawn'
            when end_reason is null and largest_margin_days < 0 then 'open_overdue'
            when end_reason is null then 'open_within'
            when largest_margin_days > 0 then 'early'
            when largest_margin_days = 0 then 'on_time'
            else 'late'
        end as deadline_status,
        case
            when not is_received or is_ended_without_date or printed_due_at is null then null
            when end_reason in ('withdrawn', 'stopped') then 'withdrawn'
            when end_reason is null and as_of_date > cast(printed_due_at as date) then 'open_overdue'
            when end_reason is null then 'open_within'
            when cast(ended_at as date) < cast(printed_due_at as date) then 'early'
            when cast(ended_at as date) = cast(printed_due_at as date) then 'on_time'
            else 'late'
        end as system_status
    from {{ ref('int_dossiers_timed') }}
),

decided as (
    select
        *,
        case
            when deadline_status in ('early', 'on_time') then true
            when deadline_status in ('late', 'open_overdue') then false
            when deadline_status = 'withdrawn' and largest_margin_days < 0 then false
            when deadline_status = 'withdrawn' and withdrawn_before_due = 'counts_late' then false
        end as is_on_time
    from judged
)

select
    *,
    -- With invalid dates it is counted as received and as ended on one day: it is in no stock. An end on an unknown day
    -- is taken as late as it can be, at the return, or else as early.
    case
        when end_reason is null then null
        when has_invalid_dates then received_date
        when is_ended_without_date then coalesce(cast(known_returned_at as date), clock_end_date)
        else clock_end_date
    end as counted_end_date,
    is_received and received_index is not null and resolving_agency_id is not null as is_in_flow,
    coalesce(
        deadline_status not in ('invalid_dates', 'not_recomputable')
        and due_adjusted_index < as_of_index
        and is_on_time is not null, false
    ) as is_in_due_cohort
from decided
