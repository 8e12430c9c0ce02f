"""Texts of senders as they may be shown: no letter that a terminal obeys or that cannot be stored."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

# Control characters but line ends and tabs, halves of letters, and marks that reverse the direction of a line.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINE_ENDS = re.compile("[\t\n\u2028\u2029]")


def visible(text: str) -> str:
    """Returns the text with every such letter written as its number, such as \\x1b."""
    return _UNSEEN.sub(_numbered, text)


def visible_name(name: str) -> str:
    """Returns the name of a file on one line; a byte that is not UTF-8 is written as \\xf4."""
    known = name.encode("utf-8", "surrogateescape") if _is_decoded(name) else name.encode("utf-8", "backslashreplace")
    return _LINE_ENDS.sub(_numbered, visible(known.decode("utf-8", "backslashreplace")))


def distinct_names(names: Sequence[str]) -> list[str]:
    """Returns the names of files, numbered where masks made two of them equal: `•••.csv`, `••• (2).csv`."""
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        seen[name] += 1
        stem, dot, ending = name.rpartition(".")
        number = f" ({seen[name]})" if seen[name] > 1 else ""
        distinct.append(f"{stem}{number}.{ending}" if dot else f"{name}{number}")
    return distinct


def _is_decoded(name: str) -> bool:
    """Returns whether every half of a letter stands for a byte that is not UTF-8."""
    return not re.search("[\ud800-\udc7f\udd00-\udfff]", name)


def _numbered(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
