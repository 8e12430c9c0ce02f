"""The demo province: files as a province sends them, deterministic and labelled as synthetic."""

from __future__ import annotations

from ingest.synthetic.bench import write_bench, write_bench_days, write_bench_files, write_bench_workbook
from ingest.synthetic.correction import write_correction
from ingest.synthetic.delivered import DeliveredFile
from ingest.synthetic.demo import DemoReport, write_demo
from ingest.synthetic.trouble import write_trouble

__all__ = [
    "DeliveredFile",
    "DemoReport",
    "write_bench",
    "write_bench_days",
    "write_bench_files",
    "write_bench_workbook",
    "write_correction",
    "write_demo",
    "write_trouble",
]
