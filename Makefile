# Slipway: every command that a person or a machine runs. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
SEEDS ?= 2000
PLUGIN_SEEDS ?= 1000
MINUTES ?= 1
SEED ?=
RELEASE := .build/release
# The check refuses an import that Package.swift does not list.
SWIFT_FLAGS := --explicit-target-dependency-import-check error
export SWIFT_BACKTRACE ?= enable=no

.PHONY: help setup build release test check format bench simulate chaos mutants demo clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | column -t -s $$'\t'

setup: ## install the Debian packages that are missing, and clients that tests drive
	@Tests/Tools/setup

build: setup ## debug build
	swift build $(SWIFT_FLAGS)

release: setup ## release build of every program and plugin
	swift build -c release $(SWIFT_FLAGS)

test: setup ## every test, SEEDS simulated worlds (default 2000), and PLUGIN_SEEDS with the real plugins
	swift build --build-tests $(SWIFT_FLAGS)
	@Tests/Tools/docker-engine image || echo "the tests on a Docker engine will be skipped"
	@Tests/Tools/suites
	swift build -c release --product slipway-simulate
	$(RELEASE)/slipway-simulate $(SEEDS)
	$(RELEASE)/slipway-simulate $(PLUGIN_SEEDS) --plugins

check: setup ## format, lint, layers, the plugin header in C99 and C++11
	@Tests/Tools/check

format: ## format the sources in place
	swift format -i -r --parallel Package.swift Sources Plugins Tests

bench: release ## measure; a row for each figure, also in .build/bench.json
	$(RELEASE)/slipway-bench

simulate: setup ## SEEDS simulated worlds, and PLUGIN_SEEDS with the real plugins (default 1000)
	swift build -c release --product slipway-simulate
	$(RELEASE)/slipway-simulate $(SEEDS)
	$(RELEASE)/slipway-simulate $(PLUGIN_SEEDS) --plugins

chaos: release ## MINUTES of kills, pauses, faults, full disks and reloads on a real host; SEED repeats a run's choices
	$(RELEASE)/slipway-chaos $(MINUTES) $(SEED)

mutants: setup ## the core with one fault at a time; the simulated worlds have to find each
	@Tests/Tools/mutants

demo: release ## the whole life of one VM, with a real SSH login; CLOUD=hetzner, or another that the demo knows
	@Tests/Tools/demo

clean: ## remove what was built
	rm -rf .build
