# AlgoItny: every command of the project. `make` prints them; ARGS="..." adds options to most.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || echo python3)
ARGS ?=
BIN := .venv/bin
IN_BACKEND := cd backend && exec ../$(BIN)/python

# A virtual environment is made again when the pinned requirements change, and only then.
hash = $(shell cat $(1) | cksum | cut -d' ' -f1)
RUN_STAMP := .venv/.run-$(call hash,backend/requirements.txt)
DEV_STAMP := .venv/.dev-$(call hash,backend/requirements.txt backend/requirements-dev.txt)
ENGINE_STAMP := .venv-engine/.engine-$(call hash,backend/requirements-engine.txt)
BENCH_STAMP := .venv-bench/.bench-$(call hash,backend/requirements-bench.txt)
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes

# Makes the virtual environment $(1); Debian ships Python without the module that this needs.
define make_venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "AlgoItny needs Python 3.11 or later: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "installing python3-venv"; \
			apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; \
		else \
			echo "Python's venv module is missing: sudo apt-get install python3-venv" >&2; exit 2; \
		fi; }
	@test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
endef

# Runs backend/scripts/$(1): in the container when compose is up or DOCKER=1, otherwise on this machine.
define script
	@if [ "$(DOCKER)" = 1 ] || { [ "$(DOCKER)" != 0 ] && command -v docker >/dev/null 2>&1 \
		&& [ -n "$$(timeout 5 docker compose ps -q backend 2>/dev/null)" ]; }; then \
		exec docker compose exec -T backend python scripts/$(1) $(ARGS); \
	else \
		$(MAKE) -s $(RUN_STAMP) && $(IN_BACKEND) scripts/$(1) $(ARGS); \
	fi
endef

##@ Everyday

.PHONY: help
help: ## Print every target with what it does.
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z.][a-z.-]*:.*## / { printf "  make %-26s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: $(RUN_STAMP) $(ENGINE_STAMP) .env ## Start the demonstration: engine, source, move, proof, then the service on 127.0.0.1:8000.
	@$(IN_BACKEND) scripts/run_demo.py $(ARGS)

.PHONY: test
test: $(DEV_STAMP) $(ENGINE_STAMP) ## Set up all that the tests need, then run every test.
	@sh backend/engines/install_mariadb.sh
	@sh backend/engines/install_chromium.sh
	@cd backend && ../$(BIN)/python -m engines.dynamodb_local.fetch
	@$(IN_BACKEND) -m pytest $(ARGS)

.PHONY: lint
lint: $(DEV_STAMP) ## Check style, types and which package may import which.
	cd backend && ../$(BIN)/ruff check .
	cd backend && ../$(BIN)/ruff format --check .
	cd backend && ../$(BIN)/mypy .
	cd backend && ../$(BIN)/lint-imports

.PHONY: docs
docs: $(RUN_STAMP) ## Write the design document's tables again from the declared schema.
	@$(IN_BACKEND) scripts/design_doc.py --write $(ARGS)

.PHONY: messages
messages: $(DEV_STAMP) ## Collect the pages' texts again, merge their Korean, compile it; says what lacks a translation.
	@$(IN_BACKEND) scripts/messages.py $(ARGS)

.PHONY: pictures
pictures: $(DEV_STAMP) $(ENGINE_STAMP) ## Take the README's pictures of the pages again, into docs/.
	@sh backend/engines/install_chromium.sh
	@cd backend && ALGOITNY_SCREENSHOTS=$(CURDIR)/docs exec ../$(BIN)/python -m pytest -q tests/e2e/test_pictures.py $(ARGS)

.PHONY: infra
infra: $(RUN_STAMP) ## Write the CloudFormation templates and IAM policies of infra/ again from the declared schema.
	@$(IN_BACKEND) scripts/infrastructure.py --write $(ARGS)

.PHONY: bench
bench: $(RUN_STAMP) $(ENGINE_STAMP) $(BENCH_STAMP) ## Measure the data path and the limiter against their peers: CPU, wall time, cold start.
	@$(IN_BACKEND) benchmarks/bench.py $(ARGS)

.PHONY: bench-api
bench-api: $(RUN_STAMP) $(ENGINE_STAMP) $(BENCH_STAMP) ## Measure the service beside Django REST Framework on MariaDB: CPU a request, rates, pages.
	@sh backend/engines/install_mariadb.sh
	@$(IN_BACKEND) benchmarks/bench_api.py $(ARGS)

.PHONY: bench-migrate
bench-migrate: $(DEV_STAMP) $(ENGINE_STAMP) ## Measure the move: CPU a row, memory, verification, growth.
	@sh backend/engines/install_mariadb.sh
	@$(IN_BACKEND) benchmarks/bench_migrate.py $(ARGS)

.PHONY: bench-gsi
bench-gsi: $(RUN_STAMP) ## Measure a market's lookup in 200,000 decisions before, during and after its index is added: 3 minutes.
	@cd backend && ../$(BIN)/python -m engines.dynamodb_local.fetch
	@$(IN_BACKEND) -m examples.decision_log.measure $(ARGS)

.PHONY: torture
torture: $(DEV_STAMP) $(ENGINE_STAMP) ## Race, shake, kill and cut off the limiter and the repositories at full size, and print the figures.
	@cd backend && ../$(BIN)/python -m engines.dynamodb_local.fetch
	@$(IN_BACKEND) -m pytest tests/torture --torture $(ARGS)

.PHONY: engine
engine: $(RUN_STAMP) $(ENGINE_STAMP) .env ## Start only the embedded DynamoDB engine, in the foreground, its state kept; Ctrl-C stops it.
	@$(IN_BACKEND) -m engines

