"""Measures how Vietnamese a text is: the share of its non-ASCII letters in valid Vietnamese syllables."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_ONSET = "ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnpqrstvx]"
# Every rhyme of the language, and the finals in k of its mountain names.
_RHYMES = """
    a ac ach ai ak am an ang anh ao ap at au ay ăc ăk ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
    e ec em en eng eo ep et ê êch êm ên êng ênh êp êt êu
    i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu
    o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op
    ot ô ôc ôi ôk ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
    u ua uân uâng uât uây uc uê uêch uênh ui um un ung uôc uôi uôm uôn uông uôt up ut uơ uy uya uych uyên uyêt uyn uynh
    uyt uyu ư ưa ưc ưi ưm ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên yêng yêt yêu
    """
_SYLLABLE = re.compile(rf"(?:{_ONSET})?(?:{'|'.join(sorted(_RHYMES.split(), key=len, reverse=True))})")
# Characters between words, including typographic quotes and dashes.
_BETWEEN = re.compile(r"[\s\x21-\x40\[-`{-~\xa0\u2010-\u2026]+")


def is_syllable(word: str) -> bool:
    """Returns whether `word` is one Vietnamese syllable with at most one tone, in any letter case."""
    split = unicodedata.normalize("NFD", word.lower())
    bare, tones = _TONES.subn("", split)
    return tones <= 1 and _SYLLABLE.fullmatch(unicodedata.normalize("NFC", bare)) is not None


def vietnamese_share(counted: Mapping[str, int]) -> float:
    """Returns the share, 0 to 1, of the letters of all non-ASCII words that belong to Vietnamese syllables.

    `counted` are texts with their number of occurrences; the share is 0 without a non-ASCII word.
    """
    words: Counter[str] = Counter()
    for text, times in counted.items():
        for word in _BETWEEN.split(text):
            if not word.isascii():
                words[word] += times
    letters = good = 0
    for word, times in words.items():
        size = len(word) * times
        letters += size
        good += size if is_syllable(word) else 0
    return good / letters if letters else 0.0
