-- What a variance needs of each stratum (methods §3.2): the PSUs sampled, those with an answer in the scope, and count,
-- mean and squared deviations of their totals. methods/ takes the finite population, lonely strata and domains in.
select
    t.year,
    t.agency_id,
    t.questionnaire_id,
    t.questionnaire_version,
    t.stratum,
    t.factor_code,
    {% for measure in survey_measures() -%}
        avg(t.total_{{ measure }}) as mean_{{ measure }},
        case when count(*) > 1 then var_samp(t.total_{{ measure }}) * (count(*) - 1) else 0 end
            as deviation_{{ measure }},
        cast(sum(t.square_{{ measure }}) as double) as square_{{ measure }},
    {% endfor %}
    max(s.n_psu) as n_psu,
    max(s.population_psu) as population_psu,
    count(*) as n_psu_answered,
    cast(sum(t.n_forms) as bigint) as n_forms,
    cast(sum(t.w_forms) as double) as w_forms
from {{ ref('int_survey_psu_totals') }} as t
inner join {{ ref('int_survey_strata_sampled') }} as s
    on
        t.year = s.year
        and t.agency_id = s.agency_id
        and t.questionnaire_id = s.questionnaire_id
        and t.questionnaire_version = s.questionnaire_version
        and t.stratum = s.stratum
group by
    t.year, t.agency_id, t.questionnaire_id, t.questionnaire_version, t.stratum, t.factor_code
