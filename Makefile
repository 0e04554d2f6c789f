# AlgoItny: every command of the project. `make` prints them; ARGS="..." adds options to most.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Compiled modules are kept, or each command and each process that runs tests would compile the project anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= $(shell command -v python3.11 || echo python3)
ARGS ?=
# Processes that run tests side by side, each with engines of its own; `make test ARGS="-n 0"` uses none.
WORKERS ?= 4
IN_PARALLEL := -n $(WORKERS) --dist worksteal --durations=10
AT_FULL_SIZE := --torture -o faulthandler_timeout=0

# Virtual environments. Each is made from scratch when its pinned requirements change, so that it holds those alone:
#   .venv         the service and its commands, as in production
#   .venv-dev     the same with the tools that test and check them
#   .venv-engine  the embedded DynamoDB engine
#   .venv-bench   the libraries that are measured beside the product
#   .venv-dashboard  Streamlit and what the dashboard's pages need
pins = .pins-$(shell cat $(patsubst %,backend/%.txt,$(1)) | cksum | cut -d' ' -f1)
RUN := .venv/$(call pins,requirements)
DEV := .venv-dev/$(call pins,requirements requirements-dev)
ENGINE := .venv-engine/$(call pins,requirements-engine)
BENCH := .venv-bench/$(call pins,requirements-bench)
DASHBOARD := .venv-dashboard/$(call pins,requirements-dashboard)

# ARGS=--help installs and starts nothing: every command reads its options before it imports a package.
HELP := $(filter -h --help,$(ARGS))
needs = $(if $(HELP),,$(1))
unless_help = $(if $(HELP),:,$(1))
python = cd backend && exec $(if $(HELP),$(PYTHON),../$(1)/bin/python)

# Runs backend/scripts/$(1): in the container when compose is up or DOCKER=1, otherwise on this machine.
define script
	@if [ -n "$(HELP)" ]; then \
		$(call python,.venv) scripts/$(1) $(ARGS); \
	elif [ "$(DOCKER)" = 1 ] || { [ "$(DOCKER)" != 0 ] && command -v docker >/dev/null 2>&1 \
		&& [ -n "$$(timeout 5 docker compose ps -q backend 2>/dev/null)" ]; }; then \
		exec docker compose exec -T backend python scripts/$(1) $(ARGS); \
	else \
		$(MAKE) -s $(RUN) && $(call python,.venv) scripts/$(1) $(ARGS); \
	fi
endef

##@ Everyday

.PHONY: help
help: ## Print every target.
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z.][a-z.-]*:.*## / { printf "  make %-26s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: $(call needs,$(RUN) $(ENGINE) .env) ## Start the demonstration on http://127.0.0.1:8000: engine, sample data, migration, service.
	@$(call unless_help,.venv/bin/python backend/scripts/install_assets.py || echo "going on without Python and the editor in the browser" >&2)
	@$(call python,.venv) scripts/run_demo.py $(ARGS)

.PHONY: dashboard
dashboard: $(call needs,$(DASHBOARD) .env) ## Show what the service records on http://127.0.0.1:8501; ARGS=--demo a generated week.
	@$(call python,.venv-dashboard) scripts/run_dashboard.py $(ARGS)

.PHONY: trading-dashboard
trading-dashboard: $(call needs,$(DASHBOARD) .env) ## Show the trading bot of backend/examples/trading_dashboard; ARGS=--demo a generated month.
	@$(call python,.venv-dashboard) scripts/run_dashboard.py --trading $(ARGS)

.PHONY: test
test: $(RUN) $(DEV) $(ENGINE) $(DASHBOARD) ## Run every test, after installing what the tests need; ARGS="-n 0 -k name" picks some.
	@sh backend/engines/install_mariadb.sh
	@sh backend/engines/install_chromium.sh
	@cd backend && ../.venv-dev/bin/python -m engines.dynamodb_local
	@cd backend && ../.venv-dev/bin/python -m engines.mysql
	@.venv/bin/python backend/scripts/install_assets.py
	@$(call python,.venv-dev) -m pytest $(IN_PARALLEL) $(ARGS)

.PHONY: lint
lint: $(DEV) ## Check style, types and import rules.
	cd backend && ../.venv-dev/bin/ruff check .
	cd backend && ../.venv-dev/bin/ruff format --check .
	cd backend && ../.venv-dev/bin/mypy .
	cd backend && ../.venv-dev/bin/lint-imports

