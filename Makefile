# Everything a newcomer needs: `make demo`, `make test`. Both install first, into .venv, from requirements.lock.
PYTHON ?= python3.11
BIN := .venv/bin
DEMO_HOME ?= data
export DO_NOT_TRACK = 1
export PREFECT_SERVER_ANALYTICS_ENABLED = false
export GX_ANALYTICS_ENABLED = false

.PHONY: demo test quick check format bench generate install lock clean

demo: install  ## invent two years of deliveries, run a night on them, compare with the conference
	$(BIN)/cchc --home $(DEMO_HOME) demo

test: install  ## every test, the files shared out among processes
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

quick: install  ## the tests without whole nights
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder -m "not night"

check: install  ## format, lint, types, SQL, generated files, and the quick tests of the structure
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar -q --processes 2 dbt_project/models
	$(BIN)/python -m ingest.generate --check
	$(BIN)/python -m pytest tests/test_architecture.py tests/dbt/test_names.py tests/dbt/test_sql_portable.py

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: install  ## write again what comes from the source contracts
	$(BIN)/python -m ingest.generate

bench: install  ## what nights and deliveries cost, beside floors measured in the same run
	$(BIN)/python -m bench.run

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check uv==0.13.9
	VIRTUAL_ENV=.venv UV_COMPILE_BYTECODE=1 $(BIN)/uv pip sync -q --require-hashes requirements.lock \
	  || $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

lock:  ## after a change of requirements.in
	$(BIN)/uv pip compile -q --python 3.11 --universal --excludes requirements-excludes.txt \
	  --overrides requirements-overrides.txt requirements.in --generate-hashes --no-annotate --no-header \
	  -o requirements.lock

clean:
	rm -rf .venv *.egg-info .mypy_cache .ruff_cache .pytest_cache
