-- Every pause that counts, with the time that it takes off the clock: what an earlier pause covers is taken off once.
-- The clock of a limit in hours runs in minutes of office time.
with measured as (
    select
        *,
        greatest(resume_index - greatest(stop_index, coalesce(reached_index, stop_index)), 0) as span,
        row_number() over (partition by dossier_code, pause_kind order by pause_no nulls last) as no_of_kind
    from {{ ref('int_dossier_pauses_ordered') }}
)

select
    dossier_code,
    cast(pause_no as integer) as pause_no,
    started_at,
    case when not is_open then ended_at end as ended_at,
    pause_kind as kind,
    case when clock_unit <> 'hour' then span end as n_days,
    case when clock_unit = 'hour' then span end as n_minutes,
    is_open,
    -- A supplement may be asked for once only; a second request is taken off all the same.
    pause_kind <> 'supplement' or no_of_kind = 1 as is_lawful,
    {{ run_stamp() }}
from measured
