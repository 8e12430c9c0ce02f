"""Output of all `cchc` commands: consoles, progress, and the format of files and days."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from ingest.vietnamese.shown import visible

if TYPE_CHECKING:
    from flows.steps import Step


class PlainConsole(Console):
    """Prints texts as they are: names and cells of senders are no markup, and nothing in them moves the terminal."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"highlight": False, "markup": False, "emoji": False, **options})

    def render_str(self, text: str, **options: Any) -> Text:
        """Returns a text as it is measured and printed."""
        return super().render_str(visible(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Returns what is printed, with control characters of texts written as numbers."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


OUT, ERR = PlainConsole(), PlainConsole(stderr=True)


class Day(click.ParamType):
    """A day as 2015-12-31."""

    name = "yyyy-mm-dd"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Returns the day, or click's own error."""
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()
        except ValueError:
            self.fail(f"{value!r} is not a day; write it as 2015-12-31", param, ctx)


def warn(sentence: str) -> None:
    """Prints one sentence to standard error, as it is."""
    ERR.print(f"cchc: {sentence}", soft_wrap=True)


def wait(what: str) -> AbstractContextManager[None]:
    """Shows `what` on the terminal until the block ends."""
    return Terminal(OUT).waiting(what)


def shown(path: Path) -> str:
    """Returns the path relative to the working folder, if it lies below it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


class Terminal:
    """Shows the running step. When the output is not a terminal, prints one line per finished step."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def run_step(self, step: Step, work: Callable[[], Any]) -> Any:
        """Runs a step's work under its title."""
        with self.waiting(step.title):
            return work()

    @contextmanager
    def waiting(self, title: str) -> Iterator[None]:
        """Shows `title` with a spinner until the block ends, then its duration."""
        began = time.monotonic()
        try:
            with self.console.status(f"{title} …"):
                yield
        except BaseException:
            self.console.print(f"  ✗ {title}")
            raise
        self.console.print(f"  ✓ {title:<46}{time.monotonic() - began:7.1f} s")
