# make run    the whole pipeline against the demonstration portal on this machine
# make test   all tests
# make check  formatting, lint, types, import contracts
# make proof  errors put into sound documents: found, explained, blamed right? and every failing identity of the real ones
# make corpus real disclosures from ../shared, and the score against hand-checked numbers
# make ckan-test   publishing against a real CKAN
# make docs   the documentation site, with the worked notebooks and their results
# make portal the static portal of ./data/warehouse; .venv/bin/yusuan serve shows it
# Needs python3 (3.11 or newer, with venv), git, make and a package index; nothing else is installed by hand.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help install run test check corpus proof ckan-test notebooks docs portal clean distclean

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
UV := .tools/uv/bin/uv
CORPUS_WAREHOUSE ?= data/corpus
PYTEST_ARGS ?=
PROOF_ARGS ?=
NOTEBOOKS_ARGS ?=

# Never a download of an interpreter, never a setting from elsewhere: the lock file and this Python decide.
export UV_PYTHON_DOWNLOADS := never
export UV_NO_CONFIG := 1
export UV_PROJECT_ENVIRONMENT := .venv
export UV_HTTP_TIMEOUT ?= 180
# The certificates that this machine trusts, also behind a company proxy.
export UV_SYSTEM_CERTS ?= 1

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(STAMP)  ## the virtual environment with the locked dependencies; .venv/bin/yusuan

# uv has an environment of its own: in .venv it would remove itself, since the lock file does not name it.
$(UV): .ci/uv-requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Yusuan needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$(PYTHON) comes without venv. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@rm -rf .tools/uv && mkdir -p .tools && echo '*' > .tools/.gitignore
	$(PYTHON) -m venv .tools/uv
	.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r .ci/uv-requirements.txt
	@touch $@

$(STAMP): uv.lock pyproject.toml $(UV)
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(UV) sync --locked --quiet --python $(BIN)/python
	@touch $@

run: $(STAMP)  ## demonstration portal -> nightly flow under Prefect -> warehouse, validation report, release; then a summary
	$(BIN)/yusuan run --demo

# The quick ones on two processors; then, alone, those that start servers, browsers and nights with processes of their own.
# With PYTEST_ARGS: what they name, e.g. make test PYTEST_ARGS='tests/unit/warehouse -x'.
test: $(STAMP)  ## all tests
ifeq ($(strip $(PYTEST_ARGS)),)
	@status=0; \
	echo "$(BIN)/pytest --ignore=tests/integration -n 2"; $(BIN)/pytest --ignore=tests/integration -n 2 || status=$$?; \
	echo "$(BIN)/pytest tests/integration"; $(BIN)/pytest tests/integration || status=$$?; \
	exit $$status
else
	$(BIN)/pytest $(PYTEST_ARGS)
endif

check: $(STAMP)  ## formatting, lint, types, import contracts, pre-commit configuration
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pre-commit validate-config .pre-commit-config.yaml

corpus: $(STAMP)  ## 100 real disclosures and their score; skips loudly where ../shared is absent
	$(BIN)/python .ci/corpus.py --warehouse $(CORPUS_WAREHOUSE)

proof: $(STAMP)  ## what the proof finds and whom it blames; PROOF_ARGS="--count 12 --part errors" for less; the corpus where ../shared is
	$(BIN)/python -m benchmarks.proof $(PROOF_ARGS)

ckan-test: $(STAMP)  ## publishing against a real CKAN 2.12, which is installed and started on this machine (Debian, root; three minutes)
	.ci/ckan.sh start
	$(BIN)/pytest tests/integration/test_ckan.py $(PYTEST_ARGS); status=$$?; .ci/ckan.sh stop; exit $$status

notebooks: $(STAMP)  ## the worked notebooks, run over the demonstration; NOTEBOOKS_ARGS="--warehouse DIR" over another warehouse
	$(BIN)/python .ci/notebooks.py $(NOTEBOOKS_ARGS)

docs: notebooks  ## the documentation site in build/site: pages, notebooks with results, a reference made from the program
	$(BIN)/python .ci/site.py

portal: $(STAMP)  ## the static portal of ./data/warehouse in data/warehouse/portal
	$(BIN)/yusuan portal build

clean:  ## remove caches and what runs left in data/
	rm -rf data build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.venv/*' -not -path './.tools/*' -prune -exec rm -rf {} +

distclean: clean  ## remove the virtual environment too
	rm -rf .venv .tools
