from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.vietnamese.text import normalise_header, normalise_name

# Letters of Vietnamese files, with combining tone marks and invisible characters between them.
VIETNAMESE = st.text(
    alphabet="aàáảãạăâeèéẻẽẹêoòóỏõọôơuùúủũụưyỳýỷỹỵđĐHNhn -–—,，.&'"
    "\u0300\u0301\u0309\u0303\u0323\u0302\u031b\u00a0\u200b\ufeff\n\t",
    max_size=30,
)
# No deadline: a busy machine must not fail the test.
patient = settings(deadline=None)
ANY_TEXT = st.one_of(VIETNAMESE, st.text(max_size=30))


@patient
@given(ANY_TEXT)
@example("hòa\u0300")
@example("\u200b- a")
def test_normalising_is_idempotent(text: str) -> None:
    assert normalise_name(normalise_name(text)) == normalise_name(text)
    assert normalise_header(normalise_header(text)) == normalise_header(text)


@patient
@given(ANY_TEXT)
def test_composed_and_decomposed_text_are_the_same_name(text: str) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert normalise_name(composed) == normalise_name(decomposed)
    assert normalise_header(composed) == normalise_header(decomposed)


@patient
@given(ANY_TEXT)
def test_a_normalised_text_is_composed_and_has_single_spaces(text: str) -> None:
    for result in (normalise_name(text), normalise_header(text)):
        assert unicodedata.is_normalized("NFC", result)
        assert result == " ".join(result.split())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ninh Hoà", "Ninh Hòa"),
        ("NINH HÒA", "ninh hoà"),
        ("Uỷ ban nhân dân", "Ủy ban nhân dân"),
        ("Sức khoẻ", "Sức khỏe"),
        ("Sở Công thương", "Sở Công Thương"),
        ("Sở Lao động – Thương binh và Xã hội", "Sở Lao động - Thương binh và Xã hội"),
        ("Sở LĐ - TB&XH", "Sở LĐ-TB&XH"),
        ("Sở Văn hóa， Thể thao và Du lịch", "Sở Văn hoá,Thể thao và Du lịch"),
        ("UBND\u00a0TP. Nha Trang", "UBND TP.  Nha Trang "),
        ("Sở Nội\u200b vụ", "\ufeffSở Nội vụ"),
    ],
)
def test_spellings_of_one_name_are_equal(one: str, other: str) -> None:
    assert normalise_name(one) == normalise_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lao động - Thương binh và Xã hội", "Lao động, Thương binh và Xã hội"),
        ("UBND TP. Nha Trang", "UBND thành phố Nha Trang"),
        ("Vĩnh Hải", "Vinh Hải"),
        ("Cam Ranh", "Cam Lâm"),
        ("Hoàn", "Hoán"),
    ],
)
def test_names_that_only_an_alias_may_equate_stay_different(one: str, other: str) -> None:
    assert normalise_name(one) != normalise_name(other)


def test_a_header_with_line_breaks_becomes_one_line() -> None:
    assert normalise_header("Điểm\nthẩm định\r\n(65)") == "điểm thẩm định (65)"


def test_headers_keep_their_diacritics() -> None:
    assert normalise_header("Số hồ sơ") != normalise_header("Sổ hồ sơ")
    assert normalise_header("SỐ HỒ\u00a0SƠ") == normalise_header("Số hồ sơ")
