select
    year,
    agency_id,
    criterion_code,
    given_by as workbook,
    cast(recency as bigint) as score_no,
    round_no,
    load_seq,
    delivered_at,
    points as given_points,
    recency = 1 as is_counted,
    {{ run_stamp() }}
from {{ ref('int_assessment_rounds') }}
