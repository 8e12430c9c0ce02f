"""What the checks of a registry say, in Vietnamese or English (messages.yml)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

Language = Literal["vi", "en"]
_MESSAGES = Path(__file__).with_name("messages.yml")


class Text(NamedTuple):
    """A part of a sentence by its name in messages.yml; its details may be texts themselves."""

    name: str
    details: Mapping[str, Any]

    def say(self, language: Language) -> str:
        """Returns the text in a language. Raises KeyError for an unknown name or a missing detail."""
        return _filled(messages()[self.name][language], self.details, language)


def message(name: str, details: Mapping[str, Any], language: Language) -> tuple[str, str]:
    """Returns the reason and the action of a message. Raises KeyError for an unknown name or a missing detail."""
    reason, action = messages()[name][language]
    return _filled(reason, details, language), _filled(action, details, language)


@cache
def messages() -> dict[str, dict[Language, Any]]:
    """Returns every message by name and language."""
    loaded: dict[str, dict[Language, Any]] = yaml.safe_load(_MESSAGES.read_text(encoding="utf-8"))
    return loaded


def _filled(template: str, details: Mapping[str, Any], language: Language) -> str:
    said = {name: value.say(language) if isinstance(value, Text) else value for name, value in details.items()}
    return template.format(**said)
