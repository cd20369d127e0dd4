# make demo   the whole job on an invented company; ARGS="--for 90s" ends by itself
# make test   lint and every test, against real servers
# make install-demo   as root: the documented installation on a machine that boots in a container, to running and ready
# make package   wheel, source archive and, where dpkg-deb is, a Debian package, all in dist/
# make documents   what is written by a program: options, commands, man page, completion, licences
# make audit   are the pinned packages known to be unsafe? asks the advisory service of PyPI, or with SERVICE=osv of OSV;
#              fails where nobody answers, which is why make test does not ask
# make preview   pictures of the dashboards: the demo's company, Prometheus with its history; PREVIEW= draws them
# All make their own environment in .venv; PYTHON= chooses the interpreter.

SHELL := /bin/bash
# The newest Python that fits and can make environments; failing that, the newest that fits.
PYTHON ?= $(shell for needs in ensurepip sys; do for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c "import sys, $$needs; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" 2>/dev/null && \
	echo $$p && exit; done; done)
ARGS ?=
# Draws a dashboard's JSON against a Prometheus; to be named, no part of this repository: see tests/grafana/preview.py.
PREVIEW ?=
PICTURES ?= preview
VENV := .venv
AUDIT := .venv-audit
SERVICE ?= pypi
READY := $(VENV)/ready

.PHONY: demo install-demo test lint package documents audit dashboards preview requirements clean

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

package: $(READY)
	@$(VENV)/bin/python -m hatchling build -d dist
	@if command -v dpkg-deb >/dev/null; then config/package/deb dist; fi

documents: $(READY)
	$(VENV)/bin/python -m config.generator

# What is installed for the audit alone stays outside the environment that tests run in.
audit: requirements.txt
	@test -x $(AUDIT)/bin/pip-audit || { tests/make-environment "$(PYTHON)" $(AUDIT) && \
		$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit; }
	@$(AUDIT)/bin/python -m tests.advisories requirements.txt --service $(SERVICE)

dashboards: $(READY)
	$(VENV)/bin/python -m grafana.generator

preview: $(READY)
	@tests/install-components
	@$(VENV)/bin/python -m tests.grafana.preview --drawer "$(PREVIEW)" --output "$(PICTURES)" $(ARGS)

# Hashes are of the packages themselves, so it does not matter where they are fetched from.
$(READY): tests/requirements.txt pyproject.toml
	@tests/make-environment "$(PYTHON)" $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/requirements.txt
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# requirements.txt is what the service needs; tests/requirements.txt is the same, to the version, with what tests,
# builds and benchmarks need. ARGS=--upgrade takes newer versions.
requirements: $(READY)
	@command -v uv >/dev/null || $(VENV)/bin/python -m pip install --quiet uv
	@export PATH="$$PATH:$(CURDIR)/$(VENV)/bin"; set -e; \
	pin() { uv pip compile pyproject.toml --all-extras --universal --generate-hashes --python-version 3.11 \
		--no-emit-index-url --no-header --quiet $(ARGS) "$$@"; }; \
	pin -o requirements.txt; \
	pin --group test --group build --group bench --constraint requirements.txt -o tests/requirements.txt

clean:
	rm -rf $(VENV) $(AUDIT) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
