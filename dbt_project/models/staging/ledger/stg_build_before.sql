select load_seq
from {{ source('ledger', 'build_before') }}