.PHONY: imports
imports: $(call needs,$(RUN)) ## Import every module of the product with the runtime requirements alone.
	@$(call python,.venv) scripts/check_imports.py $(ARGS)

.PHONY: smoke
smoke: ## Clone the last commit into an empty folder, run `make run` there and use the service.
	@$(PYTHON) backend/scripts/smoke.py $(ARGS)

.PHONY: docs
docs: $(call needs,$(RUN)) ## Rewrite the generated tables of the design document and docs/reference.md.
	@$(call python,.venv) scripts/design_doc.py --write $(ARGS)

.PHONY: messages
messages: $(call needs,$(DEV)) ## Collect the texts of the pages, merge and compile the Korean translation, list missing translations.
	@$(call python,.venv-dev) scripts/messages.py $(ARGS)

.PHONY: pictures
pictures: $(DEV) $(ENGINE) $(DASHBOARD) ## Take the README's screenshots again and write them to docs/.
	@sh backend/engines/install_chromium.sh
	@.venv-dev/bin/python backend/scripts/install_assets.py
	@cd backend && ALGOITNY_SCREENSHOTS=$(CURDIR)/docs exec ../.venv-dev/bin/python -m pytest -q tests/e2e -k picture_of_the_readme $(ARGS)

.PHONY: infra
infra: $(call needs,$(RUN)) ## Write the CloudFormation templates and IAM policies in infra/.
	@$(call python,.venv) scripts/infrastructure.py --write $(ARGS)

.PHONY: assets
assets: $(call needs,$(RUN)) ## Install what the browser needs to run Python and to edit code; `make run` does it too.
	@$(call python,.venv) scripts/install_assets.py $(ARGS)

.PHONY: bench
bench: $(call needs,$(RUN) $(ENGINE) $(BENCH)) ## Measure the data layer and the rate limiter against other libraries.
	@$(call python,.venv) benchmarks/bench.py $(ARGS)

.PHONY: bench-api
bench-api: $(call needs,$(RUN) $(ENGINE) $(BENCH)) ## Measure the service against Django REST Framework on MariaDB.
	@$(call unless_help,sh backend/engines/install_mariadb.sh)
	@$(call python,.venv) benchmarks/bench_api.py $(ARGS)

.PHONY: bench-migrate
bench-migrate: $(call needs,$(RUN) $(ENGINE)) ## Measure the migration: CPU per row, memory, verification, growth.
	@$(call unless_help,sh backend/engines/install_mariadb.sh)
	@$(call python,.venv) benchmarks/bench_migrate.py $(ARGS)

.PHONY: bench-live
bench-live: $(call needs,$(RUN) $(ENGINE)) ## Measure a live move: lag, a backlog of 100,000 changes, CPU, memory; takes 10 minutes.
	@$(call unless_help,sh backend/engines/install_mariadb.sh)
	@$(call python,.venv) benchmarks/bench_live.py $(ARGS)

.PHONY: drill
drill: $(call needs,$(RUN) $(ENGINE)) ## Rehearse a live move, its cutover, rollback, and end, and count lost writes; takes 5 minutes.
	@$(call unless_help,sh backend/engines/install_mariadb.sh)
	@$(call python,.venv) benchmarks/drill.py $(ARGS)

.PHONY: bench-gsi
bench-gsi: $(call needs,$(RUN)) ## Measure a lookup in 200,000 items before, during and after its index is added; takes 3 minutes.
	@$(call unless_help,cd backend && ../.venv/bin/python -m engines.dynamodb_local)
	@$(call python,.venv) benchmarks/bench_gsi.py $(ARGS)

.PHONY: bench-rollout
bench-rollout: $(call needs,$(RUN)) ## Measure an example's lists by scan and by index, consistent and not; takes 2 minutes.
	@$(call unless_help,cd backend && ../.venv/bin/python -m engines.dynamodb_local)
	@$(call python,.venv) benchmarks/bench_rollout.py $(ARGS)

.PHONY: bench-guide
bench-guide: $(call needs,$(RUN)) ## Measure the five rows of the migration guide's performance table on the configured engine.
	@$(call python,.venv) benchmarks/bench_guide.py $(ARGS)

