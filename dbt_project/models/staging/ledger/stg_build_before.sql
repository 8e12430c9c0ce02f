select load_seq
from {{ input('ledger', 'build_before') }}
