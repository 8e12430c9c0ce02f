"""Says in Vietnamese why an agency stands where it stands in the CCHC ranking (methods §5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reports.format import (
    format_below_vi,
    format_decimal_vi,
    format_percent_vi,
    format_points_vi,
    format_signed_vi,
)
from reports.page.exclusions import criterion_order
from reports.ranking.standing import Row, Standing

# What it takes to gain the points of a criterion, by what the criterion looks at.
_EFFORT = {
    "input": "nhẹ: ban hành văn bản, bố trí nguồn lực",
    "process": "vừa: thực hiện đúng quy trình",
    "output": "lớn: phải có kết quả",
    "impact": "lớn nhất: phải có tác động đến người dân",
}
_SHOWN = 3


@dataclass(frozen=True)
class Section:
    """A heading with its lines: a name and a text each."""

    title: str
    lines: tuple[tuple[str, str], ...]


def explain(standing: Standing) -> list[Section]:
    """Returns the explanation as sections; one without anything to say is left out."""
    parts = (
        ("Kết quả", _result(standing)),
        ("Được điểm và mất điểm ở đâu", _points(standing)),
        ("Tiêu chí không áp dụng", _excused(standing)),
        ("Muốn lên hạng, lên mức", _next(standing)),
        ("So với bình quân của nhóm", _against_group(standing)),
        ("Chắc chắn đến đâu", _certainty(standing)),
        ("Nếu tính theo quy tắc khác", _other_rules(standing)),
        ("Tự chấm và thẩm định", _gap(standing)),
        ("Năm trước, bộ tiêu chí sau, khen thưởng", _around(standing)),
    )
    return [Section(title, found) for title, lines in parts if (found := tuple(lines))]


def _result(standing: Standing) -> Iterator[tuple[str, str]]:
    row = standing.ranking
    if row["official_pct"] is None:
        bounds = f"{format_percent_vi(row['bound_lo'], 2)} đến {format_percent_vi(row['bound_hi'], 2)}"
        yield "Chỉ số", f"chưa có ({row['estimate_status_label']}); có thể nằm trong khoảng {bounds}"
        return
    floor = row["official_pct"] + row["to_next_floor_points"] if row["to_next_floor_points"] is not None else None
    # The digits that decide, when rounding would show the floor itself.
    printed = format_below_vi(row["official_pct"], round(floor, 6) if floor is not None else None, 2)
    yield "Chỉ số", f"{printed}% = {format_points_vi(row['earned_points'])}/{format_points_vi(row['max_points'])} điểm"
    if row["group_rank"] is not None:
        overall = f"; {row['overall_rank']}/{row['n_all']} toàn tỉnh" if standing.is_overall else ""
        yield "Hạng", f"{row['group_rank']}/{row['n_group']} trong nhóm {row['group_label']}{overall}"
    if row["rating"] is not None:
        yield "Xếp loại", row["rating_label"]
    if row["coverage_pct"] < 100:
        yield "Phạm vi chấm", f"{format_percent_vi(row['coverage_pct'], 1)} điểm tối đa của bộ tiêu chí"


def _points(standing: Standing) -> Iterator[tuple[str, str]]:
    row = standing.ranking
    named = (("appraisal_points", "thẩm định"), ("survey_points", "khảo sát"), ("dossier_points", "hồ sơ"))
    parts = [f"{label} {format_points_vi(row[name])}" for name, label in named if row[name]]
    if row["bonus_points"]:
        parts.append(f"thưởng +{format_points_vi(row['bonus_points'])}")
    if row["penalty_points"]:
        parts.append(f"trừ −{format_points_vi(row['penalty_points'])}")
    if parts:
        yield "Điểm đạt", ", ".join(parts)
    for criterion in _lost(standing)[: 2 * _SHOWN]:
        mean = f"; nhóm đạt {format_percent_vi(criterion['group_mean_pct'], 1)}"
        earned = f"{format_points_vi(criterion['final_points'])}/{format_points_vi(criterion['max_points'])}"
        yield f"Mất ở {criterion['criterion_code']}", f"{earned} điểm, {criterion['criterion_name']}{mean}"
    for criterion in standing.criteria:
        if criterion["is_applicable"] and criterion["final_points"] is None and criterion["kind"] not in _BESIDE:
            yield (
                f"Chờ điểm {criterion['criterion_code']}",
                f"{criterion['criterion_name']} ({criterion['scored_by_label']})",
            )


_BESIDE = ("bonus", "penalty")


def _lost(standing: Standing) -> list[Row]:
    """Returns criteria with points lost, the largest loss first."""
    lost = [
        row
        for row in standing.criteria
        if row["final_points"] is not None and row["kind"] not in _BESIDE and row["final_points"] < row["max_points"]
    ]
    return sorted(
        lost, key=lambda row: (row["final_points"] - row["max_points"], criterion_order(row["criterion_code"]))
    )


def _excused(standing: Standing) -> Iterator[tuple[str, str]]:
    found: dict[tuple[str, str | None], list[Row]] = {}
    for row in standing.criteria:
        if not row["is_applicable"]:
            found.setdefault((row["reason_label"] or row["exclusion_reason"], row["exclusion_document"]), []).append(
                row
            )
    for (reason, document), rows in found.items():
        codes = ", ".join(sorted((row["criterion_code"] for row in rows), key=criterion_order))
        points = format_points_vi(sum(row["max_points"] for row in rows))
        yield reason, f"{points} điểm ({codes}); " + (f"theo {document}" if document else "không có văn bản")


def _next(standing: Standing) -> Iterator[tuple[str, str]]:
    row = standing.ranking
    if row["official_pct"] is None:
        return
    if row["to_next_floor_points"] is not None:
        points = format_decimal_vi(row["to_next_floor_points"] * float(row["max_points"]) / 100, 2)
        yield (
            "Đến mức trên",
            f"còn {format_decimal_vi(row['to_next_floor_points'], 2)} điểm phần trăm, tức {points} điểm",
        )
    for criterion in _lost(standing)[:_SHOWN]:
        lost = criterion["max_points"] - criterion["final_points"]
        gain = format_signed_vi(100 * float(lost) / float(row["max_points"]), 2)
        effort = _EFFORT.get(criterion["kind"], "")
        yield (
            criterion["criterion_code"],
            f"đủ điểm thì chỉ số {gain}; công sức {effort}. {criterion['criterion_name']}",
        )


def _against_group(standing: Standing) -> Iterator[tuple[str, str]]:
    row = standing.ranking
    if row["adjusted_pct"] is None:
        return
    distance = row["adjusted_pct"] - row["adjusted_mean"]
    yield (
        "Khoảng cách",
        f"{format_signed_vi(distance, 2)} so với bình quân nhóm {format_percent_vi(row['adjusted_mean'], 2)}",
    )
    known = [area for area in standing.areas if area["contribution_points"] is not None]
    for area in sorted(known, key=lambda area: -area["contribution_points"]):
        yield area["area_code"], f"{format_signed_vi(area['contribution_points'], 2)}  {area['area_name'] or ''}"


def _certainty(standing: Standing) -> Iterator[tuple[str, str]]:
    row = standing.ranking
    if row["group_rank"] is None:
        return
    if row["se"] is None:
        yield "Sai số", "không ước lượng được"
    elif row["se"] == 0:
        yield "Sai số", "không có sai số mẫu: mọi điểm đều do thẩm định và mọi tiêu chí đều áp dụng"
    else:
        interval = f"{format_decimal_vi(row['ci_lo'], 2)} đến {format_percent_vi(row['ci_hi'], 2)}"
        low, high = ("rank_lo", "rank_hi") if standing.is_overall else ("group_rank_lo", "group_rank_hi")
        yield "Khoảng tin cậy", f"{interval}; hạng từ {row[low]} đến {row[high]}"
    if row["p_rating"] is not None:
        chance = format_percent_vi(100 * row["p_rating"], 1)
        yield "Xếp loại", f"{row['rating_status_label'].lower()}, xác suất đúng mức {chance}"
    drawn, fixed = standing.scenarios.get("dirichlet_50"), standing.scenarios.get("box")
    if drawn:
        first = (
            f"; đứng đầu ở {format_percent_vi(100 * drawn['p_first'], 1)} số lần" if drawn["p_first"] >= 0.001 else ""
        )
        yield "Trọng số khác", f"hạng {drawn['p05_rank']:.0f} đến {drawn['p95_rank']:.0f} trong 90% số lần thử{first}"
    if fixed:
        yield (
            "",
            f"hạng {fixed['best_rank']} đến {fixed['worst_rank']} với mọi trọng số từ 0,75 đến 1,25 lần, xét trên tiêu "
            "chí chung của từng cặp",
        )
    pairs = standing.verdicts
    if pairs["n"]:
        yield (
            "Từng cặp",
            f"cao hơn chắc chắn {pairs['n_higher']}, thấp hơn {pairs['n_lower']}, không kết luận được "
            f"{pairs['n_cannot_tell']} trong {pairs['n']} cơ quan khác",
        )


def _other_rules(standing: Standing) -> Iterator[tuple[str, str]]:
    row = standing.ranking
    if row["adjusted_pct"] is not None:
        steps = [f"{format_decimal_vi(row['official_pct'], 2)} chính thức"]
        if row["beside_points"]:
            steps.append(f"{format_signed_vi(-row['beside_points'], 2)} bỏ điểm thưởng, điểm trừ")
        steps.append(f"{format_signed_vi(-row['difficulty_offset_points'], 2)} do độ khó của tiêu chí áp dụng")
        sure = f" (±{format_decimal_vi(1.96 * row['se_excl'], 2)})" if row["se_excl"] else ""
        yield "Điều chỉnh", ", ".join(steps) + f" = {format_percent_vi(row['adjusted_pct'], 2)}{sure}"
        if row["adjusted_rating"] != row["rating"] and row["adjusted_rating"]:
            yield "", f"theo chỉ số điều chỉnh là {row['adjusted_rating_label']}"
    for rule in standing.rules:
        rank = rule["overall_rank"] if standing.is_overall else rule["group_rank"]
        if rule["index_value"] is not None and rank is not None:
            yield f"hạng {rank}", f"{rule['rule_label']}: {format_decimal_vi(rule['index_value'], 2)}"
    if row["rule_min_rank"] is not None:
        yield "Khoảng hạng", f"{row['rule_min_rank']} đến {row['rule_max_rank']} qua các quy tắc"


def _gap(standing: Standing) -> Iterator[tuple[str, str]]:
    gap = standing.gap
    if gap is None or gap["self_pct"] is None:
        return
    yield (
        "Chênh lệch sau thẩm định",
        f"tự chấm {format_percent_vi(gap['self_pct'], 2)}, thẩm định {format_percent_vi(gap['appraised_pct'], 2)}: "
        f"{format_signed_vi(gap['inflation_points'], 2)}; cao hơn ở {gap['n_over']}, thấp hơn ở {gap['n_under']} "
        f"trong {gap['n_criteria']} tiêu chí",
    )
    lacking = [
        row for row in standing.criteria if row["is_applicable"] and row["evidence_status"] not in (None, "complete")
    ]
    for row in lacking[: 2 * _SHOWN]:
        yield f"Tài liệu {row['criterion_code']}", f"{row['evidence_label']}: {row['criterion_name']}"


def _around(standing: Standing) -> Iterator[tuple[str, str]]:
    row = standing.ranking
    if row["diff_points"] is not None:
        yield f"Năm {row['year'] - 1}", f"{format_signed_vi(row['diff_points'], 2)}, {row['comparison_label'].lower()}"
    elif row["comparison_reason"] is not None:
        yield f"Năm {row['year'] - 1}", f"không so sánh được: {row['comparison_reason_label'].lower()}"
    for other in standing.whatif:
        if other["diff_points"] is not None:
            yield (
                other["set_id"],
                f"chấm lại được {format_percent_vi(other['coverage_pct'], 0)} bộ này: chỉ số "
                f"{format_percent_vi(other['official_pct'], 2)} ({format_signed_vi(other['diff_points'], 2)}), hạng "
                f"{other['group_rank']} thay vì {other['own_group_rank']} trong nhóm",
            )
        else:
            yield (
                other["set_id"],
                f"chỉ chấm lại được {format_percent_vi(other['coverage_pct'], 0)} bộ này: không so sánh",
            )
    for award in standing.awards:
        by_rank = "phù hợp thứ hạng" if award["is_rank_justified"] else "thứ hạng không đủ giải thích"
        yield (
            f"Khen {award['kind_label'].lower()}",
            f"{award['n_recipients']}, theo {award['decision_number']}; {by_rank}",
        )
