{{ config(materialized='table') }}

-- The linearised values of the index forms (methods §3.2) summed over each sampling unit (PSU), in percentage points,
-- for the whole index (factor_code '') and each factor. Only PSUs with an answer in the scope have a row: the others
-- total 0. mean_of_five has 4/5 of the values of mean_minmax. square_* is the sum of u²/w, from which the variance of
-- a simple sample follows.
with deviations as (
    select
        a.form_id,
        i.factor_code,
        cast(sum(
            {{ ratio('i.item_weight', 'i.w_answers') }}
            * ({{ on_five('a.answer', 'i') }} - {{ ratio('i.w_answer_sum', 'i.w_answers') }})
        ) as double) as mean_part,
        cast(sum(
            {{ ratio('i.item_weight', 'i.w_answers') }}
            * (case when a.answer >= i.satisfied_from then 1 else 0 end - {{ ratio('i.w_satisfied', 'i.w_answers') }})
        ) as double) as top2_part
    from {{ ref('fct_survey_answer') }} as a
    inner join {{ ref('int_survey_item_scores') }} as i
        on
            a.year = i.year
            and a.agency_id = i.agency_id
            and a.questionnaire_id = i.questionnaire_id
            and a.questionnaire_version = i.questionnaire_version
            and a.item_code = i.item_code
    where a.weight is not null and a.answer is not null
    group by a.form_id, i.factor_code
),

deviation_scopes as (
    select * from deviations
    union all
    select
        form_id,
        cast(null as string) as factor_code,
        cast(sum(mean_part) as double) as mean_part,
        cast(sum(top2_part) as double) as top2_part
    from deviations
    group by form_id
),

scores as (
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        factor_code,
        max(case when index_form = 'top2_weighted' then denominator end) as item_weights,
        max(case when index_form = 'top2_pooled' then {{ ratio('numerator', 'denominator') }} end) as pooled,
        max(case when index_form = 'top2_pooled' then denominator end) as w_answers,
        max(case when index_form = 'respondent_mean' then {{ ratio('numerator', 'denominator') }} end) as respondent,
        max(case when index_form = 'all_satisfied' then {{ ratio('numerator', 'denominator') }} end) as all_satisfied,
        max(case when index_form = 'all_satisfied' then denominator end) as w_forms
    from {{ ref('int_survey_scores') }}
    group by year, agency_id, questionnaire_id, questionnaire_version, factor_code
),

linearised as (
    select
        f.year,
        f.agency_id,
        f.questionnaire_id,
        f.questionnaire_version,
        coalesce(f.stratum, '') as stratum,
        {{ psu_of('f') }} as psu_key,
        coalesce(f.factor_code, '') as factor_code,
        f.weight,
        25 * f.weight * {{ ratio('d.mean_part', 's.item_weights') }} as u_mean,
        100 * f.weight * {{ ratio('d.top2_part', 's.item_weights') }} as u_top2,
        100 * f.weight
        * {{ ratio('f.n_answered - f.n_unsatisfied - s.pooled * f.n_answered', 's.w_answers') }} as u_pooled,
        100 * f.weight * {{ ratio(
            '(' ~ ratio('f.weighted_answers', 'f.answered_weight') ~ ' - 1) * 0.25 - s.respondent', 's.w_forms'
        ) }} as u_respondent,
        100 * f.weight * {{ ratio(
            'case when f.n_unsatisfied = 0 then 1 else 0 end - s.all_satisfied', 's.w_forms'
        ) }} as u_all
    from {{ ref('int_survey_form_scopes') }} as f
    inner join deviation_scopes as d
        on f.form_id = d.form_id and coalesce(f.factor_code, '') = coalesce(d.factor_code, '')
    inner join scores as s
        on
            f.year = s.year
            and f.agency_id = s.agency_id
            and f.questionnaire_id = s.questionnaire_id
            and f.questionnaire_version = s.questionnaire_version
            and coalesce(f.factor_code, '') = coalesce(s.factor_code, '')
)

select
    year,
    agency_id,
    questionnaire_id,
    questionnaire_version,
    stratum,
    psu_key,
    factor_code,
    {% for measure in survey_measures() -%}
        cast(sum(u_{{ measure }}) as double) as total_{{ measure }},
        cast(sum({{ ratio('u_' ~ measure ~ ' * u_' ~ measure, 'weight') }}) as double) as square_{{ measure }},
    {% endfor %}
    count(*) as n_forms,
    cast(sum(weight) as double) as w_forms
from linearised
group by year, agency_id, questionnaire_id, questionnaire_version, stratum, psu_key, factor_code
