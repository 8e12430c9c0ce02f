"""What holds the house together: who imports whom, how long files are, what a committed file may say.

Every check takes the root of a checkout and returns its findings as `file:line: what is wrong`. Each is run on this
checkout, and on a small one with a planted fault, which it has to find.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
Check = Callable[[Path], list[str]]

# Room, or one file of it -> the modules of ours that it may import besides those of its own room.
MAY_IMPORT = {
    "flows": ("reports", "methods", "expectations", "ingest", "warehouse"),
    "flows/cli/demo.py": ("demo",),
    "demo": ("reports.format", "ingest", "warehouse"),
    "reports": ("ingest.contract", "warehouse"),
    "expectations": ("ingest.contract", "warehouse"),
    "ingest": ("warehouse",),
    "methods": (),
    "warehouse": (),
}
ROOMS = tuple(place for place in MAY_IMPORT if "/" not in place)
OURS = (*ROOMS, "bench", "tests")
# Library -> the folders or files that may import it; the packages named <library>_… go with it.
HOMES = {
    "great_expectations": ("expectations/",),
    "dbt": ("warehouse/engine.py",),
    "pyspark": ("warehouse/spark/session.py",),
    "prefect": ("flows/nightly.py", "flows/cli/nightly.py"),
}
LONGEST_FILE = 400
CODE = {".py", ".sql", ".yml", ".j2", ".css"}

# Folders in which a machine keeps its users, mounts and scratch files.
_MACHINE_PATH = re.compile(r"(?<![\w.$}>~/-])/(?:home|root|Users|work|workspace|tmp|mnt|media|private)/\w")
_WINDOWS_PATH = re.compile(r"\b[A-Za-z]:\\\\?Users\b")
_REGISTRY_URL = re.compile(
    # One letter of each in brackets: this file names no registry either.
    r"\bpyp[i]\.org|pythonhoste[d]\.org|npmj[s]\.(?:org|com)|crate[s]\.io"
    r"|://[^\s\"'<>]*(?:artifactory|nexus|devpi|/simple\b)|--(?:extra-)?index-url[ =]\S*:/",
    re.IGNORECASE,
)
_READS_A_FILE = re.compile(
    r"\b(?:read_(?:parquet|csv|csv_auto|json|json_auto|text|blob)|parquet_(?:scan|file|loads)|glob|env_var)\s*\("
    r"|\b(?:from|join)\s+'|\bexternal_location\b|\battach\s+'|parquet\.`",
    re.IGNORECASE,
)
_BACKTICKED = re.compile(r"`([^`\s<>]+)`")
_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
_PATH = re.compile(r"[\w.*-]+(?:/[\w.*-]+)*")
# What code, rules and descriptions cite: a numbered heading of a page of the law, or a decision.
LAW = ("methods", "domain")
SIGN = "\N{SECTION SIGN}"
_SECTION = rf"{SIGN}\d+(?:\.\d+)*"
_CITATION = re.compile(rf"\b({'|'.join(LAW)}) ({_SECTION}(?:(?:,| and| or| to) {_SECTION})*)")
_HEADING_LINK = re.compile(rf"\b({'|'.join(LAW)})\.md#([\w-]+)")
_DECISION = re.compile(r"\bADR (\d{4})\b")
# Documents of earlier rounds, which are not in the repository.
_OUTSIDE = re.compile(r"\b(?:METHODS|DOMAIN|DESIGN|MARTS|STACK|SETTLED|ANCHORS)(?:\.md)? \(?\d")
_ANCHOR = re.compile(r'<a id="([\w-]+)"></a>')
_HEADING = re.compile(r"#{1,6} (.+)")
_NUMBERED = re.compile(r"#{2,6} (\d+(?:\.\d+)*)\b")
# A name with one of these endings is a file of the repository; other endings also stand in a province's home.
_REPOSITORY_ENDINGS = (".py", ".md", ".yml", ".yaml", ".toml", ".lock", ".in", ".sql", ".j2")


def modules(root: Path) -> Iterator[Path]:
    """Every Python file of the rooms."""
    for room in ROOMS:
        yield from sorted((root / room).rglob("*.py"))


def imported(path: Path, root: Path) -> Iterator[tuple[int, str]]:
    """(line, full name) of everything that a module imports anywhere: at its top, in a function, under a condition."""
    package = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__"):
                yield node.lineno, str(node.args[0].value)


def is_below(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def find_forbidden_imports(root: Path) -> list[str]:
    """A room imports a room that it must not know."""
    found = []
    for path in modules(root):
        here = path.relative_to(root)
        room = here.parts[0]
        allowed = (room, *MAY_IMPORT[room], *MAY_IMPORT.get(here.as_posix(), ()))
        for line, name in imported(path, root):
            is_ours = name.split(".")[0] in OURS
            if is_ours and not any(is_below(name, module) for module in allowed):
                found.append(f"{path.relative_to(root)}:{line}: {room} must not import {name}")
    return found


def find_strayed_libraries(root: Path) -> list[str]:
    """A library is imported outside the one place that knows it."""
    found = []
    for path in modules(root):
        here = path.relative_to(root).as_posix()
        for line, name in imported(path, root):
            top = name.split(".")[0]
            for library, homes in HOMES.items():
                belongs = top == library or top.startswith(f"{library}_")
                if belongs and not here.startswith(homes):
                    found.append(f"{here}:{line}: {top} is imported only in {', '.join(homes)}")
    return found


def find_long_files(root: Path) -> list[str]:
    """A file of code wants to be two. The data dictionary and the registry's tables are not code."""
    return [
        f"{path.relative_to(root)}:{LONGEST_FILE + 1}: {length} lines, {LONGEST_FILE} at most"
        for room in (*ROOMS, "dbt_project")
        for path in sorted((root / room).rglob("*"))
        if path.suffix in CODE
        and "target" not in path.parts
        and (length := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    ]


def committed_files(root: Path) -> list[str]:
    """Every file that git holds or would add."""
    listing = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=root, check=True, capture_output=True).stdout.decode().split("\0")
    return sorted(name for name in set(names) if (root / name).is_file())


