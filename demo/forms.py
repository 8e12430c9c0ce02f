"""Turns answers into rows of a file as a field team types them, with personal columns and free text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo import people
from demo.answers import ANSWERED, DONT_KNOW, NOT_USED, Answers, overall
from demo.questionnaires import Item, Questionnaire, Unit

FORM_HEADERS = (
    *("STT", "Mã phiếu", "Cơ quan, đơn vị được khảo sát", "Mẫu phiếu", "Phiên bản", "Ngày phỏng vấn"),
    *("Hình thức khảo sát", "Loại mẫu", "Lĩnh vực", "Cụm điều tra", "Cấp điều tra", "Điều tra viên"),
)
RESPONDENT_HEADERS = ("Họ tên người trả lời", "Số điện thoại", "Địa chỉ", "Góp ý khác")
FIRST_DAY, LAST_DAY = (8, 1), (11, 30)
# Indexes in the labels of a scale.
DIGITS, WORDS, INITIALS = range(3)

_CHANNELS = {
    "agencies": (("Phỏng vấn trực tiếp", 0.7), ("Bưu điện", 0.12), ("Điện thoại", 0.1), ("Trực tuyến", 0.08)),
    "hospitals": (("Phỏng vấn trực tiếp", 0.85), ("Điện thoại", 0.15)),
}
_IN_PERSON = (("Phỏng vấn trực tiếp", 1.0),)
_REMARKS = (
    "Đề nghị mô phỏng: bố trí thêm ghế chờ; liên hệ {phone}",
    "Ý kiến mô phỏng của {name}: hướng dẫn một lần cho đủ",
    "Mô phỏng: mong trả kết quả đúng hẹn, điện thoại {phone}",
    "Mô phỏng: không có ý kiến gì thêm",
)
_WISHES = ("1; 3", "2", "1; 2; 5", "4", "3; 4")


@dataclass(frozen=True)
class Batch:
    """Forms of one unit from one channel: `basis` is the file's label of the sampling basis."""

    unit: Unit
    answers: Answers
    prefix: str
    basis: str
    style: int
    fields: list[str]
    investigators: list[str]
    channels: tuple[tuple[str, float], ...] | None = None


def form_rows(batch: Batch, rng: np.random.Generator) -> list[list[Any]]:
    """Returns one row per form: FORM_HEADERS, the questionnaire's items, RESPONDENT_HEADERS. STT is still 0."""
    unit, forms = batch.unit, len(batch.answers.mood)
    questionnaire = unit.questionnaire
    names = rng.integers(0, len(unit.names), forms)
    days = _days(unit.year, forms, rng)
    channels, shares = zip(*(batch.channels or _CHANNELS.get(questionnaire.population, _IN_PERSON)), strict=True)
    channel = rng.choice(len(channels), forms, p=shares)
    field = rng.integers(0, max(1, len(batch.fields)), forms)
    cluster = rng.integers(1, 7, forms)
    investigator = rng.integers(0, max(1, len(batch.investigators)), forms)
    is_local = questionnaire.population in ("communes", "health_stations")
    level = "Huyện" if is_local else "Tỉnh"
    items = _item_columns(questionnaire, batch, rng)
    respondents = _respondents(forms, rng)
    return [
        [
            0,
            f"{batch.prefix}{unit.year % 100}-{unit.agency_id}-{at + 1:03d}",
            unit.names[names[at]],
            questionnaire.questionnaire_id,
            questionnaire.version,
            days[at],
            channels[channel[at]],
            batch.basis,
            batch.fields[field[at]] if batch.fields else None,
            f"Thôn (tổ) {cluster[at]}" if is_local else None,
            level,
            batch.investigators[investigator[at]] if batch.investigators else None,
            *(column[at] for column in items),
            *respondents[at],
        ]
        for at in range(forms)
    ]


