-- Few answers, or equal ones of few, would tell what a person said. Items of a withheld factor are withheld, too, and
-- where a shown factor has one withheld item, so is the next smallest: the factor would give it away (methods §6).
with surveyed as (
    select
        w.year,
        w.agency_id,
        w.questionnaire_id,
        w.questionnaire_version,
        w.is_in_index as is_questionnaire_in_index,
        w.n_min_publish,
        p.attribute_n,
        i.item_code,
        i.factor_code,
        i.is_in_index,
        i.lowest,
        i.highest,
        i.satisfied_from
    from {{ ref('int_survey_fieldwork') }} as w
    inner join {{ ref('int_survey_policies') }} as p on w.year = p.year
    inner join {{ ref('stg_questionnaire_items') }} as i
        on w.questionnaire_id = i.questionnaire_id and w.questionnaire_version = i.questionnaire_version
    where w.n_valid > 0 and i.lowest is not null
),

withheld_factors as (
    select
        year,
        agency_id,
        factor_code
    from {{ ref('int_survey_index_by_factor') }}
    group by year, agency_id, factor_code
    having count(case when estimate_status = 'suppressed' then 1 end) > 0
),

counted as (
    select
        s.year,
        s.agency_id,
        s.questionnaire_id,
        s.questionnaire_version,
        s.item_code,
        s.factor_code,
        s.is_in_index,
        s.n_min_publish,
        s.attribute_n,
        s.lowest >= 1 and s.highest <= 5 as is_of_five,
        s.is_questionnaire_in_index and f.factor_code is not null as is_factor_withheld,
        coalesce(cast(sum(case when c.answer is not null then c.n_answers end) as bigint), 0) as n_answers,
        min(c.answer) as lowest_answer,
        max(c.answer) as highest_answer,
        {% for answer in [1, 2, 3, 4, 5] -%}
            coalesce(cast(sum(case when c.answer = {{ answer }} then c.n_answers end) as bigint), 0) as n_{{ answer }},
        {% endfor %}
        {% for reason in ['dont_know', 'not_used', 'blank', 'invalid'] -%}
            coalesce(
                cast(sum(case when c.missing_reason = '{{ reason }}' then c.n_answers end) as bigint), 0
            ) as n_{{ reason }},
        {% endfor %}
        {{ ratio(
            exact_sum('c.weight * c.n_answers * c.answer'),
            exact_sum('case when c.answer is not null then c.weight * c.n_answers end')
        ) }} as mean,
        {{ percent(
            exact_sum(
                'case when s.satisfied_from is null then null when c.answer >= s.satisfied_from then '
                ~ 'c.weight * c.n_answers else 0 end'
            ),
            exact_sum('case when c.answer is not null then c.weight * c.n_answers end')
        ) }} as top2_pct
    from surveyed as s
    left join {{ ref('int_survey_answer_counts') }} as c
        on
            s.year = c.year
            and s.agency_id = c.agency_id
            and s.questionnaire_id = c.questionnaire_id
            and s.questionnaire_version = c.questionnaire_version
            and s.item_code = c.item_code
    left join withheld_factors as f
        on s.year = f.year and s.agency_id = f.agency_id and s.factor_code = f.factor_code
    group by
        s.year,
        s.agency_id,
        s.questionnaire_id,
        s.questionnaire_version,
        s.item_code,
        s.factor_code,
        s.is_in_index,
        s.n_min_publish,
        s.attribute_n,
        s.lowest,
        s.highest,
        s.is_questionnaire_in_index,
        f.factor_code
),

judged as (
    select
        *,
        n_answers > 0 and (
            is_factor_withheld
            or n_answers < n_min_publish
            or (n_answers < attribute_n and lowest_answer = highest_answer)
        ) as is_withheld
    from counted
),

lines as (
    select
        *,
        count(case when is_withheld then 1 end) over (
            partition by year, agency_id, questionnaire_id, questionnaire_version, factor_code
        ) as n_withheld,
        row_number() over (
            partition by year, agency_id, questionnaire_id, questionnaire_version, factor_code
            order by
                case when n_answers > 0 and not is_withheld then n_answers end nulls last,
                item_code nulls last
        ) as smallness
    from judged
),

shown as (
    select
        *,
        case
            when n_answers = 0 then 'no_data'
            when is_withheld or (is_in_index and n_withheld = 1 and smallness = 1) then 'suppressed'
            else 'ok'
        end as estimate_status
    from lines
)

select
    d.year,
    d.agency_id,
    d.questionnaire_id,
    d.questionnaire_version,
    d.item_code,
    {% for answer in [1, 2, 3, 4, 5] -%}
        case when d.estimate_status <> 'suppressed' and d.is_of_five then d.n_{{ answer }} end as n_{{ answer }},
    {% endfor %}
    {% for reason in ['dont_know', 'not_used', 'blank', 'invalid'] -%}
        case when d.estimate_status <> 'suppressed' then d.n_{{ reason }} end as n_{{ reason }},
    {% endfor %}
    case when d.estimate_status = 'ok' then d.mean end as mean,
    case when d.estimate_status = 'ok' then d.top2_pct end as top2_pct,
    d.estimate_status,
    {{ run_stamp() }}
from shown as d
