select
    questionnaire_id,
    questionnaire_version,
    population,
    index_form
from {{ input('registry', 'questionnaires') }}
