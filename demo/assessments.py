"""Writes the CCHC workbooks of one year: every agency's self-assessment, and the appraisal of all in one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from zlib import crc32

from demo import people
from demo.delivered import DeliveredFile
from demo.points_books import Line, write_points_book
from demo.province import names_in_force, registry_rows
from demo.scoring import Criterion, ScoredAgency

SOURCE = "assessments"
SELF_TITLE = "BẢNG TỰ CHẤM ĐIỂM CẢI CÁCH HÀNH CHÍNH NĂM {year}"
APPRAISAL_TITLE = "BẢNG TỔNG HỢP KẾT QUẢ THẨM ĐỊNH ĐIỂM CẢI CÁCH HÀNH CHÍNH NĂM {year}"

_SELF_HEADERS = (
    *("Mã tiêu chí", "Tiêu chí", "Điểm tối đa", "Điểm tự chấm", "Tài liệu kiểm chứng"),
    *("Tình trạng tài liệu kiểm chứng", "Giải trình", "Áp dụng", "Lý do không áp dụng", "Văn bản"),
)
_APPRAISAL_HEADERS = (
    *("STT", "Đơn vị", "Mã tiêu chí", "Tiêu chí", "Điểm/Tối đa", "Điểm/Tự chấm", "Điểm/Thẩm định"),
    *("Áp dụng", "Lý do không áp dụng", "Văn bản", "Ý kiến thẩm định", "Ghi chú"),
)
_REASONS = {
    "no_one_stop": "Không có bộ phận một cửa",
    "no_website": "Không có trang thông tin điện tử",
    "no_iso": "Không áp dụng ISO",
    "no_subordinate_units": "Không có đơn vị trực thuộc",
    "no_survey": "Không thuộc diện khảo sát",
    "no_case_arose": "Không phát sinh",
}
_GROUPS = {
    "so": "SỞ, BAN, NGÀNH",
    "nganh_doc": "CƠ QUAN NGÀNH DỌC",
    "huyen": "UBND CẤP HUYỆN",
    "dvsn": "ĐƠN VỊ SỰ NGHIỆP",
}
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")


def write_assessments(inbox: Path, registry: Path, scored: Sequence[ScoredAgency]) -> list[DeliveredFile]:
    """Writes the self-assessments of one year and the appraisal of all agencies into inbox/assessments."""
    if not scored:
        return []
    year = scored[0].year
    names = agency_names(registry, year)
    files = [write_self_assessment(inbox, one, names[one.agency_id]) for one in scored]
    groups = {row["agency_id"]: row["cchc_group"] for row in registry_rows(registry / "agencies.csv")}
    path = inbox / SOURCE / f"tham_dinh_{year}.xlsx"
    return [*files, write_appraisal(path, APPRAISAL_TITLE.format(year=year), scored, names, groups)]


def agency_names(registry: Path, year: int) -> dict[str, list[str]]:
    """Returns the spellings of each agency on 31/12 of a year: its aliases, or else its name."""
    last = date(year, 12, 31)
    names = {row["agency_id"]: [row["agency_name"]] for row in registry_rows(registry / "agencies.csv")}
    return names | {agency: listed for agency, listed in names_in_force(registry, last, last).items() if listed}


def write_self_assessment(inbox: Path, one: ScoredAgency, names: list[str], suffix: str = "") -> DeliveredFile:
    """Writes one agency's workbook: areas with subtotals, criteria, the total, and the signature of its head."""
    salt = _salt(one)
    lines: list[Line] = []
    for (area, area_name), criteria in _areas(one.criteria):
        lines.append(Line("area", [area, area_name, *_sums(criteria, one.self_points)]))
        lines += [Line("row", _self_row(one, c, salt + at)) for at, c in enumerate(criteria)]
    lines.append(Line("total", ["Tổng cộng", None, *_sums(one.criteria, one.self_points)]))
    titles = [SELF_TITLE.format(year=one.year), f"Đơn vị: {names[salt % min(3, len(names))]}"]
    signed = date(one.year, 12, 5) + timedelta(salt % 20)
    head = people.OFFICIAL_NAMES[salt % len(people.OFFICIAL_NAMES)]
    signature = [f"Khánh Hòa, ngày {signed:%d} tháng {signed:%m} năm {signed:%Y}", "THỦ TRƯỞNG ĐƠN VỊ", head]
    path = inbox / SOURCE / f"tu_cham_{one.agency_id}_{one.year}{suffix}.xlsx"
    write_points_book(path, titles, _SELF_HEADERS, lines, signature, decimal_comma=salt % 3 == 0)
    return _delivered(path, one.year, lines, len(signature))


