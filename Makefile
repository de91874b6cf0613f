# What a person can ask of this checkout. `make` alone lists it.
#
# Everything lives in .venv beside this file; nothing is installed outside it. Dependencies come
# from lock files with hashes, so two machines run the same bytes.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# The first that runs: a version manager may leave names behind that only print an error.
PYTHON ?= $(shell for name in python3.11 python3; do $$name -c '' 2>/dev/null && echo $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
PIP_INSTALL := $(RUN) -m pip install --quiet --disable-pip-version-check --no-input
# Wheels only: installing a dependency runs none of its code, and needs no compiler.
LOCKED_INSTALL := $(PIP_INSTALL) --only-binary :all: --require-hashes

# Two processes: each simulator seed is single-threaded, and the machine has other work.
WORKERS ?= 2
SEEDS ?= 0-999
STEPS ?= 1000000
CHAOS_SECONDS ?= 600
PYTEST_ARGS ?=

# NATIVE=no builds nothing: the optional library in Rust is not compiled.
NATIVE ?= yes
NATIVE_LIBRARY := $(if $(filter no,$(NATIVE)),true,scripts/native --if-possible)

ALL_PACKAGES := primitives consensus contracts client shell node wallet audit partner
TYPED := $(foreach p,$(ALL_PACKAGES) demo benchmarks,$(patsubst %/__init__.py,%,$(wildcard $(p)/__init__.py)))

.PHONY: help
help: ## list what can be asked
	@echo 'LiqBon. Two commands are enough: make demo, make test.'
	@echo
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) \
	  | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 12

# --- the environment -----------------------------------------------------------------------------

$(RUN):
	@[ -n '$(PYTHON)' ] && '$(PYTHON)' -c '' || { echo 'no Python runs under the name "$(PYTHON)":' \
	  'LiqBon needs 3.11 or 3.12; make PYTHON=/path/to/python3.11 names one' >&2; exit 1; }
	@$(PYTHON) scripts/check_python.py
	@echo "creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

# The newcomer's environment: what the product needs, and no more.
$(VENV)/.installed-demo: requirements.lock requirements-build.lock pyproject.toml | $(RUN)
	@echo 'installing the locked dependencies of the product'
	@$(LOCKED_INSTALL) -r requirements.lock -r requirements-build.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# The developer's: the same versions, and the tools.
$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed-demo
	@echo 'installing the locked dependencies of the tests and tools'
	@$(LOCKED_INSTALL) -r requirements-dev.lock
	@touch $@

.PHONY: install install-dev
install: $(VENV)/.installed-demo ## build .venv with what the product needs
install-dev: $(VENV)/.installed-dev ## build .venv with the tools of developers too

.PHONY: native
native: install ## build the optional library in Rust (needs cargo)
	@scripts/native

# --- what a newcomer runs ------------------------------------------------------------------------

.PHONY: demo
demo: install ## show the whole story on this machine (ONCE=1: end by itself)
	@$(NATIVE_LIBRARY)
	@$(RUN) -m demo $(if $(ONCE),--once)

# --- what a developer runs -----------------------------------------------------------------------

.PHONY: test
test: check ## check, then the whole test suite
	@$(NATIVE_LIBRARY)
	$(RUN) -m pytest --numprocesses $(WORKERS) --dist loadfile $(PYTEST_ARGS)

.PHONY: check
check: install-dev ## format, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(TYPED)
	$(BIN)/lint-imports --no-cache

.PHONY: format
format: install-dev ## rewrite the code into the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: bench
bench: install-dev ## measure throughput and finality (QUICK=1: under two minutes)
	@$(NATIVE_LIBRARY)
	$(RUN) -m benchmarks $(if $(QUICK),--quick)

.PHONY: simulate
simulate: install-dev ## run simulator seeds (SEEDS=0-999) and print a verdict for each
	$(RUN) -m tests.simulation --seeds $(SEEDS) --jobs $(WORKERS)

.PHONY: mutants
mutants: install-dev ## break each rule, of the ledger and of the ordering, and see something notice; resumes
	@mkdir -p docs/results
	nice -n 10 $(RUN) -m tests.rules --results docs/results/rules.json
	nice -n 10 $(RUN) -m tests.mutation

.PHONY: soak
soak: install-dev ## the long simulation, a million steps of histories, ten minutes of chaos, the mutants; resumes
	@mkdir -p docs/results
	$(RUN) -m tests.simulation --seeds $(SEEDS) --jobs $(WORKERS) --results docs/results/simulation.json
	$(RUN) -m tests.properties.soak --steps $(STEPS) --results docs/results/histories.json
	$(RUN) -m tests.chaos --seconds $(CHAOS_SECONDS) --seed 7 --results docs/results/chaos.json
	@$(MAKE) --no-print-directory mutants

.PHONY: model
model: install-dev ## check the model of consensus to the end (needs spin and gcc); resumes
	$(RUN) -m tests.model --results docs/results/model.json

.PHONY: vectors
vectors: install-dev ## regenerate the golden vectors; git diff shows what moved
	$(RUN) -m tests.vectors.regenerate

.PHONY: lock
lock: install-dev ## resolve the dependencies anew and rewrite the lock files
	scripts/lock

.PHONY: clean
clean: ## remove .venv and caches; data of running networks is left alone
	rm -rf $(VENV) native/target build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
