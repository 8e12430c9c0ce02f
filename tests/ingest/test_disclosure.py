"""What of a delivery is shown outside the archive."""

import pytest

from ingest.disclosure import disclose, disclose_file, shown_to_sender


@pytest.mark.parametrize(
    "text",
    [
        "Nguyễn Văn An",
        "nguyễn văn an",
        "AN",
        "12 Lê Lợi, Vạn Thắng",
        "079123456789",
        "079 123 456 789",
        "090.123.4567",
        "0912345678",
        "a.b@example.vn",
        "CCCD 079123456789",
        "hỏi lại",
    ],
)
def test_a_text_that_may_be_of_a_person_is_masked_with_its_length(text):
    assert disclose(text) == f"••• ({len(text)} ký tự)"


@pytest.mark.parametrize(
    "text",
    [
        "32/13/2015 09:00",
        "13-02-2015 09:00",
        "1.234.567",
        "12,5 %",
        "STP-15-000001",
        "000.00.19.H47-260105-0001",
        "Sheet1",
        "Quý I",
        "Bảng 2",
        "-",
    ],
)
def test_a_date_a_number_a_code_and_words_of_layout_are_shown(text):
    assert disclose(text) == text


def test_a_known_value_is_shown_unless_it_is_as_long_as_the_number_of_a_person():
    assert disclose("Đang xử lý", is_known=True) == "Đang xử lý"
    # An integer column parses it.
    assert disclose("079 123 456 789", is_known=True) == "••• (15 ký tự)"


@pytest.mark.parametrize(
    ("text", "is_shown"),
    [
        ("Sở Tư Phap", True),
        ("UBND xã Vạn Thắng (huyện Vạn Ninh)", True),
        ("Thành Nguyễn", False),
        ("Công Lý", False),
        ("UBND xã Vạn Thắng (Nguyễn Văn An)", False),
        ("Nguyễn Văn An", False),
    ],
)
def test_an_unknown_agency_is_shown_when_it_begins_as_an_office(text, is_shown):
    assert (disclose(text, is_agency=True) == text) is is_shown


def test_the_number_of_a_person_beside_an_office_is_masked():
    assert disclose("Sở Tư pháp 079123456789", is_agency=True) == "Sở Tư pháp •••"


@pytest.mark.parametrize(
    ("header", "is_shown"),
    [
        ("Mức độ nội bộ", True),
        ("Sổ hồ sơ", True),
        ("Lê Lợi An", False),
        ("nguyễn văn an", False),
        ("CCCD 079123456789", False),
        ("12 Lê Lợi", False),
        ("số nhà 12", False),
        ("thôn Đại Lợi", False),
    ],
)
def test_an_unknown_header_is_shown_unless_it_looks_like_a_person_or_an_address(header, is_shown):
    assert (disclose(header, is_header=True) == header) is is_shown


def test_a_file_is_called_by_the_parts_of_its_name_that_are_codes():
    assert disclose_file("2015/hoso_20150101_20150630.csv") == "2015/hoso_20150101_20150630.csv"
    assert disclose_file("Quý I/Nguyễn Văn An.xlsx") == "Quý I/••• (13 ký tự).xlsx"
    assert disclose_file("ho_so_079123456789_1.csv") == "••• (20 ký tự).csv"


def test_the_sender_of_a_file_sees_its_texts_but_no_number_of_a_person():
    with shown_to_sender():
        assert disclose("mười ba, hỏi 0912345678") == "mười ba, hỏi •••"
    assert disclose("mười ba") == "••• (7 ký tự)"
