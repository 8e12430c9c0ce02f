select
    rating_scheme,
    cchc_group,
    rating,
    cast(floor_inclusive as double) as floor_pct,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from {{ input('registry', 'rating_bands') }}