.PHONY: bench-dashboard
bench-dashboard: $(call needs,$(RUN) $(DASHBOARD)) ## Measure the dashboards' first pages over a million rows of logs; takes 20 minutes.
	@$(call unless_help,cd backend && ../.venv/bin/python -m engines.dynamodb_local)
	@$(call python,.venv) benchmarks/bench_dashboard.py $(ARGS)

.PHONY: bench-texts
bench-texts: $(call needs,$(RUN)) ## Measure the compression of code and JSON from the languages installed on this machine.
	@$(call python,.venv) benchmarks/bench_texts.py $(ARGS)

.PHONY: bench-search
bench-search: $(call needs,$(RUN)) ## Measure searches over 50,000 problems in memory, and the memory of their index.
	@$(call python,.venv) benchmarks/bench_search.py $(ARGS)

.PHONY: torture
torture: $(DEV) $(ENGINE) ## Run the long tests of races, faults, kills and outages at full size, and print their figures.
	@sh backend/engines/install_mariadb.sh
	@cd backend && ../.venv-dev/bin/python -m engines.dynamodb_local
	@cd backend && ../.venv-dev/bin/python -m pytest tests/torture $(AT_FULL_SIZE) $(ARGS)
	@sh backend/engines/install_chromium.sh
	@cd backend && ../.venv-dev/bin/python -m pytest tests/e2e/test_run_in_firefox.py $(AT_FULL_SIZE)
	@cd backend && ../.venv-dev/bin/python -m pytest tests/unit tests/integration $(AT_FULL_SIZE) -m "sampled or any_engine" $(IN_PARALLEL)
	@$(call python,.venv-dev) -m pytest tests/integration/repositories $(AT_FULL_SIZE) $(IN_PARALLEL)

.PHONY: engine
engine: $(RUN) $(ENGINE) .env ## Start the embedded DynamoDB engine in the foreground; it keeps its state, Ctrl-C stops it.
	@$(call python,.venv) -m engines

.PHONY: demo-source
demo-source: $(call needs,.env) ## Fill the demonstration's source, a SQLite file; ARGS=--into-mysql fills an empty MySQL instead.
	$(call script,seed_demo.py)

##@ DynamoDB: in the backend container when compose is up (or DOCKER=1), otherwise on this machine (DOCKER=0)

.PHONY: dynamodb-help
dynamodb-help: help ## Print every target.

.PHONY: dynamodb-init
dynamodb-init: ## Create the table with its indexes and TTL, unless it exists.
	$(call script,init_dynamodb.py)

.PHONY: dynamodb-migrate-dry-run
dynamodb-migrate-dry-run: ## Read and encode every row of MySQL and report what a migration would do; write nothing.
	$(call script,migrate_to_dynamodb.py --dry-run)

.PHONY: dynamodb-migrate
dynamodb-migrate: ## Migrate everything from MySQL to DynamoDB; after an interruption, run it again to continue.
	$(call script,migrate_to_dynamodb.py)

.PHONY: dynamodb-import
dynamodb-import: ## Make the table by ImportTable from files of migrate_to_dynamodb.py --to-files; ARGS=s3://BUCKET/PREFIX.
	$(call script,import_files.py)

.PHONY: dynamodb-migrate-users
dynamodb-migrate-users: ## Migrate subscription plans and users only.
	$(call script,migrate_to_dynamodb.py --entity users)

.PHONY: dynamodb-migrate-problems
dynamodb-migrate-problems: ## Migrate problems and their test cases only.
	$(call script,migrate_to_dynamodb.py --entity problems)

.PHONY: dynamodb-migrate-history
dynamodb-migrate-history: ## Migrate the search history only.
	$(call script,migrate_to_dynamodb.py --entity history)

.PHONY: dynamodb-migrate-usage
dynamodb-migrate-usage: ## Migrate the usage logs only.
	$(call script,migrate_to_dynamodb.py --entity usage)

.PHONY: dynamodb-verify
dynamodb-verify: ## Compare MySQL with the table, row by row, by count and content.
	$(call script,verify_migration.py)

.PHONY: dynamodb-live-prepare
dynamodb-live-prepare: ## Check whether MySQL can be followed while it is written, and prepare that; ARGS=--dry-run only checks.
	$(call script,live_migration.py prepare)

