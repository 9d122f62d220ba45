# Two commands on a fresh machine: `make train` and `make test`. Both set up .venv first.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# Without an NVIDIA driver TensorFlow's CPU build does the same and is gigabytes smaller.
PLATFORM ?= $(if $(shell command -v nvidia-smi 2>/dev/null),gpu,cpu)
# What the packages take with Python 3.11 on Linux.
SIZE_cpu := 0.6 GB to download, 2.6 GB on disk, a minute with uv or 2 and more with pip
SIZE_gpu := 3.7 GB to download, 7.3 GB on disk, 5 minutes with uv
READY := $(VENV)/.ready-$(PLATFORM)
TOOLS := $(VENV)/.ready-$(PLATFORM)-dev
INSTALL := requirements/install.sh $(VENV)
PIN := $(BIN)/uv pip compile --quiet --universal --no-annotate --no-header
WORKERS ?= 4
# What `make train` does about an unfinished run of its own: on a terminal it asks.
UNFINISHED ?= $(shell test -t 0 && echo ask || echo resume)
SEED ?= 0
SEEDS ?= 0-4
LEDGER ?= runs/ledger
FAULTS ?= 32
HOURS ?= 9
BENCH := .venv-bench
BENCH_READY := $(BENCH)/.ready
# Of each benchmark; 5 for figures to keep.
REPEATS ?= 1
SCALING ?= --quick

.PHONY: help setup tools train quick quick-lint quick-tests test test-slow chaos ledger studies chapter10 rl-table minatar-table lint format bench pins clean

help: ## list these targets
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
	  while IFS='|' read -r target about; do printf '%-20s %s\n' "$$target" "$$about"; done
	@echo "  Another Python: make setup PYTHON=python3.12. Another folder: VENV=/tmp/venv."

setup: $(READY) ## make .venv with the packages of runs, all extras included

tools: $(TOOLS) ## the same, with the tools of tests and lint

$(READY): requirements/$(PLATFORM).txt pyproject.toml
	@echo "setting up $(VENV): $(SIZE_$(PLATFORM))"
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) -r requirements/$(PLATFORM).txt
	$(INSTALL) --no-deps --editable .
	touch $@

$(TOOLS): $(READY) requirements/dev.txt
	$(INSTALL) -r requirements/dev.txt
	touch $@

train: setup ## train dqn_cartpole on Ray: WORKERS=4
	$(BIN)/python -m launch dqn_cartpole --workers $(WORKERS) --unfinished $(UNFINISHED)

# Style, import rules, and the tests of agents, environments and training: a minute on 2 cores.
# `make lint` has the types, too, which take half a minute by themselves.
quick: tools ## lint, and some of the tests: under a minute
	$(MAKE) --jobs 2 quick-lint quick-tests

quick-lint: tools
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

quick-tests: tools
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/agents tests/envs tests/training

test: tools lint ## lint, types, import rules and the tests
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-slow: tools ## the tests that take minutes
	$(BIN)/python -m pytest -n 2 --dist worksteal -m slow

# Random faults against real runs; the same SEED gives the same faults.
chaos: tools ## random faults against real runs: SEED=0 FAULTS=32
	$(BIN)/python -m tests.chaos --seed $(SEED) --faults $(FAULTS)

# Every supervised experiment whose data are here, and docs/results.md from their runs: hours a seed.
# The same command goes on with what is not there yet.
ledger: DATA := $(if $(DATA_DIR),--data-dir $(DATA_DIR))
ledger: setup ## docs/results.md from supervised jobs: DATA_DIR= SEEDS=0-4
	$(BIN)/python -m launch $$($(BIN)/python -m launch list --names --kind supervised --here $(DATA)) \
	  --seeds $(SEEDS) $(DATA) --out $(LEDGER) --unfinished resume --finished keep
	$(BIN)/python -m launch ledger $(LEDGER) --out docs/results.md

# Each study with its seeds, minutes each on 2 cores; what has finished is not run again.
STUDIES := sarsa_against_q exploration discounts planning replay q_of_action
studies: setup ## docs/studies.md from studies of agents over five seeds
	for study in $(STUDIES); do $(BIN)/python -m launch $$study --out runs || exit 1; done
	$(BIN)/python -m benchmarks.studies --runs runs

chapter10: setup ## docs/chapter10.md: what of chapter 10 is where here
	$(BIN)/python -m benchmarks.chapter10

# Every agent on classic control beside Stable-Baselines3's: a night on 2 cores. The same command goes
# on with what is not there yet; `make rl-table HOURS=0` only writes the page again.
rl-table: setup $(BENCH_READY) ## docs/agents.md: agents beside others' DQN: HOURS=9
	$(BIN)/python -m benchmarks.rl_table --hours $(HOURS)

# Agents on MinAtar's games; it goes on as the one above.
minatar-table: setup ## docs/minatar.md: agents on five games: HOURS=9
	$(BIN)/python -m benchmarks.minatar_table --hours $(HOURS)

# The rows of docs/agents/results.md; it goes on as those above.
rl-results: setup ## docs/agents/results.md, README's figures: HOURS=9
	$(BIN)/python -m benchmarks.agents_results --hours $(HOURS)

lint: tools ## format, style, import rules and types, changing nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/pyright

format: tools ## write the format, and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Ours beside the rivals, into benchmarks/results.md and profile.md: a short version of all, 45
# minutes; `make bench REPEATS=5 SCALING=` is the long one.
bench: setup $(BENCH_READY) ## ours beside the rivals, 45 minutes: REPEATS=1 DATA_DIR=...
	$(BIN)/python -m benchmarks.profile
	$(BIN)/python -m benchmarks.race --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.start --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.solve --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.classic --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.lake --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.tables --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.workers --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.scaling --repeats $(REPEATS) $(SCALING)
	$(BIN)/python -m benchmarks.checkpoints
	$(BIN)/python -m benchmarks.replay_checkpoints MinAtar/Breakout-v1
	$(BIN)/python -m benchmarks.recurrent --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.pixels --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.minatar_race --repeats $(REPEATS)
	$(BIN)/python -m benchmarks.atari --repeats $(REPEATS)
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

# For all Pythons that pyproject.toml allows at once; tools are of the versions that runs have.
pins: ## pin every package again from pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(PIN) pyproject.toml --extra cpu --extra all --output-file requirements/cpu.txt
	$(PIN) pyproject.toml --extra gpu --extra all --constraint requirements/cpu.txt \
	  --output-file requirements/gpu.txt
	$(PIN) --group dev --constraint requirements/cpu.txt --constraint requirements/gpu.txt \
	  --output-file requirements/dev.txt

clean: ## remove the environments and the caches of tools
	rm -rf $(VENV) $(BENCH) .pytest_cache .ruff_cache .import_linter_cache .hypothesis
