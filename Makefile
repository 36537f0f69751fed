# make say        virtual environment, install, speak: hello.wav
# make test       everything the tests need, then all of them
# make test-full  the official sizes too
# make lint       ruff and mypy

PYTHON ?= python3
VENV ?= .venv
PIP = $(VENV)/bin/pip --disable-pip-version-check

# The version that the figures in the documents were measured with. Where the package index offers a build with
# CUDA, TORCH_INDEX=https://download.pytorch.org/whl/cpu takes the small one instead.
TORCH = torch==2.13.0
TORCH_INDEX ?=
EXTRAS = dev,train,eval,ja,ko,gptsovits,c2pa,cache,postgres,serve,ui,mcp,torch

.PHONY: say test test-full lint clean

say: $(VENV)/base.done
	$(VENV)/bin/kouji say "你好，世界。Hello, world." --output hello.wav

# A process for each processor, up to four: each takes up to three gigabytes. A file's tests stay together, with what they set up.
test: $(VENV)/test.done
	$(VENV)/bin/python -m pytest -n auto --maxprocesses 4 --dist loadfile

test-full: $(VENV)/test.done
	$(VENV)/bin/python -m pytest -m "full or not full"

lint: $(VENV)/test.done
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

clean:
	rm -rf $(VENV) build dist

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11 …" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/base.done: pyproject.toml | $(VENV)/bin/pip
	$(PIP) install --quiet --editable .
	@touch $@

# torch first and pinned: what is installed after it then keeps it.
$(VENV)/test.done: pyproject.toml | $(VENV)/bin/pip
	$(PIP) install --quiet $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $(TORCH)
	$(PIP) install --quiet --editable ".[$(EXTRAS)]"
	@touch $(VENV)/base.done $@
