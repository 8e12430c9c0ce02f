# First commands: `make demo`, `make test`. Both install LOCK into .venv first.
# PYTHON is the newest of PYTHONS that runs and can make an environment; `make PYTHON=…` overrides it. An existing .venv
# keeps its Python until `make clean`.
PYTHONS := python3.13 python3.12 python3.11
RUNS := -c "import ensurepip, sqlite3, ssl, venv"
PYTHON ?= $(or $(shell for python in $(PYTHONS); do $$python $(RUNS) 2>/dev/null && echo $$python && break; done),\
  $(error no working Python found; tried $(PYTHONS)))
LOCK := requirements/requirements.lock
BIN := .venv/bin
SPARK_LOCK := requirements/spark.lock
SPARK_BIN := .venv-spark/bin
DEMO_HOME ?= data
SPARK_DEMO_HOME ?= data-spark
export DO_NOT_TRACK = 1
export PREFECT_SERVER_ANALYTICS_ENABLED = false
export GX_ANALYTICS_ENABLED = false

.PHONY: spark-install spark-demo spark-test demo nation-demo nation-test test quick check format bench generate lock-marts install lock clean

demo: install  ## generate two years of deliveries, run a night on them, compare with the conference
	$(BIN)/cchc --home $(DEMO_HOME) demo

nation-demo: install  ## the same for 34 provinces and the tables that compare them, 14 minutes of CPU
	$(BIN)/cchc --home $(DEMO_HOME)/nation demo --provinces 34

nation-test: install  ## the tests of that nation
	$(BIN)/python -m pytest -m large tests/nation

test: install  ## every test, files distributed over processes
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

quick: install  ## the tests without whole nights
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder -m "not night"

check: install  ## format, lint, types, SQL, generated files, and the quick tests of the structure
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	CCHC_BUILD_DB=:memory: $(BIN)/sqlfluff lint --disable-progress-bar -q dbt_project/models
	$(BIN)/python -m ingest.generate --check
	$(BIN)/python -m pytest tests/test_architecture.py tests/dbt/test_names.py tests/dbt/test_layers.py tests/dbt/test_sql_portable.py

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock-marts: install  ## write the BI contract: names, types and keys of published tables, and exposures
	$(BIN)/python -m warehouse.publication.bi_contract

generate: install  ## write the files generated from the source contracts
	$(BIN)/python -m ingest.generate

bench: install  ## measure nights and deliveries against floors of the same run
	$(BIN)/python -m bench.run

install: .venv/installed

$(BIN)/python:
	$(PYTHON) -m venv --clear .venv

.venv/installed: $(BIN)/python $(LOCK) pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check uv==0.13.9
	VIRTUAL_ENV=.venv UV_COMPILE_BYTECODE=1 $(BIN)/uv pip sync -q --require-hashes $(LOCK) \
	  || $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r $(LOCK)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	# What dbt parses here, the first night of a home need not parse again.
	cd dbt_project && ../$(BIN)/dbt --quiet parse --target-path target/installed
	touch $@

# The second engine of the build (docs/national.md), in an environment of its own.
spark-install: .venv-spark/installed  ## everything of the default environment, and Apache Spark; needs Java 17

.venv-spark/installed: $(BIN)/python $(SPARK_LOCK) pyproject.toml
	@java -version 2>/dev/null || test -n "$$JAVA_HOME" || echo "Java is missing: install openjdk-17-jre-headless, or set JAVA_HOME"
	$(BIN)/python -m pip install -q --disable-pip-version-check uv==0.13.9
	$(BIN)/python -m venv --clear .venv-spark
	VIRTUAL_ENV=.venv-spark UV_COMPILE_BYTECODE=1 $(BIN)/uv pip sync -q --require-hashes $(SPARK_LOCK) \
	  || $(SPARK_BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r $(SPARK_LOCK)
	$(SPARK_BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

spark-demo: spark-install  ## the demo, built by Spark in a home of its own
	CCHC_ENGINE=spark $(SPARK_BIN)/cchc --home $(SPARK_DEMO_HOME) demo

spark-test: spark-install  ## equal tables on both engines, a cluster that loses processes
	$(SPARK_BIN)/python -m pytest tests/spark

lock: $(BIN)/python  ## resolve requirements.in for every platform and every Python from 3.11
	$(BIN)/python -m pip install -q --disable-pip-version-check uv==0.13.9
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --excludes requirements/excludes.txt \
	  requirements/requirements.in --generate-hashes --no-annotate --no-header -o $(LOCK)
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --excludes requirements/excludes.txt \
	  requirements/spark.in --generate-hashes --no-annotate --no-header -o $(SPARK_LOCK)

clean:
	rm -rf .venv .venv-spark *.egg-info .mypy_cache .ruff_cache .pytest_cache
