-- The loads whose rows count, by load_rank: what is true of a later day outranks what was true before, whenever it
-- came; of two files about the same day the one that came last does. Of a file that was judged again the last verdict.
select
    load_seq,
    load_id,
    source,
    data_from_date,
    data_until_date,
    delivered_at,
    row_number() over (order by data_until_date nulls first, arrival_seq nulls first) as load_rank
from {{ ref('stg_loads') }}
where verdict_status = 'accepted' and not is_superseded
