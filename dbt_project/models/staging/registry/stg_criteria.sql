select
    set_id,
    area_code,
    area_name,
    criterion_code,
    criterion_name,
    cast(max_points as decimal(9, 4)) as max_points,
    kind,
    scored_by,
    requires,
    rule_type,
    measure,
    factor_code,
    cast(full_from as double) as full_from_pct,
    cast(zero_below as double) as zero_below_pct,
    when_none,
    rule
from {{ input('registry', 'criteria') }}
