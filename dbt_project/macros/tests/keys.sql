{# One row per combination; NULL counts as a value, so a key with an optional part can be tested. Where a table is kept by dossier, an increment asks the dossiers that were built again: the others had their one row before. #}
{% test unique_combination(model, columns, kept_by_dossier=false) %}
select {{ columns | join(', ') }}, count(*) as n_rows
from {{ model }}
{% if kept_by_dossier and env_var('CCHC_BUILD', 'full') == 'increment' -%}
    where dossier_code in (
        select t.dossier_code
        from {{ model.incorporate(path={'schema': 'intermediate', 'identifier': 'int_dossiers_touched'}) }} as t
    )
{%- endif %}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{# A table that must hold exactly one row. #}
{% test one_row(model) %}
select count(*) as n_rows
from {{ model }}
having count(*) <> 1
{% endtest %}
