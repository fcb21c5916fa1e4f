# Two commands do everything: `make demo` and `make test`. Both make the environment.
# `make test COVERAGE=1` measures coverage as well, which takes twice as long.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
REPO ?=
COVERAGE ?=

# What is compiled once is not compiled by every process that a test starts.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test format lock clean

demo: $(STAMP)
	$(BIN)/coordinator demo $(if $(REPO),--repo "$(REPO)")

test: $(STAMP)
	$(if $(COVERAGE),$(BIN)/coverage erase)
	$(BIN)/pytest -n auto --dist load --maxschedchunk 4 \
		$(if $(COVERAGE),--cov --cov-report=term) $(ARGS)

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The lock has names, versions and hashes, and no place to fetch them from.
lock: $(STAMP)
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes \
		--python-version 3.11 --no-header --no-annotate --no-emit-index-url \
		--upgrade --output-file requirements-dev.lock

clean:
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*

$(STAMP): pyproject.toml requirements-dev.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes \
		--requirement requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@
