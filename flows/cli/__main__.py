"""`python -m flows.cli` is `cchc`, for a process that starts another."""

from flows.cli.main import main

main()
