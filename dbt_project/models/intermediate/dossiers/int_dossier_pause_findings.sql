-- Findings about the pauses of a dossier. A supplement may be requested only once.
with counted as (
    select
        dossier_code,
        count(case when is_reversed then 1 end) as n_reversed,
        count(case when is_resume_without_stop then 1 end) as n_resumes_without_stop,
        count(case when is_outside and not is_resume_without_stop then 1 end) as n_outside,
        count(
            case when is_never_resumed and not is_resume_without_stop and not is_reversed and not is_outside then 1 end
        ) as n_never_resumed,
        count(case when pause_kind = 'supplement' and not is_resume_without_stop then 1 end) as n_supplements
    from {{ ref('int_dossier_pauses_clipped') }}
    group by dossier_code
)

select
    dossier_code,
    n_reversed > 0 as is_pause_invalid,
    n_resumes_without_stop > n_reversed as is_resume_without_pause,
    n_outside > 0 as is_pause_outside_life,
    n_never_resumed > 0 as is_never_resumed,
    n_supplements > 1 as is_multiple_supplements
from counted
where n_resumes_without_stop > 0 or n_outside > 0 or n_never_resumed > 0 or n_supplements > 1
