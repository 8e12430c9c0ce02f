"""What the figures say, in sentences: every word that depends on a number is chosen here from the number.

Differences are told by direction and size only; no word grades them, because their significance is not tested.
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
    """The first letter small, for the middle of a sentence; an abbreviation (UBND cấp xã) stays."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def list_vi(names: Sequence[str], shown: int | None = None) -> str:
    """ "A, B và C"; of a list longer than `shown` the first ones and the number of the rest."""
    if shown is not None and len(names) > shown:
        return f"{', '.join(names[:shown])} và {format_count_vi(len(names) - shown)} đơn vị khác"
    return " và ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def say_headlines(
    satisfaction: Satisfaction | None, ranking: Ranking | None, deliveries: Deliveries | None
) -> list[str]:
    """The first page in sentences: those of the chapters that carry the most."""
    told = []
    if satisfaction is not None:
        told += [say_population(one, satisfaction.year) for one in satisfaction.populations[:1]]
        told.append(say_others(satisfaction.populations[1:], satisfaction.year))
        if satisfaction.blocks:
            told.append(say_changes(satisfaction.blocks, satisfaction.year))
        told += [say_extremes(block.name, units) for block, units in satisfaction.shared_blocks[:1]]
        told += [say_extremes(COMMUNES_BY_DISTRICT, satisfaction.districts), say_weak_factors(satisfaction)]
    if ranking is not None:
        stage = "chính thức" if ranking.is_final else "tạm tính"
        told.append(f"Chỉ số CCHC năm {ranking.year} ({stage}): {say_ratings(ranking.ratings, len(ranking.agencies))}")
        told += [f"{group.name} – {lower_first(words)}" for group in ranking.groups if (words := say_group(group))]
        told.append(say_exclusions(ranking.exclusions))
    if deliveries is not None and deliveries.n_due:
        told.append(say_deliveries(deliveries))
    return [sentence for sentence in told if sentence]


def say_population(one: Population, year: int) -> str:
    """The headline of one population, with the year before where there is one."""
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


def say_others(populations: Sequence[Population], year: int) -> str:
    """The remaining populations in one sentence."""
    told = [
        f"{lower_first(one.name)} {format_percent_vi(one.estimate_pct, 2)} ({format_count_vi(one.n_units)} đơn vị"
        + (f", {format_signed_vi(one.diff_points, 2)} điểm phần trăm)" if one.diff_points is not None else ")")
        for one in populations
    ]
    return f"Cùng năm {year}: {list_vi(told)}." if told else ""


def say_changes(blocks: Sequence[Block], year: int) -> str:
    """How many blocks went up and down, by name, as printed with two decimals."""
    signs: dict[str, list[str]] = {"tăng": [], "giảm": [], "không đổi": [], "không so sánh được": []}
    for block in blocks:
        signs[_direction(block.diff_points)].append(block.name)
    if len(signs["không so sánh được"]) == len(blocks):
        return f"Các khối không có số năm {year - 1} để so sánh."
    parts = [f"{len(names)} khối {sign} ({list_vi(names)})" for sign, names in signs.items() if names]
    return f"So với năm {year - 1}, trong {len(blocks)} khối có {list_vi(parts)}."


def say_extremes(what: str, units: Sequence[Unit] | Sequence[District]) -> str:
    """Highest and lowest of a set, ties named together; nothing when they do not differ."""
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


def say_weak_factors(found: Satisfaction) -> str:
    """The lowest factor of every population that has more than one."""
    weak = [
        f"{lower_first(population.name)}: {lowest.factor_code} {lower_first(lowest.name)} "
        f"({format_percent_vi(lowest.mean_pct, 1)})"
        for population, lowest in found.weakest_factors
    ]
    return f"Yếu tố thấp nhất – {'; '.join(weak)}." if weak else ""


def say_ratings(ratings: Ratings, n_agencies: int) -> str:
    """How many agencies have each rating and how many have none yet."""
    rated = sum(ratings.total) if ratings.groups else 0
    counts = zip(ratings.total if ratings.groups else (), ratings.labels, strict=False)
    parts = [f"{count} {label}" for count, label in counts]
    told = (
        f"{rated} trong {n_agencies} cơ quan được xếp loại" if rated < n_agencies else f"{rated} cơ quan được xếp loại"
    )
    if parts:
        told += f": {list_vi(parts)}"
    return told + (f"; {n_agencies - rated} cơ quan chưa xếp loại." if rated < n_agencies else ".")


def say_group(group: RankedGroup) -> str:
    """First and last of a group and the distance between them, of agencies that have a rank."""
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


def say_comparison(ranking: Ranking) -> str:
    """How many agencies cannot be compared with the year before, and why."""
    reasons = Counter(
        agency.comparison_reason
        for agency in ranking.agencies
        if agency.official_pct is not None and agency.diff_points is None and agency.comparison_reason
    )
    if not reasons:
        return ""
    told = list_vi([f"{count} cơ quan ({lower_first(reason)})" for reason, count in reasons.most_common()])
    return f"Không so sánh được với năm {ranking.year - 1}: {told}."


def say_exclusions(found: Exclusions) -> str:
    """How many agencies do not take the whole set, and how far coverage goes down."""
    if not found.agencies:
        return f"Cả {found.n_agencies} cơ quan đều áp dụng đủ các tiêu chí."
    lowest = found.agencies[0]
    return (
        f"{len(found.agencies)} trong {found.n_agencies} cơ quan không áp dụng một số tiêu chí; tỷ lệ áp dụng "
        f"thấp nhất là {format_percent_vi(lowest.coverage_pct, 1)} ({lowest.name}, {lowest.n_excluded} tiêu chí, "
        f"{format_points_vi(lowest.excluded_points)} điểm)."
    )


def say_pending(agency: RankedAgency, shown: int = 6) -> str:
    """What points an agency still lacks, by who gives them; long lists of criteria are counted only."""
    told = [
        f"{lower_first(by)} {len(codes)} tiêu chí" + (f" ({', '.join(codes)})" if len(codes) <= shown else "")
        for by, codes in agency.pending
    ]
    return f"còn thiếu điểm: {'; '.join(told)}" if told else lower_first(agency.estimate_status_label)


def say_deliveries(found: Deliveries) -> str:
    """How many deliveries fell due, and how many of them are missing or came late."""
    due = f"{format_count_vi(found.n_due)} trong {format_count_vi(found.n_expected)} lượt gửi số liệu đã đến hạn"
    if not found.overdue:
        return f"{due}, tất cả gửi đúng hạn." if found.n_due else "Chưa có lượt gửi số liệu nào đến hạn."
    return f"{due}: chưa gửi {format_count_vi(found.n_missing)}, gửi muộn {format_count_vi(found.n_late)}."


def say_expected(group: Overdue) -> list[str]:
    """Agencies of a group of deliveries, with the day of arrival of those that came late."""
    return [
        one.agency_name + (f" (gửi {format_date_vi(one.arrived_date)})" if one.arrived_date else "")
        for one in group.deliveries
    ]


def say_units(units: Sequence[Unit]) -> list[str]:
    """Units with their figure where it may be shown."""
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
