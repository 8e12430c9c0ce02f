"""Writes the sentences of the page: every word that depends on a number is chosen here from the number.

Sentences give direction and size of a difference and never grade it: which differences are more than chance stands in
the chapter of `certainty.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reports.format import (
    format_count_vi,
    format_date_vi,
    format_percent_vi,
    format_points_vi,
    format_signed_vi,
)
from reports.page.comparisons import index_vi
from reports.page.deliveries import Deliveries, Overdue
from reports.page.exclusions import Exclusions
from reports.page.ranking import RankedAgency, RankedGroup, Ranking, Ratings
from reports.page.satisfaction import Block, District, Population, Satisfaction, Unit, extremes

NAMES_SHOWN = 12
COMMUNES_BY_DISTRICT = "UBND cấp xã tính theo huyện"


def lower_first(words: str) -> str:
    """Lowers the first letter, for the middle of a sentence; an abbreviation (UBND cấp xã) stays."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def list_vi(names: Sequence[str], shown: int | None = None) -> str:
    """Joins names as "A, B và C"; a list longer than `shown` gives the first ones and the number of the rest."""
    if shown is not None and len(names) > shown:
        return f"{', '.join(names[:shown])} và {format_count_vi(len(names) - shown)} đơn vị khác"
    return " và ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def describe_headlines(
    satisfaction: Satisfaction | None, ranking: Ranking | None, deliveries: Deliveries | None
) -> list[str]:
    """Returns the sentences of the first page: the main ones of each chapter."""
    sentences = []
    if satisfaction is not None:
        sentences += [describe_population(one, satisfaction.year) for one in satisfaction.populations[:1]]
        sentences.append(describe_other_populations(satisfaction.populations[1:], satisfaction.year))
        if satisfaction.blocks:
            sentences.append(describe_changes(satisfaction.blocks, satisfaction.year))
        sentences += [describe_extremes(block.name, units) for block, units in satisfaction.shared_blocks[:1]]
        sentences += [
            describe_extremes(COMMUNES_BY_DISTRICT, satisfaction.districts),
            describe_weak_factors(satisfaction),
        ]
    if ranking is not None:
        stage = "chính thức" if ranking.is_final else "tạm tính"
        sentences.append(
            f"Chỉ số CCHC năm {ranking.year} ({stage}): {describe_ratings(ranking.ratings, len(ranking.agencies))}"
        )
        sentences += [
            f"{group.name} – {lower_first(words)}" for group in ranking.groups if (words := describe_group(group))
        ]
        sentences.append(describe_exclusions(ranking.exclusions))
    if deliveries is not None and deliveries.n_due:
        sentences.append(describe_deliveries(deliveries))
    return [sentence for sentence in sentences if sentence]


def describe_population(one: Population, year: int) -> str:
    """Writes the headline of one population, with the year before where there is one."""
    now = (
        f"Mức độ hài lòng đối với {lower_first(one.name)} năm {year} là {format_percent_vi(one.estimate_pct, 2)} "
        f"(bình quân {format_count_vi(one.n_units)} đơn vị, {format_count_vi(one.n_valid)} phiếu hợp lệ)"
    )
    if one.diff_points is None:
        return f"{now}; không có số năm {year - 1} để so sánh."
    return (
        f"{now}; năm {year - 1} là {format_percent_vi(one.previous_pct, 2)}, "
        f"chênh lệch {format_signed_vi(one.diff_points, 2)} điểm phần trăm."
    )


def describe_other_populations(populations: Sequence[Population], year: int) -> str:
    """Describes the remaining populations in one sentence."""
    parts = [
        f"{lower_first(one.name)} {format_percent_vi(one.estimate_pct, 2)} ({format_count_vi(one.n_units)} đơn vị"
        + (f", {format_signed_vi(one.diff_points, 2)} điểm phần trăm)" if one.diff_points is not None else ")")
        for one in populations
    ]
    return f"Cùng năm {year}: {list_vi(parts)}." if parts else ""


def describe_changes(blocks: Sequence[Block], year: int) -> str:
    """Counts and names the blocks that went up and down, by the difference as printed with two decimals."""
    signs: dict[str, list[str]] = {"tăng": [], "giảm": [], "không đổi": [], "không so sánh được": []}
    for block in blocks:
        signs[_direction(block.diff_points)].append(block.name)
    if len(signs["không so sánh được"]) == len(blocks):
        return f"Các khối không có số năm {year - 1} để so sánh."
    parts = [f"{len(names)} khối {sign} ({list_vi(names)})" for sign, names in signs.items() if names]
    return f"So với năm {year - 1}, trong {len(blocks)} khối có {list_vi(parts)}."


def describe_extremes(what: str, units: Sequence[Unit] | Sequence[District]) -> str:
    """Names the highest and the lowest units, ties together; empty when they do not differ."""
    found = extremes(units)
    if found is None:
        return ""
    highest, top, lowest, bottom = found
    if units and isinstance(units[0], District):
        highest, lowest = ([lower_first(name) for name in names] for names in (highest, lowest))
    return (
        f"{what}: cao nhất là {list_vi(highest)} ({_alike(highest)}{format_percent_vi(top, 2)}), "
        f"thấp nhất là {list_vi(lowest)} ({_alike(lowest)}{format_percent_vi(bottom, 2)})."
    )


