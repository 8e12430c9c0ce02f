-- Every criterion of the year's set for every ranked agency. Whether one applies is decided by the registry, then by
-- the governing workbook, then by what the agency has; criteria that do not apply have no points.
with applied as (
    select
        a.*,
        c.area_code,
        c.criterion_code,
        cast(c.max_points as decimal(11, 6)) as max_points,
        c.kind,
        c.scored_by,
        c.measure,
        c.factor_code,
        cast(c.full_from as double) as full_from_pct,
        cast(c.zero_below as double) as zero_below_pct,
        c.when_none,
        w.self_points,
        w.appraised_points,
        coalesce(w.is_self_changed, false) as is_self_changed_after_appraisal,
        w.evidence_status,
        case
            when x.agency_id is not null then x.exclusion_reason
            when not coalesce(w.is_applicable, true) then coalesce(w.exclusion_reason, 'other')
            when not f.has then 'no_' || c.requires
        end as exclusion_reason,
        case
            when x.agency_id is not null then x.exclusion_class
            when not coalesce(w.is_applicable, true) and w.exclusion_reason = 'no_case_arose' then 'no_case'
            when not coalesce(w.is_applicable, true) then 'no_mandate'
            when not f.has then 'no_mandate'
        end as exclusion_class,
        case
            when x.agency_id is not null then x.exclusion_document
            when not coalesce(w.is_applicable, true) then w.exclusion_document
        end as exclusion_document
    from {{ ref('int_assessment_agencies') }} as a
    inner join {{ source('registry', 'criteria') }} as c on a.set_id = c.set_id and c.scored_by is not null
    left join {{ source('registry', 'exclusions') }} as x
        on
            a.agency_id = x.agency_id
            and c.requires = x.requires
            and {{ valid_on('x', 'a.year_end_date') }}
    left join {{ source('registry', 'agency_features') }} as f
        on
            a.agency_id = f.agency_id
            and c.requires = f.feature
            and {{ valid_on('f', 'a.year_end_date') }}
    left join {{ ref('int_assessment_criteria') }} as w
        on a.year = w.year and a.agency_id = w.agency_id and c.criterion_code = w.criterion_code
),

measured as (
    select
        a.*,
        a.exclusion_reason is null as is_applicable,
        m.measure_pct,
        m.agency_id is not null as is_measured
    from applied as a
    left join {{ ref('int_criterion_measures') }} as m
        on {{ is_measured_by('a', 'm') }}
),

-- Only a dossier measure can have no case; a missing survey stays missing.
scored as (
    select
        m.*,
        case
            when not m.is_applicable then null
            -- A penalty is taken off, whether the workbook writes 2 or -2.
            when (m.scored_by = 'appraisal' or m.measure = 'typed') and m.kind = 'penalty'
                then -abs(m.appraised_points)
            when m.scored_by = 'appraisal' or m.measure = 'typed' then m.appraised_points
            else {{ points_of_measure('m') }}
        end as final_points
    from measured as m
)

select
    s.year,
    s.agency_id,
    s.set_id,
    s.cchc_group,
    s.area_code,
    s.criterion_code,
    s.kind,
    case when s.is_applicable then s.self_points end as self_points,
    case when s.is_applicable then s.appraised_points end as appraised_points,
    cast(s.final_points as decimal(11, 6)) as final_points,
    s.max_points,
    s.measure_pct,
    s.is_applicable,
    s.exclusion_class,
    s.exclusion_reason,
    s.exclusion_document,
    s.evidence_status,
    s.scored_by,
    s.stage,
    s.is_self_changed_after_appraisal,
    not s.is_applicable
    and coalesce(s.self_points, s.appraised_points) is not null as has_points_although_excluded,
    {{ run_stamp() }}
from scored as s
