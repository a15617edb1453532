# Everything runs in .venv, made from pyproject.toml with the versions in constraints.txt.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALLED := .venv/installed
TYPES := build/types/greenlight_films
SITE := .venv/site
PACKAGES := $(filter-out greenlight_films,$(patsubst %/__init__.py,%,$(wildcard */__init__.py)))

.PHONY: run test check types soak fuzz gpu versions format docs tensorboard audit clean

run: $(INSTALLED)
	$(BIN)/python cli.py study --config configs/ratings.yaml

test: $(INSTALLED)
	$(BIN)/python -m pytest -n auto --dist loadfile

check: $(INSTALLED) types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto --dist loadfile

types:  # mypy sees the clone's packages as they are installed: inside greenlight_films
	rm -rf $(TYPES)
	mkdir -p $(TYPES)
	ln -s $(addprefix ../../../,$(PACKAGES) $(wildcard greenlight_films/*.py*)) $(TYPES)

soak: $(INSTALLED)  # what takes too long for every change; SOAK=short: a case of each, as CI runs it
	GREENLIGHT_SOAK=$(SOAK) $(BIN)/python -m pytest -n auto --dist loadfile -m "" tests/soak
	$(BIN)/python -m pytest -n auto --dist loadfile -m slow
	$(if $(SOAK),,GREENLIGHT_FUZZ=1 $(BIN)/python -m pytest -n auto --dist loadfile -m "" tests/fuzz)
	ulimit -v 4194304 && $(BIN)/python cli.py study --config configs/ratings.yaml

fuzz: $(INSTALLED)  # 20 times as many malformed inputs as `make soak` tries, other ones each time
	GREENLIGHT_FUZZ=20 $(BIN)/python -m pytest -s -m "" tests/fuzz

gpu:  # checks and measures on a GPU; OPTIONS="--device cpu --small" tries the script itself
	PYTHON=$(firstword $(wildcard $(BIN)/python) $(PYTHON)) bash benchmarks/gpu.sh $(OPTIONS)

versions: $(INSTALLED)  # the tests with the lowest versions that pyproject.toml allows, and with the newest
	$(BIN)/python .ci/versions.py

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(INSTALLED) $(SITE)/installed  # the documentation as a site
	$(BIN)/python -m docs.make_reference build/docs
	cp docs/zensical.toml build/
	$(SITE)/bin/zensical build --strict --clean --config-file build/zensical.toml
	! grep -rE '<(script|img|link|iframe)[^>]*(src|href)="?(https?:)?//' build/site --include='*.html'  # loads nothing
	@echo "build/site/index.html; with its search: $(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site"

tensorboard: $(INSTALLED)
	$(BIN)/tensorboard --logdir runs

# pip-audit has an environment of its own: its packages are none of Greenlight's.
audit: $(INSTALLED)
	test -x .venv/auditor/bin/pip-audit || { $(PYTHON) -m venv .venv/auditor && \
		.venv/auditor/bin/python -m pip install --quiet pip-audit; } || echo "pip-audit can't be installed"
	$(BIN)/python .ci/audit.py .venv/auditor/bin/pip-audit

clean:
	rm -rf .venv build

# What builds the site has an environment of its own likewise.
$(SITE)/installed: docs/requirements.txt
	$(PYTHON) -m venv $(SITE)
	$(SITE)/bin/python -m pip install --quiet --no-deps --requirement docs/requirements.txt
	touch $@

$(INSTALLED): pyproject.toml constraints.txt hashes.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Greenlight needs Python 3.11 or newer: make PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --require-hashes --no-deps --requirement hashes.txt
	$(BIN)/python -m pip install --constraint constraints.txt --editable '.[dev]'
	touch $@
