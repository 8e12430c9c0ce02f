{{ config(materialized='table') }}

-- The five notices of every dossier that has or needs one (domain §5.6, as far as the log can tell). Apologies and
-- invitations belong to the month of the due date, once it has come; the others to that of their own event.
-- A dossier without events is not judged, because its notices are unknown.
with notices as (
    select
        e.dossier_code,
        min(case when e.event_type = 'guidance_slip' then e.occurred_at end) as guided_at,
        count(case when e.event_type = 'guidance_slip' then e.document_no end) as n_guidance_numbers,
        min(
            case when e.event_type in ('supplement_notice', 'supplement_received') then e.occurred_at end
        ) as supplemented_at,
        min(case when e.event_type = 'supplement_notice' then e.occurred_at end) as supplement_asked_at,
        max(case when e.event_type = 'supplement_notice' then e.occurred_at end) as supplement_asked_last_at,
        count(case when e.event_type = 'apology_reschedule_notice' then 1 end) as n_apologies,
        min(
            case when e.event_type = 'apology_reschedule_notice' and e.new_due_at is not null then e.occurred_at end
        ) as apologised_at,
        min(case when e.event_type = 'refusal_notice' then e.occurred_at end) as refused_at,
        count(case when e.event_type = 'refusal_notice' then e.document_no end) as n_refusal_numbers,
        min(case when e.event_type = 'early_result_invitation' then e.occurred_at end) as invited_at
    from {{ ref('stg_dossier_events') }} as e
    cross join {{ ref('stg_run') }} as r
    where
        e.event_type in (
            'guidance_slip', 'supplement_notice', 'supplement_received', 'apology_reschedule_notice',
            'refusal_notice', 'early_result_invitation'
        )
        and cast(e.occurred_at as date) <= r.as_of_date
    group by e.dossier_code
),

dossiers as (
    select
        dossier_code,
        resolving_agency_id as agency_id,
        finished_at,
        end_reason,
        as_of_date,
        due_adjusted_date,
        coalesce(deadline_unit = 'hour', false) as is_limit_in_hours,
        coalesce(due_adjusted_date, overdue_from_date) as due_date,
        -- Of an end on an unknown day there is no margin, and yet it may certainly be late.
        coalesce(margin_days < 0, not is_on_time, false) as is_apology_required,
        coalesce(end_reason = 'refused', false) as is_refusal_required,
        coalesce(
            end_reason = 'finished'
            and cast(finished_at as date) < due_adjusted_date
            and due_adjusted_date <= as_of_date
            -- A result collected on the day it is ready needs no invitation.
            and coalesce(cast(returned_at as date) <> cast(finished_at as date), true), false
        ) as is_invitation_required
    from {{ ref('fct_dossier') }}
    where
        is_in_flow
        and deadline_status <> 'invalid_dates'
        and coalesce(flags, '') not like '%pauses_unknown%'
)

select
    d.dossier_code,
    d.agency_id,
    {{ month_of('n.guided_at') }} as guidance_month,
    n.guided_at is not null as is_guidance_required,
    n.guided_at is not null as is_guidance_issued,
    coalesce(n.n_guidance_numbers > 0, false) as is_guidance_correct,
    {{ month_of('n.supplemented_at') }} as supplement_month,
    n.supplemented_at is not null as is_supplement_required,
    n.supplement_asked_at is not null as is_supplement_issued,
    coalesce(
        n.supplement_asked_at = n.supplemented_at and n.supplement_asked_at = n.supplement_asked_last_at, false
    ) as is_supplement_correct,
    {{ month_of('case when d.due_date <= d.as_of_date then d.due_date end') }} as due_month,
    d.is_apology_required,
    coalesce(n.n_apologies > 0, false) as is_apology_issued,
    -- A limit in hours often ends on the day of receipt: no earlier day is left to apologise on.
    coalesce(
        cast(n.apologised_at as date) < d.due_date
        or d.is_limit_in_hours and cast(n.apologised_at as date) = d.due_date, false
    ) as is_apology_correct,
    {{ month_of('coalesce(d.finished_at, n.refused_at)') }} as refusal_month,
    d.is_refusal_required,
    n.refused_at is not null as is_refusal_issued,
    coalesce(n.n_refusal_numbers > 0, false) as is_refusal_correct,
    d.is_invitation_required,
    n.invited_at is not null as is_invitation_issued,
    coalesce(n.invited_at >= d.finished_at and cast(n.invited_at as date) < d.due_adjusted_date, false)
        as is_invitation_correct
from dossiers as d
left join notices as n on d.dossier_code = n.dossier_code
where
    n.dossier_code is not null
    or d.is_apology_required
    or d.is_refusal_required
    or d.is_invitation_required
