# make demo   the whole job on an invented company; ARGS="--for 90s" ends by itself
# make test   lint and every test, against real servers
# make install-demo   as root: the documented installation on a machine that boots in a container, to running and ready
# make preview   pictures of the dashboards: the demo's company, Prometheus with its history; PREVIEW= draws them
# Both make their own environment in .venv; PYTHON= chooses the interpreter.

SHELL := /bin/bash
# The newest Python that fits and can make environments; failing that, the newest that fits.
PYTHON ?= $(shell for needs in ensurepip sys; do for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c "import sys, $$needs; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" 2>/dev/null && \
	echo $$p && exit; done; done)
ARGS ?=
# Draws a dashboard's JSON against a Prometheus: not part of this repository (tests/grafana/preview.py says how it is called).
PREVIEW ?= ../shared/grafana-preview/preview
PICTURES ?= preview
VENV := .venv
READY := $(VENV)/ready

.PHONY: demo install-demo test lint dashboards preview requirements clean

demo: $(READY)
	@$(VENV)/bin/auditor demo $(ARGS)

install-demo: $(READY)
	@tests/install-components
	@$(VENV)/bin/python -m tests.systemd.demo

test: $(READY) lint
	@tests/install-components
	$(VENV)/bin/pytest $(ARGS)

lint: $(READY)
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

dashboards: $(READY)
	$(VENV)/bin/python -m grafana.generator

preview: $(READY)
	@tests/install-components
	@$(VENV)/bin/python -m tests.grafana.preview --drawer "$(PREVIEW)" --output "$(PICTURES)" $(ARGS)

# Hashes are of the packages themselves, so it does not matter where they are fetched from.
$(READY): requirements.txt pyproject.toml
	@tests/make-environment "$(PYTHON)" $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

requirements: $(READY)
	@command -v uv >/dev/null || $(VENV)/bin/python -m pip install --quiet uv
	PATH="$$PATH:$(CURDIR)/$(VENV)/bin" uv pip compile pyproject.toml --all-extras --group test --group build --group bench \
		--universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --quiet -o requirements.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
