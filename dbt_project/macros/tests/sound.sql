{# All that must hold of one table, in one query: a row for each rule that it breaks, with the number of breaking rows. A query per rule would cost a night more than the rules themselves.
   key: one row per combination; NULL counts as a value, so a key with an optional part can be tested.
   not_negative, percentages: columns that may be NULL; limits computed outside SQL may miss 0 and 100 by rounding.
   labels: column -> list of core.label in which every value of it stands: a chart never shows a raw code.
   flags: the list of the names in the column `flags`.
   rows: name -> what is true of every row; NULL breaks it. #}
{% test sound(model, key=[], not_negative=[], percentages=[], labels={}, flags=none, rows={}) %}
{%- set rules = {} -%}
{%- for column in not_negative -%}
    {%- do rules.update({column ~ ' is not negative': column ~ ' is null or ' ~ column ~ ' >= 0'}) -%}
{%- endfor -%}
{%- for column in percentages -%}
    {%- do rules.update({
        column ~ ' lies between 0 and 100': column ~ ' is null or ' ~ column ~ ' between -1e-9 and 100 + 1e-9'
    }) -%}
{%- endfor -%}
{%- do rules.update(rows) -%}
with {% if rules %}counted as (
    select
        {%- for statement in rules.values() %}
        cast(sum(case when {{ statement }} then 0 else 1 end) as bigint) as rule_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}
),

{% endif %}broken as (
    {%- if key %}
    select 'one row per {{ key | join(', ') }}' as rule, count(*) as n_rows
    from (select {{ key | join(', ') }} from {{ model }} group by {{ key | join(', ') }} having count(*) > 1) as repeated
    union all
    {%- endif %}
    {%- for column, list_name in labels.items() %}
    select 'every {{ column }} has a label in {{ list_name }}' as rule, count(*) as n_rows
    from (select distinct {{ column }} as value from {{ model }} where {{ column }} is not null) as v
    left join {{ ref('label') }} as l on l.list_name = '{{ list_name }}' and v.value = l.value
    where l.value is null
    union all
    {%- endfor %}
    {%- if flags %}
    {#- As many labels are found as names stand in the column. #}
    select 'every flag has a label in {{ flags }}' as rule, count(*) as n_rows
    from (
        select f.flags
        from (select distinct flags from {{ model }} where flags is not null) as f
        left join {{ ref('label') }} as l
            on l.list_name = '{{ flags }}' and ';' || f.flags || ';' like '%;' || l.value || ';%'
        group by f.flags
        having count(l.value) <> length(f.flags) - length(replace(f.flags, ';', '')) + 1
    ) as unlabelled
    union all
    {%- endif %}
    {%- for name in rules %}
    select '{{ name }}' as rule, rule_{{ loop.index }} as n_rows from counted
    union all
    {%- endfor %}
    select '' as rule, 0 as n_rows
)

select rule, n_rows
from broken
where n_rows > 0
{% endtest %}
