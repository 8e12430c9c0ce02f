"""Synthetic persons with realistic formats that cannot match real persons.

A person is a number from which all attributes follow, so that no table of persons is needed. Identity numbers begin
with 99 or 999 and phones with 0900, which no province and no network assigns.
"""

from __future__ import annotations

import itertools

_FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý")
_SECOND = ("Thị", "Văn", "Ngọc", "Minh", "Thanh", "Quốc", "Thu", "Đức")
_GIVEN = (
    *("An", "Bình", "Châu", "Dung", "Giang", "Hà", "Hạnh", "Hiền", "Hòa", "Hùng", "Hương", "Khánh", "Lan", "Linh"),
    *("Long", "Mai", "Nam", "Nga", "Oanh", "Phúc", "Quang", "Sơn", "Tâm", "Thảo", "Trang", "Tuấn", "Vân", "Yến"),
)

APPLICANT_NAMES = [
    f"{family} {second} Mô Phỏng {given}" for given, family, second in itertools.product(_GIVEN, _FAMILIES, _SECOND)
]
OFFICIAL_NAMES = [f"{family} Công Vụ {given}" for given, family in itertools.product(_GIVEN, _FAMILIES)]
OFFICIALS_PER_AGENCY = 6
TEST_NAMES = ("Nguyễn Văn A", "TEST")

# SQL over the columns person, applicant_name, sequence. Multipliers coprime to 10 permute the digits.
IDENTITY_NUMBER = (
    "case when person % 5 = 0 then '999' || lpad((person * 387420489 % 1000000000)::varchar, 9, '0')"
    " else '99' || lpad((person * 4782969 % 10000000)::varchar, 7, '0') end"
)
PHONE = "case when person % 12 <> 0 then '0900' || lpad((person * 531441 % 1000000)::varchar, 6, '0') end"
EMAIL = "case when person % 3 = 0 then 'nguoi.nop.' || person || '@example.vn' end"
ADDRESS = "'Số ' || (person % 299 + 1) || ' đường Mô Phỏng ' || (person // 299 % 80 + 1)"
SUMMARY = (
    "'Đơn mô phỏng số ' || sequence || case sequence % 10"
    " when 0 then coalesce('; liên hệ ' || phone, '; không có điện thoại')"
    " when 1 then ' của ông (bà) ' || applicant_name || ', số giấy tờ ' || identity_number"
    """ when 2 then ' "nộp thay"; nhận kết quả tại nhà'"""
    " else ': đề nghị giải quyết theo quy định' end"
)