def headers_of(questionnaire: Questionnaire) -> list[str]:
    """Returns the headers of the rows of form_rows."""
    return [*FORM_HEADERS, *(item.header for item in questionnaire.items), *RESPONDENT_HEADERS]


def _days(year: int, forms: int, rng: np.random.Generator) -> list[date]:
    first, last = date(year, *FIRST_DAY), date(year, *LAST_DAY)
    drawn = np.sort(rng.integers(0, (last - first).days + 1, forms))
    return [first + timedelta(int(at)) for at in drawn]


def _item_columns(questionnaire: Questionnaire, batch: Batch, rng: np.random.Generator) -> list[list[Any]]:
    at, columns = 0, []
    for item in questionnaire.items:
        if item.is_in_index:
            columns.append(_scaled(item, batch.answers.values[:, at], batch.answers.missing[:, at], batch.style, rng))
            at += 1
        else:
            columns.append(_unscored(item, batch, rng))
    return columns


def _scaled(
    item: Item, values: NDArray[np.int8], missing: NDArray[np.int8], style: int, rng: np.random.Generator
) -> list[Any]:
    texts = {answer: labels[min(style, len(labels) - 1)] for answer, labels in item.labels.items()}
    missing_texts = _missing_texts(style)
    draw = rng.integers(0, 2, len(values))
    return [
        texts[int(value)] if reason == ANSWERED else missing_texts[int(reason)][int(pick)]
        for value, reason, pick in zip(values, missing, draw, strict=True)
    ]


def _missing_texts(style: int) -> dict[int, tuple[str | None, str | None]]:
    unknown = ("9", "Không biết") if style == DIGITS else ("Không biết", "Không biết")
    unused = ("0", "0") if style == DIGITS else ("Không sử dụng", "Không sử dụng")
    return {DONT_KNOW: unknown, NOT_USED: unused, 3: (None, None)}


def _unscored(item: Item, batch: Batch, rng: np.random.Generator) -> list[Any]:
    """Draws answers to questions outside the index; those whose scale has no labels are never loaded."""
    forms, style = len(batch.answers.mood), batch.style
    if item.labels:
        answers = overall(batch.answers, rng)
        return [item.labels[int(answer)][min(style, len(item.labels[int(answer)]) - 1)] for answer in answers]
    if item.scale == "count":
        return [str(trips) for trips in rng.integers(1, 5, forms)]
    if item.scale == "percent":
        return [str(share) for share in rng.integers(12, 21, forms) * 5]
    if item.scale == "text":
        return _remarks(forms, rng)
    choices = _WISHES if item.scale == "multi" else ("Có", "Không", "Không trễ hẹn")
    return [choices[at] for at in rng.integers(0, len(choices), forms)]


def _respondents(forms: int, rng: np.random.Generator) -> list[tuple[str | None, str | None, str | None, str | None]]:
    names = rng.integers(0, len(people.APPLICANT_NAMES), forms)
    phones, houses = rng.integers(0, 1_000_000, forms), rng.integers(1, 300, forms)
    streets, is_shy = rng.integers(1, 81, forms), rng.random(forms) < 0.25
    remarks = _remarks(forms, rng)
    return [
        (
            None if is_shy[at] else people.APPLICANT_NAMES[names[at]],
            None if is_shy[at] else f"0900{phones[at]:06d}",
            f"Số {houses[at]} đường Mô Phỏng {streets[at]}",
            remarks[at],
        )
        for at in range(forms)
    ]


def _remarks(forms: int, rng: np.random.Generator) -> list[str | None]:
    has_remark = rng.random(forms) < 0.12
    pick, name = rng.integers(0, len(_REMARKS), forms), rng.integers(0, len(people.APPLICANT_NAMES), forms)
    phone = rng.integers(0, 1_000_000, forms)
    return [
        _REMARKS[pick[at]].format(phone=f"0900{phone[at]:06d}", name=people.APPLICANT_NAMES[name[at]])
        if has_remark[at]
        else None
        for at in range(forms)
    ]
