"""The faults of a registry, and how they are printed: those of one cause in one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ingest.registry.messages import Language, Text, message

_EXAMPLES = 3


class RegistryProblem(NamedTuple):
    """One fault of a registry file; `str()` gives the English sentence for people.

    line counts from 1 (the header) and is None for the whole file; column and value likewise. `cause` is a name of
    messages.yml; `about` names what several faults have in common, where that is not a column of one file.
    """

    file: str
    line: int | None
    column: str | None
    value: str | None
    cause: str
    details: Mapping[str, Any]
    about: str | None = None

    def __str__(self) -> str:
        """Returns the sentence in English."""
        return self.say("en")

    @property
    def reason(self) -> str:
        """What is wrong, in English."""
        return message(self.cause, self.details, "en")[0]

    def say(self, language: Language) -> str:
        """Returns file, line, column, value, reason and what to do, in one line."""
        place = self.file
        if self.line is not None:
            place += f", {Text('place_line', {}).say(language)} {self.line}"
        if self.column is not None:
            place += f", {Text('place_column', {}).say(language)} {self.column}"
        shown = "" if self.value is None else f"'{self.value}' "
        reason, action = message(self.cause, self.details, language)
        return f"{place}: {shown}{reason}. {action}."


def describe_problems(problems: Iterable[RegistryProblem], language: Language) -> list[str]:
    """Returns a line for each cause: the sentence of its first problem, and how many there are and where."""
    by_cause: dict[tuple[str | None, ...], list[RegistryProblem]] = {}
    for problem in problems:
        place = (problem.about,) if problem.about else (problem.file, problem.column)
        by_cause.setdefault((problem.cause, *place), []).append(problem)
    return [_line(group, language) for group in by_cause.values()]


def title(folder: Path, count: int, language: Language) -> str:
    """Returns the sentence above the problems of a registry."""
    name = "no_problem" if not count else "one_problem" if count == 1 else "problems"
    return Text(name, {"folder": folder, "count": count}).say(language)


def _line(group: Sequence[RegistryProblem], language: Language) -> str:
    first = group[0].say(language)
    if len(group) == 1:
        return first
    by_file: dict[str, list[RegistryProblem]] = {}
    for problem in group:
        by_file.setdefault(problem.file, []).append(problem)
    examples = "; ".join(f"{file} {len(of)} ({_places(of, language)})" for file, of in by_file.items())
    return f"{first} [{Text('of_this_kind', {'count': len(group), 'examples': examples}).say(language)}]"


def _places(problems: Sequence[RegistryProblem], language: Language) -> str:
    # What is on no line has its name in the message only, and there are few of them.
    unplaced = [str(next(iter(one.details.values()), one.column)) for one in problems if one.line is None]
    lines = [str(one.line) for one in problems if one.line is not None]
    more = ", …" if len(lines) > _EXAMPLES else ""
    placed = [f"{Text('place_line', {}).say(language)} {', '.join(lines[:_EXAMPLES])}{more}"] if lines else []
    return ", ".join([*placed, *unplaced])
