select
    cast(a.year as integer) as year,
    a.agency_id,
    a.workbook,
    cast(a.round as integer) as stated_round,
    a.criterion_code,
    cast(a.max_points as decimal(11, 6)) as max_points,
    cast(a.self_points as decimal(11, 6)) as self_points,
    cast(a.appraised_points as decimal(11, 6)) as appraised_points,
    cast(a.appraised_points_1 as decimal(11, 6)) as first_round_points,
    cast(a.appraised_points_2 as decimal(11, 6)) as second_round_points,
    coalesce(a.is_applicable, true) as is_applicable,
    a.exclusion_reason,
    a.exclusion_document,
    a.evidence_status,
    a.line,
    l.load_seq,
    l.load_rank,
    l.delivered_at,
    l.data_until_date
from {{ landing('assessments') }} as a
inner join {{ ref('stg_current_loads') }} as l
    on a.load_id = l.load_id and l.source = 'assessments'
