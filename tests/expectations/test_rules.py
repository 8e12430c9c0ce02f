"""Tests every coded rule on a row that keeps it and a row that breaks it, with Great Expectations on DuckDB."""

from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from expectations.engine import SuiteError, Validator, prove
from expectations.predicates import DatedValue, predicate, value_on
from expectations.rules import Rule, RuleError, RuleFile, load_rules
from expectations.suites import build_suite
from expectations.validate import is_over_tolerance, judge_batches
from ingest.contract import Tolerance, load_contracts
from ingest.registry.registry import write_registry
from tests.support.judged import deliver, findings
from warehouse.config import CODE_ROOT

SEEDS = CODE_ROOT / "dbt_project" / "seeds"
MOMENT = datetime(2015, 3, 2, 9)
GOOD_DOSSIER = {
    "dossier_code": "STP-15-000001",
    "procedure_code": "KH-STP-01",
    "receiving_agency_id": "STP",
    "resolving_agency_id": "STP",
    "channel": "direct",
    "submitted_at": MOMENT,
    "received_at": MOMENT,
    "due_at": datetime(2015, 3, 16),
    "finished_at": datetime(2015, 3, 10),
    "returned_at": datetime(2015, 3, 11),
    "status": "returned",
}
# Changes of the good row, and the codes of exactly the rules that each change breaks.
BAD_DOSSIERS = [
    ({"dossier_code": None}, {"DOS-01"}),
    ({"dossier_code": "STP/15/1"}, {"DOS-02"}),
    ({"received_at": None}, {"DOS-03"}),
    ({"status": "Đang chờ"}, {"DOS-04"}),
    ({"resolving_agency_id": None}, {"DOS-05"}),
    ({"receiving_agency_id": None}, {"DOS-06"}),
    ({"finished_at": datetime(2015, 3, 1)}, {"DOS-07"}),
    ({"returned_at": datetime(2015, 3, 9)}, {"DOS-08"}),
    ({"procedure_code": "KH-XXX-99"}, {"DOS-09"}),
    ({"due_at": datetime(2015, 3, 1)}, {"DOS-10"}),
    ({"due_at": datetime(2017, 3, 1)}, {"DOS-10"}),
    ({"returned_at": datetime(2051, 3, 11)}, {"DOS-11"}),
    ({"channel": "Fax"}, {"DOS-12"}),
    ({"finished_at": None, "returned_at": None}, {"DOS-13"}),
    ({"submitted_at": datetime(2015, 3, 3)}, {"DOS-14"}),
]
GOOD_EVENT = {
    "dossier_code": "STP-15-000001",
    "event_type": "apology_reschedule_notice",
    "occurred_at": MOMENT,
    "agency_id": "STP",
    "document_no": "12/TB",
    "new_due_at": datetime(2015, 3, 20),
}
BAD_EVENTS = [
    ({"dossier_code": None}, {"EVT-01"}),
    ({"event_type": "Gọi điện"}, {"EVT-03"}),
    ({"event_type": None}, {"EVT-02"}),
    ({"occurred_at": None}, {"EVT-04"}),
    ({"occurred_at": datetime(2016, 1, 1), "new_due_at": datetime(2016, 1, 5)}, {"EVT-05"}),
    ({"agency_id": None}, {"EVT-06"}),
    ({"new_due_at": None}, {"EVT-07"}),
    ({"new_due_at": datetime(2015, 3, 1)}, {"EVT-08"}),
    ({"document_no": None}, {"EVT-09"}),
]


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


