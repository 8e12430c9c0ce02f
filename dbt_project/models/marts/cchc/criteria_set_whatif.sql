-- The year's agencies on a set that the crosswalk leads to from their own: what a survey or the dossiers measure is
-- scored by the rule of that set, what the council appraised keeps its share of the maximum where the crosswalk says
-- that the rule did not change. A criterion that is neither stays unanswered and leaves both sides, as an excluded one.
with targets as (
    select distinct
        from_set_id,
        to_set_id
    from {{ source('registry', 'criteria_links') }}
    where from_set_id <> to_set_id
),

asked as (
    select
        a.year,
        a.agency_id,
        a.cchc_group,
        a.coverage_scored_pct,
        a.official_pct as own_official_pct,
        a.set_id as own_set_id,
        t.to_set_id as set_id,
        c.criterion_code,
        cast(c.max_points as decimal(11, 6)) as max_points,
        c.scored_by,
        c.measure,
        c.factor_code,
        cast(c.full_from as double) as full_from_pct,
        cast(c.zero_below as double) as zero_below_pct,
        c.when_none,
        x.agency_id is null and coalesce(f.has, true) as is_applicable
    from {{ ref('int_assessment_rated') }} as a
    inner join targets as t on a.set_id = t.from_set_id
    inner join {{ source('registry', 'criteria') }} as c
        on t.to_set_id = c.set_id and c.scored_by is not null and c.kind not in ('bonus', 'penalty')
    left join {{ source('registry', 'exclusions') }} as x
        on a.agency_id = x.agency_id and c.requires = x.requires and {{ valid_on('x', 'a.year_end_date') }}
    left join {{ source('registry', 'agency_features') }} as f
        on a.agency_id = f.agency_id and c.requires = f.feature and {{ valid_on('f', 'a.year_end_date') }}
),

-- Several criteria merged into one answer it by their points together, once all of them are known.
carried as (
    select
        s.year,
        s.agency_id,
        l.to_set_id as set_id,
        l.to_criterion_code as criterion_code,
        case
            when count(*) = count(s.final_points)
                then {{ ratio('cast(sum(s.final_points) as double)', 'cast(sum(s.max_points) as double)') }}
        end as share
    from {{ ref('fct_criterion_score') }} as s
    inner join {{ source('registry', 'criteria_links') }} as l
        on
            s.set_id = l.from_set_id
            and s.criterion_code = l.from_criterion_code
            and l.relation in ('same', 'reweighted', 'reclassified', 'merged')
    group by s.year, s.agency_id, l.to_set_id, l.to_criterion_code
),

measured as (
    select
        a.*,
        m.measure_pct,
        m.agency_id is not null as is_measured,
        c.share
    from asked as a
    left join {{ ref('int_criterion_measures') }} as m
        on {{ is_measured_by('a', 'm') }}
    left join carried as c
        on
            a.year = c.year
            and a.agency_id = c.agency_id
            and a.set_id = c.set_id
            and a.criterion_code = c.criterion_code
            and (a.scored_by = 'appraisal' or a.measure = 'typed')
),

scored as (
    select
        m.*,
        case
            when not m.is_applicable then null
            when m.scored_by = 'appraisal' or m.measure = 'typed' then m.max_points * m.share
            else {{ points_of_measure('m') }}
        end as points
    from measured as m
),

totals as (
    select
        year,
        agency_id,
        cchc_group,
        set_id,
        own_set_id,
        own_official_pct,
        coverage_scored_pct,
        count(points) as n_answered,
        {{ percent(
            'cast(sum(case when points is not null then max_points else 0 end) as double)',
            'cast(sum(max_points) as double)'
        ) }} as coverage_pct,
        {{ percent(
            exact_sum('points'), 'cast(sum(case when points is not null then max_points end) as double)'
        ) }} as official_pct
    from scored
    group by year, agency_id, cchc_group, set_id, own_set_id, own_official_pct, coverage_scored_pct
),

compared as (
    select
        *,
        own_official_pct is not null
        and official_pct is not null
        and coverage_pct >= coverage_scored_pct as is_comparable
    from totals
)

select
    year,
    agency_id,
    set_id,
    own_set_id,
    n_answered,
    coverage_pct,
    official_pct,
    own_official_pct,
    case when is_comparable then official_pct - own_official_pct end as diff_points,
    case
        when is_comparable
            then cast(rank() over (
                partition by year, set_id, cchc_group
                order by case when is_comparable then round(official_pct, 9) end desc nulls last
            ) as bigint)
    end as group_rank,
    case
        when is_comparable
            then cast(rank() over (
                partition by year, set_id, cchc_group
                order by case when is_comparable then round(own_official_pct, 9) end desc nulls last
            ) as bigint)
    end as own_group_rank,
    case
        when not is_comparable then 'not_comparable'
        when abs(official_pct - own_official_pct) <= 1e-9 then 'no_clear_change'
        when official_pct > own_official_pct then 'improved'
        else 'declined'
    end as comparison_status,
    {{ run_stamp() }}
from compared
