# Stoory. `make run` and `make test` are all a newcomer needs; both read the environment (STOORY_PORT=9000 make run).
PYTHON ?= python3
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test check soak bench fmt docs lock clean
.DELETE_ON_ERROR:

# pip: only what the lock names, as the lock hashed it, and never a compiler.
PIP := .venv/bin/python -m pip -qq --disable-pip-version-check install
LOCKED := --require-hashes --only-binary :all: -r

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | awk -F'|' '{printf "  make %-7s %s\n", $$1, $$2}'

run: .venv/.stoory ## Start everything; Ctrl-C stops it, the data stays
	@exec .venv/bin/stoory up

test: .venv/.dev ## Run every test (ARGS="-k ravi" for some)
	@exec .venv/bin/pytest -n auto $(ARGS)

check: .venv/.dev ## Format, lint, types, layers, migrations, the rules of the house
	@echo "ruff"         && .venv/bin/ruff format --check --quiet && .venv/bin/ruff check --quiet
	@echo "basedpyright" && .venv/bin/basedpyright --level error
	@echo "import-linter" && .venv/bin/lint-imports --no-logo
	@echo "squawk"       && .venv/bin/squawk db/migrations/*.sql
	@echo "house"        && .venv/bin/pytest -q tests/house

soak: .venv/.dev ## Run the long campaigns at full size (hours)
	@exec env SOAK=1 .venv/bin/pytest -n auto $(ARGS)

bench: .venv/.dev ## Measure Stoory beside its peers (ARGS=--quick for a short run, ARGS=--help)
	@exec .venv/bin/python -m bench.side_by_side $(ARGS)

fmt: .venv/.dev ## Format, and mend what can be mended
	@.venv/bin/ruff check --fix --quiet; .venv/bin/ruff format --quiet

docs: .venv/.stoory ## Write the pages of docs/ that are made from the code
	@.venv/bin/stoory docs

lock: .venv/.dev ## Pin what pyproject.toml asks for (ARGS=--upgrade for the newest)
	@echo "Locking requirements/run.lock" && $(LOCK) -o requirements/run.lock $(ARGS)
	@echo "Locking requirements/dev.lock" && $(LOCK) --extra dev -c requirements/run.lock -o requirements/dev.lock $(ARGS)

clean: ## Remove what was installed; the data in .stoory stays
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis .import_linter_cache

LOCK := .venv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Stoory needs Python 3.11 or newer; $(PYTHON) is not. Name another one: make run PYTHON=python3.12"; exit 1; }
	@echo "Creating .venv"
	@$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/.run: .venv/.python requirements/run.lock
	@echo "Installing what Stoory needs; the first time this takes about a minute"
	@$(PIP) $(LOCKED) requirements/run.lock
	@touch $@

.venv/.stoory: .venv/.run pyproject.toml
	@$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

.venv/.dev: .venv/.stoory requirements/dev.lock
	@echo "Installing what the tests need"
	@$(PIP) $(LOCKED) requirements/dev.lock
	@touch $@
