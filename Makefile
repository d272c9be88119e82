# One command for each thing. All of them make .venv first, on any machine with Python 3.10 or newer.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: test check demo docs drift bench build sdks sdk-suite gateways clean

test: check
	$(BIN)/pytest -n 2 $(ARGS)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

demo: $(READY)
	$(BIN)/python tools/demo.py

docs: $(READY)
	$(BIN)/python tools/generate_docs.py
	$(BIN)/pytest docs tests/test_docs.py

# The mock's replies beside documented and recorded ones; RECORDINGS may be a folder of your own.
drift: $(READY)
	$(BIN)/python tools/drift.py $(RECORDINGS)

bench: $(READY)
	$(BIN)/python tools/bench.py
	$(BIN)/python tools/bench_host.py

build: $(READY)
	$(BIN)/python -m build

# The tests of the SDK against the oldest, a middle and the newest major of the openai package.
sdks: $(READY)
	$(BIN)/python tools/sdks.py

# The SDK's own tests of every operation against the mock, for the newest openai 1.x, 2.x and 3.x; below build/ (300 MB).
sdk-suite: $(READY)
	$(BIN)/python tools/sdk_suite.py

# Installs LiteLLM, Portkey and Envoy below build/ (about 900 MB) and the schemas of Kubernetes, and runs their tests.
gateways: $(READY)
	$(BIN)/python tools/gateways.py
	$(BIN)/python -m pip install --quiet --group kubernetes
	$(BIN)/pytest tests/gateways tests/kubernetes $(ARGS)

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[server]' --group test --group check --group build
	touch $@