.PHONY: dynamodb-live-start
dynamodb-live-start: ## Copy every row and follow MySQL's changes until Ctrl-C; run it again to go on.
	$(call script,live_migration.py start)

.PHONY: dynamodb-live-status
dynamodb-live-status: ## Show the phase of the live move, how far the table is behind, and what waits.
	$(call script,live_migration.py status)

.PHONY: dynamodb-live-verify
dynamodb-live-verify: ## Prove while following that source and table agree; ARGS="--every 60" repeats it, --ranges can be stopped.
	$(call script,live_migration.py verify)

.PHONY: dynamodb-live-cutover
dynamodb-live-cutover: ## Give the writes to DynamoDB, then keep MySQL equal; ARGS=--dry-run only checks, --cancel gives up.
	$(call script,live_migration.py cutover)

.PHONY: dynamodb-live-rollback
dynamodb-live-rollback: ## Give the writes back to MySQL, with everything written since the cutover.
	$(call script,live_migration.py rollback)

.PHONY: dynamodb-live-finish
dynamodb-live-finish: ## Retire MySQL after a last proof; the gate stays shut.
	$(call script,live_migration.py finish)

.PHONY: dynamodb-live-function
dynamodb-live-function: ## Build the archive of the AWS Lambda function that keeps MySQL equal after a cutover.
	$(call script,live_function.py)

.PHONY: dynamodb-live-abort
dynamodb-live-abort: ## End a live move while MySQL has the writes, after you type the table's name.
	$(call script,live_migration.py abort)

.PHONY: dynamodb-gsi-add
dynamodb-gsi-add: ## Add an index to a table in use and verify it; ARGS="us-east-1 --env demo --dry-run" only reports.
	$(call script,add_gsi.py)

.PHONY: dynamodb-gsi-status
dynamodb-gsi-status: ## Show the state of a table's indexes; ARGS=--wait waits until none is being built.
	$(call script,gsi_status.py)

.PHONY: dynamodb-gsi-drop
dynamodb-gsi-drop: ## Drop an index after you type its name; ARGS=--yes skips the question.
	$(call script,drop_gsi.py)

.PHONY: dynamodb-changes
dynamodb-changes: ## Show the status of each versioned change and who holds the lock; ARGS="--env prod".
	$(call script,dynamodb_migrations.py status)

.PHONY: dynamodb-changes-plan
dynamodb-changes-plan: ## Show what the pending changes would do, what they cost and how long they take.
	$(call script,dynamodb_migrations.py plan)

.PHONY: dynamodb-changes-migrate
dynamodb-changes-migrate: ## Apply the pending changes; after an interruption, run it again to continue.
	$(call script,dynamodb_migrations.py migrate)

.PHONY: dynamodb-changes-check
dynamodb-changes-check: ## Compare the declared tables with the real ones; fails when they differ.
	$(call script,dynamodb_migrations.py check)

.PHONY: dynamodb-inspect
dynamodb-inspect: ## Show every item of one thing and what is wrong with it; ARGS="user 7", "run 99", "problem baekjoon 1000".
	$(call script,inspect_table.py)

.PHONY: dynamodb-explain
dynamodb-explain: ## Show an access pattern's requests, partitions and units; ARGS="'user by id' 7", without ARGS all patterns.
	$(call script,explain.py)

.PHONY: dynamodb-export
dynamodb-export: ## Export the table as JSON Lines: ARGS="--jsonl DIR --max-rcu 500"; ARGS="--workbench FILE" its data model.
	$(call script,export_table.py)

.PHONY: dynamodb-erase
dynamodb-erase: ## Finish account deletions that were interrupted; ARGS=--dry-run only lists them.
	$(call script,erase_accounts.py)

.PHONY: dynamodb-import-statements
dynamodb-import-statements: ## Bring statements, hints and solutions of problems from files; ARGS="FOLDER --dry-run" looks first.
	$(call script,import_statements.py)

.PHONY: dynamodb-lists
dynamodb-lists: ## Move list entries to the set number of shards and the present rules; ARGS=--dry-run counts them.
	$(call script,move_list_entries.py)

.PHONY: dynamodb-check-data
dynamodb-check-data: ## Check whether everything in the table fits together; ARGS=--repair mends it, beside the service.
	$(call script,check_data.py)

