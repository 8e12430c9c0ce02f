-- Each sign is looked for in dossiers that could show it, in the year of their receipt, or of their end where the sign
-- is about the end. A base without a case of the sign is published as well: none found is not the same as not looked.
-- A limit of one day is met early only with net 0, and one in hours ends on the due day by nature: both are no base.
{%- set base_of = {
    'due_day_spike': 'completed',
    'early_with_net_0': 'early',
    'pause_on_due_day': 'paused',
    'printed_due_later': 'printed',
} %}
{%- set of_received = [
    'code_date_mismatch', 'due_before_receipt', 'ended_month_before_event', 'ended_without_date',
    'finished_while_paused', 'multiple_reschedules', 'multiple_supplements', 'open_with_finish_date', 'pause_invalid',
    'pause_outside_life', 'pause_start_unknown', 'pauses_unknown', 'received_month_after_event', 'reopened',
    'reregistered', 'resume_without_pause', 'returned_before_finished'
] %}

with counted as (
    select
        agency_id,
        received_year,
        finished_year,
        is_completed,
        is_early,
        is_on_due_day,
        is_stopped_once,
        is_printed,
        ';' || coalesce(flags, '') || ';' as flag_list,
        n as n_dossiers
    from {{ ref('int_dossier_flag_counts') }}
),

looked_for as (
    {%- for flag in of_received %}
        select
            '{{ flag }}' as flag,
            'received' as base_kind
        union all
    {%- endfor %}
    {%- for flag, base_kind in base_of.items() %}
        select
            '{{ flag }}' as flag,
            '{{ base_kind }}' as base_kind
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

placed as (
    select
        c.agency_id,
        c.n_dossiers,
        f.flag,
        f.base_kind,
        case when f.base_kind in ('completed', 'early') then c.finished_year else c.received_year end as year,
        case f.base_kind
            when 'completed' then c.is_completed
            when 'early' then c.is_early
            when 'paused' then c.is_stopped_once
            when 'printed' then c.is_printed
            else true
        end as is_in_base,
        case
            when f.flag = 'due_day_spike' then c.is_on_due_day
            else c.flag_list like '%;' || f.flag || ';%'
        end as is_flagged
    from counted as c
    cross join looked_for as f
),

summed as (
    select
        year,
        agency_id,
        flag,
        base_kind,
        cast(sum(case when is_flagged then n_dossiers else 0 end) as bigint) as n_flagged,
        cast(sum(n_dossiers) as bigint) as n_base
    from placed
    where is_in_base
    group by year, agency_id, flag, base_kind
)

select
    s.year,
    s.agency_id,
    s.flag,
    s.n_flagged,
    s.n_base,
    {{ percent('s.n_flagged', 's.n_base') }} as flagged_pct,
    s.base_kind,
    {{ run_stamp() }}
from summed as s
