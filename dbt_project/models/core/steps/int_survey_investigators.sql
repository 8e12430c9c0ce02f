-- How much of the spread of the forms' means lies between interviewers (methods §3.8). Only sums over all interviewers
-- of an agency leave this step.
with forms as (
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        investigator_key,
        {{ ratio('weighted_answers', 'answered_weight') }} as own_mean
    from {{ ref('int_survey_forms') }}
    where is_valid and investigator_key is not null
),

investigators as (
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        investigator_key,
        count(*) as n_forms,
        avg(own_mean) as own_mean,
        case when count(*) > 1 then var_samp(own_mean) * (count(*) - 1) else 0 end as deviation
    from forms
    group by year, agency_id, questionnaire_id, questionnaire_version, investigator_key
),

agencies as (
    select
        year,
        agency_id,
        questionnaire_id,
        questionnaire_version,
        {{ ratio('cast(sum(n_forms * own_mean) as double)', 'cast(sum(n_forms) as double)') }} as overall_mean
    from investigators
    group by year, agency_id, questionnaire_id, questionnaire_version
)

select
    i.year,
    i.agency_id,
    i.questionnaire_id,
    i.questionnaire_version,
    count(*) as n_investigators,
    cast(sum(i.n_forms) as bigint) as n_forms,
    cast(sum(i.n_forms * i.n_forms) as bigint) as sum_of_squared_sizes,
    cast(sum(i.n_forms * (i.own_mean - a.overall_mean) * (i.own_mean - a.overall_mean)) as double) as between_squares,
    cast(sum(i.deviation) as double) as within_squares
from investigators as i
inner join agencies as a
    on
        i.year = a.year
        and i.agency_id = a.agency_id
        and i.questionnaire_id = a.questionnaire_id
        and i.questionnaire_version = a.questionnaire_version
group by i.year, i.agency_id, i.questionnaire_id, i.questionnaire_version
