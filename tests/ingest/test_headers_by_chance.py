"""Headers as people type them: invisible variations of a known header do not make it unknown."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Literal, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contract import load_contracts
from ingest.readers.headers import Vocabulary
from ingest.vietnamese.text import normalise_header

Form = Literal["NFC", "NFD", "NFKC"]
CONTRACTS = load_contracts()
KNOWN = sorted({(name, header) for name, contract in CONTRACTS.items() for header in contract.columns_by_header})
VOCABULARIES = {name: Vocabulary(contract) for name, contract in CONTRACTS.items()}
GAPS = st.text(" \n\r\t\u00a0\u2003\u200b\ufeff", min_size=1, max_size=4).filter(
    lambda gap: normalise_header(f"a{gap}b") == "a b"
)
AROUND = st.text(" \n\t\u00a0\u200b\ufeff", max_size=3)
CASES = st.sampled_from([str.upper, str.lower, str.title, str])
FORMS: st.SearchStrategy[Form] = st.sampled_from(get_args(Form))
quickly = settings(derandomize=True, deadline=None, max_examples=150, database=None)


@quickly
@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_normalising_is_idempotent(text: str) -> None:
    once = normalise_header(text)
    assert normalise_header(once) == once
    assert once == once.strip()
    assert unicodedata.is_normalized("NFC", once)


@quickly
@given(st.text("aàảãáạăằeêềoôồơờuưừyỳâầóòọ hH\u0300\u0301\u0303\u0309\u0323\u0306\u0302\u031bđĐ", max_size=30))
def test_normalising_vietnamese_letters_is_idempotent(text: str) -> None:
    assert normalise_header(normalise_header(text)) == normalise_header(text)
    assert normalise_header(unicodedata.normalize("NFD", text)) == normalise_header(text)


@quickly
@given(st.sampled_from(KNOWN), CASES, FORMS, GAPS, AROUND, AROUND)
def test_a_known_header_is_recognised_in_every_variant(
    known: tuple[str, str], change: Callable[[str], str], form: Form, gap: str, before: str, after: str
) -> None:
    source, header = known
    typed = before + unicodedata.normalize(form, gap.join(change(header).split(" "))) + after
    assert VOCABULARIES[source].meaning(typed) == VOCABULARIES[source].meaning(header) is not None


@quickly
@given(st.sampled_from([known for known in KNOWN if "số" in known[1].split()]), CASES, FORMS)
def test_a_header_with_another_tone_is_unknown(
    known: tuple[str, str], change: Callable[[str], str], form: Form
) -> None:
    source, header = known
    other = " ".join("sổ" if word == "số" else word for word in header.split())
    assert normalise_header(unicodedata.normalize(form, change(other))) != normalise_header(header)
    assert VOCABULARIES[source].column(unicodedata.normalize(form, change(other))) is None
