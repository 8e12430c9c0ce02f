"""The encodings before Unicode, checked against independent converters."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contract import load_contracts
from ingest.readers.read import Sheet, count_broken_lines, open_delivery
from ingest.vietnamese.legacy_letters import TABLES, decode_again, repair
from ingest.vietnamese.legacy_text import CANDIDATES, EncodingError, decide_encoding, decode, legacy_font_of, transcode
from ingest.vietnamese.syllables import is_syllable
from tests.support.legacy_encoders import LETTERS, SMALL, VNI, encode, independently_decode

ENCODINGS = ["utf-8", "utf-16-le", "utf-16-be", "windows-1258", "tcvn3", "vni", "viscii"]
LINE = "Sở Tư pháp tỉnh Khánh Hòa; thời hạn giải quyết hồ sơ: đúng hạn, trước hạn, quá hạn\r\n"


@cache
def encoded_letters(encoding: str) -> dict[str, bytes]:
    return {letter: encode(letter, encoding) for letter in letters_of(encoding)}


def letters_of(encoding: str) -> list[str]:
    return SMALL + list("ĂÂÊÔƠƯĐ") if encoding == "tcvn3" else LETTERS


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_letter_survives_a_round_trip(encoding):
    for letter, data in encoded_letters(encoding).items():
        assert decode(data, encoding) == letter


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_any_vietnamese_text_survives_a_round_trip(encoding):
    written = encoded_letters(encoding) | {
        sign: encode(sign, encoding) for sign in "bcdghklmnpqrstvx ,.-()0123456789\n"
    }

    @settings(deadline=None, max_examples=60)
    @given(st.lists(st.sampled_from(sorted(written)), max_size=60))
    def comes_back(signs):
        data = b"".join(written[sign] for sign in signs)
        assert decode(data, encoding) == unicodedata.normalize("NFC", "".join(signs))

    comes_back()


@pytest.mark.parametrize("encoding", ["tcvn3", "viscii"])
def test_our_tables_equal_those_of_iconv(encoding):
    # Between spaces, because iconv waits for a mark that may follow a letter.
    data = " ".join(TABLES[encoding]).encode("latin-1") + b" "
    assert independently_decode(data, encoding).split(" ")[:-1] == list(TABLES[encoding].values())


def test_a_vni_capital_may_have_a_lower_case_sign():
    assert decode("Ñôn vò UÛy ban, Uûy ban, AÂn, Aân".encode("cp1252"), "vni") == "Đơn vị Ủy ban, Ủy ban, Ân, Ân"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_encoding_is_detected_from_the_letters(encoding):
    assert decide_encoding(encode(LINE, encoding), CANDIDATES) == encoding
    assert decide_encoding(encode("Đơn vị;Số hồ sơ\r\nUBND huyện Diên Khánh;12", encoding)) == encoding


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", "utf-8-sig"), ("utf-16-le", "utf-16"), ("utf-16-be", "")])
def test_a_byte_order_mark_is_not_text(encoding, mark):
    data = LINE.encode(mark) if mark else b"\xfe\xff" + LINE.encode("utf-16-be")
    assert (decide_encoding(data), decode(data, encoding)) == (encoding, LINE)


def test_plain_ascii_is_utf8_and_a_sample_may_end_inside_a_letter():
    assert decide_encoding(b"MaHoSo;MaTTHC\r\n1;2\r\n", ["tcvn3"]) == "utf-8"
    assert decide_encoding(LINE.encode()[:2]) == "utf-8"


def test_a_utf8_file_with_one_broken_byte_is_utf8():
    assert decide_encoding(LINE.encode() * 20 + b"\xff;" + LINE.encode()) == "utf-8"


def test_an_ascii_file_with_one_broken_byte_is_utf8_and_noise_is_not():
    assert decide_encoding(b"MaHoSo;MaTTHC\r\n" + b"000123;1.000110\r\n" * 20 + b"x\xff;1\r\n") == "utf-8"
    with pytest.raises(EncodingError):
        decide_encoding(bytes(range(1, 256)) * 4)


def test_only_declared_encodings_are_considered_and_the_first_wins_a_tie():
    # Ê and Ô are the same bytes in VISCII and windows-1258.
    data = "Tê Ô Vê Khê".encode("cp1258")
    assert decide_encoding(data, ["windows-1258", "viscii"]) == "windows-1258"
    assert decide_encoding(data, ["viscii", "windows-1258"]) == "viscii"
    with pytest.raises(EncodingError, match=r"theo các bảng mã đã khai \(utf-8\)"):
        decide_encoding(encode(LINE, "tcvn3"), ["utf-8"])


def test_non_vietnamese_text_is_refused():
    with pytest.raises(EncodingError):
        decide_encoding("Größe;Straße;façade;sjælland".encode("cp1252"))


@pytest.mark.parametrize("encoding", [e for e in ENCODINGS if e != "utf-8"])
def test_a_file_is_copied_in_utf8_with_its_line_ends(tmp_path: Path, encoding):
    source, target = tmp_path / "goc.csv", tmp_path / "ban.csv"
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    source.write_bytes(mark + encode(LINE * 3 + "Đơn vị\n", encoding))
    assert transcode(source, target) == encoding
    assert target.read_bytes().decode() == LINE * 3 + "Đơn vị\n"


def test_a_utf8_file_is_not_copied(tmp_path: Path):
    source = tmp_path / "goc.csv"
    source.write_bytes(LINE.encode("utf-8-sig"))
    assert transcode(source, tmp_path / "ban.csv") == "utf-8"
    assert not (tmp_path / "ban.csv").exists()


@pytest.mark.parametrize("font", ["tcvn3", "vni"])
def test_cells_typed_in_a_legacy_font_are_read(font):
    # A spreadsheet holds the bytes of the font as Western letters.
    texts = ["Sở Tư pháp", "Số hồ sơ", "đúng hạn", "Ninh Hòa"]
    cells = [encode(text, font).decode("latin-1") for text in texts]
    assert legacy_font_of([*cells, "12", "STP"]) == font
    assert [repair(cell, font) for cell in cells] == texts
    assert repair("Đơn vị đã ghi bằng Unicode", font) == "Đơn vị đã ghi bằng Unicode"


def test_unicode_cells_have_no_legacy_font():
    assert legacy_font_of(["Sở Tư pháp", "Khánh Hòa", "toàn", "hoà", "Hà"]) is None
    assert legacy_font_of(["STP", "12"]) is None
    assert legacy_font_of([encode("Sở Tư pháp", "vni").decode("cp1252")], ["utf-8", "tcvn3"]) is None


@pytest.mark.parametrize("word", ["nghiêng", "Khuỷu", "QUYẾT", "giếng", "ĐƯỢC", "ý", "thuở", "Lắk", "hoà", "hòa"])
def test_a_syllable(word):
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["Tö", "phaùp", "Së", "ph¸p", "Größe", "hòà", ""])
def test_no_syllable(word):
    assert not is_syllable(word)


def test_vni_encodes_every_letter_differently():
    assert len(set(VNI.values())) == len(LETTERS)


HEADER = "Mã hồ sơ;Mã TTHC;Đơn vị tiếp nhận;Đơn vị giải quyết;Ngày tiếp nhận;Ngày kết thúc xử lý;Trạng thái"
ROW = "{};KH-STP-01;Sở Tư pháp;Sở Tư pháp;02/03/2015 09:00;10/03/2015 08:30;Đã trả kết quả"


@pytest.mark.parametrize("encoding", [e for e in ENCODINGS if e != "utf-8"])
def test_a_csv_in_any_encoding_becomes_rows_with_their_lines(tmp_path: Path, encoding):
    lines = [HEADER, ROW.format("STP-1"), "STP-2;thiếu ô", ROW.format("STP-3")]
    path = tmp_path / "hoso.csv"
    path.write_bytes(encode("\r\n".join(lines) + "\r\n", encoding))
    sheet, rows, broken = opened(path)
    assert (sheet.encoding, sheet.headers) == (encoding, HEADER.split(";"))
    assert [row[:3] for row in rows] == [("STP-1", "KH-STP-01", "Sở Tư pháp"), ("STP-3", "KH-STP-01", "Sở Tư pháp")]
    assert list(broken) == [3]
    assert not [name for name in tmp_path.iterdir() if name != path]


@pytest.mark.parametrize("encoding", ["windows-1258", "tcvn3", "vni", "viscii"])
def test_a_web_page_in_any_encoding_becomes_rows(tmp_path: Path, encoding):
    cells = "".join(f"<tr><td>{line.replace(';', '<td>')}</tr>" for line in (HEADER, ROW.format("STP-1")))
    path = tmp_path / "hoso.xls"
    path.write_bytes(encode(f"<html><table>{cells}</table></html>", encoding))
    sheet, rows, _ = opened(path)
    assert (sheet.encoding, sheet.headers, rows[0][2]) == (encoding, HEADER.split(";"), "Sở Tư pháp")


@pytest.mark.parametrize("font", ["tcvn3", "vni", None])
def test_a_workbook_typed_in_a_legacy_font_becomes_rows(tmp_path: Path, font):
    path = tmp_path / "hoso.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        for at, line in enumerate((HEADER, ROW.format("STP-1"))):
            typed = encode(line, font).decode("latin-1") if font else line
            sheet.write_row(at, 0, typed.split(";"))
    opened_sheet, rows, _ = opened(path)
    assert (opened_sheet.encoding, opened_sheet.headers, rows[0][2]) == (font, HEADER.split(";"), "Sở Tư pháp")


@pytest.mark.parametrize(("bad", "lost"), [([1], [2]), ([40], [41]), ([1, 39, 40], [2, 40, 41]), ([0], [])])
@pytest.mark.parametrize("first", ["", '"STP-0\n";;;;;;;\r\n'])
def test_a_byte_that_is_not_utf8_invalidates_its_row_at_any_position(tmp_path: Path, bad, lost, first):
    rows = [f"{HEADER};Ghi chú", *(f"{ROW.format(f'STP-{n}')};kết luận" for n in range(1, 41))]
    lines = [row.encode() for row in rows]
    for n in bad:
        lines[n] = lines[n].replace("Ghi chú".encode(), b"Ghi ch\xfa").replace("pháp".encode(), b"ph\xe1p", 1)
    path = tmp_path / "hoso.csv"
    # A line break inside quotes routes the file to the csv module.
    path.write_bytes(b"\r\n".join([lines[0], *([first.strip().encode()] if first else []), *lines[1:], b""]))
    shift = 2 if first else 0
    sheet, found, broken = opened(path)
    assert (sheet.encoding, sheet.headers[:7]) == ("utf-8", HEADER.split(";"))
    assert sorted(broken) == [line + shift for line in lost]
    assert set(broken.values()) <= {"có chữ bị hỏng (byte không phải UTF-8)"}
    assert len(found) == 40 - len(lost) + bool(first)


# TCVN3, VNI and UTF-8 after Windows misread them as Western letters; the first line of each is written by hand.
TWICE = {
    "utf-8": {"Sở Nội vụ": "Sá»Ÿ Ná»™i vá»¥", "đúng hạn": "Ä‘Ãºng háº¡n"},
    "tcvn3": {"Sở Nội vụ": "Së Néi vô", "đúng hạn": "®óng h¹n"},
    "vni": {"Sở Nội vụ": "Sôû Noäi vuï", "đúng hạn": "ñuùng haïn"},
}


def taken_for_western(text: str, encoding: str, page: str = "latin-1") -> str:
    data = encode(text, encoding)
    return "".join(bytes([at]).decode(page, "ignore") or chr(at) for at in data)


@pytest.mark.parametrize("inner", TWICE)
def test_text_encoded_twice_is_detected_and_restored(inner):
    for text, typed in TWICE[inner].items():
        assert decode_again(typed, inner) == text
        assert taken_for_western(text, inner, "cp1252") == typed
    assert decode_again("Sở Nội vụ", inner) is None
    for page in ("latin-1", "cp1252"):
        assert decode_again(taken_for_western(LINE, inner, page), inner) == LINE
        assert decide_encoding((taken_for_western(LINE, inner, page) * 3).encode()) == f"utf-8+{inner}"


@pytest.mark.parametrize(
    "lines",
    [
        [LINE, taken_for_western(LINE, "vni"), LINE, taken_for_western(LINE, "vni")],
        [taken_for_western(LINE, "vni"), taken_for_western(LINE, "tcvn3")],
        ["Hà", "Hoà", "toàn", "cà phê"],
        ["Größe", "Straße", "façade"],
        ["1.250 m²", "đủ – tốt"],
    ],
)
def test_mixed_or_weak_evidence_leaves_a_text_unchanged(lines):
    assert decide_encoding("\n".join(lines).encode()) == "utf-8"


def test_only_declared_encodings_are_tried_below_utf8():
    data = (taken_for_western(LINE, "vni") * 3).encode()
    assert decide_encoding(data, ["utf-8", "tcvn3"]) == "utf-8"


@pytest.mark.parametrize("is_header_unicode", [True, False])
@pytest.mark.parametrize("inner", TWICE)
def test_a_csv_encoded_twice_becomes_rows(tmp_path: Path, inner, is_header_unicode):
    # TCVN3 has no capital with a tone mark.
    rows = [taken_for_western(ROW.format(f"STP-{n}"), inner) for n in range(4)]
    header = HEADER if is_header_unicode else taken_for_western(HEADER, inner)
    path = tmp_path / "hoso.csv"
    data = "\r\n".join(["\ufeff" + header, *rows, ""]).encode()
    path.write_bytes(data.replace(b"STP-2", b"STP\xff2"))
    sheet, found, broken = opened(path)
    assert (sheet.encoding, sheet.headers, list(broken)) == (f"utf-8+{inner}", HEADER.split(";"), [4])
    assert [row[0] for row in found] == ["STP-0", "STP-1", "STP-3"]
    assert found[0][2:7] == ("Sở Tư pháp", "Sở Tư pháp", "02/03/2015 09:00", "10/03/2015 08:30", "Đã trả kết quả")


def opened(path: Path) -> tuple[Sheet, list[tuple], dict[int, str]]:
    with duckdb.connect() as connection:
        sheet = open_delivery(connection, path, load_contracts()["dossiers"])
        rows = connection.execute("select * from raw order by line").fetchall()
        return sheet, rows, count_broken_lines(connection, sheet)
