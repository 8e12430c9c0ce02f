"""Builds Data Docs, the pages with the results of the last night, once at the end of the night."""

from __future__ import annotations

import shutil
from pathlib import Path

from expectations.engine import Validator


def build_data_docs(validator: Validator, target: Path) -> Path:
    """Writes the validator's results as a static site and returns its first page.

    The site of the night before is replaced: the history of every rule is in quality.rule_results.
    """
    site = "night"
    unfinished = target.with_name(target.name + ".tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    validator.context.add_data_docs_site(
        site_name=site,
        site_config={
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(unfinished),
            },
        },
    )
    validator.context.build_data_docs(site_names=[site])
    validator.context.delete_data_docs_site(site)
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished.rename(target)
    return target / "index.html"
