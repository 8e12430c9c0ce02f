select
    load_seq,
    as_of_date
from {{ input('ledger', 'build_before') }}
