{{ config(materialized='table') }}

-- Few dossiers stand in more than one load; only they are compared. A single load repeats none.
with loads as (
    select
        min(load_seq) as first_load_seq,
        max(load_seq) as last_load_seq
    from {{ ref('stg_loads') }}
    where source = 'dossiers' and verdict_status = 'accepted'
)

select
    d.dossier_code,
    max(d.load_seq) as load_seq
from {{ ref('stg_dossiers') }} as d
inner join loads as l on d.load_seq <= l.last_load_seq and l.first_load_seq < l.last_load_seq
group by d.dossier_code
having count(*) > 1
