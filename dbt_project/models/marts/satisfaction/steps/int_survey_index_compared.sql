{{ config(materialized='table') }}

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
        p.agency_id as previous_agency_id,
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
)

select *
from compared
