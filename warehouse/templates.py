"""Renders text files from templates, which are in the folder of the code that uses them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

_MARKUP = re.compile(r"[\\`*\[\]|~]")


def render_text(template: Path, **values: Any) -> str:
    """Renders a template of YAML, Markdown or SQL; a missing value is an error.

    Filters: `quoted` writes a text as YAML and JSON do, `thousands` a number with commas, `plain` a text of a sender in
    a cell of a Markdown table, without a letter that means markup.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(template.parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {
        "quoted": lambda text: json.dumps(str(text), ensure_ascii=False),
        "plain": lambda text: _MARKUP.sub(r"\\\g<0>", " ".join(str(text).split())).replace("<", "&lt;"),
        "thousands": lambda number: f"{number:,}",
    }
    return environment.get_template(template.name).render(values)
