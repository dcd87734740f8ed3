# Every command a developer needs. `make help` lists them.

.DEFAULT_GOAL := help
.PHONY: help python setup setup-dev demo run check types test bench measure screenshots lock stop clean

# The first Python that is new enough; give another one with PYTHON=…
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# A Python that was asked for is used; otherwise an environment of any new enough one is kept.
EXACTLY := $(if $(filter file undefined,$(origin PYTHON)),,--this-python)
VENV := .venv/bin
PORT ?= 8000
export PORT
PYTEST_WORKERS ?= 2
# Compiled modules are kept, whatever the surroundings say: many tests start a process, and each would compile them anew.
unexport PYTHONDONTWRITEBYTECODE
# Under another name, so that `make -n test` only prints.
THIS_MAKE := $(MAKE)

help:  ## List the commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 22

python:
	@test -n "$(PYTHON)" || { echo "painplan needs Python 3.11 or newer, and none was found. Install one, or name it: make setup PYTHON=/path/to/python3.12" >&2; exit 1; }

setup: python  ## Make .venv from the locked requirements
	@$(PYTHON) tools/environment.py $(EXACTLY)

setup-dev: python  ## … and what the tests need
	@$(PYTHON) tools/environment.py --dev $(EXACTLY)

demo: setup  ## Everything on this machine with invented patients; PORT=8001 changes the port
	@$(VENV)/python -m painplan.demo

run: setup  ## The development server, which restarts when a file changes
	@PAINPLAN_DEMO=1 PAINPLAN_DEBUG=1 $(VENV)/python manage.py runserver 127.0.0.1:$(PORT)

check: setup-dev  ## Format, lint, types, import contracts, migrations
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy .
	$(VENV)/lint-imports
	$(VENV)/python manage.py makemigrations --check --dry-run

test: setup-dev  ## Everything: the checks, and beside them all tests with the journeys in a browser
	$(VENV)/python -m tools.browser
	PAINPLAN_DEMO=1 $(VENV)/python -m tools.together env -u PAINPLAN_DEMO $(THIS_MAKE) check -- \
		$(VENV)/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal

bench: setup-dev  ## Measure; the figures are in var/bench.json
	$(VENV)/python manage.py bench

measure: setup-dev  ## Walk through an assessment and a plan in a browser; the figures are in var/measure.json
	$(VENV)/python -m tools.browser
	$(VENV)/python manage.py measure

screenshots: setup-dev  ## Draw docs/screenshots/ anew from the demo's patients
	$(VENV)/python -m tools.browser
	$(VENV)/python manage.py screenshots

lock:  ## Choose versions anew and lock them with their hashes (needs uv)
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --quiet --upgrade requirements.in -o requirements.txt
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --quiet --upgrade requirements-dev.in -o requirements-dev.txt

stop:  ## Stop the embedded services, whoever uses them
	@$(VENV)/python manage.py services stop

clean:  ## Remove the environment and all local data (invented patients too)
	@test ! -x $(VENV)/python || $(VENV)/python manage.py services remove
	rm -rf .venv .venv.lock var
