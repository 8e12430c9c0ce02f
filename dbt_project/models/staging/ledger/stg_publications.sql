{{ config(tags=['audit']) }}

select
    publication_id,
    built_at,
    code_version,
    input_hash,
    n_tables,
    decision_number,
    is_official
from {{ input('ledger', 'publications') }}
