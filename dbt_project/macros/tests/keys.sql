{# One row per combination; NULL counts as a value, so a key with an optional part can be tested. #}
{% test unique_combination(model, columns) %}
select {{ columns | join(', ') }}, count(*) as n_rows
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{# A table that must hold exactly one row. #}
{% test one_row(model) %}
select count(*) as n_rows
from {{ model }}
having count(*) <> 1
{% endtest %}
