select
    i.questionnaire_id,
    i.questionnaire_version,
    i.item_code,
    i.factor_code,
    i.content_kind,
    i.item_text,
    i.weight,
    i.is_in_index,
    {{ run_stamp() }}
from {{ ref('stg_questionnaire_items') }} as i
