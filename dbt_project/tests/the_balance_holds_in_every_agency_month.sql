-- What was open before plus what came in is what ended plus what is open now: stock and flow are counted apart.
select
    month,
    agency_id,
    n_carried_over,
    n_received,
    n_finished,
    n_withdrawn,
    n_stopped,
    n_open
from {{ ref('on_time_by_agency_month') }}
where n_carried_over + n_received <> n_finished + n_withdrawn + n_stopped + n_open
