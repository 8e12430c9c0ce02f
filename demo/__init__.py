"""The demo province: generates files as a province delivers them, deterministic and labelled as synthetic."""

from __future__ import annotations

from demo.bench import write_bench, write_bench_files, write_bench_workbook
from demo.correction import write_correction
from demo.delivered import DeliveredFile
from demo.demo import DemoReport, write_demo
from demo.trouble import write_trouble

__all__ = [
    "DeliveredFile",
    "DemoReport",
    "write_bench",
    "write_bench_files",
    "write_bench_workbook",
    "write_correction",
    "write_demo",
    "write_trouble",
]