.PHONY: demo-source
demo-source: .env ## Fill the demonstration's source: a SQLite file, or with ARGS=--into-mysql an empty MySQL.
	$(call script,seed_demo.py)

##@ DynamoDB: in the backend container when compose is up (or DOCKER=1), otherwise on this machine (DOCKER=0)

.PHONY: dynamodb-help
dynamodb-help: help ## Print every target with what it does.

.PHONY: dynamodb-init
dynamodb-init: ## Create the table with its indexes and TTL, or say that it stands.
	$(call script,init_dynamodb.py)

.PHONY: dynamodb-migrate-dry-run
dynamodb-migrate-dry-run: ## Rehearse the whole move: read and encode every row, write nothing.
	$(call script,migrate_to_dynamodb.py --dry-run)

.PHONY: dynamodb-migrate
dynamodb-migrate: ## Move everything from MySQL to DynamoDB; run again, it goes on where it stopped.
	$(call script,migrate_to_dynamodb.py)

.PHONY: dynamodb-migrate-users
dynamodb-migrate-users: ## Move subscription plans and users only.
	$(call script,migrate_to_dynamodb.py --entity users)

.PHONY: dynamodb-migrate-problems
dynamodb-migrate-problems: ## Move problems and their test cases only.
	$(call script,migrate_to_dynamodb.py --entity problems)

.PHONY: dynamodb-migrate-history
dynamodb-migrate-history: ## Move the search history only.
	$(call script,migrate_to_dynamodb.py --entity history)

.PHONY: dynamodb-migrate-usage
dynamodb-migrate-usage: ## Move the usage logs only.
	$(call script,migrate_to_dynamodb.py --entity usage)

.PHONY: dynamodb-verify
dynamodb-verify: ## Prove that source and table hold the same: counts and contents.
	$(call script,verify_migration.py)

.PHONY: dynamodb-gsi-add
dynamodb-gsi-add: ## Add an index to a table in use, wait for it, verify it; ARGS="us-east-1 --env demo --dry-run" looks first.
	$(call script,add_gsi.py)

.PHONY: dynamodb-gsi-status
dynamodb-gsi-status: ## Show the state of a table's indexes; ARGS=--wait waits until nothing is being built.
	$(call script,gsi_status.py)

.PHONY: dynamodb-gsi-drop
dynamodb-gsi-drop: ## Drop an index; asks for its name, or ARGS=--yes.
	$(call script,drop_gsi.py)

.PHONY: dynamodb-changes
dynamodb-changes: ## Show where each versioned change stands, and who is at work; ARGS="--env prod".
	$(call script,dynamodb_migrations.py status)

.PHONY: dynamodb-changes-plan
dynamodb-changes-plan: ## Show what applying the pending changes would do, with cost and time.
	$(call script,dynamodb_migrations.py plan)

.PHONY: dynamodb-changes-migrate
dynamodb-changes-migrate: ## Apply the pending changes; run again, it goes on where it stopped.
	$(call script,dynamodb_migrations.py migrate)

.PHONY: dynamodb-changes-check
dynamodb-changes-check: ## Compare the declared tables with the real ones; fails when they differ.
	$(call script,dynamodb_migrations.py check)

.PHONY: dynamodb-erase
dynamodb-erase: ## Finish the deletions of accounts that were interrupted; ARGS=--dry-run looks first.
	$(call script,erase_accounts.py)

.PHONY: dynamodb-delete
dynamodb-delete: ## Delete the table with all its data; asks for its name, or ARGS=--yes.
	$(call script,delete_dynamodb.py)

##@ Housekeeping

.PHONY: requirements
requirements: $(DEV_STAMP) ## Pin and hash the requirements again; ARGS=--upgrade takes newer releases.
	@cd backend && for name in requirements requirements-dev requirements-engine requirements-bench; do \
		env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
		CUSTOM_COMPILE_COMMAND="make requirements" ../$(BIN)/pip-compile --quiet --no-config \
		--generate-hashes --allow-unsafe --strip-extras --no-emit-options --output-file $$name.txt $(ARGS) $$name.in || exit; \
	done

.PHONY: clean
clean: ## Remove the virtual environments and the tools' caches; .env and .algoitny/ (kept data) stay.
	rm -rf .venv .venv-engine .venv-bench
	find backend -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf backend/.mypy_cache backend/.ruff_cache backend/.pytest_cache backend/.hypothesis backend/.import_linter_cache

.env:
	@cp .env.example .env && echo "wrote .env from .env.example"

$(RUN_STAMP):
	$(call make_venv,.venv)
	@echo "installing the pinned requirements into .venv"
	@$(BIN)/python $(PIP_INSTALL) -r backend/requirements.txt
	@rm -f .venv/.run-* && touch $@

$(DEV_STAMP): $(RUN_STAMP)
	@echo "installing the pinned tools of development into .venv"
	@$(BIN)/python $(PIP_INSTALL) -r backend/requirements.txt -r backend/requirements-dev.txt
	@rm -f .venv/.dev-* && touch $@

.PHONY: .venv .venv-engine .venv-bench
.venv: $(DEV_STAMP)
.venv-engine: $(ENGINE_STAMP)
.venv-bench: $(BENCH_STAMP)

$(ENGINE_STAMP):
	$(call make_venv,.venv-engine)
	@echo "installing the embedded DynamoDB engine into .venv-engine"
	@.venv-engine/bin/python $(PIP_INSTALL) -r backend/requirements-engine.txt
	@rm -f .venv-engine/.engine-* && touch $@

$(BENCH_STAMP):
	$(call make_venv,.venv-bench)
	@echo "installing the libraries that are measured beside the product into .venv-bench"
	@.venv-bench/bin/python $(PIP_INSTALL) -r backend/requirements-bench.txt
	@rm -f .venv-bench/.bench-* && touch $@
