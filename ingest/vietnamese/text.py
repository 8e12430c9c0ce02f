"""Vietnamese text made comparable: names of agencies and headers of files."""

from __future__ import annotations

import re
import unicodedata

# Invisible marks that spreadsheets and web pages leave inside words; a visible gap never depends on them.
_ZERO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SPACES = re.compile(r"\s+")
_DASHES = re.compile(r"\s*[-\u2010-\u2015\u2212\ufe58\ufe63\uff0d]\s*")
_COMMAS = re.compile(r"\s*[,\u3001\ufe50\uff0c]\s*")

# The two ways to place a tone mark (hòa, hoà) differ only in the pairs oa, oe, uy; the newer way is kept.
_TONES = ("\u0300", "\u0301", "\u0309", "\u0303", "\u0323")
_OLD_STYLE = {
    unicodedata.normalize("NFC", first + tone) + second: first + unicodedata.normalize("NFC", second + tone)
    for first, second in ("oa", "oe", "uy")
    for tone in _TONES
}
_TONE_PAIR = re.compile("|".join(_OLD_STYLE))


def normalise_header(text: str) -> str:
    """Return a column header in the form in which two headers are compared.

    Composed letters (NFC), case folded, invisible marks removed, every run of white space (line breaks, non-breaking
    spaces) one space, ends trimmed; the tone mark of oa, oe, uy stands on the second vowel, so that `Ninh Hòa` and
    `Ninh Hoà` are one. Diacritics stay: `Số hồ sơ` and `Sổ hồ sơ` are two columns.
    """
    visible = _ZERO_WIDTH.sub("", unicodedata.normalize("NFD", text))
    return _place_tones(_SPACES.sub(" ", unicodedata.normalize("NFC", visible.casefold())).strip())


def tidy(text: str) -> str:
    """Return the text as a reader sees it: composed (NFC), without invisible marks, single spaces, ends trimmed."""
    return _SPACES.sub(" ", _ZERO_WIDTH.sub("", unicodedata.normalize("NFC", text))).strip()


def normalise_name(text: str) -> str:
    """Return a name in the form in which an agency's aliases are compared.

    As `normalise_header`, and besides: every dash is `-` and every comma `,`, without spaces around them. Prefixes
    such as `UBND` or `TP.` are kept: only an explicit alias may drop them.
    """
    return _place_tones(_COMMAS.sub(",", _DASHES.sub("-", normalise_header(text)))).strip()


def _place_tones(text: str) -> str:
    return unicodedata.normalize("NFC", _TONE_PAIR.sub(lambda pair: _OLD_STYLE[pair[0]], text))
