"""Silence at the very end of a process.

Where Great Expectations and the DuckDB driver were both imported, DuckDB's binding prints forty harmless lines about
"leaked" types while the interpreter goes down, below whatever the command had to say last.
"""

from __future__ import annotations

import atexit
import os
import sys


def silence_teardown() -> None:
    """Send what is written to standard error after the last exit handler to nowhere. Call before other imports."""
    # Exit handlers run last in, first out: registered first, this one leaves every other handler its voice.
    atexit.register(_close_stderr)


def _close_stderr() -> None:
    sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