def write_appraisal(
    path: Path,
    title: str,
    scored: Sequence[ScoredAgency],
    names: Mapping[str, list[str]],
    groups: Mapping[str, str],
    subtitles: Sequence[str] = (),
) -> DeliveredFile:
    """Writes the appraised points of several agencies: group lines, agency names merged over their rows, sums."""
    lines: list[Line] = []
    listed = [group for group in _GROUPS if any(groups[one.agency_id] == group for one in scored)]
    for number, group in enumerate(listed):
        lines.append(Line("group", [None, f"{_ROMAN[number]}. {_GROUPS[group]}"]))
        for place, one in enumerate((one for one in scored if groups[one.agency_id] == group), 1):
            rows = [_appraisal_row(one, c) for c in one.criteria]
            sums = [*_sums(one.criteria, one.self_points), *_sums(one.criteria, one.appraised)[1:]]
            rows.append([None, None, "Cộng", None, *sums])
            rows[0][:2] = [place, names[one.agency_id][0]]
            lines += [Line("total" if row[2] == "Cộng" else "row", row, merged=len(rows)) for row in rows]
    write_points_book(path, [title, *subtitles], _APPRAISAL_HEADERS, lines, [], decimal_comma=False, merged_column=1)
    return _delivered(path, scored[0].year, lines, 0)


def _self_row(one: ScoredAgency, c: Criterion, salt: int) -> list[object]:
    head = [c.code, c.name, c.max_points]
    if c.code in one.exclusions:
        return [*head, None, None, None, None, "Không", *_excluded(one, c)]
    if c.scored_by != "appraisal":
        return [*head, None, None, None, "Chấm theo kết quả khảo sát, hồ sơ một cửa", "Có", None, None]
    own, final = one.self_points[c.code], one.appraised[c.code]
    status = "Không có" if own == 0 else "Thiếu" if own > final else "Đủ"
    evidence = None if own == 0 else f"Báo cáo số {salt % 400 + 1}/BC-{one.agency_id} (mô phỏng)"
    excuse = "Giải trình mô phỏng: đang bổ sung tài liệu" if status == "Thiếu" else None
    return [*head, own, evidence, status, excuse, "Có", None, None]


def _appraisal_row(one: ScoredAgency, c: Criterion) -> list[object]:
    head = [None, None, c.code, c.name, c.max_points]
    if c.code in one.exclusions:
        return [*head, None, None, "Không", *_excluded(one, c), None, None]
    if c.scored_by != "appraisal":
        return [*head, None, None, "Có", None, None, None, "Chấm theo khảo sát, hồ sơ một cửa"]
    own, final = one.self_points[c.code], one.appraised[c.code]
    opinion = "Ý kiến mô phỏng: tài liệu kiểm chứng chưa đủ" if own > final else None
    return [*head, own, final, "Có", None, None, opinion, None]


def _excluded(one: ScoredAgency, c: Criterion) -> list[object]:
    exclusion = one.exclusions[c.code]
    return [_REASONS[exclusion.reason], exclusion.document]


def _areas(criteria: Sequence[Criterion]) -> list[tuple[tuple[str, str], list[Criterion]]]:
    return [(area, list(rows)) for area, rows in groupby(criteria, key=lambda c: (c.area_code, c.area_name))]


def _sums(criteria: Sequence[Criterion], points: Mapping[str, float]) -> list[float]:
    earned = sum(points.get(c.code, 0.0) for c in criteria)
    return [round(sum(c.max_points for c in criteria), 2), round(earned, 2)]


def _salt(one: ScoredAgency) -> int:
    return crc32(f"{one.agency_id} {one.year}".encode())


def _delivered(path: Path, year: int, lines: Sequence[Line], signed: int) -> DeliveredFile:
    count = Counter(line.kind for line in lines)
    return DeliveredFile(
        path=path,
        source=SOURCE,
        first=date(year, 1, 1),
        last=date(year, 12, 31),
        rows=count["row"],
        total_lines=count["total"],
        group_lines=count["area"] + count["group"],
        signature_lines=signed,
    )
