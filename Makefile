# `make demo` and `make test` need Python 3.13 and the internet, nothing else: both set up what they use.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
TOOLS := $(CURDIR)/.venv-tools
export PATH := $(TOOLS)/bin:$(HOME)/.local/bin:$(PATH)
export UV_PYTHON_DOWNLOADS := never
export UV_LOCKED := 1
export SAM_CLI_TELEMETRY := 0
# Tests start hundreds of processes: without bytecode each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE
SPEED ?= 3600
FOLLOWERS ?= 1000
DEMO_LANG ?= en
PICTURED := infra/journeys/welcome-from-store.yaml
SAM := infra/tools/sam
# Of the functions: arm64 or x86_64, the same as the parameter Architecture.
ARCHITECTURE ?= arm64
export ARCHITECTURE
# What `sam deploy` reads.
BUILD := .aws-sam/build

.PHONY: help setup demo sandbox test domain lives calendar lint format compile generate build validate deploy bench check-aws clean

help: ## What there is to do
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## Install uv and the locked dependencies
	@bash infra/setup.sh

demo: setup ## Four people live through their journeys in front of you (DEMO_LANG=zh for Chinese)
	@uv run -q python -m infra.sandbox.run demo --lang $(or $(DEMO_LANG),en)

sandbox: setup ## The product on this machine, with a fake WeChat (SPEED=1 for real time, 0 to move time yourself)
	@SPEED=$(SPEED) uv run -q python -m infra.sandbox.run

test: ## Everything that CI runs
	@# mypy has one process: the domain's tests run beside it.
	@$(MAKE) --no-print-directory --jobs 2 lint domain
	uv run -q pytest -m "not aws and not sandbox" --ignore tests/unit/domain --numprocesses logical --dist worksteal
	@# Two sandboxes side by side: in each of them one thing happens after the other.
	@$(MAKE) --no-print-directory --jobs 2 lives calendar

domain: setup
	uv run -q pytest tests/unit/domain --numprocesses logical --cov --cov-report=term

lives: setup
	uv run -q pytest tests/sandbox --ignore tests/sandbox/test_calendar.py

calendar: setup
	uv run -q pytest tests/sandbox/test_calendar.py

lint: setup ## Formatting, lint, types, import contracts, generated files
	uv run -q ruff format --check .
	uv run -q ruff check .
	uv run -q mypy
	@told="$$(uv run -q lint-imports --no-cache)" && tail -n 1 <<< "$$told" || { echo "$$told"; false; }
	uv run -q wejourney compile --check

format: setup ## Format the code
	uv run -q ruff format .
	uv run -q ruff check --fix .

compile: setup ## Journeys to state machines
	uv run -q wejourney compile

generate: compile ## All that is generated and committed: journeys, schema, pictures, samples, requirements with their hashes
	uv run -q wejourney schema > docs/journey.schema.json
	uv run -q wejourney schema profile > docs/profile.schema.json
	uv run -q wejourney schema segment > docs/segment.schema.json
	uv run -q wejourney schema mapping > docs/mapping.schema.json
	uv run -q wejourney schema consents > docs/consents.schema.json
	uv run -q wejourney schema accounts > docs/accounts.schema.json
	uv run -q wejourney schema programme > docs/programme.schema.json
	uv run -q python -m infra.tools.people_api > docs/people-api.openapi.json
	uv run -q python -m infra.tools.store_api > docs/store-api.openapi.json
	uv run -q wejourney graph $(PICTURED) -o docs/images/welcome-from-store.svg
	uv run -q wejourney graph $(PICTURED) --lang zh -o docs/images/welcome-from-store.zh-CN.svg
	uv run -q python -m tests.docs.samples
	uv run -q python -m infra.tools.chinese_spellings > layers/shared/python/wejourney/events/chinese_spellings.py
	uv export -q --only-group layer --no-emit-project --no-header --format requirements-txt --frozen \
		-o layers/deps/requirements.txt
	for tool in sam uv; do uv pip compile -q --universal --python-version 3.13 --generate-hashes --no-header \
		--no-annotate infra/tools/$$tool.in -o infra/tools/$$tool.txt; done

validate: setup ## sam validate --lint
	AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-cn-northwest-1} $(SAM) validate --lint

build: setup compile ## Build what is deployed; needs neither Docker nor an account
	$(SAM) build --build-dir $(BUILD) --cache-dir $(dir $(BUILD))cache \
		--parameter-overrides Architecture=$(ARCHITECTURE)
	uv run -q python infra/tools/bytecode.py $(BUILD)/*/

deploy: build ## Deploy to AWS; asks for the parameters the first time
	$(SAM) deploy --guided

bench: setup ## Latency of the callback as ratios, a burst of followers (FOLLOWERS=10000), the speed of simulator, commands and books
	@uv run -q python -m infra.bench --followers $(FOLLOWERS)

check-aws: setup ## The tests that only an AWS account can run
	uv run -q pytest -m aws

clean: ## Remove what was built
	rm -rf .aws-sam .sandbox .mypy_cache .pytest_cache .ruff_cache
