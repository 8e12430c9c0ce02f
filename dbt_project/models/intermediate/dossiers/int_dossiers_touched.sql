{{ config(materialized='table') }}

-- The dossiers whose rows may have changed since the former build: told of by a load that it did not know, or by the
-- days that have passed since its as_of_date. One registered after a withdrawn one of the same applicant changes with
-- it. In a full build there is none, and nobody asks.
{%- if execute and not is_increment() %}
    select dossier_code
    from {{ ref('stg_dossiers') }}
    where false
{%- else %}
    with unknown_loads as (
        select l.load_seq
        from {{ ref('stg_current_loads') }} as l
        where
            not exists (
                select 1
                from {{ ref('stg_build_before') }} as b
                where b.load_seq = l.load_seq
            )
    ),

    told as (
        select
            d.dossier_code,
            d.status,
            d.applicant_key,
            d.procedure_code
        from {{ ref('stg_dossiers') }} as d
        inner join unknown_loads as l on d.load_seq = l.load_seq
    ),

    -- Open ones grow older, ended ones come to their due day; what the log dates into these days happens on them.
    touched as (
        select dossier_code from told
        union distinct
        select d.dossier_code
        from {{ ref('stg_dossiers_deleted') }} as d
        inner join unknown_loads as l on d.load_seq = l.load_seq
        union distinct
        select e.dossier_code
        from {{ ref('stg_dossier_events') }} as e
        inner join unknown_loads as l on e.load_seq = l.load_seq
        union distinct
        select f.dossier_code
        from {{ former('core', 'fct_dossier') }} as f
        cross join {{ ref('stg_run') }} as r
        where
            f.as_of_date < r.as_of_date
            and (
                f.is_received and f.end_reason is null
                or f.due_adjusted_date >= f.as_of_date and f.due_adjusted_date <= r.as_of_date
                or f.is_on_time is not null
                and not f.is_in_due_cohort
                and f.deadline_status <> 'invalid_dates'
                and f.due_adjusted_date <= r.as_of_date
            )
        union distinct
        select d.dossier_code
        from {{ ref('stg_dossiers') }} as d
        cross join {{ ref('stg_run') }} as r
        where d.received_at >= {{ after_former_day() }} and cast(d.received_at as date) <= r.as_of_date
        union distinct
        select d.dossier_code
        from {{ ref('stg_dossiers') }} as d
        cross join {{ ref('stg_run') }} as r
        where d.returned_at >= {{ after_former_day() }} and cast(d.returned_at as date) <= r.as_of_date
        union distinct
        select e.dossier_code
        from {{ ref('stg_dossier_events') }} as e
        cross join {{ ref('stg_run') }} as r
        where e.occurred_at >= {{ after_former_day() }} and cast(e.occurred_at as date) <= r.as_of_date
    ),

    given_up as (
        select
            g.applicant_key,
            g.procedure_code
        from {{ former('intermediate', 'int_dossiers_given_up') }} as g
        inner join touched as t on g.dossier_code = t.dossier_code
        union distinct
        select
            applicant_key,
            procedure_code
        from told
        where status in ('withdrawn', 'stopped') and applicant_key is not null
    )

    select dossier_code from touched
    union distinct
    select d.dossier_code
    from {{ ref('stg_dossiers') }} as d
    inner join given_up as g on d.applicant_key = g.applicant_key and d.procedure_code = g.procedure_code
    -- Said twice for speed: the log is long, and few have one of these applicants.
    where d.applicant_key in (select w.applicant_key from given_up as w)
{%- endif %}
