"""`cchc demo`: generates the synthetic province, runs a night on it and compares it with the conference's figures."""

from __future__ import annotations

import sys

import click

from flows.cli.console import OUT, shown, wait
from flows.cli.nightly import run_night_here
from flows.failures import ExitCode
from warehouse.config import Settings


@click.command()
@click.option("--dossiers", default=120_000, show_default=True, help="Number of dossiers to generate, over two years.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same files.")
@click.option("--without", "missing", multiple=True, metavar="AGENCY", help="An agency that sends no self-assessment.")
@click.option("--correct", metavar="AGENCY", help="Then deliver a corrected self-assessment, and run another night.")
@click.option("--trouble", is_flag=True, help="Then deliver a batch with bad files, and run another night.")
@click.option("--files-only", is_flag=True, help="Only write the deliveries; run no night.")
@click.option(
    "--provinces", type=click.IntRange(2, 34), help="Instead: a nation of so many provinces (docs/national.md)."
)
def demo(
    dossiers: int,
    seed: int,
    missing: tuple[str, ...],
    correct: str | None,
    trouble: bool,
    files_only: bool,
    provinces: int | None,
) -> None:
    """Generate a province's deliveries and run a night.

    All rows are synthetic: the deliveries of one province in 2014 and 2015. The first night ends with exit code 0, and
    its figures are compared with those of the conference of 25/02/2016. With --trouble a second night follows that ends
    with exit code 3.
    """
    from demo import write_correction, write_demo, write_trouble
    from warehouse.ledger import Ledger

    settings = Settings()
    if provinces:
        sys.exit(_write_nation(settings, provinces, seed, files_only))
    inbox, registry = settings.layout.inbox, settings.registry
    code = int(ExitCode.DONE)
    if Ledger(settings.layout).loads():
        OUT.print("This home has its deliveries already. Run cchc nightly, or name another --home.")
    else:
        with wait("generate the deliveries of two years"):
            write_demo(inbox, registry, dossiers, seed, without_assessments_of=missing)
        OUT.print(f"Synthetic deliveries written to {shown(inbox)}")
        code = _run(settings, files_only)
        if not (files_only or missing or code):
            code = _compare_figures(settings)
    if correct:
        write_correction(inbox, registry, correct, seed)
        OUT.print(f"A corrected self-assessment of {correct} and its appraisal written to {shown(inbox)}")
        code = _run(settings, files_only)
    if trouble:
        with wait("add a batch of bad files"):
            write_trouble(inbox, registry, seed)
        OUT.print(f"A batch with bad files written to {shown(inbox)}")
        code = _run(settings, files_only)
    sys.exit(code)


def _write_nation(settings: Settings, n_provinces: int, seed: int, files_only: bool) -> int:
    """Writes the provinces of a synthetic nation, unless they are there, and runs the night of all of them."""
    from demo.nation import write_nation
    from flows.cli.nation import run_nation_night

    home = settings.layout
    if home.provinces.exists():
        OUT.print("This home has its provinces already.")
    else:
        with wait(f"generate {n_provinces} provinces"):
            written = write_nation(home.root, n_provinces, seed)
        total = sum(province.dossiers for province in written)
        OUT.print(f"Synthetic provinces written to {shown(home.provinces)}: {total:,} dossiers")
    return ExitCode.DONE if files_only else run_nation_night(settings)


def _run(settings: Settings, files_only: bool) -> int:
    return ExitCode.DONE if files_only else run_night_here(settings, None, with_prefect=True)


def _compare_figures(settings: Settings) -> int:
    """Prints the conference's figures beside those of the publication; raises for a difference."""
    from demo.figures import compare_figures, print_figures

    compared = compare_figures(settings.layout.current)
    print_figures(OUT, compared)
    return ExitCode.DONE if all(figure.is_equal for figure in compared) else ExitCode.FAULT
