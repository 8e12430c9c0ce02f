{# Two rows of one key are never valid on the same day; valid_to is exclusive, empty means open. #}
{% test validity_without_overlap(model, key) %}
select a.{{ key }}, a.valid_from
from {{ model }} as a
inner join {{ model }} as b on a.{{ key }} = b.{{ key }} and a.valid_from < b.valid_from
where b.valid_from < coalesce(a.valid_to, date '9999-12-31')
{% endtest %}