.PHONY: dynamodb-rederive
dynamodb-rederive: ## Build list entries, guards and index keys again from the records; ARGS=--dry-run only counts.
	$(call script,rederive.py)

.PHONY: dynamodb-rollout
dynamodb-rollout: ## Show the flags of the read paths; ARGS="--env prod --history 20".
	$(call script,rollout.py status)

.PHONY: dynamodb-rollout-enable
dynamodb-rollout-enable: ## Take read paths over if every gate is open; ARGS="sign_in=gsi1_query --percent 10 --shadow 5".
	$(call script,rollout.py enable)

.PHONY: dynamodb-rollout-disable
dynamodb-rollout-disable: ## Set flags to their defaults; ARGS=sign_in.
	$(call script,rollout.py disable)

.PHONY: dynamodb-rollout-compare
dynamodb-rollout-compare: ## Read samples by every strategy and compare results, time and read units; writes nothing.
	$(call script,rollout.py compare)

.PHONY: dynamodb-rollout-rollback
dynamodb-rollout-rollback: ## Set every read path to its default within seconds; ARGS=--gradual one phase at a time.
	$(call script,rollout.py rollback)

.PHONY: dynamodb-rollout-report
dynamodb-rollout-report: ## Print averages, percentiles and errors of a log's metric lines; ARGS=LOGFILE.
	$(call script,rollout.py report)

.PHONY: dynamodb-backups
dynamodb-backups: ## List the table's backups with what they cost; ARGS=--all lists those of every table.
	$(call script,backups.py list)

.PHONY: dynamodb-restore
dynamodb-restore: ## Restore a backup to a new table; ARGS=ARN names it.
	$(call script,backups.py restore)

.PHONY: dynamodb-restore-drill
dynamodb-restore-drill: ## Restore the table as of a moment beside itself, complete and check the copy, write down the time, delete it.
	$(call script,restore_drill.py)

.PHONY: dynamodb-delete
dynamodb-delete: ## Delete the table after you type its name and a backup is made; ARGS="--yes --no-backup" skips both.
	$(call script,delete_dynamodb.py)

##@ Housekeeping

.PHONY: requirements
requirements: $(DEV) ## Pin the requirements with hashes; ARGS=--upgrade takes newer releases.
	@cd backend && for name in requirements requirements-dev requirements-engine requirements-bench requirements-dashboard; do \
		env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
		CUSTOM_COMPILE_COMMAND="make requirements" ../.venv-dev/bin/pip-compile --quiet --no-config \
		--generate-hashes --allow-unsafe --strip-extras --no-emit-options --output-file $$name.txt $(ARGS) $$name.in || exit; \
	done

.PHONY: clean
clean: ## Remove virtual environments, installed assets and the tools' caches; .env and the data in .algoitny/ stay.
	rm -rf .venv .venv-dev .venv-engine .venv-bench .venv-dashboard backend/web/static/web/assets
	find backend -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf backend/.mypy_cache backend/.ruff_cache backend/.pytest_cache backend/.hypothesis backend/.import_linter_cache

.env:
	@cp .env.example .env && echo "wrote .env from .env.example"

.PHONY: .venv .venv-dev .venv-engine .venv-bench .venv-dashboard
.venv: $(RUN)
.venv-dev: $(DEV)
.venv-engine: $(ENGINE)
.venv-bench: $(BENCH)
.venv-dashboard: $(DASHBOARD)

$(RUN): PINS := requirements
$(DEV): PINS := requirements requirements-dev
$(ENGINE): PINS := requirements-engine
$(BENCH): PINS := requirements-bench
$(DASHBOARD): PINS := requirements-dashboard
# Debian ships Python without the module that makes virtual environments.
$(RUN) $(DEV) $(ENGINE) $(BENCH) $(DASHBOARD):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "AlgoItny needs Python 3.11 or later: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "installing python3-venv"; \
			apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; \
		else \
			echo "Python's venv module is missing: sudo apt-get install python3-venv" >&2; exit 2; \
		fi; }
	@rm -rf $(@D)
	@$(PYTHON) -m venv $(@D)
	@echo "installing $(PINS:%=backend/%.txt) into $(@D)"
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes $(PINS:%=-r backend/%.txt)
	@touch $@