def describe_weak_factors(found: Satisfaction) -> str:
    """Names the lowest factor of every population that has several factors."""
    weak = [
        f"{lower_first(population.name)}: {lowest.factor_code} {lower_first(lowest.name)} "
        f"({format_percent_vi(lowest.mean_pct, 1)})"
        for population, lowest in found.weakest_factors
    ]
    return f"Yếu tố thấp nhất – {'; '.join(weak)}." if weak else ""


def describe_ratings(ratings: Ratings, n_agencies: int) -> str:
    """Counts the agencies with each rating and those without one."""
    rated = sum(ratings.total) if ratings.groups else 0
    counts = zip(ratings.total if ratings.groups else (), ratings.labels, strict=False)
    parts = [f"{count} {label}" for count, label in counts]
    sentence = (
        f"{rated} trong {n_agencies} cơ quan được xếp loại" if rated < n_agencies else f"{rated} cơ quan được xếp loại"
    )
    if parts:
        sentence += f": {list_vi(parts)}"
    return sentence + (f"; {n_agencies - rated} cơ quan chưa xếp loại." if rated < n_agencies else ".")


def describe_group(group: RankedGroup) -> str:
    """Names the first and the last ranked agency of a group and the distance between them."""
    ranked = [agency for agency in group.agencies if agency.group_rank is not None and agency.official_pct is not None]
    if len(ranked) < 2:
        return ""
    first, last = ranked[0], ranked[-1]
    best = [agency.short_name for agency in ranked if agency.group_rank == first.group_rank]
    worst = [agency.short_name for agency in ranked if agency.group_rank == last.group_rank]
    distance = format_signed_vi((first.official_pct or 0) - (last.official_pct or 0), 2).lstrip("+")
    return (
        f"Đứng đầu: {list_vi(best)} ({index_vi(first)}%); cuối nhóm: {list_vi(worst)} ({index_vi(last)}%); "
        f"cách nhau {distance} điểm phần trăm."
    )


def describe_comparison(ranking: Ranking) -> str:
    """Counts the agencies that cannot be compared with the year before, by reason."""
    reasons = Counter(
        agency.comparison_reason
        for agency in ranking.agencies
        if agency.official_pct is not None and agency.diff_points is None and agency.comparison_reason
    )
    if not reasons:
        return ""
    counts = list_vi([f"{count} cơ quan ({lower_first(reason)})" for reason, count in reasons.most_common()])
    return f"Không so sánh được với năm {ranking.year - 1}: {counts}."


def describe_exclusions(found: Exclusions) -> str:
    """Counts the agencies with excluded criteria and gives the lowest coverage."""
    if not found.agencies:
        return f"Cả {found.n_agencies} cơ quan đều áp dụng đủ các tiêu chí."
    lowest = found.agencies[0]
    return (
        f"{len(found.agencies)} trong {found.n_agencies} cơ quan không áp dụng một số tiêu chí; tỷ lệ áp dụng "
        f"thấp nhất là {format_percent_vi(lowest.coverage_pct, 1)} ({lowest.name}, {lowest.n_excluded} tiêu chí, "
        f"{format_points_vi(lowest.excluded_points)} điểm)."
    )


def describe_pending(agency: RankedAgency, shown: int = 6) -> str:
    """Lists the points that an agency lacks by scoring body; of long lists only the number of criteria."""
    parts = [
        f"{lower_first(by)} {len(codes)} tiêu chí" + (f" ({', '.join(codes)})" if len(codes) <= shown else "")
        for by, codes in agency.pending
    ]
    return f"còn thiếu điểm: {'; '.join(parts)}" if parts else lower_first(agency.estimate_status_label)


def describe_deliveries(found: Deliveries) -> str:
    """Counts the deliveries that fell due, and of them the missing and late ones."""
    due = f"{format_count_vi(found.n_due)} trong {format_count_vi(found.n_expected)} lượt gửi số liệu đã đến hạn"
    if not found.overdue:
        return f"{due}, tất cả gửi đúng hạn." if found.n_due else "Chưa có lượt gửi số liệu nào đến hạn."
    return f"{due}: chưa gửi {format_count_vi(found.n_missing)}, gửi muộn {format_count_vi(found.n_late)}."


def describe_expected(group: Overdue) -> list[str]:
    """Lists the agencies of a group of deliveries, with the arrival date of late ones."""
    return [
        one.agency_name + (f" (gửi {format_date_vi(one.arrived_date)})" if one.arrived_date else "")
        for one in group.deliveries
    ]


def describe_units(units: Sequence[Unit]) -> list[str]:
    """Lists units, with their figure where it may be shown."""
    return [
        unit.name
        + (
            f" ({format_percent_vi(unit.estimate_pct, 2)}, {format_count_vi(unit.n_valid)} phiếu)"
            if unit.estimate_pct is not None
            else ""
        )
        for unit in units
    ]


def _alike(names: Sequence[str]) -> str:
    return "cùng " if len(names) > 1 else ""


def _direction(change: float | None) -> str:
    if change is None:
        return "không so sánh được"
    printed = format_signed_vi(change, 2)
    return {"+": "tăng", "−": "giảm"}.get(printed[0], "không đổi")
