select
    p.publication_id,
    p.built_at,
    p.code_version,
    p.input_hash,
    p.n_tables,
    p.decision_number,
    p.is_official,
    r.method_version,
    r.as_of_date
from {{ ref('stg_publications') }} as p
cross join {{ ref('stg_run') }} as r
