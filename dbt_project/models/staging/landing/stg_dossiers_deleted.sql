select
    d.dossier_code,
    d.line,
    l.load_seq,
    l.load_rank
from {{ landing('dossiers_deleted') }} as d
inner join {{ ref('stg_current_loads') }} as l
    on d.load_id = l.load_id and l.source = 'dossiers'
