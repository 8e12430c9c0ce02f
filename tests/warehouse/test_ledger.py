"""Records that do not add up, or would overwrite another, are refused."""

from datetime import date, datetime

import pytest

from warehouse.config import Home
from warehouse.ledger import Ledger, LedgerError, LoadRecord, RuleResult


def record(**changes: object) -> LoadRecord:
    content = {
        "load_seq": 1,
        "load_id": "0" * 15 + "1",
        "source": "dossiers",
        "original_name": "x.csv",
        "sha256": "0" * 64,
        "size_bytes": 10,
        "delivered_at": datetime(2015, 7, 1, 8),
        "loaded_at": datetime(2015, 7, 2, 2),
        "contract_version": "1",
        "verdict_status": "accepted",
        "rows_read": 10,
        "rows_accepted": 6,
        "rows_quarantined": 1,
        "rows_duplicate": 1,
        "rows_excluded": 2,
        "excluded": {"test": 1, "total": 1},
        "data_until": date(2015, 6, 30),
        "rules": [RuleResult("dossiers", "DOS-01", "critical", 7, 1, "Mỗi dòng phải có mã hồ sơ.", "domain §5.3")],
    }
    return LoadRecord(**{**content, **changes})


@pytest.mark.parametrize("count", ["rows_read", "rows_accepted", "rows_quarantined", "rows_duplicate", "rows_held"])
def test_a_row_too_many_anywhere_is_refused(tmp_path, count):
    with pytest.raises(LedgerError, match=r"dossiers-1: 1\d rows read, but 1\d accounted for"):
        Ledger(Home(tmp_path)).append_load(record(**{count: getattr(record(), count) + 1}))
    assert Ledger(Home(tmp_path)).loads() == []


def test_excluded_rows_add_up_by_reason(tmp_path):
    with pytest.raises(LedgerError, match="do not add up by reason"):
        Ledger(Home(tmp_path)).append_load(record(excluded={"test": 1}))


def test_a_record_is_read_back_as_it_was_written(tmp_path):
    ledger = Ledger(Home(tmp_path))
    ledger.append_load(record())
    assert ledger.loads() == [record()]
    assert ledger.next_load_seq() == 2


def test_a_record_is_never_overwritten(tmp_path):
    ledger = Ledger(Home(tmp_path))
    ledger.append_load(record())
    with pytest.raises(LedgerError, match="load 1 is already in the ledger"):
        ledger.append_load(record())
