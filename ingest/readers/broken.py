"""Turns the exceptions that the standard library raises for broken archives into one sentence for the sender."""

from __future__ import annotations

import errno
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.readers.sheet import UnreadableError

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@contextmanager
def refuse_broken(reason: str) -> Iterator[None]:
    """Turns exceptions caused by broken bytes into UnreadableError with `reason`; others, like a full disk, pass."""
    try:
        yield
    except UnreadableError:
        raise
    except _BROKEN as error:
        raise UnreadableError(reason) from error
    except OSError as error:
        # gzip and bzip2 set no errno; an offset before the start of the file is an invalid argument.
        if error.errno not in (None, errno.EINVAL):
            raise
        raise UnreadableError(reason) from error
