"""SQL that turns the item columns of forms into rows."""

from __future__ import annotations

from collections.abc import Iterable

from ingest.contract import Items
from ingest.readers.headers import HeaderError, HeaderMatch
from ingest.registry.items import BLANK, UNMAPPED, Form, Item, ItemBook
from warehouse.sql import quote_name, quote_text

_NOTHING = """
    select cast(null as bigint) as line, cast(null as varchar) as item_code, cast(null as bigint) as answer,
        cast(null as varchar) as missing_reason, cast(null as varchar) as cell
    from {forms} limit 0
    """


def item_columns(matched: HeaderMatch) -> dict[str, int]:
    """Returns name and position of the cell columns of all items that the file has."""
    return {f"item_{place}": place for place in matched.items.values()}


def items_sql(forms: str, items: Items, present: Iterable[Form], matched: HeaderMatch, book: ItemBook) -> str:
    """line, item_code, answer, missing_reason, cell: a form's items are those of its own questionnaire version.

    `forms` is the relation of forms with their item cells, `present` are the questionnaires that it holds; one that the
    registry does not know has no items. Uses the functions read_<scale>. Raises HeaderError when a column
    that the index needs is missing.
    """
    known = {form: book.forms[form] for form in present if form in book.forms}
    missing = [
        f"«{item.code}» ({' '.join(form)})"
        for form, wanted in known.items()
        for item in wanted
        if item.is_in_index and item.code not in matched.items
    ]
    if missing:
        raise HeaderError(f"thiếu cột câu hỏi {', '.join(missing)}: đề nghị kết xuất đủ các cột câu hỏi rồi gửi lại")
    parts = []
    for (questionnaire, version), wanted in known.items():
        asked = [item for item in wanted if item.code in matched.items]
        if asked:
            where = f"{items.questionnaire} = {quote_text(questionnaire)} and {items.version} = {quote_text(version)}"
            parts.append(_form_sql(forms, asked, matched, where))
    return " union all ".join(parts) or _NOTHING.format(forms=forms)


def _form_sql(forms: str, asked: list[Item], matched: HeaderMatch, where: str) -> str:
    """Returns SQL that unnests the columns as lists: this needs neither a join nor a sort."""
    cells = [f"item_{matched.items[item.code]}" for item in asked]
    codes = ", ".join(quote_text(item.code) for item in asked)
    read = ", ".join(f"{quote_name(f'read_{item.scale}')}({cell})" for item, cell in zip(asked, cells, strict=True))
    return f"""
        select
            line, item_code, try_cast(found as bigint) as answer,
            case when try_cast(found as bigint) is null then coalesce(found, '{BLANK}') end as missing_reason,
            case when found = '{UNMAPPED}' then cell end as cell
        from (
            select line, unnest([{codes}]) as item_code, unnest([{read}]) as found, unnest([{", ".join(cells)}]) as cell
            from {forms} where marks is null and {where}
        )
        """
