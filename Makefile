# The two commands of the README. Each sets up its own environment in .venv from the lock file.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: report test check format lock docs picture benchmark clean

report: $(READY)  ## one HTML report per vendor of data/vendors.csv, and an index
	$(BIN)/acquire render data/vendors.csv --out reports

test: $(READY) check  ## everything that CI runs
	$(BIN)/pytest -n auto --dist loadgroup

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock:  ## needs uv; one lock for every platform and Python
	uv pip compile pyproject.toml --group test --group build --universal --python-version 3.11 \
		--generate-hashes --no-header --quiet --upgrade --output-file requirements.lock

docs: $(READY)
	$(BIN)/python -m acquire.documentation

picture: $(READY)
	$(BIN)/python -m tests.e2e.picture

benchmark: $(READY)
	$(BIN)/python -m tests.benchmarks.throughput

clean:
	rm -rf $(VENV) reports
