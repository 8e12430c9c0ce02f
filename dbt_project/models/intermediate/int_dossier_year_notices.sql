{{ config(materialized='table') }}

-- Notices required and issued correctly, by resolving agency, kind and year (DOMAIN 5.6, as far as the log can tell).
-- Apologies and invitations belong to the year of the adjusted due date, the other kinds to that of their own event.
-- Of a dossier without any event nobody knows what was issued: it is not counted.
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
        min(
            case when e.event_type = 'apology_reschedule_notice' and e.new_due_at is not null then e.occurred_at end
        ) as apologised_at,
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

judged as (
    select
        d.resolving_agency_id as agency_id,
        extract(year from n.guided_at) as guidance_year,
        extract(year from n.supplemented_at) as supplement_year,
        extract(year from coalesce(d.due_adjusted_date, d.overdue_from_date)) as due_year,
        extract(year from d.finished_at) as finished_year,
        n.guided_at is not null as needs_guidance_slip,
        n.n_guidance_numbers > 0 as has_guidance_slip,
        n.supplemented_at is not null as needs_supplement_notice,
        n.supplement_asked_at = n.supplemented_at and n.supplement_asked_at = n.supplement_asked_last_at
            as has_supplement_notice,
        coalesce(d.margin_days < 0, false) as needs_apology,
        cast(n.apologised_at as date) < coalesce(d.due_adjusted_date, d.overdue_from_date) as has_apology,
        coalesce(d.end_reason = 'refused', false) as needs_refusal_notice,
        n.n_refusal_numbers > 0 as has_refusal_notice,
        coalesce(
            d.end_reason = 'finished'
            and cast(d.finished_at as date) < d.due_adjusted_date
            and d.due_adjusted_date <= d.as_of_date, false
        ) as needs_invitation,
        n.invited_at >= d.finished_at and cast(n.invited_at as date) < d.due_adjusted_date as has_invitation
    from {{ ref('fct_dossier') }} as d
    left join notices as n on d.dossier_code = n.dossier_code
    where
        d.is_in_flow
        and d.deadline_status <> 'invalid_dates'
        and coalesce(d.flags, '') not like '%pauses_unknown%'
),

-- Millions of dossiers become a few thousand rows before they are told apart by kind.
counted as (
    select
        agency_id,
        guidance_year,
        supplement_year,
        due_year,
        finished_year,
        needs_guidance_slip,
        needs_supplement_notice,
        needs_apology,
        needs_refusal_notice,
        needs_invitation,
        has_guidance_slip,
        has_supplement_notice,
        has_apology,
        has_refusal_notice,
        has_invitation,
        count(*) as n_dossiers
    from judged
    group by
        agency_id, guidance_year, supplement_year, due_year, finished_year, needs_guidance_slip,
        needs_supplement_notice, needs_apology, needs_refusal_notice, needs_invitation, has_guidance_slip,
        has_supplement_notice, has_apology, has_refusal_notice, has_invitation
),

kinds as (
    select 'guidance_slip' as notice_kind
    union all
    select 'supplement_notice' as notice_kind
    union all
    select 'apology_reschedule_notice' as notice_kind
    union all
    select 'refusal_notice' as notice_kind
    union all
    select 'early_result_invitation' as notice_kind
),

by_kind as (
    select
        c.agency_id,
        c.n_dossiers,
        k.notice_kind,
        case k.notice_kind
            when 'guidance_slip' then c.guidance_year
            when 'supplement_notice' then c.supplement_year
            when 'refusal_notice' then c.finished_year
            else c.due_year
        end as year,
        case k.notice_kind
            when 'guidance_slip' then c.needs_guidance_slip
            when 'supplement_notice' then c.needs_supplement_notice
            when 'apology_reschedule_notice' then c.needs_apology
            when 'refusal_notice' then c.needs_refusal_notice
            else c.needs_invitation
        end as is_required,
        case k.notice_kind
            when 'guidance_slip' then c.has_guidance_slip
            when 'supplement_notice' then c.has_supplement_notice
            when 'apology_reschedule_notice' then c.has_apology
            when 'refusal_notice' then c.has_refusal_notice
            else c.has_invitation
        end as is_issued_correctly
    from counted as c
    cross join kinds as k
)

select
    cast(year as integer) as year,
    agency_id,
    notice_kind,
    cast(sum(n_dossiers) as bigint) as n_required,
    cast(sum(case when is_issued_correctly then n_dossiers else 0 end) as bigint) as n_issued_correctly
from by_kind
where is_required and year is not null
group by year, agency_id, notice_kind
