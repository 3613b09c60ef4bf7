# AMD Protocol Explorer. `make run` opens the dashboard, `make test` runs every check.
# Both set up what they need in .venv first, and again only when the list of packages changes.

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench chaos pictures lock setup setup-dev venv clean distclean

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
TEST_PROCESSES ?= 2

# The first Python 3.11 that can make virtual environments; override with `make PYTHON=...`.
PYTHON ?= $(shell for name in python3.11 python3 python; do \
	"$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' \
	2>/dev/null && echo "$$name" && break; done)

# What a .venv must be to be used as it is; one that is half made or of another Python is made anew.
IS_SOUND := $(BIN)/python -c 'import sys, ssl, pip; sys.exit(sys.version_info[:2] != (3, 11))'

help:  ## Show these words
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/kernel.stamp  ## Open the dashboard in Voilà on this machine
	$(BIN)/ape dashboard

# The kernels are compiled once beforehand: every process of the tests that came first would do it.
test: lint $(VENV)/kernel.stamp  ## Run every check: format, lint, types, tests
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile

lint: setup-dev  ## Check format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup-dev  ## Put all code into the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup-dev  ## Measure speed and memory on this machine (20 minutes)
	$(BIN)/python -m benchmarks.bench

chaos: setup-dev  ## Prove by the real thing that runs cannot be lost (up to an hour)
	$(BIN)/python -B -m benchmarks.chaos

pictures: setup-dev  ## Take the pictures of every page that docs/ shows
	$(BIN)/python -m docs.pictures

lock: setup-dev  ## Write the exact versions of .venv into the lists that installations use
	$(BIN)/python binder/lock.py

setup: $(VENV)/run.stamp  ## Set up what APE runs on

setup-dev: $(VENV)/dev.stamp  ## Set up what the checks need besides

$(VENV)/run.stamp: pyproject.toml binder/requirements.txt
	@$(IS_SOUND) 2>/dev/null || $(MAKE) --no-print-directory venv
	$(PIP) install --requirement binder/requirements.txt
	$(PIP) install --no-deps --editable .
	@touch $@

venv:
	@test -n "$(PYTHON)" || { printf '%s\n' \
		"APE needs Python 3.11 that can make virtual environments, and found none." \
		"On Debian or Ubuntu: apt-get install python3.11 python3.11-venv" \
		"If it is somewhere else: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Setting up $(VENV) ($$("$(PYTHON)" --version)); about 600 MB, once"
	@"$(PYTHON)" -m venv --clear $(VENV)

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.txt
	$(PIP) install --requirement binder/requirements.txt --requirement requirements-dev.txt
	$(BIN)/python -m pip check
	@touch $@

# Compiled once here, so that no one who opens a page waits for it.
$(VENV)/kernel.stamp: $(VENV)/run.stamp ape_core/schema.py $(wildcard ape_core/simulation/*.py ape_core/summaries/counting/*.py)
	$(BIN)/python -m ape_core.summaries.warm_cache
	@touch $@

clean:  ## Remove what the tools left behind; keep .venv
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
	find ape_core widgets notebooks tests benchmarks binder -name __pycache__ -prune -exec rm -rf {} +

distclean: clean  ## Remove .venv as well
	rm -rf $(VENV)
