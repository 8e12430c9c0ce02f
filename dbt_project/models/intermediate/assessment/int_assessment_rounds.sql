{{ config(materialized='table') }}

-- Every score that a delivery gives a criterion: the agency's own, and one for each round of appraisal. What is about a
-- time after as_of_date is not known yet. An appraisal that names no round belongs to the last one before it.
{%- set rounds = [(1, 'first_round_points'), (2, 'second_round_points')] %}

with known as (
    select
        a.*,
        a.workbook = 'appraisal' or (
            a.workbook = 'combined' and max(
                case
                    when coalesce(a.appraised_points, a.second_round_points, a.first_round_points) is not null then 1
                    else 0
                end
            ) over (partition by a.load_seq, a.year, a.agency_id) = 1
        ) as is_appraised
    from {{ ref('stg_assessments') }} as a
    cross join {{ ref('stg_run') }} as r
    where a.year <= extract(year from r.as_of_date) and coalesce(a.data_until_date <= r.as_of_date, true)
),

given as (
    select
        *,
        'self_assessment' as given_by,
        cast(null as integer) as named_round,
        0 as place,
        self_points as points
    from known
    where workbook in ('self_assessment', 'combined')
    {%- for number, column in rounds %}
        union all
        select
            *,
            'appraisal' as given_by,
            {{ number }} as named_round,
            {{ number }} as place,
            {{ column }} as points
        from known
        where is_appraised and {{ column }} is not null
    {%- endfor %}
    -- The points that no round is named for are the last of their workbook.
    union all
    select
        *,
        'appraisal' as given_by,
        stated_round as named_round,
        {{ rounds | length + 1 }} as place,
        appraised_points as points
    from known
    where
        is_appraised
        and (appraised_points is not null or coalesce(first_round_points, second_round_points) is null)
),

numbered as (
    select
        *,
        case
            when given_by = 'appraisal'
                then coalesce(
                    named_round,
                    max(named_round) over (
                        partition by year, agency_id, given_by order by load_rank nulls last
                    ),
                    1
                )
        end as round_no
    from given
)

select
    year,
    agency_id,
    criterion_code,
    workbook,
    given_by,
    round_no,
    points,
    self_points,
    max_points,
    is_applicable,
    exclusion_reason,
    exclusion_document,
    evidence_status,
    load_seq,
    delivered_at,
    row_number() over (
        partition by year, agency_id, criterion_code, given_by
        order by round_no desc nulls last, load_rank desc nulls last, place desc nulls last, line desc nulls last
    ) as recency
from numbered
