select
    q.load_seq,
    q.publication_id,
    q.source,
    q.rule_code,
    q.severity,
    q.n_evaluated,
    q.n_failed,
    {{ percent('q.n_failed', 'q.n_evaluated') }} as failed_pct,
    q.is_passed,
    q.statement,
    q.basis,
    {{ run_stamp() }}
from {{ source('ledger', 'rule_results') }} as q
