"""Only a writer excludes another writer."""

import threading

import pytest

from warehouse.config import Home
from warehouse.lock import LockHeldError, hold_writer_lock, is_held, read_holder, refuse_when_held


def test_a_second_writer_is_refused_with_the_name_of_the_first(tmp_path):
    home = Home(tmp_path)
    with hold_writer_lock(home, "cchc nightly"):
        assert is_held(home)
        with pytest.raises(LockHeldError, match=r"process \d+ on .* \(cchc nightly\), since"):
            refuse_when_held(home)
    assert not is_held(home)
    assert read_holder(home) is None


def test_a_check_of_the_lock_keeps_no_writer_out(tmp_path):
    home, stop = Home(tmp_path), threading.Event()
    with hold_writer_lock(home, "first"):
        pass

    def ask() -> None:
        while not stop.is_set():
            is_held(home)

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    try:
        for _ in range(200):
            with hold_writer_lock(home, "cchc nightly"):
                pass
    finally:
        stop.set()
        for thread in asking:
            thread.join()
