{{ config(
    materialized=kept_by_dossier(), incremental_strategy='replace_touched', on_schema_change='fail',
    meta={'counted': [
        'procedure_code', 'resolving_agency_id', 'is_online', 'is_e_dossier', 'received_at', 'deadline_length',
        'deadline_unit', 'due_original_date', 'due_adjusted_date', 'overdue_from_date', 'finished_at', 'end_reason',
        'paused_days', 'net_days', 'deadline_status', 'system_status', 'is_in_flow', 'is_paused', 'is_in_due_cohort',
        'is_on_time', 'flags', 'as_of_date',
    ]}
) }}

-- Nothing of a person: neither the applicant's pseudonym nor anything typed by hand.
select
    d.dossier_code,
    d.procedure_code,
    d.receiving_agency_id,
    d.resolving_agency_id,
    d.returning_agency_id,
    d.channel,
    d.channel = 'online' as is_online,
    d.is_e_dossier,
    d.received_at,
    d.deadline_length,
    d.deadline_unit,
    d.due_original_date,
    d.due_adjusted_date,
    d.due_current_date,
    d.overdue_from_date,
    d.ended_at as finished_at,
    case when cast(d.returned_at as date) <= d.as_of_date then d.returned_at end as returned_at,
    d.end_reason,
    d.elapsed_days,
    d.paused_days,
    d.net_days,
    d.margin_days,
    d.deadline_status,
    d.system_status,
    d.is_received,
    d.is_in_flow,
    d.is_paused,
    d.is_in_due_cohort,
    d.is_on_time,
    d.flags,
    d.load_seq,
    {{ run_stamp() }}
from {{ ref('int_dossiers_flagged') }} as d
