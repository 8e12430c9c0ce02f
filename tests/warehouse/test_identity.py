"""The version of the code that a publication names."""

from __future__ import annotations

import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from flows.night import Night
from tests.support.nights import ROOT
from warehouse.config import Settings
from warehouse.publication.identity import code_version

RELEASE = version("cchc")


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=An", "-c", "user.email=an@example.org", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with one commit, in a folder with a space."""
    folder = tmp_path / "mã nguồn"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "model.sql").write_text("select 1\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "First")
    return folder


def test_the_version_names_the_commit_that_is_checked_out(checkout: Path) -> None:
    first = git(checkout, "rev-parse", "HEAD")
    assert code_version(checkout) == f"{RELEASE}+g{first[:7]}"
    git(checkout, "commit", "-q", "--allow-empty", "-m", "Second")
    second = git(checkout, "rev-parse", "HEAD")
    assert second != first
    assert code_version(checkout) == f"{RELEASE}+g{second[:7]}"


def test_a_tag_does_not_replace_the_commit(checkout: Path) -> None:
    git(checkout, "tag", "-a", "v9.9", "-m", "A release")
    assert code_version(checkout) == f"{RELEASE}+g{git(checkout, 'rev-parse', 'HEAD')[:7]}"


def test_only_a_changed_tracked_file_makes_the_version_dirty(checkout: Path) -> None:
    """A province's home may lie in the checkout: an untracked file is not part of the code."""
    (checkout / "notes.txt").write_text("not committed\n")
    assert not code_version(checkout).endswith(".dirty")
    (checkout / "model.sql").write_text("select 2\n")
    assert code_version(checkout) == f"{RELEASE}+g{git(checkout, 'rev-parse', 'HEAD')[:7]}.dirty"


def test_a_worktree_names_its_own_commit(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "worktree", "add", "-q", "-b", "other", str(tmp_path / "other"))
    git(tmp_path / "other", "commit", "-q", "--allow-empty", "-m", "Other")
    assert code_version(tmp_path / "other") == f"{RELEASE}+g{git(checkout, 'rev-parse', 'other')[:7]}"


def test_the_environment_of_a_git_hook_does_not_matter(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = code_version(checkout)
    git(tmp_path, "init", "-q", "elsewhere")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere" / ".git"))
    assert code_version(checkout) == expected


@pytest.mark.parametrize("what", ["no repository", "a repository around it", "no commit", "a damaged repository"])
def test_without_a_commit_it_is_the_version_of_the_package(what: str, checkout: Path, tmp_path: Path) -> None:
    folder = tmp_path / "installed"
    if what == "a repository around it":
        folder = checkout / "site-packages"
    folder.mkdir()
    if what == "no commit":
        git(folder, "init", "-q")
    elif what == "a damaged repository":
        shutil.copytree(checkout / ".git", folder / ".git")
        (folder / ".git" / "HEAD").write_text("ref: refs/heads/gone\n")
    assert code_version(folder) == RELEASE


def test_without_git_it_is_the_version_of_the_package(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_version(checkout) == RELEASE


def test_a_night_keeps_the_version_of_its_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night(Settings(home=tmp_path))
    at_start = code_version(ROOT)
    assert night.code_version == at_start
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_version(ROOT) == RELEASE != at_start
    assert night.code_version == at_start
