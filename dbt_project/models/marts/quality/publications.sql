select
    p.publication_id,
    p.built_at,
    p.code_version,
    p.input_hash,
    p.n_tables,
    p.decision_number,
    p.is_official,
    {{ run_stamp() }}
from {{ source('ledger', 'publications') }} as p
