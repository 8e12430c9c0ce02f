"""What every command of `cchc` prints with, and how it names files and days."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console

OUT, ERR = Console(highlight=False), Console(stderr=True, highlight=False)


class Day(click.ParamType):
    """A day as 2015-12-31."""

    name = "yyyy-mm-dd"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day, or click's own error."""
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()
        except ValueError:
            self.fail(f"{value!r} is not a day; write it as 2015-12-31", param, ctx)


def warn(sentence: str) -> None:
    """Print one sentence to standard error, as it is."""
    ERR.print(f"cchc: {sentence}", soft_wrap=True, markup=False)


def wait(what: str) -> AbstractContextManager[None]:
    """Show `what` on the terminal until the block ends."""
    from flows.cli.terminal import Terminal

    return Terminal(OUT).waiting(what)


def shown(path: Path) -> str:
    """The path relative to the working folder, if it lies below it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
