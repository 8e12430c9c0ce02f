"""The boundary around one delivery: a fault of it becomes its verdict, a fault of the home stops the night."""

from __future__ import annotations

import errno
import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import duckdb

from flows.failures import is_full_disk
from ingest.contract import ContractError
from ingest.disclosure import disclose_file
from ingest.discover import Delivery
from ingest.local_inbox import FetchError
from ingest.privacy import PseudonymKeyError
from ingest.readers.sheet import UnreadableError
from ingest.registry.registry import RegistryError
from warehouse.config import Home, Settings
from warehouse.lock import LockHeldError
from warehouse.records import RecordError

T = TypeVar("T")

_LOG = logging.getLogger(__name__)
_OF_THE_HOME = (LockHeldError, RegistryError, ContractError, PseudonymKeyError, RecordError, duckdb.IOException)
_OF_THE_MACHINE = (errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE)
_TOO_LARGE = "cần nhiều bộ nhớ hơn mức cho phép để đọc; đề nghị xóa các dòng, cột thừa hoặc chia nhỏ tệp rồi gửi lại"
_UNEXPECTED = (
    "gặp lỗi ngoài dự kiến khi đọc tệp này, các tệp khác không bị ảnh hưởng; đề nghị mở tệp, lưu lại dạng .xlsx rồi "
    "gửi lại; người vận hành chuyển nhật ký của đêm cho bộ phận kỹ thuật"
)


def attempt(settings: Settings, delivery: Delivery, work: Callable[[], T], refuse: Callable[[str], T]) -> T:
    """Returns the result of `work` on one delivery, or on a fault of the delivery that of `refuse` with the reason.

    The traceback of an unexpected fault goes to the log. Raises what concerns the home: its disk, its files, the lock,
    the registry, the key, the contracts.
    """
    try:
        return work()
    except BaseException as error:
        if concerns_home(error, settings):
            raise
        if isinstance(error, (UnreadableError, FetchError)):
            return refuse(str(error))
        log_fault(error, f"{delivery.source}/{disclose_file(delivery.name)}")
        is_memory = isinstance(error, (MemoryError, duckdb.OutOfMemoryException))
        return refuse(_TOO_LARGE if is_memory else _UNEXPECTED)


def concerns_home(error: BaseException, settings: Settings) -> bool:
    """Returns whether a fault is one of the home, the machine or the run, and would meet every other delivery too."""
    if not isinstance(error, Exception):
        # A panic of a library in Rust is no Exception, but is the delivery's all the same.
        return type(error).__name__ != "PanicException"
    if isinstance(error, _OF_THE_HOME) or is_full_disk(error) or type(error).__module__.startswith("prefect"):
        return True
    if not isinstance(error, OSError):
        return False
    return error.errno in _OF_THE_MACHINE or _is_below(error.filename, settings.layout)


def log_fault(error: BaseException, what: str) -> None:
    """Writes where the fault happened into the log, without its messages, which may quote a cell."""
    _LOG.error("unexpected fault in %s\n%s", what, "".join(_frames(error)))


def _frames(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield "Traceback (most recent call last):\n"
        yield from traceback.format_tb(error.__traceback__)
        yield f"{type(error).__module__}.{type(error).__qualname__}\n"
        error = error.__cause__ or error.__context__


def _is_below(name: object, home: Home) -> bool:
    """Returns whether a file belongs to the home, and not to the inbox in it."""
    if not isinstance(name, str):
        return False
    path = Path(name)
    return path.is_relative_to(home.root) and not path.is_relative_to(home.inbox)
