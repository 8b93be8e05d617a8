# Everything a contributor runs. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory

PYTHON ?=
PODS ?=
KEEP ?=
PYTEST_ARGS ?=
PROCESSES ?= 2
UPGRADE ?=
MINUTES ?=
SEED ?=
ENGINE ?= docker
IMAGE ?= k8s-eip-operator:dev

BIN := .venv/bin
INSTALLED := .venv/.installed
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	$(if $(UPGRADE),--upgrade)
LOCK := $(COMPILE) pyproject.toml

.PHONY: help setup test soak localstack lint format demo chaos kube-assets docs image image-test lock clean check

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  PYTHON=python3.13   the interpreter that setup takes"
	@echo "  PODS=20 KEEP=1      for demo: how many pods, and keep it running at the end"
	@echo "  MINUTES=5 SEED=1    for chaos: how long, and which faults in which order"
	@echo "  SEED=1              for soak: which random histories"
	@echo "  PROCESSES=2         for test and soak: how many at a time; most tests wait for something"
	@echo "  PYTEST_ARGS=...     for test: what pytest is told besides"
	@echo "  UPGRADE=1           for lock: take the newest releases that pyproject.toml allows"

setup: $(INSTALLED) ## Make .venv with everything needed, hash-pinned (Python 3.11 or newer)

$(INSTALLED): requirements/dev.txt pyproject.toml
	@$(BIN)/python -c 'import pip' 2>/dev/null || { \
		for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
			$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
				&& found=$$python && break; \
		done; \
		if [ -z "$$found" ]; then \
			echo "make setup: no usable $(or $(PYTHON),Python 3.11 or newer) found, so .venv can't be made." >&2; \
			echo "Install Python 3.11 or newer with its venv module (on Debian: python3 python3-venv)," >&2; \
			echo "or say which one to take: make setup PYTHON=/path/to/python3" >&2; \
			exit 1; \
		fi; \
		echo "Making .venv with $$($$found --version)"; \
		$$found -m venv --clear .venv; \
	}
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

test: setup ## Run the tests (PYTEST_ARGS="-k sweep -x")
	$(BIN)/python -m pytest --numprocesses $(PROCESSES) --dist loadfile $(PYTEST_ARGS)

soak: setup ## Try every fault at every call, and thousands of random histories (SEED; half an hour or more)
	EIP_SOAK=1 EIP_SOAK_SEED=$(SEED) $(BIN)/python -m pytest tests/faults --numprocesses $(PROCESSES) --dist worksteal $(PYTEST_ARGS)

localstack: setup ## Run the main journey on LocalStack, installed outside the repository (no Docker)
	EIP_TEST_LOCALSTACK=$${EIP_TEST_LOCALSTACK:-$$($(BIN)/python -m sandbox.localstack install)} \
		$(BIN)/python -m pytest tests/playground $(PYTEST_ARGS)

lint: setup ## Check style, types, import contracts, the Dockerfile and generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m docs.generate --check
	$(BIN)/python -m tests.chart.generate --check
	$(BIN)/python -m tests.iam.generate --check
	$(BIN)/hadolint Dockerfile

format: setup ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo: setup ## Run the whole operator on this machine: no cluster, no AWS account (PODS, KEEP)
	$(BIN)/python -m sandbox.demo $(if $(PODS),--pods $(PODS)) $(if $(KEEP),--keep)

chaos: setup ## Break everything for some minutes, then the verdict (MINUTES, PODS, SEED)
	$(BIN)/python -m sandbox.chaos --minutes $(or $(MINUTES),5) --pods $(or $(PODS),200) --seed $(or $(SEED),1)

kube-assets: setup ## Build kube-apiserver and etcd, and fetch CRDs, for the cluster tests (needs Go)
	$(BIN)/python -m sandbox.kube_assets build
	$(BIN)/python -m tests.chart.crds

docs: setup ## Write anew what is made from code: pages of docs/, chart README and schema, deploy/
	$(BIN)/python -m docs.generate
	$(BIN)/python -m tests.chart.generate
	$(BIN)/python -m tests.iam.generate

image: ## Build the image (ENGINE=podman, IMAGE=...)
	$(ENGINE) build -t $(IMAGE) .

image-test: setup ## Run producer, worker and Flower from the image
	$(BIN)/python -m tests.image.smoke $(IMAGE) $(ENGINE)

lock: setup ## Resolve requirements/*.txt anew from pyproject.toml (UPGRADE=1 for newer releases)
	$(LOCK) --all-extras --output-file requirements/dev.txt
	$(LOCK) --constraint requirements/dev.txt --extra sandbox --output-file requirements/sandbox.txt
	$(LOCK) --constraint requirements/dev.txt --output-file requirements/runtime.txt
	$(COMPILE) --exclude-newer 2026-03-05 --overrides requirements/localstack.overrides \
		requirements/localstack.in --output-file requirements/localstack.txt
	echo hatchling | $(COMPILE) - --constraint requirements/dev.txt --output-file requirements/build.txt

check: ## Run exactly what CI runs
	@.ci/run

clean: ## Remove .venv, caches and what was built
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