def committed_lines(root: Path) -> Iterator[tuple[str, int, str]]:
    """(file, line number, line) of every committed text file."""
    for name in committed_files(root):
        try:
            text = (root / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            yield name, number, line


def find_machine_paths(root: Path) -> list[str]:
    """A committed file names a place that only one machine has."""
    checkout = re.compile(r"(?<![\w.$}>~/-])" + re.escape(str(root)) + r"\b")
    return [
        f"{name}:{number}: names a path of one machine"
        for name, number, line in committed_lines(root)
        if any(pattern.search(line) for pattern in (_MACHINE_PATH, _WINDOWS_PATH, checkout))
    ]


def find_registry_urls(root: Path) -> list[str]:
    """A committed file says where packages come from; that is the machine's own setting."""
    return [
        f"{name}:{number}: names a package registry"
        for name, number, line in committed_lines(root)
        if _REGISTRY_URL.search(line) or (name.endswith(".lock") and "://" in line)
    ]


def find_unlisted_decisions(root: Path) -> list[str]:
    """A decision is missing from the index, or two share a number, or one is missing in the sequence."""
    folder = root / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    names = sorted(path.name for path in folder.glob("*.md") if path.name != "README.md")
    found = [f"docs/decisions/{name}:1: is not linked from README.md" for name in names if f"]({name})" not in index]
    for number, name in enumerate(names, 1):
        if not name.startswith(f"{number:04d}-"):
            found.append(f"docs/decisions/{name}:1: number {number:04d} is missing or used twice")
            break
    return found


def find_dead_paths(root: Path) -> list[str]:
    """README.md or a page of docs/ names a file of the repository, in backticks or as a link, that is not there."""
    found = []
    files = committed_files(root)
    for page in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
            where = f"{page.relative_to(root)}:{number}"
            named = [name.partition(":")[0] for name in _BACKTICKED.findall(line)]
            found += [f"{where}: there is no {name}" for name in named if _is_missing(name, files)]
            for target, heading in _LINK.findall(line):
                file = page.parent / target if target else page
                if "://" in target:
                    continue
                if not file.exists():
                    found.append(f"{where}: the link {target} leads nowhere")
                elif heading and heading not in anchors_of(file):
                    found.append(f"{where}: the link {target}#{heading} leads to no heading")
    return found


def anchors_of(page: Path) -> set[str]:
    """Where a link into a page may lead: its explicit ids, and its headings as GitHub spells them."""
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    headings = [_HEADING.fullmatch(line) for line in text.splitlines()]
    spelled = {re.sub(r"[^\w\- ]", "", found[1].lower()).replace(" ", "-") for found in headings if found}
    return spelled | set(_ANCHOR.findall(text))


def find_dead_citations(root: Path) -> list[str]:
    """A committed file cites a heading or a decision that does not exist, or a document outside the repository."""
    anchors = {page: anchors_of(root / "docs" / f"{page}.md") for page in LAW}
    decisions = {path.name[:4] for path in (root / "docs" / "decisions").glob("*.md")}
    found = []
    for name, number, line in committed_lines(root):
        where = f"{name}:{number}"
        cited = [
            (page, section)
            for page, sections in _CITATION.findall(line)
            for section in re.findall(rf"{SIGN}([\d.]+)", sections.rstrip("."))
        ]
        found += [
            f"{where}: there is no {page} {SIGN}{section}"
            for page, section in cited
            if f"{page}-{section.replace('.', '-')}" not in anchors[page]
        ]
        if len(re.findall(_SECTION, line)) != len(cited):
            found.append(
                f"{where}: a section is cited without its page: write `methods` or `domain` in front of {SIGN}"
            )
        found += [
            f"{where}: there is no heading {page}.md#{anchor}"
            for page, anchor in _HEADING_LINK.findall(line)
            if anchor not in anchors[page]
        ]
        found += [f"{where}: there is no ADR {adr}" for adr in _DECISION.findall(line) if adr not in decisions]
        if outside := _OUTSIDE.search(line):
            found.append(f"{where}: cites {outside[0]}…, which is not in the repository")
    return found


def find_unanchored_headings(root: Path) -> list[str]:
    """A numbered heading of the law without the anchor of its number on the line above, or an anchor set twice."""
    found = []
    for page in LAW:
        path = root / "docs" / f"{page}.md"
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        seen: set[str] = set()
        for number, line in enumerate(lines, 1):
            if heading := _NUMBERED.match(line):
                anchor = f"{page}-{heading[1].replace('.', '-')}"
                if lines[number - 2] != f'<a id="{anchor}"></a>' or anchor in seen:
                    found.append(f"docs/{page}.md:{number}: needs {anchor} as its anchor, and alone")
                seen.add(anchor)
    return found


def _is_missing(name: str, files: list[str]) -> bool:
    """Whether a text is the name of a file or folder of the repository, and none of `files` is it or lies in it."""
    name = name.removesuffix("/")
    if not _PATH.fullmatch(name):
        return False
    if "/" not in name:
        is_one_of_ours = name.endswith(_REPOSITORY_ENDINGS)
        return is_one_of_ours and not any(fnmatch(file.rpartition("/")[2], name) for file in files)
    is_one_of_ours = name.endswith(_REPOSITORY_ENDINGS) or name.split("/")[0] in {f.split("/")[0] for f in files}
    return is_one_of_ours and not any(fnmatch(file, name) or file.startswith(f"{name}/") for file in files)


def find_models_that_read_files(root: Path) -> list[str]:
    """A model or test takes data past the two doors landing() and source()."""
    project = root / "dbt_project"
    paths = [*(project / "models").rglob("*"), *(project / "tests").rglob("*.sql")]
    return [
        f"{path.relative_to(root)}:{number}: reads a file; use landing() or source()"
        for path in sorted(paths)
        if path.suffix in (".sql", ".yml")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _READS_A_FILE.search(line.partition("--")[0])
    ]


CHECKS = [
    find_forbidden_imports,
    find_strayed_libraries,
    find_long_files,
    find_machine_paths,
    find_registry_urls,
    find_unlisted_decisions,
    find_dead_paths,
    find_dead_citations,
    find_unanchored_headings,
    find_models_that_read_files,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_this_checkout_has_no_finding(check: Check) -> None:
    assert check(ROOT) == []


def test_every_room_and_the_lock_are_looked_at() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in modules(ROOT)} == set(ROOMS)
    assert "requirements/requirements.lock" in committed_files(ROOT)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in which every check finds nothing."""
    plant(tmp_path, "README.md", "The order is in `flows/steps.py`; see [the decisions](docs/decisions/README.md).\n")
    plant(tmp_path, "docs/decisions/README.md", "- [0001](0001-one.md)\n")
    plant(tmp_path, "docs/decisions/0001-one.md", "Named `steps.py`, `landing/<source>/`, `publications/current`.\n")
    plant(
        tmp_path, "docs/methods.md", '<a id="methods-4"></a>\n## 4. Days\n\n<a id="methods-4-1"></a>\n### 4.1 Pauses\n'
    )
    plant(
        tmp_path,
        "docs/domain.md",
        f"# Domain\n\nSee methods {SIGN}4 and {SIGN}4.1, [Days]({LAW[0]}.md#4-days), ADR 0001.\n",
    )
    plant(tmp_path, "flows/steps.py", "from ingest.contract import Contract\n")
    plant(tmp_path, "flows/cli/demo.py", "from demo import write_demo\n")
    plant(tmp_path, "demo/__init__.py", "from reports.format import format_decimal_vi\n")
    plant(tmp_path, "flows/nightly.py", "from prefect import flow\n")
    plant(tmp_path, "expectations/suites.py", "import great_expectations\nfrom ingest import contract\n")
    plant(tmp_path, "warehouse/engine.py", "def build():\n    from dbt.cli.main import dbtRunner\n")
    plant(tmp_path, "ingest/contract.py", "from warehouse.config import Home\nfrom .text import fold\n")
    plant(tmp_path, "methods/shares.py", "import numpy\n")
    plant(tmp_path, "reports/page.py", "from warehouse.engine import connect\n")
    plant(tmp_path, "dbt_project/models/staging/stg.sql", "select a from {{ landing('x') }} -- from 'here'\n")
    plant(tmp_path, "dbt_project/macros/inputs.sql", "read_parquet('{{ folder }}')\n")
    plant(tmp_path, "requirements/requirements.lock", "duckdb==2.0.1\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def plant(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_checkout_in_order_has_no_finding(check: Check, checkout: Path) -> None:
    assert check(checkout) == []


SLASH, COLON = "/", ":"


@pytest.mark.parametrize(
    ("check", "name", "text", "where"),
    [
        (find_forbidden_imports, "warehouse/a.py", "import ingest.text\n", "warehouse/a.py:1:"),
        (find_forbidden_imports, "methods/a.py", "from warehouse.config import Home\n", "methods/a.py:1:"),
        (find_forbidden_imports, "reports/a.py", "x = 1\nfrom methods import METHOD_VERSION\n", "reports/a.py:2:"),
        (find_forbidden_imports, "expectations/a.py", "from ingest import privacy\n", "expectations/a.py:1:"),
        (find_forbidden_imports, "ingest/a.py", "def f():\n    import flows.steps\n", "ingest/a.py:2:"),
        (find_forbidden_imports, "ingest/deep/a.py", "from ...tests import plant\n", "ingest/deep/a.py:1:"),
        (find_forbidden_imports, "ingest/a.py", "if TYPE_CHECKING:\n    from expectations import rules\n", "a.py:2:"),
        (find_forbidden_imports, "ingest/a.py", "importlib.import_module('expectations.rules')\n", "a.py:1:"),
        (find_forbidden_imports, "flows/cli/a.py", "from demo.figures import compare\n", "flows/cli/a.py:1:"),
        (find_forbidden_imports, "flows/a.py", "from tests.deliveries import read_rows\n", "flows/a.py:1:"),
        (find_strayed_libraries, "flows/a.py", "def f():\n    import great_expectations as gx\n", "flows/a.py:2:"),
        (find_strayed_libraries, "flows/steps.py", "from prefect.artifacts import x\n", "flows/steps.py:1:"),
        (
            find_strayed_libraries,
            "warehouse/publication/catalog.py",
            "from dbt_common import events\n",
            "catalog.py:1:",
        ),
        (find_long_files, "reports/a.py", "\n" * 401, "reports/a.py:401:"),
        (find_long_files, "dbt_project/models/a.sql", "\n" * 401, "dbt_project/models/a.sql:401:"),
        (find_machine_paths, "docs/a.md", f"first\ncd {SLASH}home{SLASH}lan/cchc\n", "docs/a.md:2:"),
        (find_machine_paths, "docs/a.md", f'DATA = "{SLASH}tmp{SLASH}x"\n', "docs/a.md:1:"),
        (find_machine_paths, "docs/a.md", f"C{COLON}\\Users\\lan\n", "docs/a.md:1:"),
        (find_registry_urls, "Makefile", f"x\n\tpip install -i https{COLON}//host/simple y\n", "Makefile:2:"),
        (find_registry_urls, "docs/a.md", "see pypi" + ".org\n", "docs/a.md:1:"),
        (find_registry_urls, "requirements/a.lock", f"duckdb @ file{COLON}//duckdb.whl\n", "requirements/a.lock:1:"),
        (find_unlisted_decisions, "docs/decisions/0002-two.md", "", "docs/decisions/0002-two.md:1:"),
        (find_dead_paths, "docs/a.md", "first\n`flows/gone.py`\n", "docs/a.md:2:"),
        (find_dead_paths, "docs/a.md", "`flows/nightly.py:nightly` and `gone.yml`\n", "docs/a.md:1: there is no gone"),
        (find_dead_paths, "docs/a.md", "`expectations/rules/*.yml`\n", "docs/a.md:1:"),
        (find_dead_paths, "docs/a.md", "[there](decisions/gone.md#why)\n", "docs/a.md:1: the link"),
        (find_dead_paths, "docs/a.md", f"[there]({LAW[0]}.md#gone)\n", f"docs/a.md:1: the link {LAW[0]}.md#gone"),
        (find_dead_paths, "docs/a.md", "# Here\n\n[here](#there)\n", "docs/a.md:3: the link #there"),
        (find_dead_citations, "methods/a.py", f"# x\n# methods {SIGN}9.9.\n", "methods/a.py:2: there is no methods"),
        (
            find_dead_citations,
            "expectations/a.yml",
            f"basis: methods {SIGN}4.1 to {SIGN}4.2\n",
            "a.yml:1: there is no",
        ),
        (find_dead_citations, "dbt_project/a.csv", f"x,domain {SIGN}1\n", f"a.csv:1: there is no domain {SIGN}1"),
        (find_dead_citations, "ingest/a.py", f"# as in {SIGN}4.1\n", "ingest/a.py:1: a section is cited without"),
        (find_dead_citations, "tests/a.py", "# docs/methods.md" + "#methods-4-2\n", "a.py:1: there is no heading"),
        (find_dead_citations, "ingest/a.py", "# see ADR " + "0002\n", "ingest/a.py:1: there is no ADR"),
        (find_dead_citations, "dbt_project/models/a.sql", "-- METHODS" + " 4.1\n", "a.sql:1: cites METHODS"),
        (find_unanchored_headings, "docs/domain.md", "## 1. Words\n", "docs/domain.md:1: needs domain-1"),
        (
            find_unanchored_headings,
            "docs/domain.md",
            '<a id="domain-1"></a>\n## 1. Words\n<a id="domain-1"></a>\n## 1. Again\n',
            "docs/domain.md:4: needs domain-1",
        ),
        (find_models_that_read_files, "dbt_project/models/a.sql", "select 1\nfrom read_csv('x')\n", "a.sql:2:"),
        (find_models_that_read_files, "dbt_project/models/a.sql", "select 1 from 'x.parquet'\n", "a.sql:1:"),
        (find_models_that_read_files, "dbt_project/models/a.sql", "{{ env_var('CCHC_INPUTS') }}\n", "a.sql:1:"),
        (find_models_that_read_files, "dbt_project/tests/a.sql", "select 1 from parquet.`x`\n", "a.sql:1:"),
        (find_models_that_read_files, "dbt_project/models/a.yml", "external_location: x\n", "a.yml:1:"),
    ],
)
def test_a_planted_fault_is_found_where_it_stands(
    check: Check, name: str, text: str, where: str, checkout: Path
) -> None:
    plant(checkout, name, text)
    found = check(checkout)
    assert len(found) == 1
    assert where in found[0]


def test_a_gap_in_the_numbers_of_the_decisions_is_found(checkout: Path) -> None:
    plant(checkout, "docs/decisions/0003-three.md", "")
    plant(checkout, "docs/decisions/README.md", "- [0001](0001-one.md)\n- [0003](0003-three.md)\n")
    assert find_unlisted_decisions(checkout) == ["docs/decisions/0003-three.md:1: number 0002 is missing or used twice"]


def test_a_path_of_the_checkout_itself_is_found(checkout: Path) -> None:
    plant(checkout, "docs/a.md", f"{checkout}/data\n")
    assert [finding.split(":")[0] for finding in find_machine_paths(checkout)] == ["docs/a.md"]
