select
    as_of_date,
    method_version,
    publication_id
from {{ source('ledger', 'run') }}
