-- As many labels are found as names stand in `flags`.
with flagged as (
    select distinct flags
    from {{ ref('fct_dossier') }}
    where flags is not null
)

select
    f.flags,
    count(l.value) as n_labels
from flagged as f
left join {{ ref('label') }} as l
    on l.list_name = 'dossier_flag' and ';' || f.flags || ';' like '%;' || l.value || ';%'
group by f.flags
having count(l.value) <> length(f.flags) - length(replace(f.flags, ';', '')) + 1
