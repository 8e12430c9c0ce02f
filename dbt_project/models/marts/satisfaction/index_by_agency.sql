-- A difference is taken only where both years measured the same agency with the same questionnaires and versions.
with indexes as (
    select * from {{ ref('int_survey_index_by_agency') }}
),

campaigns as (
    select distinct
        year,
        agency_id,
        coalesce(first_interview_date, {{ year_start('year') }}) as first_date,
        coalesce(last_interview_date, {{ year_end('year') }}) as last_date
    from indexes
),

-- A renamed agency goes on under its new identifier.
renamed as (
    {{ renamed_agencies() }}
),

changed as (
    select
        successor_id as agency_id,
        effective_date
    from {{ source('registry', 'agency_links') }}
    where link_kind in ('merge', 'split')
    union all
    select
        predecessor_id as agency_id,
        effective_date
    from {{ source('registry', 'agency_links') }}
    where link_kind = 'split'
),

-- Merged or split after the field work of the previous year began: another unit than the one measured then.
regrouped as (
    select distinct
        c.year,
        c.agency_id
    from campaigns as c
    left join campaigns as b on c.year = b.year + 1 and c.agency_id = b.agency_id
    inner join changed as l
        on
            c.agency_id = l.agency_id
            and c.last_date >= l.effective_date
            and l.effective_date > coalesce(b.first_date, {{ year_start('c.year - 1') }})
),

compared as (
    select
        c.*,
        p.estimate_pct as previous_pct,
        case
            when
                p.first_questionnaire_id <> c.first_questionnaire_id
                or p.last_questionnaire_id <> c.last_questionnaire_id
                then 'method_break'
            when p.first_questionnaire <> c.first_questionnaire or p.last_questionnaire <> c.last_questionnaire
                then 'questionnaire_version'
            when g.agency_id is not null then 'unit_merged'
            when c.estimate_pct is null or p.estimate_pct is null then 'no_data'
        end as comparison_reason
    from indexes as c
    left join renamed as n on c.year = n.year and c.agency_id = n.agency_id
    left join indexes as p
        on
            c.year = p.year + 1
            and p.agency_id = coalesce(n.predecessor_id, c.agency_id)
            and c.index_form = p.index_form
    left join regrouped as g on c.year = g.year and c.agency_id = g.agency_id
),

ranked as (
    select
        *,
        rank() over (
            partition by year, population, index_form, rank_status order by round(estimate_pct, 9) desc nulls last
        ) as place,
        rank() over (
            partition by year, block_code, index_form, rank_status order by round(estimate_pct, 9) desc nulls last
        ) as place_in_block
    from compared
)

select
    c.year,
    c.agency_id,
    c.population,
    c.block_code,
    c.index_form,
    c.is_official_form,
    c.sampling_basis,
    c.estimate_pct,
    c.numerator,
    c.denominator,
    c.n_planned,
    c.n_collected,
    c.n_valid,
    c.response_rate_pct,
    -- Manski 2003 ch. 1: none, or all, of those not reached are satisfied.
    case
        when c.index_form = 'top2_weighted' then {{ ratio('c.estimate_pct * least(c.response_rate_pct, 100)', '100') }}
    end as bound_lo,
    case
        when c.index_form = 'top2_weighted'
            then
                {{ ratio('c.estimate_pct * least(c.response_rate_pct, 100)', '100') }}
                + 100 - least(c.response_rate_pct, 100)
    end as bound_hi,
    case when c.rank_status = 'ranked' then cast(c.place as integer) end as score_rank,
    case
        when c.rank_status = 'ranked' and c.block_code is not null then cast(c.place_in_block as integer)
    end as block_rank,
    c.estimate_status,
    c.rank_status,
    case when c.comparison_reason is null then c.previous_pct end as previous_estimate_pct,
    case when c.comparison_reason is null then c.estimate_pct - c.previous_pct end as diff_points,
    c.comparison_reason,
    c.flags,
    {{ run_stamp() }}
from ranked as c
