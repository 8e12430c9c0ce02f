"""The worked examples of docs/cchc.md are those that methods/ computes."""

from tests.support.cchc_examples import PAGE, examples, rewritten


def test_the_page_has_every_example_as_computed():
    text = PAGE.read_text(encoding="utf-8")
    assert rewritten(text) == text, "write it with `python -m tests.support.cchc_examples`"
    for name in examples():
        assert f"<!-- generated: {name} -->" in text
