# One profile, one target folder, one selection of packages and features: the AWS SDK is compiled once for tests,
# rehearsal and twin.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build rehearse faults twin test lint unit clients production deny bench audit clean

FEATURES := alarm-rollback/rehearsal,backend/rehearsal,canary-judge/rehearsal,post-traffic/rehearsal,traffic-shift/rehearsal
# The functions that have the feature, and must not ship with it.
REHEARSED := alarm-rollback backend canary-judge post-traffic traffic-shift
PROGRAMS := $(or $(CARGO_TARGET_DIR),target)/debug
RELEASE := $(or $(CARGO_TARGET_DIR),target)/release
VENV := .venv/bin
DENY_VERSION := 0.20.2
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
	$(PROGRAMS)/rehearsal --programs $(PROGRAMS) --seed $(SEED) $(addprefix --scenario ,$(SCENARIO))

faults: ## every AWS call of a gated release goes wrong once, in every way; prints cases and bad ends (STORY=name)
	cargo test --workspace --features $(FEATURES) --test every_call -- $(STORY)

twin: build ## the local AWS on port 5555, with a deployment that waits at its pre-traffic hook
	$(PROGRAMS)/twin --port 5555 --backend $(PROGRAMS)/backend --event events/codedeploy/before-allow-traffic.json

test: lint deny production unit clients ## everything that CI runs

lint: ## formatting, clippy and documentation, warnings denied
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --features $(FEATURES) -- -D warnings
	cargo clippy $(addprefix --package ,$(REHEARSED)) -- -D warnings  # as they ship: without the feature
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --features $(FEATURES) --quiet

unit: build ## Rust tests: rules, handlers against the twin, compiled binaries
	cargo test --workspace --features $(FEATURES)

clients: build $(VENV)/.ready ## boto3, the AWS CLI and cargo lambda against the twin
	$(VENV)/python -m pytest -q tests/twin/clients

production: build ## the shipped functions contain no fault switch and no virtual clock
	cargo build --release $(addprefix --package ,$(REHEARSED))
	for name in $(REHEARSED); do \
	  grep -qa REHEARSAL_ $(PROGRAMS)/$$name || { echo "$$name: the search does not find what must be there"; exit 1; }; \
	  test -f $(RELEASE)/$$name; \
	  if grep -qa REHEARSAL_ $(RELEASE)/$$name; then echo "$$name: a switch of rehearsals is in the release"; exit 1; fi; \
	done

$(VENV)/.ready: tests/twin/clients/requirements.txt
	python3 -m venv .venv
	$(VENV)/pip install --quiet --requirement tests/twin/clients/requirements.txt
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
	rm -rf target .venv .tools rehearsal-report.html
