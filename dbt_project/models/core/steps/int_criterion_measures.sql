-- The figures that survey- and dossier-scored criteria turn into points: of surveys those in the official index form.
select
    year,
    agency_id,
    'satisfaction_index' as measure,
    cast(null as string) as factor_code,
    estimate_pct as measure_pct
from {{ ref('int_survey_index_by_agency') }}
where is_official_form
union all
select
    year,
    agency_id,
    'factor_index' as measure,
    factor_code,
    estimate_pct as measure_pct
from {{ ref('int_survey_index_by_factor') }}
where is_official_form
union all
select
    year,
    agency_id,
    measure,
    cast(null as string) as factor_code,
    measure_pct
from {{ ref('int_dossier_year_measures') }}
