"""Progress on a terminal: one line per step, with a clock while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console

from flows.steps import Step


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
