-- The names of the kinds are those of the events; a notice that was not required is issued, but neither required nor
-- counted as correct.
{%- set columns_of = {
    'guidance_slip': ['guidance_month', 'guidance'],
    'supplement_notice': ['supplement_month', 'supplement'],
    'apology_reschedule_notice': ['due_month', 'apology'],
    'refusal_notice': ['refusal_month', 'refusal'],
    'early_result_invitation': ['due_month', 'invitation'],
} %}

with by_kind as (
    {%- for kind, (month, notice) in columns_of.items() %}
        select
            {{ month }} as month,
            agency_id,
            '{{ kind }}' as notice_kind,
            n as n_dossiers,
            is_{{ notice }}_required as is_required,
            is_{{ notice }}_issued as is_issued,
            is_{{ notice }}_correct as is_correct
        from {{ ref('int_dossier_notice_counts') }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
)

select
    month,
    agency_id,
    notice_kind,
    cast(sum(case when is_required then n_dossiers else 0 end) as bigint) as n_required,
    cast(sum(case when is_issued then n_dossiers else 0 end) as bigint) as n_issued,
    cast(sum(case when is_required and is_correct then n_dossiers else 0 end) as bigint) as n_issued_correctly
from by_kind
where month is not null and (is_required or is_issued)
group by month, agency_id, notice_kind
