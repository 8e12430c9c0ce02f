select
    c.month,
    c.agency_id,
    c.n_received,
    c.n_online,
    {{ percent('c.n_online_offered', '(c.n_level3 + c.n_level4)') }} as online_pct,
    c.n_level3,
    c.n_level4,
    c.n_e_dossier,
    {{ percent('c.n_e_dossier', 'c.n_received') }} as e_dossier_pct,
    c.n_online_offered,
    {{ run_stamp() }}
from {{ ref('int_digital_counted') }} as c
