# Everything a developer or CI runs. `make` alone prints what there is.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
ARGS ?=
PACKAGES := access_control firmware_bridge bench tests
PURE := access_control/core firmware_bridge/controller firmware_bridge/protocol

# The pins hold for what builds a package as well; older and newer installers read different names for that.
INSTALL := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 \
	$(BIN)/python -m pip install --quiet --no-input -c constraints.txt

# Many tests wait for real lines, so that two cores are busy with three workers only. What stays together on one worker,
# and what begins first, is in tests/conftest.py.
PARALLEL := -n 3 --dist loadgroup --no-loadscope-reorder

# Tests start hundreds of processes: where the environment says otherwise, each would compile the program anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long check coverage bench screenshots clean

help: ## print this list
	@echo "Usage: make TARGET"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(VENV)/.setup-done ## virtual environment in .venv, pinned versions, everything installed

demo: $(VENV)/.demo-done ## a made-up school in the browser, over the real serial protocol; ARGS=--check goes through it by itself
	@$(BIN)/python -m access_control demo $(ARGS)

test: setup ## every test; no hardware and, after the installation, no network
	$(BIN)/python -m pytest $(PARALLEL)

test-long: setup ## the tests that have more rounds, seeds or pages to go through, with all of them
	LONG=1 $(BIN)/python -m pytest $(PARALLEL)

check: setup ## format, lint, types, import contracts, sizes, pages
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/architecture tests/docs

coverage: setup ## every branch of the pure packages is taken by a test of theirs; names the lines where not
	$(BIN)/python -m pytest -q -n 2 $(addprefix tests/,$(PURE)) $(addprefix --cov=,$(PURE)) --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=100

bench: setup ## all measurements; ARGS="policy --json" for one as JSON
	$(BIN)/python -m bench $(ARGS)

screenshots: setup ## the pictures of the README, from a running demo
	$(BIN)/python -m tests.browser.screenshots

clean: ## forget the demo's state and every cache, but keep .venv
	rm -rf .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build

$(VENV)/.made:
	@sh .ci/make-venv $(VENV) $(PYTHON)
	@touch $@

$(VENV)/.demo-done: $(VENV)/.made pyproject.toml constraints.txt
	@test -e $(VENV)/.setup-done || echo "Installing what the demo needs into $(VENV) ..."
	@$(INSTALL) -e '.[demo]'
	@touch $@

$(VENV)/.setup-done: $(VENV)/.made pyproject.toml constraints.txt
	@echo "Installing into $(VENV) ..."
	@$(INSTALL) -e '.[dev]'
	@touch $@ $(VENV)/.demo-done
