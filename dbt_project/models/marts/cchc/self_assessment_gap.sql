-- An agency without a self score is in the table, without figures. The change between the rounds of the appraisal is
-- over the criteria that have points in the first and in a later one.
with rounds as (
    select
        year,
        agency_id,
        criterion_code,
        min(round_no) as first_no,
        max(round_no) as last_no
    from {{ ref('int_assessment_rounds') }}
    where given_by = 'appraisal' and points is not null
    group by year, agency_id, criterion_code
),

latest as (
    select
        year,
        agency_id,
        criterion_code,
        round_no,
        points,
        row_number() over (
            partition by year, agency_id, criterion_code, round_no order by recency nulls last
        ) as recency_in_round
    from {{ ref('int_assessment_rounds') }}
    where given_by = 'appraisal' and points is not null
),

changed as (
    select
        r.year,
        r.agency_id,
        count(*) as n_twice,
        {{ percent(
            'cast(sum(b.points - a.points) as double)',
            'cast(sum(s.max_points) as double)'
        ) }} as round_change_points
    from rounds as r
    inner join latest as a
        on
            r.year = a.year
            and r.agency_id = a.agency_id
            and r.criterion_code = a.criterion_code
            and r.first_no = a.round_no
            and a.recency_in_round = 1
    inner join latest as b
        on
            r.year = b.year
            and r.agency_id = b.agency_id
            and r.criterion_code = b.criterion_code
            and r.last_no = b.round_no
            and b.recency_in_round = 1
    inner join {{ ref('fct_criterion_score') }} as s
        on
            r.year = s.year
            and r.agency_id = s.agency_id
            and r.criterion_code = s.criterion_code
            and s.is_applicable
            and s.kind not in ('bonus', 'penalty')
    where r.last_no > r.first_no
    group by r.year, r.agency_id
)

select
    a.year,
    a.agency_id,
    coalesce(m.n_criteria, 0) as n_criteria,
    m.self_pct,
    m.appraised_pct,
    m.inflation_points,
    m.gross_over_points,
    m.gross_under_points,
    coalesce(m.n_over, 0) as n_over,
    coalesce(m.n_under, 0) as n_under,
    {{ percent('m.n_over', 'm.n_criteria') }} as over_pct,
    m.over_lo,
    m.over_hi,
    m.p_sign,
    m.concordance,
    m.limit_lo,
    m.limit_hi,
    case
        when m.self_pct is not null
            then cast(rank() over (
                partition by a.year, a.cchc_group order by round(m.self_pct, 9) desc nulls last
            ) as bigint)
    end as self_group_rank,
    m.group_tau_b,
    coalesce(c.n_twice, 0) as n_second_round,
    c.round_change_points,
    {{ run_stamp() }}
from {{ ref('int_assessment_agencies') }} as a
left join {{ source('methods', 'self_assessment') }} as m on a.year = m.year and a.agency_id = m.agency_id
left join changed as c on a.year = c.year and a.agency_id = c.agency_id
