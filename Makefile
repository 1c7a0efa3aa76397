# make check: what must hold before every commit, in seconds. make test: everything. make demo: see it work.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install check check-ruff check-format check-mypy check-imports check-house test demo bench servers wordpress plugin screenshots messages migration-initial clean

# Any Python from 3.11 on will do; python3.11 is what the pinned versions were chosen with.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TOOLS := $(VENV)/.tools
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
N ?= 100000

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Comeback needs Python 3.11 or newer; '$(PYTHON)' is not. Install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "'$(PYTHON)' lacks the venv module. Install it, for example: apt-get install python3-venv" >&2; exit 1; }
	[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	$(PIP) install --no-compile --constraint requirements.lock --editable .
	@touch $@

# The tools come apart from what running needs. mypy reads the libraries' types once here, so that `make check` stays quick.
$(TOOLS): $(STAMP)
	$(PIP) install --no-compile --requirement requirements.lock
	@echo "mypy: reading the libraries' types"; $(BIN)/mypy >/dev/null || true
	@touch $@

install: $(TOOLS) ## everything that is needed, into .venv

check: $(TOOLS) ## ruff, format, mypy, import contracts and the house tests, side by side
	@$(MAKE) --no-print-directory --jobs --output-sync=target check-mypy check-house check-imports check-ruff check-format

check-ruff:
	@$(BIN)/ruff check --quiet .

check-format:
	@$(BIN)/ruff format --check --quiet .

check-mypy:
	@$(BIN)/mypy --no-error-summary

check-imports:
	@out=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$out"; exit 1; }

check-house:
	@out=$$($(BIN)/python -m pytest tests/house -m fast -q --no-header -p no:randomly -p no:cacheprovider -p no:xdist 2>&1) \
	  || { echo "$$out"; exit 1; }

test: $(TOOLS) servers wordpress ## everything: every check, and all tests on SQLite and on PostgreSQL
	$(BIN)/python -m pytest --numprocesses 3 --dist worksteal --quiet $(ARGS)
	@$(MAKE) --no-print-directory check

# What the tests start besides Python: a package's name (Debian's), and how to see that it is there. One more is one more line.
define PROGRAMS
postgresql    command -v initdb || ls /usr/lib/postgresql/*/bin/initdb
redis-server  command -v redis-server
chromium      command -v chromium || command -v chromium-browser || command -v google-chrome
php-cli       command -v php
php-sqlite3   php -m | grep -qx pdo_sqlite
php-mbstring  php -m | grep -qx mbstring
php-xml       php -m | grep -qx dom
npm           command -v npm
endef
export PROGRAMS

# Installs what is missing where it may (as root, with apt-get), all at once; elsewhere says what to install.
servers:
	@missing() { while read -r package there; do bash -c "$$there" >/dev/null 2>&1 || echo "$$package"; done <<<"$$PROGRAMS"; }; \
	packages=$$(missing); [ -n "$$packages" ] || exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing" $$packages; apt-get update -qq; \
	  for package in $$packages; do \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$$package" >/dev/null </dev/null || true; \
	  done; \
	fi; \
	packages=$$(missing); [ -z "$$packages" ] || { echo "The tests need these packages. Install them, for example: sudo apt-get install" $$packages >&2; exit 1; }

demo: $(STAMP) ## two made-up stores, imported, segmented, written to; then a page that shows it
	@$(BIN)/comeback demo

bench: $(TOOLS) ## ratios against the limits measured beside them; N= sets the size
	@$(BIN)/python -m benchmarks --size $(N)

# The WordPress in which the plugin is tried: fetched once, into a cache outside this folder.
wordpress: $(TOOLS) servers
	@$(BIN)/python -m tests.extensions.woocommerce.wordpress >/dev/null

plugin: $(STAMP) ## the WordPress plugin as a zip, into dist/
	@$(BIN)/python extensions/woocommerce/build.py

screenshots: $(TOOLS) servers ## every page in en and fa, wide and narrow, light and dark, into build/screenshots
	@$(BIN)/python -m tests.admin.screenshots build/screenshots

# What a page says is written in English in the code; the other languages are in admin/translations.
messages: $(TOOLS) ## look for new sentences in the pages and put them into every catalogue
	@$(BIN)/python -m tests.admin.core_sentences
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT \
	  && $(BIN)/pybabel -q extract -F babel.cfg -k lazy_gettext -k N_ --no-location --sort-output --omit-header -o $$folder/messages.pot . \
	  && for language in tr ru fa; do \
	    file=admin/translations/$$language/LC_MESSAGES/messages.po; mkdir -p $$(dirname $$file); \
	    if [ -f $$file ]; then $(BIN)/pybabel -q update -l $$language -i $$folder/messages.pot -o $$file --no-fuzzy-matching --ignore-obsolete; \
	    else $(BIN)/pybabel -q init -l $$language -i $$folder/messages.pot -o $$file; fi; done
	@$(BIN)/pybabel -q compile -d admin/translations

migration-initial: $(STAMP) ## write 0001 anew from the tables (only before the first release)
	@rm -f plugin_core/migrations/versions/0001_*.py
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT \
	  && COMEBACK_DATABASE_URL=sqlite:///$$folder/empty.sqlite $(BIN)/alembic revision --autogenerate --rev-id 0001 -m "initial tables" >/dev/null \
	  && ls plugin_core/migrations/versions/0001_*.py

clean: ## caches, but not .venv
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* build dist *.egg-info
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +
