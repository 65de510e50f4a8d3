# Everything a person does with a checkout. Needs Python 3.11 or newer (another one: make run PYTHON=/path/to/python3.12).
.DEFAULT_GOAL := help
SHELL := /bin/sh
export PYTHON
ROUNDS ?= 20
run_bin = $$(.ci/environment run)/bin
dev_bin = $$(.ci/environment dev)/bin

help: ## Show what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

run: ## Start Sitthi as a sandbox, with a PostgreSQL of its own
	@bin=$(run_bin) && SITTHI_MODE=sandbox exec "$$bin/sitthi" serve

demo: ## Tell the stories of an erasure request and a consent against a running sandbox
	@bin=$(run_bin) && exec "$$bin/sitthi" demo

test: ## Run all tests; of the fault tests one round each
	@bin=$(dev_bin) && exec "$$bin/python" -m pytest -q -rs -n auto

faults: ## Run the fault tests, ROUNDS (20) each
	@bin=$(dev_bin) && SITTHI_FAULT_ROUNDS=$(ROUNDS) exec "$$bin/python" -m pytest -q -rs -m faults

bench: ## Measure over a million subjects, figures beside ceilings (fewer: SITTHI_BENCH_SUBJECTS)
	@bin=$(dev_bin) && exec "$$bin/python" -m bench

lint: ## Check style, form and the layers' imports
	@bin=$(dev_bin) && "$$bin/ruff" check . && "$$bin/ruff" format --check . && "$$bin/lint-imports"

types: ## Check types
	@bin=$(dev_bin) && exec "$$bin/mypy"

openapi: ## Write the published contract anew
	@bin=$(dev_bin) && exec "$$bin/sitthi" export openapi

contract: ## Check that the published contract is valid, and what the service speaks
	@bin=$(dev_bin) && "$$bin/sitthi" export openapi --check && "$$bin/openapi-spec-validator" openapi/openapi.yaml

check: lint types contract ## All of these three

clean: ## Remove the environment and caches, no data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help run demo test faults bench lint types openapi contract check clean
