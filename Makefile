# Two commands to begin with: `make demo` and `make test`. Each sets up what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SPARK_VENV := .venv-spark
# Containers often forbid bytecode; without it every start recompiles Dagster and dbt (2-4 times slower).
unexport PYTHONDONTWRITEBYTECODE
export DBT_SEND_ANONYMOUS_USAGE_STATS = false
export GX_ANALYTICS_ENABLED = false

.PHONY: help demo test test-browser spark-test soak fuzz bench bench-spark bench-extraction ui lint types walls definitions unit dbt audit lock clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.runtime  ## Real follower counts in, a checked quarterly benchmark out
	@$(BIN)/effektanalys demo

ui: $(VENV)/.runtime  ## Dagster on http://127.0.0.1:3000 (the first start takes up to a minute)
	@$(BIN)/effektanalys ui

test: lint types walls definitions unit  ## Everything that must hold

lint: $(VENV)/.dev  ## Style of Python, SQL and the registry
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint dbt_project/models dbt_project/tests dbt_project/analyses --disable-progress-bar
	$(BIN)/check-jsonschema --schemafile registry/industry.schema.json registry/industries/*.yaml
	$(BIN)/check-jsonschema --schemafile registry/waivers.schema.json registry/waivers.yaml

types: $(VENV)/.dev  ## mypy, strict
	$(BIN)/mypy

walls: $(VENV)/.dev  ## Which room may know which
	$(BIN)/lint-imports --cache-dir $(VENV)/import_linter

definitions: $(VENV)/.runtime  ## Both ways to open Dagster find the same code location
	@$(BIN)/effektanalys definitions

unit: $(VENV)/.dev  ## The test suite
	$(BIN)/python -m pytest --ignore=tests/browser --ignore=tests/spark --numprocesses auto --dist loadfile $(PYTEST_ARGS)

test-browser: $(VENV)/.dev  ## The report in a headless Chromium: accessible, self-contained, no overflow
	@command -v chromium chromium-browser >/dev/null || { echo "There is no Chromium. Run: apt-get install -y chromium"; exit 1; }
	$(BIN)/python -m pytest tests/browser $(PYTEST_ARGS)

spark-test: $(VENV)/.dev $(SPARK_VENV)/.ready  ## The same marts on a Spark cluster of real processes, row by row
	@command -v java >/dev/null || { echo "Spark needs Java 17. Run: apt-get install -y openjdk-17-jre-headless"; exit 1; }
	$(BIN)/python -m pytest tests/spark $(PYTEST_ARGS)

soak: $(VENV)/.dev  ## Kills at every boundary and 200 random moments, 500 publications under readers, every field spoilt (hours)
	SOAK=1 $(BIN)/python -m pytest tests/crash tests/integration/test_release_crashes.py tests/faults/test_mutated_answers.py tests/faults/test_any_file.py $(PYTEST_ARGS)

FUZZ_SECONDS ?= 60
fuzz: $(VENV)/.dev  ## Coverage-guided fuzzing of the parsers, FUZZ_SECONDS for each of five (Linux)
	@set -e; for target in strict retry_after registry capture answers; do \
		echo "$$target: $(FUZZ_SECONDS) seconds"; \
		$(BIN)/python -m tests.fuzz.fuzz $$target $(FUZZ_SECONDS); \
	done

BENCH_ROWS ?= 1000000
# The folder of the French deputies' whole recording; without it the tests' extract is taken.
DEPUTIES ?=
bench: $(VENV)/.dev  ## The marts, the growth of cost, the gate and the release, BENCH_ROWS account-days (half an hour)
	@$(BIN)/python -m benchmarks.marts $(BENCH_ROWS)
	@$(BIN)/python -m benchmarks.history
	@$(BIN)/python -m benchmarks.gate
	@$(BIN)/python -m benchmarks.job
	@$(BIN)/python -m benchmarks.release $(BENCH_ROWS)
	@$(BIN)/python -m benchmarks.deputies $(DEPUTIES)

bench-spark: $(VENV)/.dev $(SPARK_VENV)/.ready  ## A quarter on Spark with one and two workers, beside DuckDB
	@$(BIN)/python -m benchmarks.spark $(BENCH_ROWS)

bench-extraction: $(VENV)/.dev  ## Accounts a CPU second, beside httpx and dlt
	@$(BIN)/python -m benchmarks.extraction

dbt: $(VENV)/.runtime  ## dbt under the warehouse lock, e.g. make dbt ARGS="build --select marts"
	@$(BIN)/effektanalys dbt -- $(ARGS)

audit: $(VENV)/.dev  ## Known holes and licences of everything that a user installs
	@$(BIN)/python .ci/audit.py

lock:  ## Renew the hashed lock files (needs uv)
	uv pip compile pyproject.toml --group build --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header -o requirements.lock
	uv pip compile pyproject.toml --group dev -c requirements.lock --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header -o requirements-dev.lock
	uv pip compile --group pyproject.toml:spark -c requirements.lock --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header -o requirements-spark.lock

clean:  ## Forget the environment and everything the pipeline wrote
	chmod -R u+w data 2>/dev/null || true
	rm -rf $(VENV) $(SPARK_VENV) data

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Effektanalys needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Run: make PYTHON=python3.11 $(MAKECMDGOALS)" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)

# hatchling comes with the runtime lock, so that installing ourselves asks no index.
$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the pinned packages into $(VENV) (a few minutes, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# pyspark is a source archive: building it needs setuptools, which pip fetches.
$(SPARK_VENV)/.ready: requirements-spark.lock
	@echo "Installing Spark into $(SPARK_VENV) (half a gigabyte, once)"
	@$(PYTHON) -m venv $(SPARK_VENV)
	@$(SPARK_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	@touch $@
