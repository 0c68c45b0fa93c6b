# Run `make` for the list of commands.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
PY := .venv/bin/python
SERVE ?= 1
T ?=

# A stamp carries the digest of the pins, so that a changed pin installs again and an unchanged one does nothing.
digest = $(shell cat $(1) | sha256sum | cut -c1-16)
RUN_STAMP := .venv/.run-$(call digest,requirements.txt)
DEV_STAMP := .venv/.dev-$(call digest,requirements.txt requirements-dev.txt)

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

.PHONY: setup
setup: $(DEV_STAMP) ## install what running, checking and testing need
	@.ci/setup.sh run test

.PHONY: demo
demo: $(RUN_STAMP) ## walk a sample month and serve it on port 8000 (SERVE=0: do not serve; MONTH=DIR: another month)
	@.ci/setup.sh run
	@$(PY) -m ledger demo $(if $(filter 0,$(SERVE)),--no-serve) $(if $(MONTH),--month "$(MONTH)")

.PHONY: serve
serve: $(RUN_STAMP) ## serve the ledger of LEDGER_HOME
	@$(PY) -m ledger serve

.PHONY: fmt
fmt: $(DEV_STAMP) ## format the code
	@.venv/bin/ruff check --quiet --select I --fix .
	@.venv/bin/ruff format .

.PHONY: check
check: $(DEV_STAMP) ## check format, lint, types, import contracts and tidy tests; before each commit
	@.venv/bin/ruff format --check --quiet . || { echo 'Run `make fmt`.'; exit 1; }
	@.venv/bin/ruff check .
	@.venv/bin/lint-imports --no-logo
	@.venv/bin/mypy
	@$(PY) -m pytest -q -n0 tests/tidy
	@$(PY) .ci/audit.py

.PHONY: test
test: $(DEV_STAMP) ## run all tests (T=tests/unit/test_money.py: one file)
	@.ci/setup.sh run test
	@env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest -q $(T) # it starts hundreds of processes

.PHONY: bench
bench: $(DEV_STAMP) ## measure the speed on this machine against its limits
	@$(PY) -m ledger bench

.PHONY: lighthouse
lighthouse: $(RUN_STAMP) ## measure public pages of the demo as on a slow telephone (node, npm and chromium)
	@.ci/lighthouse.sh

.PHONY: axe
axe: $(DEV_STAMP) ## hold every page to the rules of accessibility that axe-core knows, in a browser
	@.ci/setup.sh run test
	@$(PY) -m pytest -q -m axe tests/browser

.PHONY: audit
audit: $(DEV_STAMP) ## look for known weaknesses of the pinned packages
	@$(PY) .ci/audit.py --strict

$(RUN_STAMP): requirements.txt
	@PYTHON=$(PYTHON) .ci/setup.sh python
	@test -x $(PY) || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@echo 'Installing the pinned packages into .venv …'
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@rm -f .venv/.run-*; touch $@

$(DEV_STAMP): requirements.txt requirements-dev.txt
	@PYTHON=$(PYTHON) .ci/setup.sh python
	@test -x $(PY) || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@echo 'Installing the pinned packages for building and testing into .venv …'
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@rm -f .venv/.run-* .venv/.dev-*; touch $@ $(RUN_STAMP)
