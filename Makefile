# Two commands on a fresh machine: `make train` and `make test`. Both set up .venv first.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# Without an NVIDIA driver TensorFlow's CPU build does the same and is a gigabyte smaller.
PLATFORM ?= $(if $(shell command -v nvidia-smi 2>/dev/null),gpu,cpu)
READY := $(VENV)/.ready-$(PLATFORM)
WORKERS ?= 4
# What `make train` does about an unfinished run of its own: on a terminal it asks.
UNFINISHED ?= $(shell test -t 0 && echo ask || echo resume)
SEED ?= 0
LEDGER ?= runs/ledger
FAULTS ?= 32
BENCH := .venv-bench
BENCH_READY := $(BENCH)/.ready
# Of each benchmark; 5 for figures to keep.
REPEATS ?= 1
SCALING ?= --quick

.PHONY: setup train quick quick-lint quick-tests test test-slow chaos ledger lint format bench pins clean

setup: $(READY)

$(READY): requirements/$(PLATFORM).txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --compile -r requirements/$(PLATFORM).txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

train: setup
	$(BIN)/python -m launch dqn_cartpole --workers $(WORKERS) --unfinished $(UNFINISHED)

# Style, import rules, and the types and tests of agents, environments and training: under a minute
# on 2 cores. `make lint` has the types of all rooms, which take half a minute by themselves.
quick: setup
	$(MAKE) --jobs 2 quick-lint quick-tests

quick-lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/pyright agents common envs training

quick-tests: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/agents tests/envs tests/training

test: setup lint
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-slow: setup
	$(BIN)/python -m pytest -n 2 --dist worksteal -m slow

# Random faults against real runs; the same SEED gives the same faults.
chaos: setup
	$(BIN)/python -m tests.chaos --seed $(SEED) --faults $(FAULTS)

# Every supervised experiment that needs no file of one's own over five seeds, and docs/results.md
# from their runs.
ledger: setup
	$(BIN)/python -m launch $$($(BIN)/python -m launch list --names --kind supervised --runnable) \
	  --seeds 0-4 $(if $(DATA_DIR),--data-dir $(DATA_DIR)) --out $(LEDGER) --unfinished resume
	$(BIN)/python -m launch ledger $(LEDGER)

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/pyright

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Ours beside the rivals, into benchmarks/results.md and profile.md: a short version of all, 45
# minutes; `make bench REPEATS=5 SCALING=` is the long one.
bench: setup $(BENCH_READY)
	$(BIN)/python -m benchmarks.profile
	$(BIN)/python -m benchmarks.race --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.start --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.solve --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.classic --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.lake --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.workers --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.scaling --repeats $(REPEATS) $(SCALING)
	$(BIN)/python -m benchmarks.checkpoints
	$(BIN)/python -m benchmarks.recurrent --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.streaming --millions 2
	$(if $(DATA_DIR),$(BIN)/python -m benchmarks.supervised $(DATA_DIR))
	$(if $(DATA_DIR),$(BIN)/python -m benchmarks.images $(DATA_DIR) --repeats $(REPEATS))
	$(if $(DATA_DIR),$(BIN)/python -m benchmarks.recommenders $(DATA_DIR) --repeats $(REPEATS))

# The rivals, apart from our packages. PyTorch first and alone: then nothing brings a CUDA build.
$(BENCH_READY): requirements/bench.txt
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --compile torch==2.13.0
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --compile -r $<
	touch $@

# Pins every package again from pyproject.toml.
pins: setup
	$(BIN)/python -m pip install --quiet uv
	for platform in cpu gpu; do \
	  $(BIN)/uv pip compile pyproject.toml --quiet --python-version 3.11 --no-annotate --no-header \
	    --extra $$platform --extra box2d --extra atari --extra dev \
	    --output-file requirements/$$platform.txt; \
	done

clean:
	rm -rf $(VENV) $(BENCH) .pytest_cache .ruff_cache .import_linter_cache .hypothesis