@pytest.fixture(scope="module")
def registry(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("registry")
    write_registry(SEEDS, folder, date(2016, 12, 31))
    return folder


@pytest.mark.parametrize(
    ("source", "good", "bad"),
    [("dossiers", GOOD_DOSSIER, BAD_DOSSIERS), ("dossier_events", GOOD_EVENT, BAD_EVENTS)],
)
def test_every_rule_finds_exactly_its_bad_rows(source, good, bad, validator, registry, tmp_path):
    contract, rules = load_contracts()[source], load_rules()[source]
    codes = {code for _, codes in bad for code in codes}
    assert codes == {rule.code for rule in rules.rules}, "a rule without a bad row in this list, or an unknown code"
    rows = [good, *({**good, **change} for change, _ in bad)]

    (judged,) = judge_batches(validator, rules, [deliver(tmp_path, contract.landing_schema(), rows)], registry)

    assert findings(judged) == {line: codes for line, (_, codes) in enumerate(bad, start=2)}
    assert {r.rule_code: r.n_failed for r in judged.rules} == {
        rule.code: sum(rule.code in codes for _, codes in bad) for rule in rules.rules
    }
    assert all(result.n_evaluated == len(rows) for result in judged.rules)
    critical = {rule.code for rule in rules.rules if rule.severity == "critical"}
    assert judged.n_critical == sum(bool(codes & critical) for _, codes in bad)


def test_a_registered_dossier_needs_no_receipt_date():
    rule = next(rule for rule in load_rules()["dossiers"].rules if rule.code == "DOS-03")
    with duckdb.connect() as connection:
        held = connection.execute(
            f"select {predicate(rule, [])} from (select null::timestamp as received_at, 'registered' as status)"
        ).fetchall()
    assert held == [(True,)]


def test_a_planted_fault_is_found_on_duckdb(validator):
    prove(validator)


def test_a_suite_that_evaluates_fewer_rules_than_declared_raises(validator):
    rules = load_rules()["dossier_events"]
    suite = build_suite(RuleFile(source="dossier_events", rules=rules.rules[:1]), [])
    with pytest.raises(SuiteError, match="9 rules declared, 1 evaluated"):
        validator.validate(rules, suite, "d", ["create view d as select 'A' as dossier_code"])


def test_an_empty_suite_raises(validator):
    import great_expectations as gx

    rules = load_rules()["dossier_events"]
    with pytest.raises(SuiteError, match="0 evaluated"):
        validator.validate(rules, gx.ExpectationSuite(name="empty"), "d", ["create view d as select 1 as a"])


def test_a_rule_that_cannot_run_raises(validator):
    rules = load_rules()["dossier_events"]
    suite = build_suite(rules, [DatedValue("dossier_code_pattern", ".*", date(2011, 1, 1), None)])
    with pytest.raises(SuiteError, match="could not be evaluated"):
        validator.validate(rules, suite, "d", ["create view d as select 1 as another_column"])


def test_a_code_used_twice_raises(tmp_path):
    for source in ("one", "two"):
        (tmp_path / f"{source}.yml").write_text(
            f"source: {source}\nrules: [{{code: ABC-01, says: x, severity: warning, basis: y, row: a > 0}}]\n"
        )
    with pytest.raises(RuleError, match=r"two.yml: ABC-01 is already used in one.yml"):
        load_rules(tmp_path)


def test_a_rule_has_exactly_one_form():
    with pytest.raises(ValueError, match="exactly one of"):
        Rule(code="ABC-01", says="x", severity="warning", basis="y", row="a > 0", rows="select 1 from {batch}")


def test_an_expectation_without_predicate_raises():
    rule = Rule(code="ABC-01", says="x", severity="critical", basis="y", expect="ExpectColumnMaxToBeBetween")
    with pytest.raises(RuleError, match="ABC-01: ExpectColumnMaxToBeBetween has no predicate"):
        predicate(rule, [])


def test_a_dossier_code_is_judged_by_the_pattern_in_force_on_its_day():
    rule = next(rule for rule in load_rules()["dossiers"].rules if rule.code == "DOS-02")
    policy = [
        DatedValue("dossier_code_pattern", "^old$", date(2011, 1, 1), date(2019, 1, 1)),
        DatedValue("dossier_code_pattern", "^new$", date(2019, 1, 1), None),
    ]
    query = (
        f"select {predicate(rule, policy)} from "
        "(values ('old', timestamp '2018-12-31 23:59'), ('old', timestamp '2019-01-01'),"
        " ('new', timestamp '2019-01-01'), ('new', null)) as t(dossier_code, received_at)"
    )
    with duckdb.connect() as connection:
        assert [row[0] for row in connection.execute(query).fetchall()] == [True, False, True, None]


def test_value_on_returns_the_value_in_force_on_the_day():
    policy = [
        DatedValue("alpha", "0.10", date(2011, 1, 1), date(2015, 1, 1)),
        DatedValue("alpha", "0.05", date(2015, 1, 1), None),
    ]
    assert value_on(policy, "alpha", date(2014, 12, 31)) == "0.10"
    assert value_on(policy, "alpha", date(2015, 1, 1)) == "0.05"
    with pytest.raises(RuleError, match="'alpha' valid on 31/12/2010"):
        value_on(policy, "alpha", date(2010, 12, 31))


@pytest.mark.parametrize(
    ("n_bad", "n_rows", "is_held"),
    [(10, 20, False), (11, 220, False), (11, 219, True), (500, 10_000, False), (501, 10_000, True)],
)
def test_a_delivery_is_held_above_five_per_cent_and_ten_rows(n_bad, n_rows, is_held):
    assert is_over_tolerance(n_bad, n_rows, Tolerance()) is is_held
