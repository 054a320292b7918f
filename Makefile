# make demo    the main job on real input: a cube of 56 million games, its shares, its map
# make test    the tests
# make check   style, types, layers, wheel
# make docs    the site, in build/site; warnings are errors
#
# Each sets up a virtual environment in this folder when it is first called, and when pyproject.toml changes.
# PYTHON=python3.12 VENV=.venv-3.12 chooses another interpreter, in an environment of its own.
# MARKS="not slow" leaves out the tests that take minutes; JOBS=4 runs as many files of tests at a time.
# EXTRAS=test,bench tests against the peers of the benchmarks too, which are many packages.

PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
EXTRAS ?= test
MARKS ?=
JOBS ?= 2
BIN = $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test check docs clean

demo: $(VENV)/.ready-plot
	@rm -rf demo && mkdir demo
	@$(BIN)/posse run examples/kosovo-1999.toml --store demo/kosovo-1999.zarr
	@$(BIN)/posse plot demo/kosovo-1999.zarr --x spoils --y resolve --sel share=0.8 --sel attrition=0.7 \
		--sel cost_stay=0.02 --sel cost_support=0.05 --sel cost_oppose=0.1 --out demo/kosovo-1999.png

test: $(VENV)/.ready-$(EXTRAS)
	@$(BIN)/python -m pytest -m "$(MARKS)" -n $(JOBS) --dist loadfile

check: $(VENV)/.ready-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/wheel.py

docs: $(VENV)/.ready-docs
	@rm -rf build/site
	@$(BIN)/sphinx-build -q -W --keep-going -c docs -d build/doctrees . build/site
	@echo "build/site/index.html"

# One stamp for each set of extras that has been installed.
$(VENV)/.ready-%: pyproject.toml
	@test -n "$(PYTHON)" || { echo "posse needs Python 3.11 or newer; name it with PYTHON=..." >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "installing posse[$*] into $(VENV)"
	@$(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $@

clean:
	rm -rf .venv* build dist demo src/*.egg-info .*_cache .hypothesis
