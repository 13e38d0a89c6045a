# The two commands of the README. Each sets up its own environment in .venv from the lock file.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCHMARK_READY := $(VENV)/.benchmark-ready
LOCKED := --universal --python-version 3.11 --generate-hashes --no-header --quiet --upgrade

# Compiled once, and not again in each of the hundreds of processes that tests and batches start.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: report test promises check format lock docs picture benchmark clean

report: $(READY)  ## one HTML report per vendor of data/vendors.csv, and an index
	$(BIN)/acquire render data/vendors.csv --out reports

test: $(READY) check  ## everything that CI runs
	OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadscope --no-loadscope-reorder

promises: $(READY)  ## what the batch promises, at full counts: takes hours
	$(BIN)/pytest -m promise --long -v tests/batch

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

# Of what the benchmarks' packages ask for: monaco for psutil 5, newer ones do; ploomber-engine for
# an extension of JupyterLab and for posthog, which counts users; it imports neither.
lock:  ## needs uv; locks for every platform and Python
	uv pip compile pyproject.toml --group test --group build $(LOCKED) \
		--output-file requirements.lock
	printf '%s\n' 'psutil>=5' 'ploomber-extension; python_version < "3"' \
		'posthog; python_version < "3"' | uv pip compile --group benchmark $(LOCKED) \
		--constraint requirements.lock --overrides /dev/stdin --output-file benchmarks.lock

docs: $(READY)
	$(BIN)/python -m acquire.documentation

picture: $(READY)
	$(BIN)/python -m tests.e2e.picture

# One thread for each contender: linear algebra on two waits for whatever else the machine does.
benchmark: $(BENCHMARK_READY)
	@for script in throughput sensitivity peers portfolio "batch --vendors 8 40"; do \
		echo "== $$script"; \
		OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.$$script || exit 1; \
	done

$(BENCHMARK_READY): $(READY) benchmarks.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		-r benchmarks.lock
	@touch $@

clean:
	rm -rf $(VENV) reports
