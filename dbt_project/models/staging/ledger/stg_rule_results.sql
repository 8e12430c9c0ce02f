{{ config(tags=['audit']) }}

select
    load_seq,
    publication_id,
    source,
    rule_code,
    severity,
    n_evaluated,
    n_failed,
    is_passed,
    statement,
    basis
from {{ input('ledger', 'rule_results') }}
