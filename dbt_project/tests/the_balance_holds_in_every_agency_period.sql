-- Open before plus received equals ended plus open now (domain §5.9), in every month, year and
-- period of the registry.
select
    period_kind,
    period_key,
    agency_id,
    n_carried_over,
    n_received,
    n_finished,
    n_withdrawn,
    n_stopped,
    n_open
from {{ ref('int_on_time_rated') }}
where n_carried_over + n_received <> n_finished + n_withdrawn + n_stopped + n_open
