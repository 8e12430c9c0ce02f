"""The figures printed in the conference report of 25/02/2016, which the demo province is drawn to reproduce.

No other file contains these numbers. The pipeline computes its own; the command line prints both side by side.
Wording and values follow domain §2; names follow the demo registry.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedFigure:
    """One printed figure: its code in domain §2, its wording, the printed text, and its year."""

    code: str
    wording: str
    value: str
    year: int


PUBLISHED: tuple[PublishedFigure, ...] = (
    PublishedFigure("P1", "Mức độ hài lòng bình quân của sở, ngành dọc và UBND cấp huyện", "75,47 %", 2015),
    PublishedFigure("P2", "Mức độ hài lòng bình quân của sở, ngành dọc và UBND cấp huyện", "74,83 %", 2014),
    PublishedFigure("P3", "Số khối được đánh giá", "8", 2015),
    PublishedFigure("P4", "Khối tăng so với năm 2014", "6: NHNN, Hải quan, UBND cấp huyện, Kho bạc, Thuế, BHXH", 2015),
    PublishedFigure("P5", "Khối giảm so với năm 2014", "2: Công an, sở", 2015),
    PublishedFigure("P6", "Sở có mức độ hài lòng cao nhất", "Sở LĐ-TB&XH 84,54 %", 2015),
    PublishedFigure("P7", "Sở có mức độ hài lòng thấp nhất", "Sở KH&ĐT 68,86 %", 2015),
    PublishedFigure("P8", "Mức độ hài lòng bình quân của UBND cấp xã", "78,28 %", 2015),
    PublishedFigure(
        "P9", "UBND cấp xã theo huyện, cao nhất (bằng nhau)", "Huyện Diên Khánh, Thị xã Ninh Hòa 81,20 %", 2015
    ),
    PublishedFigure("P10", "UBND cấp xã theo huyện, thấp nhất", "Huyện Khánh Sơn 68,80 %", 2015),
    PublishedFigure("P11", "Bệnh viện thuộc Sở Y tế: số bệnh viện và mức độ hài lòng chung", "12; 89,6 %", 2015),
    PublishedFigure("P12", "Bệnh viện cao nhất, thấp nhất", "BV Da liễu, BV huyện Vạn Ninh", 2015),
    PublishedFigure("P13", "Số trạm y tế xã được khảo sát", "137", 2015),
    PublishedFigure("P14", "Xếp loại CCHC: Tốt / Khá / Trung bình / Yếu", "12 / 17 / 12 / 1", 2015),
    PublishedFigure("P16", "Kế hoạch CCHC giai đoạn 2016–2020", "10 mục tiêu; 53 nhiệm vụ trọng tâm; 3 chủ đề", 2016),
)

# Satisfaction of each surveyed agency. Means of 31: 75,47 and 74,83; the blocks change as in P4 and P5.
SATISFACTION: dict[int, dict[str, float]] = {
    2015: {
        **{"SNV": 80.10, "STP": 78.26, "SKHDT": 68.86, "STC": 75.34, "STTTT": 77.52, "SKHCN": 76.91},
        **{"SLDTBXH": 84.54, "STNMT": 69.73, "SYT": 74.48, "SGDDT": 76.05, "SCT": 77.23, "SNNPTNT": 73.92},
        **{"SGTVT": 72.14, "SXD": 70.85, "SVHTTDL": 76.67, "SNGV": 78.83, "BQLVP": 73.74},
        **{"NHNN": 82.10, "HQ": 78.40, "KBNN": 80.20, "THUE": 75.90, "BHXH": 71.30, "CA": 69.70},
        **{"H568": 73.40, "H569": 74.20, "H572": 77.60, "H571": 75.10, "H574": 78.30, "H570": 74.50},
        **{"H573": 72.30, "H575": 71.40},
    },
    2014: {
        **{"SNV": 79.35, "STP": 79.12, "SKHDT": 70.41, "STC": 75.88, "STTTT": 77.94, "SKHCN": 76.37},
        **{"SLDTBXH": 83.72, "STNMT": 71.85, "SYT": 75.21, "SGDDT": 75.63, "SCT": 77.96, "SNNPTNT": 74.78},
        **{"SGTVT": 73.09, "SXD": 72.02, "SVHTTDL": 76.24, "SNGV": 78.15, "BQLVP": 74.58},
        **{"NHNN": 79.00, "HQ": 75.00, "KBNN": 77.50, "THUE": 72.60, "BHXH": 68.20, "CA": 70.33},
        **{"H568": 71.90, "H569": 72.60, "H572": 75.80, "H571": 73.60, "H574": 77.20, "H570": 73.10},
        **{"H573": 70.70, "H575": 69.90},
    },
}
SATISFACTION_MEAN = {2015: 75.47, 2014: 74.83}

# Means of the communes of each district; the first two are equal, also unrounded (P9).
DISTRICT_MEANS: dict[int, dict[str, float]] = {
    2015: {
        **{"572": 81.20, "574": 81.20, "575": 68.80},
        **{"568": 79.10, "569": 78.20, "571": 78.60, "570": 78.00, "573": 72.60},
    }
}
TIED_DISTRICTS = ("572", "574")
COMMUNE_MEAN = {2015: 78.28}

HOSPITALS: dict[int, dict[str, float]] = {
    2015: {
        **{"BV01": 88.1, "BV02": 89.4, "BV03": 88.7, "BV04": 90.3, "BV05": 84.9, "BV06": 87.6},
        **{"BV07": 88.9, "BV08": 94.8, "BV09": 90.6, "BV10": 90.1, "BV11": 92.7, "BV12": 89.1},
    }
}
STATION_MEAN = 82.4

# Official index of 2015: the bands of P14, each at least 1,5 points from a floor (85, 70, 50).
OFFICIAL_PCT: dict[str, float] = {
    **{"SLDTBXH": 93.4, "BDT": 92.6, "SNV": 91.8, "STTTT": 90.4, "STP": 89.1, "SKHCN": 87.8},
    **{"H572": 90.7, "H574": 89.5, "H568": 87.6, "KBNN": 89.9, "NHNN": 88.3, "HQ": 87.2},
    **{"STC": 83.2, "VPUBND": 82.9, "SYT": 82.1, "SGDDT": 81.4, "SCT": 80.6, "SXD": 78.8, "BQLVP": 77.4},
    **{"SVHTTDL": 76.2, "H571": 80.2, "H569": 78.1, "H570": 75.3, "THUE": 81.7, "BHXH": 74.1},
    **{"CDYT": 80.6, "BQLDAPT": 78.2, "QDTPT": 75.6, "DHKH": 73.4},
    **{"SKHDT": 67.9, "SGTVT": 67.2, "TTT": 66.4, "SNNPTNT": 66.1, "SNGV": 65.2, "STNMT": 63.7, "CA": 66.9},
    **{"H573": 62.7, "H575": 58.9, "PTTH": 63.5, "BQLCR": 61.8, "CDN": 60.4},
    **{"VQH": 46.8},
}

# Weak points named in the report: premises of the police and the social insurance, presence of commune officials,
# procedures, crowding and manners in hospitals. Logits added to an item's chance of satisfaction.
WEAK_FACTORS: dict[tuple[str, str], float] = {("CA", "F1"): -1.1, ("BHXH", "F1"): -1.0}
WEAK_ITEMS: dict[str, float] = {
    **{"A2_3": -0.35, "A4_4": -0.5, "A1_4": -0.3, "A5_2": -0.45},
    **{"C3_1": -0.75, "C3_5": -0.9, "C1_2": -0.35, "C3_6": -0.3, "C5_2": -0.4},
    **{"HB1": -0.6, "HB3": -0.45, "HC1": -0.7, "HD1": -0.35},
    **{"T4_1": -0.6, "T3_1": -0.4},
}

# Focus topic of each objective of the plan, and how many of its 53 tasks serve it.
PLAN_OBJECTIVES: tuple[tuple[str, int], ...] = (
    *(("procedures", 6), ("procedures", 6), ("procedures", 6), ("procedures", 5)),
    *(("organisation", 5), ("organisation", 5), ("organisation", 5)),
    *(("e_government", 5), ("e_government", 5), ("e_government", 5)),
)
