# The two commands: `make study` and `make test`. Both set up what is missing.
PYTHON ?= python3
CORES ?= 2
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: study test test-all lint locks reference clean

study: .venv/study
	snakemake --cores $(CORES)
	@osteohip summary --report-dir reports

test: .venv/test lint
	pytest -n 2 --dist loadfile -m "not slow" tests
	KERAS_BACKEND=jax pytest -n 2 --dist loadfile -m "not slow" tests/model tests/explanation

test-all: .venv/test .venv-crate/ready
	pytest -m slow tests

lint: .venv/test
	ruff check .
	ruff format --check .
	mypy
	snakefmt --check workflow
	snakemake --lint

# Writes the table of keys in config/README.md from the configuration model.
reference: .venv/test
	python -m osteohip.config_reference config/README.md

# Needs `uv` on the PATH. One universal lock for each use, with hashes and without hosts.
COMPILE := uv pip compile pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --quiet
locks:
	$(COMPILE) -o envs/cpu.txt
	$(COMPILE) -c envs/cpu.txt --extra gpu -o envs/gpu.txt
	$(COMPILE) -c envs/cpu.txt --extra dev -o envs/dev.txt
	printf 'roc-validator>=0.13\nrocrate==0.15.0\n' | $(subst pyproject.toml,-,$(COMPILE)) -o envs/crate.txt

.venv/study: envs/cpu.txt pyproject.toml
	@echo "Setting up the environment in .venv (once; some minutes)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "osteohip needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) --require-hashes -r envs/cpu.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/test: .venv/study envs/dev.txt
	@echo "Adding the tools that the tests need"
	$(PIP) --require-hashes -r envs/dev.txt
	@touch $@

# The validator of RO-Crates wants older packages than the study has, and the context of
# RO-Crate 1.1, which `rocrate` shipped up to 0.15.
.venv-crate/ready: envs/crate.txt
	@echo "Adding the validator of RO-Crates in .venv-crate"
	test -x .venv-crate/bin/python || $(PYTHON) -m venv .venv-crate
	.venv-crate/bin/python -m pip --disable-pip-version-check install --quiet \
		--require-hashes -r envs/crate.txt
	@touch $@

clean:
	rm -rf .venv .venv-crate .snakemake build
