-- The pauses that count, in their order, each with how far those before it reach.
with placed as (
    select
        *,
        row_number() over (
            partition by dossier_code
            order by
                stop_date nulls last, stop_index nulls last, resume_date nulls last, resume_index nulls last,
                pause_kind nulls last
        ) as pause_no
    from {{ ref('int_dossier_pauses_clipped') }}
    where not is_resume_without_stop and not is_reversed and not is_outside
)

select
    *,
    max(resume_date) over (
        partition by dossier_code order by pause_no nulls last rows between unbounded preceding and 1 preceding
    ) as reached_date,
    max(resume_index) over (
        partition by dossier_code order by pause_no nulls last rows between unbounded preceding and 1 preceding
    ) as reached_index
from placed
