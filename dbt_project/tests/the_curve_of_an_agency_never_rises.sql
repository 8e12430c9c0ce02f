-- Fewer and fewer dossiers are left without a result, and no two ends are more likely together than certain.
with followed as (
    select
        year,
        agency_id,
        net_days,
        surv,
        cif_finished,
        cif_ended_otherwise,
        lag(surv) over (partition by year, agency_id order by net_days nulls last) as surv_before,
        lag(cif_finished) over (partition by year, agency_id order by net_days nulls last) as cif_finished_before,
        lag(cif_ended_otherwise) over (
            partition by year, agency_id order by net_days nulls last
        ) as cif_ended_otherwise_before
    from {{ ref('turnaround_curve') }}
)

select *
from followed
where
    surv > surv_before + 1e-9
    or cif_finished < cif_finished_before - 1e-9
    or cif_ended_otherwise < cif_ended_otherwise_before - 1e-9
