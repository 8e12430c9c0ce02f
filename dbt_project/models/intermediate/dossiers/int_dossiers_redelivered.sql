{{ config(materialized='table') }}

-- Few dossiers are in more than one load; only these are compared. A load has a dossier once. A dossier that its
-- highest-ranked load deletes has no row until it is delivered again.
with loads as (
    select
        min(load_seq) as first_load_seq,
        max(load_seq) as last_load_seq
    from {{ ref('stg_current_loads') }}
    where source = 'dossiers'
),

reported as (
    select
        dossier_code,
        load_seq,
        load_rank
    from {{ ref('stg_dossiers') }}
    union all
    select
        dossier_code,
        load_seq,
        load_rank
    from {{ ref('stg_dossiers_deleted') }}
),

repeated as (
    select
        d.dossier_code,
        max(d.load_rank) as load_rank
    from reported as d
    inner join loads as l on d.load_seq <= l.last_load_seq and l.first_load_seq < l.last_load_seq
    group by d.dossier_code
    having count(*) > 1
)

select
    r.dossier_code,
    c.load_seq
from repeated as r
inner join {{ ref('stg_current_loads') }} as c on r.load_rank = c.load_rank
