# One profile, one target folder, one selection of packages and features: the AWS SDK is compiled once for tests,
# rehearsal and twin.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build rehearse faults twin test lint unit observe clients templates setup outside production deny coverage compliance \
  package bench audit clean

FEATURES := alarm-rollback/rehearsal,backend/rehearsal,canary-judge/rehearsal,post-traffic/rehearsal,traffic-shift/rehearsal
# The functions that have the feature, and must not ship with it.
REHEARSED := alarm-rollback backend canary-judge post-traffic traffic-shift
PROGRAMS := $(or $(CARGO_TARGET_DIR),target)/debug
VENV := .venv/bin
CALLS := $(PROGRAMS)/../observed-calls/rehearsal.json
DENY_VERSION := 0.20.2
LLVM_COV_VERSION := 0.9.1
REQUIREMENTS := $(addsuffix /requirements.txt,tests/twin/clients tests/contract tests/setup tests/acceptance tests/acceptance/rehearsal)
# With the fault test, these releases make every AWS call that the functions ever make.
OBSERVED := production second-release operator-in-promotion operator-in-watch
# make rehearse SCENARIO=good-version SEED=7
SCENARIO ?=
SEED ?= 1
# make faults STORY=Bad
STORY ?=

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1\t/' | expand -t 18

build: ## every program, as tests and rehearsals use them
	cargo build --workspace --features $(FEATURES)

rehearse: build ## plays whole releases on this computer and writes rehearsal-report.html (SCENARIO=name, SEED=n)
	$(PROGRAMS)/rehearsal --programs $(PROGRAMS) --seed $(SEED) $(if $(SCENARIO),--scenario $(SCENARIO),--calls $(CALLS))

faults: ## every AWS call of a gated release goes wrong once, in every way that differs; prints cases and bad ends (STORY=name)
	cargo test --workspace --features $(FEATURES) --test every_call -- $(STORY)

twin: build ## the local AWS on port 5555, with a deployment that waits at its pre-traffic hook
	$(PROGRAMS)/twin --port 5555 --backend $(PROGRAMS)/backend --event events/codedeploy/before-allow-traffic.json

test: lint deny production unit clients observe templates compliance setup outside ## everything that CI runs

lint: ## formatting, clippy and documentation, warnings denied
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --features $(FEATURES) -- -D warnings
	cargo clippy $(addprefix --package ,$(REHEARSED)) -- -D warnings  # as they ship: without the feature
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --features $(FEATURES) --quiet

unit: build ## Rust tests: rules, handlers against the twin, compiled binaries
	cargo test --workspace --features $(FEATURES)

clients: build $(VENV)/.ready ## boto3, the AWS CLI and cargo lambda against the twin
	$(VENV)/python -m pytest -q tests/twin/clients

observe: build ## plays some releases and writes down which AWS calls each function made, for `make templates`
	$(PROGRAMS)/rehearsal --programs $(PROGRAMS) --report $(PROGRAMS)/../observed-report.html \
	  --calls $(CALLS) $(addprefix --scenario ,$(OBSERVED))

templates: build $(VENV)/.ready ## what templates, code, events and runbook promise each other; run `make unit observe` before
	$(VENV)/python -m pytest -q tests/contract

setup: $(VENV)/.ready ## every path through deploy-pipeline.sh, with stand-ins for its tools; the build's scripts
	PATH="$(CURDIR)/$(VENV):$$PATH" $(VENV)/python -m pytest -q -n 2 tests/setup
	$(VENV)/python -m pytest -q tests/build

outside: build $(VENV)/.ready ## the suites for deployed environments, against an environment on this computer
	$(VENV)/python -m pytest -q tests/acceptance/rehearsal
	$(VENV)/python -m pytest -q tests/chaos/rehearsal

compliance: ## templates as written and as transformed: cfn-lint and checkov
	bash scripts/check-compliance.sh template.yaml pipeline-template.yaml

coverage: .tools/bin/cargo-llvm-cov-$(LLVM_COV_VERSION) ## tests, and the share of shipped lines they reach (at least 80 %)
	PATH="$(CURDIR)/.tools/bin:$$PATH" FEATURES=$(FEATURES) bash scripts/measure-coverage.sh

.tools/bin/cargo-llvm-cov-$(LLVM_COV_VERSION):
	cargo install --quiet --locked --root .tools cargo-llvm-cov@$(LLVM_COV_VERSION)
	touch $@

package: ## builds the functions with SAM, checks and uploads them (ARTIFACT_BUCKET=…, ARCHITECTURE=…)
	bash scripts/package.sh

production: build ## what ships contains no fault switch and no virtual clock; `make package` searches the release builds too
	for name in $(REHEARSED); do \
	  grep -qa REHEARSAL_ $(PROGRAMS)/$$name || { echo "$$name: the search does not find what must be there"; exit 1; }; \
	done
	cargo build --workspace  # without the feature; the same dependencies as with it
	for name in $(REHEARSED); do \
	  if grep -qa REHEARSAL_ $(PROGRAMS)/$$name; then echo "$$name: a switch of rehearsals is in it"; exit 1; fi; \
	done
	cargo build --workspace --features $(FEATURES) --quiet

$(VENV)/.ready: $(REQUIREMENTS)
	python3 -m venv .venv
	$(VENV)/pip install --quiet --disable-pip-version-check $(addprefix --requirement ,$(REQUIREMENTS))
	touch $@

deny: .tools/bin/cargo-deny-$(DENY_VERSION) ## licences, sources and banned crates of every dependency
	.tools/bin/cargo-deny --locked check --hide-inclusion-graph bans licenses sources

.tools/bin/cargo-deny-$(DENY_VERSION):
	cargo install --quiet --locked --root .tools cargo-deny@$(DENY_VERSION)
	touch $@

audit: .tools/bin/cargo-deny-$(DENY_VERSION) ## known vulnerabilities; needs the advisory database from the network
	.tools/bin/cargo-deny check advisories

bench: ## cold start, memory and package size of the functions, and the judge beside other rules; release builds, several minutes
	cargo run --release --package bench
	cargo run --release --package comparison

clean: ## everything that the targets above made
	rm -rf target .venv .tools .aws-sam packaged.yaml rehearsal-report.html
