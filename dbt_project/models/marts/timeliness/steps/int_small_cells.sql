-- Which rows by procedure the open profile leaves out: those of fewer than k_suppress_count dossiers, and where the
-- total of the agency would give them away (one alone, or fewer than k together) the smallest of the others too
-- (methods §6).
-- Dossiers without a procedure code are in the total and in no row, so they hide as well.
with limits as (
    select max(cast(p.value as bigint)) as k
    from {{ ref('stg_run') }} as r
    inner join {{ source('registry', 'policy_parameters') }} as p
        on {{ policy_on('p', ['k_suppress_count'], 'r.as_of_date') }}
),

sized as (
    select
        c.year,
        c.agency_id,
        c.procedure_code,
        greatest(c.n_carried_over + c.n_received, c.n_due_cohort) as n,
        l.k,
        c.procedure_code is not null
        and greatest(c.n_carried_over + c.n_received, c.n_due_cohort) < l.k as is_primary
    from {{ ref('int_procedure_years_counted') }} as c
    cross join limits as l
),

placed as (
    select
        *,
        row_number() over (
            partition by year, agency_id, procedure_code is null or is_primary
            order by n nulls last, procedure_code nulls last
        ) as place,
        max(case when is_primary then 1 else 0 end) over (partition by year, agency_id) = 1 as has_primary,
        count(case when is_primary or procedure_code is null then 1 end) over (
            partition by year, agency_id
        ) as n_hidden_rows,
        cast(
            sum(case when is_primary or procedure_code is null then n else 0 end) over (
                partition by year, agency_id
            ) as bigint
        ) as n_hidden
    from sized
)

select
    year,
    agency_id,
    procedure_code,
    coalesce(
        is_primary or (has_primary and place = 1 and (n_hidden_rows < 2 or n_hidden < k)), false
    ) as is_small_cell
from placed
where procedure_code is not null
