{% test not_negative(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
where {% for column in columns %}{{ column }} < 0{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}

{# A percentage lies between 0 and 100; limits computed outside SQL may miss by rounding. #}
{% test percentage(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
where {% for column in columns %}{{ column }} < -1e-9 or {{ column }} > 100 + 1e-9{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}

{# The business rule `statement` holds in every row; NULL breaks it. #}
{% test holds(model, statement) %}
select *
from {{ model }}
where not coalesce({{ statement }}, false)
{% endtest %}

{# Every value of a closed list has a label: a chart never shows a raw code. #}
{% test in_label_list(model, column_name, list_name) %}
select v.value
from (select distinct {{ column_name }} as value from {{ model }} where {{ column_name }} is not null) as v
left join {{ ref('label') }} as l on l.list_name = '{{ list_name }}' and v.value = l.value
where l.value is null
{% endtest %}

{# The same for `flags`: as many labels are found as names stand in the column. #}
{% test flags_in_label_list(model, list_name) %}
select
    f.flags,
    count(l.value) as n_labels
from (select distinct flags from {{ model }} where flags is not null) as f
left join {{ ref('label') }} as l
    on l.list_name = '{{ list_name }}' and ';' || f.flags || ';' like '%;' || l.value || ';%'
group by f.flags
having count(l.value) <> length(f.flags) - length(replace(f.flags, ';', '')) + 1
{% endtest %}
