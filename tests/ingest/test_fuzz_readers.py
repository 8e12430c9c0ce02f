"""A short deterministic run of the reader fuzzer: every delivery ends in a verdict."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from tests.support.fuzz_readers import Case, Fuzz, cases, fault_of

# Seeds that once ended in a traceback: a text with nothing left, a zip with an offset before its first byte, a text
# named .gz.
ONCE_A_TRACEBACK = (2, 106, 156, 1284)


def test_every_delivery_ends_in_a_verdict(tmp_path: Path) -> None:
    batch = [*islice(cases(0), 40), *(next(cases(seed)) for seed in ONCE_A_TRACEBACK if seed >= 40)]
    records = Fuzz(tmp_path / "home").run(batch)
    assert {record.container or record.original_name for record in records} == {case.name for case in batch}
    assert not {record.original_name: fault for record in records if (fault := fault_of(record))}
    assert len({record.verdict_status for record in records}) > 2


def test_a_seed_makes_the_same_delivery() -> None:
    first: list[Case] = list(islice(cases(7), 5))
    assert [(case.name, len(case.content)) for case in first] == [
        (case.name, len(case.content)) for case in islice(cases(7), 5)
    ]
