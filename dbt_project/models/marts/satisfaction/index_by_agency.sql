-- Whether an index is ranked, inside which family and with which sets, follows from its precision (methods §3.5, §3.6).
with precise as (
    select
        c.*,
        p.se,
        p.df,
        p.ci_lo,
        p.ci_hi,
        p.ci_method,
        p.n_eff,
        p.deff,
        p.variance_status,
        c.rank_status = 'ranked' and not coalesce(p.is_presentable, false) as is_too_uncertain
    from {{ ref('int_survey_index_compared') }} as c
    left join {{ source('methods', 'survey_precision') }} as p
        on
            c.estimate_status = 'ok'
            and c.year = p.year
            and c.agency_id = p.agency_id
            and p.factor_code = ''
            and c.index_form = p.index_form
),

ranked as (
    select
        c.*,
        r.rank_lo,
        r.rank_hi,
        r.rank_lo_marginal,
        r.rank_hi_marginal,
        r.tier,
        r.is_possible_top_k,
        r.rank_family,
        r.estimate_eb_pct,
        r.se_eb,
        coalesce(r.is_too_few_to_shrink, false) as is_too_few_to_shrink,
        coalesce(r.is_without_difference, false) as is_without_difference,
        case when c.is_too_uncertain then 'low_reliability' else c.rank_status end as final_rank_status
    from precise as c
    left join {{ source('methods', 'survey_rank') }} as r
        on c.year = r.year and c.agency_id = r.agency_id and c.index_form = r.index_form
),

placed as (
    select
        *,
        rank() over (
            partition by
                year,
                population,
                index_form,
                final_rank_status,
                rank_family,
                case when rank_family in ('block', 'district') then block_code end,
                case when rank_family = 'district' then district_code end
            order by round(estimate_pct, 9) desc nulls last
        ) as place,
        rank() over (
            partition by year, block_code, index_form, final_rank_status order by round(estimate_pct, 9) desc nulls last
        ) as place_in_block
    from ranked
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
    c.se,
    c.df,
    c.ci_lo,
    c.ci_hi,
    c.ci_method,
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
    c.n_eff,
    c.deff,
    c.estimate_eb_pct,
    c.se_eb,
    case when c.final_rank_status = 'ranked' then cast(c.place as integer) end as score_rank,
    case
        when c.final_rank_status = 'ranked' and c.block_code is not null then cast(c.place_in_block as integer)
    end as block_rank,
    c.rank_family,
    c.rank_lo,
    c.rank_hi,
    c.rank_lo_marginal,
    c.rank_hi_marginal,
    c.tier,
    c.is_possible_top_k,
    case when c.estimate_status = 'ok' then coalesce(c.variance_status, 'ok') else c.estimate_status end
        as estimate_status,
    c.final_rank_status as rank_status,
    case when c.comparison_reason is null then c.previous_pct end as previous_estimate_pct,
    case when c.comparison_reason is null then c.estimate_pct - c.previous_pct end as diff_points,
    d.diff_lo,
    d.diff_hi,
    d.p_value,
    d.p_holm,
    case
        when c.comparison_reason is null then coalesce(d.comparison_status, 'no_clear_change') else 'not_comparable'
    end as comparison_status,
    c.comparison_reason,
    {{ flag_list({
        'frame_exceeded': 'c.n_valid > coalesce(c.n_planned, c.n_valid)',
        'no_difference_between_units': 'c.is_without_difference',
        'not_framed': 'not c.is_framed',
        'question_missing': 'c.is_question_missing',
        'rr_unknown': 'c.n_planned is null',
        'several_questionnaires': 'c.n_questionnaires > 1',
        'stratum_empty': 'c.n_strata > c.n_strata_valid and c.n_valid > 0',
        'stratum_unknown': 'c.n_strata > 0 and c.n_valid_without_frame > 0',
        'too_few_to_shrink': 'c.is_too_few_to_shrink',
        'volunteers_left_out': 'c.n_volunteer > 0',
    }) }} as flags,
    {{ run_stamp() }}
from placed as c
left join {{ source('methods', 'survey_change') }} as d
    on c.comparison_reason is null and c.year = d.year and c.agency_id = d.agency_id and c.index_form = d.index_form
