-- Of a dossier delivered again, what the load of the highest rank says.
select d.*
from {{ ref('stg_dossiers') }} as d
left join {{ ref('int_dossiers_redelivered') }} as r on d.dossier_code = r.dossier_code
where r.dossier_code is null or d.load_seq = r.load_seq
