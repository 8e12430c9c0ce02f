"""What every command of `cchc` prints with, how it names files and days, and how it shows progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

if TYPE_CHECKING:
    from flows.steps import Step

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
    return Terminal(OUT).waiting(what)


def shown(path: Path) -> str:
    """The path relative to the working folder, if it lies below it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


class Terminal:
    """Tells whoever waits what is happening. Where the output is no terminal, a step is one line when it has ended."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def tell(self, step: Step, work: Callable[[], Any]) -> Any:
        """Run a step's work under its title."""
        with self.waiting(step.title):
            return work()

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Show `what` with a moving sign until the block ends, then how long it took."""
        began = time.monotonic()
        try:
            with self.console.status(f"{what} …"):
                yield
        except BaseException:
            self.console.print(f"  [bold]✗[/bold] {what}", highlight=False)
            raise
        self.console.print(f"  ✓ {what:<46}{time.monotonic() - began:7.1f} s", highlight=False)
