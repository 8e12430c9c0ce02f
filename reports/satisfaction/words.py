"""Sentences about one satisfaction index, as a head of department reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.format import format_count_vi, format_decimal_vi, format_percent_vi, format_signed_vi

Row = Mapping[str, Any]
_COMPARED = {
    "improved": "tăng, và mức tăng lớn hơn dao động ngẫu nhiên",
    "declined": "giảm, và mức giảm lớn hơn dao động ngẫu nhiên",
    "no_clear_change": "chưa thể nói là tăng hay giảm: thay đổi nằm trong dao động ngẫu nhiên",
}


def describe_number(index: Row) -> str:
    """States the index with its form, or why there is none."""
    if index["estimate_pct"] is None:
        return f"không có chỉ số: {str(index['estimate_words'] or index['estimate_status']).lower()}"
    return f"{format_percent_vi(index['estimate_pct'], 2)} ({str(index['form_name'] or index['index_form']).lower()})"


def describe_interval(index: Row) -> str:
    """States within what the true index lies, and how this is known."""
    if index["ci_lo"] is None:
        return "không ước lượng được: quá ít phiếu hoặc chỉ một cụm điều tra"
    if index["se"] == 0:
        return "điều tra toàn bộ: không có sai số chọn mẫu"
    return (
        f"từ {format_percent_vi(index['ci_lo'], 1)} đến {format_percent_vi(index['ci_hi'], 1)} "
        f"(sai số chuẩn {format_decimal_vi(index['se'], 2)} điểm; {index['method_name'] or index['ci_method']})"
    )


def describe_asked(index: Row) -> str:
    """States how many were to be asked and how many answered validly."""
    planned, valid = format_count_vi(index["n_planned"]), format_count_vi(index["n_valid"])
    rate = "" if index["response_rate_pct"] is None else f", đạt {format_percent_vi(index['response_rate_pct'], 1)}"
    return f"kế hoạch {planned} phiếu, thu về {format_count_vi(index['n_collected'])}, hợp lệ {valid}{rate}"


def describe_bounds(index: Row) -> str:
    """States what the index would be if all, or none, of those not reached were satisfied."""
    return (
        f"từ {format_percent_vi(index['bound_lo'], 1)} đến {format_percent_vi(index['bound_hi'], 1)} nếu mọi người "
        "chưa trả lời đều không hài lòng, hoặc đều hài lòng"
    )


def describe_rank(index: Row) -> str:
    """States the rank with its confidence set, or why there is none."""
    if index["score_rank"] is None:
        return f"không xếp hạng: {str(index['rank_words'] or index['rank_status']).lower()}"
    among = format_count_vi(index["n_ranked"])
    if index["rank_lo_marginal"] == index["rank_hi_marginal"]:
        return f"hạng {index['score_rank']} trong {among} đơn vị, chắc chắn"
    return (
        f"hạng {index['score_rank']} trong {among} đơn vị; xét sai số, có thể từ hạng {index['rank_lo_marginal']} đến "
        f"hạng {index['rank_hi_marginal']}"
    )


def describe_change(index: Row) -> str:
    """States the change from the year before and whether it is more than chance."""
    if index["comparison_status"] == "not_comparable":
        return f"không so sánh được: {str(index['reason_words'] or index['comparison_reason']).lower()}"
    before = format_percent_vi(index["previous_estimate_pct"], 2)
    change = f"{before} năm trước, {format_signed_vi(index['diff_points'], 2)} điểm"
    if index["p_holm"] is None:
        return f"{change}; không kiểm định được"
    return (
        f"{change} (từ {format_signed_vi(index['diff_lo'], 1)} đến {format_signed_vi(index['diff_hi'], 1)}): "
        f"{_COMPARED[index['comparison_status']]} (p = {format_decimal_vi(index['p_holm'], 3)} sau hiệu chỉnh Holm)"
    )


def describe_item(item: Row) -> str:
    """States the share of satisfied answers to an item, beside the mean of the peers."""
    own = format_percent_vi(item["top2_pct"], 1)
    if item["gap_points"] is None:
        return f"{own} hài lòng; không có đơn vị khác để so"
    peers, gap = format_percent_vi(item["peer_pct"], 1), format_signed_vi(item["gap_points"], 1)
    return f"{own} hài lòng, bình quân {peers}: {gap} điểm"
