{{ config(materialized='table') }}

-- The dossiers whose rows may have changed since the former build: told of by a load that it did not know, or by the
-- days that have passed since its as_of_date. One registered after a withdrawn one of the same applicant changes with
-- it. Those that are not rebuilt are only read, to compare with. In a full build there is none, and nobody asks.
{%- if execute and not is_increment() %}
    select
        dossier_code,
        true as is_rebuilt
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

    days_passed as (
        select
            max(b.as_of_date) as from_date,
            max(r.as_of_date) as until_date
        from {{ ref('stg_build_before') }} as b
        cross join {{ ref('stg_run') }} as r
        having max(b.as_of_date) < max(r.as_of_date)
    ),

    told as (
        select d.dossier_code
        from {{ ref('stg_dossiers') }} as d
        inner join unknown_loads as l on d.load_seq = l.load_seq
        union all
        select d.dossier_code
        from {{ ref('stg_dossiers_deleted') }} as d
        inner join unknown_loads as l on d.load_seq = l.load_seq
        union all
        select e.dossier_code
        from {{ ref('stg_dossier_events') }} as e
        inner join unknown_loads as l on e.load_seq = l.load_seq
    ),

    -- Open ones grow older, ended ones come to their due day; what the log dates into these days happens on them.
    due as (
        select f.dossier_code
        from {{ former('core', 'fct_dossier') }} as f
        cross join days_passed as p
        where
            f.is_received and f.end_reason is null
            or f.due_adjusted_date >= p.from_date
            or f.is_on_time is not null and not f.is_in_due_cohort and f.deadline_status <> 'invalid_dates'
        union all
        select d.dossier_code
        from {{ ref('stg_dossiers') }} as d
        cross join days_passed as p
        where
            cast(d.received_at as date) > p.from_date and cast(d.received_at as date) <= p.until_date
            or cast(d.returned_at as date) > p.from_date and cast(d.returned_at as date) <= p.until_date
        union all
        select e.dossier_code
        from {{ ref('stg_dossier_events') }} as e
        cross join days_passed as p
        where cast(e.occurred_at as date) > p.from_date and cast(e.occurred_at as date) <= p.until_date
    ),

    touched as (
        select dossier_code from told
        union distinct
        select dossier_code from due
    ),

    given_up as (
        select
            d.dossier_code,
            d.applicant_key,
            d.procedure_code
        from {{ ref('stg_dossiers') }} as d
        where d.status in ('withdrawn', 'stopped') and d.applicant_key is not null
    ),

    changed_given_up as (
        select distinct
            g.applicant_key,
            g.procedure_code
        from given_up as g
        inner join touched as t on g.dossier_code = t.dossier_code
    ),

    rebuilt as (
        select dossier_code from touched
        union distinct
        select d.dossier_code
        from {{ ref('stg_dossiers') }} as d
        inner join changed_given_up as g
            on d.applicant_key = g.applicant_key and d.procedure_code = g.procedure_code
    ),

    compared as (
        select g.dossier_code
        from given_up as g
        inner join (
            select distinct
                d.applicant_key,
                d.procedure_code
            from {{ ref('stg_dossiers') }} as d
            inner join rebuilt as b on d.dossier_code = b.dossier_code
        ) as d on g.applicant_key = d.applicant_key and g.procedure_code = d.procedure_code
    )

    select
        dossier_code,
        true as is_rebuilt
    from rebuilt
    union all
    select distinct
        c.dossier_code,
        false as is_rebuilt
    from compared as c
    where
        not exists (
            select 1
            from rebuilt as b
            where b.dossier_code = c.dossier_code
        )
{%- endif %}
