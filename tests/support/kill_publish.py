"""Publishes, and is killed by the operating system at a named call. Run by test_publish.py."""

from __future__ import annotations

import os
import pkgutil
import signal
import sys
from pathlib import Path

from tests.support.publishing import small_catalog, small_identity
from warehouse.config import Home
from warehouse.publication.publish import publish


def kill_at(call: str) -> None:
    owner_name, name = call.rsplit(".", 1)
    setattr(pkgutil.resolve_name(owner_name), name, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))


def main(root: str, build_db: str, seq: str, call: str) -> None:
    home = Home(Path(root))
    catalog = small_catalog(home.build)
    kill_at(call)
    publish(home, Path(build_db), catalog, small_identity(int(seq)), [], [])


main(*sys.argv[1:])
