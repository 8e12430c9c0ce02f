"""Runs work in a forked child that is killed before its nth change of the file system, as audit events count them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_CHANGES = {"os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.link", "os.symlink"}


def is_killed_at(nth: int, root: Path, work: Callable[[], None]) -> bool:
    """Returns whether the child was killed; False: it made fewer changes below `root` and came to its end."""
    child = os.fork()
    if child == 0:
        kill_at_change(nth, root)
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL), f"the child ended with {code}"
    return code != 0


def kill_at_change(nth: int, root: Path) -> None:
    """From now on, kills this process before its nth change below `root`; 0 counts them in `changes` beside it."""
    left = nth
    counted = os.open(root.parent / "changes", os.O_WRONLY | os.O_CREAT)

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if not arguments:
            return
        is_write = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        # Within a folder that is being removed, names are relative to it.
        is_below = not (path := str(arguments[0])).startswith("/") or path.startswith(str(root))
        if (event in _CHANGES or is_write) and is_below:
            left -= 1
            os.pwrite(counted, str(nth - left).encode(), 0)
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
