# Two commands to know: `make demo` and `make test`. Everything is installed into .venv beside this file.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help setup demo test check lint clean lock

help:
	@echo "make demo    set up, make an authority of 20,000 made-up children, run two nights on it"
	@echo "make test    set up, run the tests"
	@echo "make setup   only set up: afterwards .venv/bin/rollcall works"
	@echo "make check   the full gate: ruff, mypy --strict, import-linter, tests"

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Rollcall needs Python 3.11 or newer; '$(PYTHON)' is older or missing. Install python3.11, or run: make setup PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python cannot make virtual environments. Install its venv package (on Debian and Ubuntu: apt install python3-venv) and try again."; exit 1; }
	@echo "Setting up in $(VENV): about a minute, once."
	@$(PYTHON) -m venv $(VENV)
	@# The lock is a constraint too: else pip looks at the newest release of a package asked for with an extra, and gives up.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock -c requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: setup
	@rm -rf demo
	@$(BIN)/rollcall demo --children 20000 --workspace demo

test: setup
	@# One thread for each of the two at work: four on two cores wait for each other.
	@POLARS_MAX_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/windows apps data_contracts flows matching pipelines
	@$(BIN)/lint-imports

check: lint test

lock:   ## for maintainers: needs uv
	uv pip compile pyproject.toml --extra dev --extra dask --extra pdf --generate-hashes --universal --python-version 3.11 --no-header --no-annotate -o requirements.lock

clean:
	rm -rf $(VENV) demo build .mypy_cache .ruff_cache .pytest_cache .hypothesis
