"""Records of a home: written atomically, readable from version 0.1, and named by their file when they are damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flows.failures import ExitCode, classify
from flows.load.corrections import Reached
from flows.load.decisions import ReleasedRow
from flows.watch.alerts import Alert
from warehouse.backup import BackupIndex
from warehouse.ledger import LoadRecord, RunRecord
from warehouse.lock import Holder
from warehouse.nights import NightRecord
from warehouse.publication.manifest import Manifest
from warehouse.publication.pointer import Rollback
from warehouse.records import RecordError, read_record, write_record

SHA256 = "6359b72bfe8aa16252e97e3a4da617f33acece55bd0f757c432750bb9e3da223"
RULE = {
    "source": "dossiers",
    "rule_code": "DOS-01",
    "severity": "critical",
    "n_evaluated": 7,
    "n_failed": 1,
    "statement": "Mỗi dòng phải có mã hồ sơ.",
    "basis": "kiểm tra máy",
}
# What version 0.1 wrote, one record of each kind.
WRITTEN: list[tuple[Any, dict[str, Any]]] = [
    (
        LoadRecord,
        {
            "load_seq": 5,
            "load_id": SHA256[:16],
            "source": "dossiers",
            "original_name": "gói.zip/hoso_2015.csv",
            "sha256": SHA256,
            "size_bytes": 9116,
            "delivered_at": "2015-01-08T08:51:00",
            "loaded_at": "2026-12-01T04:11:56",
            "contract_version": "1",
            "verdict_status": "accepted",
            "reason": None,
            "rows_read": 7,
            "rows_accepted": 5,
            "rows_quarantined": 1,
            "rows_duplicate": 0,
            "rows_excluded": 1,
            "rows_held": 0,
            "data_until": "2014-12-31",
            "excluded": {"total": 1},
            "rules": [RULE],
            "key_fingerprint": "k1:0011",
            "encoding": "utf-8",
            "data_from": None,
            "judges_again": 3,
            "container": "gói.zip",
            "container_size": 10,
            "container_members": 2,
            "headers": ["STT", "Mã hồ sơ"],
            "titled": [],
            "changes": {"compared_with": "hoso_2014.csv", "appeared": ["STT"], "vanished": []},
            "corrections": [
                {
                    "row_key": "B1 | 1",
                    "column_name": "score",
                    "expected_value": "9",
                    "corrected_value": "8",
                    "status": "applied",
                    "lines": [3],
                }
            ],
        },
    ),
    (
        RunRecord,
        {
            "publication_id": "0001-20151231-77f43065",
            "built_at": "2026-12-01T04:11:38",
            "as_of_date": "2015-12-31",
            "input_hash": SHA256,
            "code_version": "0.1.0",
            "method_version": "2026.3",
            "n_tables": 40,
            "loads": [1, 2],
            "rules": [RULE],
            "decision_number": None,
            "is_official": False,
            "inputs": {"as_of_date": "2015-12-31"},
        },
    ),
    (
        NightRecord,
        {
            "night_id": "20261201T041138.297206",
            "started_at": "2026-12-01T04:11:38",
            "command": "cchc nightly",
            "pid": 2848,
            "host": "vm",
            "flow_run_id": None,
            "finished_at": None,
            "exit_code": None,
            "reason": None,
            "publication_id": None,
        },
    ),
    (Holder, {"pid": 2848, "host": "vm", "command": "cchc nightly", "since": "2026-12-01T04:11:38"}),
    (Rollback, {"from_id": "0002-x", "to_id": "0001-x", "rolled_back_at": "2026-12-01T04:11:38"}),
    (
        ReleasedRow,
        {
            "load_id": SHA256[:16],
            "source": "dossiers",
            "original_name": "hoso.csv",
            "line": 12,
            "rule_codes": "DOS-05",
            "reason": "đã xác minh",
            "released_on": "2026-12-01",
        },
    ),
    (
        dict[str, Reached],
        {
            "assessments": {
                "digest": SHA256,
                "out_of_reach": [{"load_seq": 3, "identity": ["B1 | 1", "score", "9", "8"]}],
            }
        },
    ),
    (
        Alert,
        {
            "alert_id": "loads-000007-000007",
            "kind": "deliveries",
            "title": "Deliveries need attention",
            "title_vi": "1 tệp gửi đến cần xử lý",
            "text": "1 tệp gửi đến cần xử lý\n…\n",
            "steps": ["xem những gì còn chờ: cchc status"],
            "deliveries": [
                {
                    "load_seq": 7,
                    "source": "dossiers",
                    "file": "hoso.csv",
                    "verdict": "accepted",
                    "reason": None,
                    "rows_read": 63,
                    "rows_not_taken": 3,
                    "rules": [{"code": "DOS-05", "rows": 3, "statement": "Đơn vị có trong danh mục."}],
                }
            ],
            "night_id": None,
            "raised_at": "2026-12-01T04:11:38",
            "sent_at": None,
            "fault": None,
        },
    ),
    (
        Manifest,
        {
            "publication_id": "0002-20151231-77f43065",
            "seq": 2,
            "profile": "internal",
            "built_at": "2026-12-01T04:11:38",
            "as_of_date": "2015-12-31",
            "input_hash": SHA256,
            "code_version": "0.1.0",
            "method_version": "2026.3",
            "previous_id": "0001-20151231-77f43065",
            "tables": [
                {
                    "schema": "cchc",
                    "name": "ranking",
                    "profile": "open",
                    "rows": 84,
                    "path": "parquet/cchc/ranking.parquet",
                    "sha256": SHA256,
                    "diff": {
                        "rows_before": 84,
                        "rows_after": 84,
                        "added": 0,
                        "removed": 0,
                        "changed": 2,
                        "largest_rank_move": {
                            "column": "group_rank",
                            "key": {"year": "2015"},
                            "before": 1,
                            "after": 3,
                            "places": 2,
                        },
                    },
                }
            ],
            "files": {"summary.html": {"bytes": 186067, "sha256": SHA256}},
        },
    ),
    (
        BackupIndex,
        {
            "format": 1,
            "written_at": "2026-12-01T04:11:38",
            "current_id": None,
            "files": {"inbox/dossiers/hoso.csv": {"bytes": 3, "sha256": SHA256}},
        },
    ),
]


def holds(again: Any, written: Any) -> bool:
    """Whether `again` has every value of `written`; a later version may add fields, at any depth."""
    if isinstance(written, dict):
        return all(name in again and holds(again[name], value) for name, value in written.items())
    if isinstance(written, list):
        return len(again) == len(written) and all(map(holds, again, written))
    return bool(again == written)


@pytest.mark.parametrize(("kind", "written"), WRITTEN)
def test_a_record_of_the_first_version_is_read_and_written_alike(
    tmp_path: Path, kind: Any, written: dict[str, Any]
) -> None:
    path = tmp_path / "folder" / "record.json"
    path.parent.mkdir()
    path.write_text(json.dumps(written, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    record = read_record(kind, path)
    write_record(path, record)
    again = json.loads(path.read_text(encoding="utf-8"))
    assert holds(again, written)
    assert read_record(kind, path) == record
    assert [left.name for left in path.parent.iterdir()] == ["record.json"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text[: len(text) // 2], "EOF while parsing"),
        (lambda text: text.replace('"seq": 2', '"seq": "hai"'), "seq: Input should be a valid integer"),
        (lambda _: "", "EOF while parsing"),
    ],
    ids=["cut off", "altered", "empty"],
)
def test_a_broken_record_is_one_sentence_that_names_its_file(tmp_path: Path, spoil: Any, message: str) -> None:
    path = tmp_path / "manifest.json"
    (written,) = [written for kind, written in WRITTEN if kind is Manifest]
    path.write_text(spoil(json.dumps(written)), encoding="utf-8")
    with pytest.raises(RecordError) as caught:
        read_record(Manifest, path)
    failure = classify(caught.value)
    assert (failure.exit_code, failure.is_ours) == (ExitCode.FAULT, False)
    assert str(path) in failure.sentence
    assert message in failure.sentence
    assert "put this one file back from the last backup" in failure.sentence
    assert "hai" not in failure.sentence
    assert "\n" not in failure.sentence


def test_a_ledger_record_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    written = dict(WRITTEN[0][1], rows_forgotten=3)
    path = tmp_path / "000005.json"
    path.write_text(json.dumps(written), encoding="utf-8")
    with pytest.raises(RecordError, match="rows_forgotten"):
        read_record(LoadRecord, path)
