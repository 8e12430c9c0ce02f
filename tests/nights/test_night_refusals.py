"""Nights that must not publish: an audit fails, the registry is broken, the key is not that of earlier loads."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from tests.support.deliveries import REGISTRY
from tests.support.night_homes import PLAIN, FirstNight, Redelivery
from tests.support.nights import ROOT, Cchc, Outcome, copy_home, tree_of
from warehouse.config import Home
from warehouse.sql import quote_text

RULES = ROOT / "expectations" / "rules"


@pytest.fixture
def home(first_night: FirstNight, tmp_path: Path) -> Home:
    return copy_home(first_night.home, tmp_path / "home")


def copy_with(folder: Path, target: Path, name: str, old: str, new: str) -> Path:
    """A copy of the folder with one changed file."""
    shutil.copytree(folder, target)
    text = (target / name).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (target / name).write_text(text.replace(old, new), encoding="utf-8")
    return target


def alter_channels(home: Home) -> None:
    """Lands dossiers of a channel that the code does not know."""
    for path in (home.landing / "dossiers").rglob("*.parquet"):
        altered = path.with_suffix(".altered")
        duckdb.execute(
            "copy (select * replace (case channel when 'post' then 'unheard_of' else channel end as channel) "
            f"from read_parquet({quote_text(path)})) to {quote_text(altered)} (format parquet)"
        )
        altered.replace(path)


# Audits


@dataclass(frozen=True)
class Refusal:
    """A copy of the first night's home, before and after a night with a failed audit."""

    home: Home
    before: dict[str, tuple[int, int]]
    running: Future[Outcome]


@pytest.fixture(scope="module")
def refusals(cchc: Cchc, first_night: FirstNight, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Refusal]:
    """A value without a label, and a rule that is critical where it was a warning; both nights run at once."""
    folder = tmp_path_factory.mktemp("refused")
    # A registry that the check accepts breaks no test: what is landed has to be altered.
    registry = copy_with(REGISTRY, folder / "registry", "labels.csv", "rating,yeu,Yếu,", "rating,yeu,Còn yếu,")
    file = "on_time_by_agency_month.yml"
    text = (RULES / file).read_text(encoding="utf-8")
    rule = text[text.index("  - code: MRT-40\n") :]
    # In this small log no agency has 30 dossiers in a month.
    strict = rule.replace("severity: warning", "severity: critical").replace(">= 30", ">= 1")
    rules = copy_with(RULES, folder / "rules", file, rule, strict)
    begun = {}
    for name, options in {"dbt test": {"registry": registry}, "rule": {"rules": rules}}.items():
        home = copy_home(first_night.home, folder / name / "home")
        if name == "dbt test":
            alter_channels(home)
        before = tree_of(home.publications)
        begun[name] = Refusal(home, before, cchc.start(home.root, *PLAIN, **options))
    return begun


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dbt test", "every channel has a label in channel"),
        ("rule", "MRT-40 timeliness.on_time_by_agency_month"),
    ],
)
def test_a_mart_that_breaks_a_test_or_a_rule_is_not_published(
    refusals: dict[str, Refusal], first_night: FirstNight, name: str, message: str
) -> None:
    refusal = refusals[name]
    outcome = refusal.running.result()
    assert outcome.exit_code == 4
    assert message in outcome.stderr
    assert "Readers keep what they had." in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert refusal.home.current.readlink().name == first_night.publication_id
    assert tree_of(refusal.home.publications) == refusal.before


def test_a_night_after_a_refusal_with_the_old_inputs_has_nothing_new(cchc: Cchc, refusals: dict[str, Refusal]) -> None:
    assert refusals["rule"].running.result().exit_code == 4
    outcome = cchc(refusals["rule"].home.root, *PLAIN)
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert "nothing new: the same inputs are published" in outcome.stdout


# The registry


def test_a_broken_registry_is_reported_by_file_line_and_column_before_anything_runs(
    cchc: Cchc, home: Home, redelivery: Redelivery, tmp_path: Path
) -> None:
    shutil.copytree(redelivery.inbox, home.inbox, dirs_exist_ok=True)
    registry = copy_with(
        REGISTRY, tmp_path / "registry", "policy_parameters.csv", "receipt_cutoff,15:00", "receipt_cutoff,25:00"
    )
    before = {folder: tree_of(folder) for folder in (home.publications, home.landing, home.loads, home.inputs)}
    outcome = cchc(home.root, *PLAIN, registry=registry)
    assert outcome.exit_code == 1
    first, problem = outcome.stderr.splitlines()[:2]
    assert first == f"cchc: The registry in {registry} has 1 problem:"
    assert "policy_parameters.csv" in problem
    assert "line 3" in problem
    assert "value" in problem
    assert "25:00" in problem
    assert "Traceback" not in outcome.stderr
    assert {folder: tree_of(folder) for folder in before} == before


def test_a_missing_registry_is_one_sentence(cchc: Cchc, home: Home, tmp_path: Path) -> None:
    outcome = cchc(home.root, *PLAIN, registry=tmp_path / "nowhere")
    assert outcome.exit_code == 1
    assert str(tmp_path / "nowhere") in outcome.stderr
    assert "agencies.csv" in outcome.stderr
    assert "Traceback" not in outcome.stderr


# The pseudonym key


def replace_key(home: Home) -> None:
    home.key_file.chmod(0o600)
    home.key_file.write_text("f" * 64)


@pytest.mark.parametrize(
    ("spoil", "environment", "is_delivered", "message"),
    [
        (lambda home: home.key_file.unlink(), {}, True, "is missing; restore it from the backup"),
        (lambda home: home.key_file.unlink(), {}, False, "is missing; restore it from the backup"),
        (replace_key, {}, True, "is not the one that earlier loads used"),
        (
            lambda _: None,
            {"CCHC_KEY": "another key, as long as a key must be"},
            True,
            "is not the one that earlier loads used",
        ),
    ],
    ids=["missing", "missing and not needed", "replaced", "from the environment"],
)
def test_a_night_is_refused_when_the_key_is_not_that_of_earlier_loads(
    cchc: Cchc,
    home: Home,
    redelivery: Redelivery,
    spoil: Callable[[Home], None],
    environment: dict[str, str],
    is_delivered: bool,
    message: str,
) -> None:
    spoil(home)
    had_key = home.key_file.exists()
    if is_delivered:
        shutil.copytree(redelivery.inbox, home.inbox, dirs_exist_ok=True)
    before = tree_of(home.publications), tree_of(home.loads), sorted(home.landing.glob("*/*"))
    outcome = cchc(home.root, *PLAIN, environment=environment)
    assert outcome.exit_code == 1
    assert message in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert home.key_file.exists() is had_key
    assert (tree_of(home.publications), tree_of(home.loads), sorted(home.landing.glob("*/*"))) == before
    assert "another key" not in outcome.stdout + outcome.stderr
