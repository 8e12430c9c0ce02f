-- The stock: dossiers open at the end of a month (of the last one, on as_of_date). A dossier is in the stock of each
-- month from its receipt to the one before its end; overdue since its own first overdue day, whatever was learnt later.
select
    m.month,
    d.agency_id,
    cast(sum(d.n_dossiers) as bigint) as n_open,
    cast(sum(case when d.overdue_from_month <= m.month then d.n_dossiers else 0 end) as bigint) as n_open_overdue
from {{ ref('int_dossiers_grouped') }} as d
inner join {{ ref('int_months_reported') }} as m
    on d.received_month <= m.month and m.month < coalesce(d.finished_month, date '9999-12-01')
group by m.month, d.agency_id
