{{ config(materialized='table') }}

-- Input of the case mix (methods §4.6): the due cohort of every year, agency and procedure. Rates on common procedures
-- are for agencies that are ranked together: the group is that of 31/12 of the year.
select
    c.year,
    c.agency_id,
    a.cchc_group,
    c.procedure_code,
    c.n_due_cohort,
    c.n_due_cohort - c.n_due_on_time as n_late
from {{ ref('int_procedure_years_counted') }} as c
left join {{ source('registry', 'agencies') }} as a
    on c.agency_id = a.agency_id and {{ valid_on('a', year_end('c.year')) }}
where c.n_due_cohort > 0
