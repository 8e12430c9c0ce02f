"""The check table of methods §6, and lines that suppression must protect."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from methods.disclosure import suppress_lines, table_ranges, unprotected_lines

COUNTS = np.array([[3, 20, 15], [25, 4, 12], [18, 30, 22]])


def cells(*places: tuple[int, int]) -> np.ndarray:
    withheld = np.zeros(COUNTS.shape, dtype=bool)
    for row, column in places:
        withheld[row, column] = True
    return withheld


def test_two_cells_in_different_lines_are_given_away():
    lo, hi = table_ranges(COUNTS, cells((0, 0), (1, 1)))
    assert list(lo) == pytest.approx([3, 4])
    assert list(hi) == pytest.approx([3, 4])
    assert [list(lines) for lines in unprotected_lines(cells((0, 0), (1, 1)))] == [[0, 1], [0, 1]]


def test_four_cells_protect_each_other():
    lo, hi = table_ranges(COUNTS, cells((0, 0), (0, 1), (1, 0), (1, 1)))
    found = dict(zip(("11", "12", "21", "22"), zip(lo, hi, strict=True), strict=True))
    assert found["11"] == pytest.approx((0, 23))
    assert found["22"] == pytest.approx((1, 24))
    assert found["12"] == pytest.approx((0, 23))
    assert found["21"] == pytest.approx((5, 28))


def test_secondary_suppression_takes_the_smallest_cell_of_each_line():
    # Rows first: 15 beside 3, 12 beside 4; then the first column takes 18, the second 20; and so on until stable.
    withheld = suppress_lines(COUNTS, cells((0, 0), (1, 1)))
    assert withheld[0, 2]
    assert withheld[1, 2]
    assert [len(lines) for lines in unprotected_lines(withheld)] == [0, 0]


def test_a_cell_among_zeros_can_only_be_protected_by_its_margin():
    counts = np.array([[3, 0], [7, 9]])
    withheld = suppress_lines(counts, np.array([[True, False], [False, False]]))
    assert list(unprotected_lines(withheld)[0]) == [0]


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.int64, (4, 4), elements=st.integers(0, 30)))
def test_no_line_is_left_with_one_withheld_cell_unless_the_rest_is_zero(counts):
    primary = (counts > 0) & (counts < 5)
    withheld = suppress_lines(counts, primary)
    assert (withheld | ~primary).all()
    for line in unprotected_lines(withheld)[0]:
        assert counts[line][~withheld[line]].sum() == 0
    for line in unprotected_lines(withheld)[1]:
        assert counts[:, line][~withheld[:, line]].sum() == 0
