select
    s.month,
    s.agency_id,
    s.notice_kind,
    s.n_required,
    s.n_issued,
    s.n_issued_correctly,
    {{ percent('s.n_issued_correctly', 's.n_required') }} as compliance_pct,
    {{ run_stamp() }}
from {{ ref('int_notices_counted') }} as s
