"""Suppresses output at the end of a process.

Where Great Expectations and the DuckDB driver were both imported, DuckDB's binding prints forty harmless lines about
"leaked" types while the interpreter shuts down, after the command's output.
"""

from __future__ import annotations

import atexit
import os
import sys


def silence_teardown() -> None:
    """Discards standard error after the last exit handler. Call before other imports."""
    # Exit handlers run last in, first out: registered first, this one runs after all others.
    atexit.register(_close_stderr)


def _close_stderr() -> None:
    sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
