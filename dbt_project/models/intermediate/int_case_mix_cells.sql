-- What the case mix is computed from (METHODS 4.6): the due cohort of every year, agency and procedure.
select
    year,
    agency_id,
    procedure_code,
    n_due_cohort,
    n_due_cohort - n_due_on_time as n_late
from {{ ref('int_procedure_years_counted') }}
where n_due_cohort > 0
