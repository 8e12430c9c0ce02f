-- Flags: findings that limit the use of a dossier's numbers.
select
    d.*,
    {{ flag_list({
        'after_as_of': "coalesce(d.received_date > d.as_of_date, false)",
        'code_date_mismatch': "coalesce(length(" ~ text_part('d.dossier_code', '-', 2) ~ ") = 6 and "
            ~ text_part('d.dossier_code', '-', 2) ~ " <> d.received_code_date, false)",
        'due_before_receipt': "coalesce(cast(d.printed_due_at as date) < d.received_date, false)",
        'early_with_net_0': "coalesce(d.deadline_status = 'early' and d.net_days = 0 and d.deadline_length > 1, false)",
        'ended_month_before_event': "coalesce(b.is_ended_before_event, false) and d.reopened_at is null",
        'ended_without_date': "d.is_ended_without_date",
        'finished_while_paused': "coalesce(d.end_reason = 'finished' and f.is_never_resumed, false)",
        'from_events': "coalesce(d.is_from_events, false)",
        'multiple_reschedules': "d.is_rescheduled_again",
        'multiple_supplements': "coalesce(f.is_multiple_supplements, false)",
        'open_with_finish_date': "d.is_open_with_finish",
        'pause_invalid': "coalesce(f.is_pause_invalid, false)",
        'pause_on_due_day': "coalesce(d.is_paused_on_due_day and d.reopened_at is null, false)",
        'pause_outside_life': "coalesce(f.is_pause_outside_life, false)",
        'pause_start_unknown': "d.is_pause_start_unknown",
        'pauses_unknown': "u.dossier_code is not null",
        'printed_due_later': "coalesce(cast(d.printed_due_at as date) > d.due_original_date, false)",
        'receipt_outside_calendar': "d.is_received and d.received_date is not null and d.received_index is null",
        'received_month_after_event': "coalesce(b.is_received_after_event, false)",
        'reopened': "d.reopened_at is not null",
        'reregistered': "r.dossier_code is not null",
        'resume_without_pause': "coalesce(f.is_resume_without_pause, false)",
        'returned_before_finished': "coalesce(cast(d.returned_at as date) < cast(d.ended_at as date), false)",
    }) }} as flags
from {{ ref('int_dossiers_judged') }} as d
left join {{ ref('int_dossier_pause_findings') }} as f on d.dossier_code = f.dossier_code
left join {{ ref('int_dossiers_backdated') }} as b on d.dossier_code = b.dossier_code
left join {{ ref('int_dossiers_reregistered') }} as r on d.dossier_code = r.dossier_code
left join {{ ref('int_dossiers_without_events') }} as u on d.dossier_code = u.dossier_code
