# make demo: install, then run the whole alignment pipeline on the CPU. make test: install, then lint, types, docs and tests.
# make slow: what takes minutes: every command of the docs, a whole study twice; not part of make test.
# make pythons: the fast tests on other Pythons and with the lowest versions of the dependencies; not part of make test.
# make docs: install, then build the site in site/; a dead link or a missing reference fails.
PYTHON ?= python3
VENV := .venv
CORES ?= 2
export OMP_NUM_THREADS := 1

.PHONY: install demo test lint docs slow pythons

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[demo,dev]'
	touch $@

demo: install
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/snakemake --snakefile benchmarks/paper/Snakefile --config preset=demo \
		--cores $(CORES) --rerun-incomplete --rerun-triggers mtime --nolock --quiet rules

docs: install
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict

lint: install
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy -p padzoo
	$(VENV)/bin/mypy

test: install
	$(MAKE) --jobs $(CORES) lint docs
	$(VENV)/bin/pytest -n $(CORES)

slow: install
	$(VENV)/bin/pytest -n $(CORES) -m slow

pythons: install
	$(VENV)/bin/python -m pip install --quiet uv
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" benchmarks/pythons.sh
