"""What the standard library raises over the bytes of a broken archive -> one sentence for the sender."""

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
    """Within, what only broken bytes cause becomes UnreadableError with the reason; a full disk stays what it is."""
    try:
        yield
    except UnreadableError:
        raise
    except _BROKEN as error:
        raise UnreadableError(reason) from error
    except OSError as error:
        # gzip and bzip2 give no number; a place before the beginning of the file is an invalid argument.
        if error.errno not in (None, errno.EINVAL):
            raise
        raise UnreadableError(reason) from error
