#!/usr/bin/env bash
# Sets up the pipeline and what it needs, and says what is left for a person. Safe to run again: it observes first, and
# does only what is missing. Written for bash 3.2 too, the one of macOS.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

SETUP=scripts/setup
PIPELINE_TEMPLATE=pipeline-template.yaml
APPLICATION_TEMPLATE=template.yaml
PRODUCTION_PARAMETERS=parameters/production.json
PRODUCTION_STACK=manuel-prod
PIPELINE=manuel-backend-pipeline
POLL_SECONDS=5

# shellcheck source=scripts/setup/output.sh
source "$SETUP/output.sh"
# shellcheck source=scripts/setup/options.sh
source "$SETUP/options.sh"
# shellcheck source=scripts/setup/prerequisites.sh
source "$SETUP/prerequisites.sh"
# shellcheck source=scripts/setup/account.sh
source "$SETUP/account.sh"
# shellcheck source=scripts/setup/source.sh
source "$SETUP/source.sh"
# shellcheck source=scripts/setup/stack-states.sh
source "$SETUP/stack-states.sh"
# shellcheck source=scripts/setup/change-set.sh
source "$SETUP/change-set.sh"
# shellcheck source=scripts/setup/pipeline.sh
source "$SETUP/pipeline.sh"
# shellcheck source=scripts/setup/production.sh
source "$SETUP/production.sh"
# shellcheck source=scripts/setup/next-steps.sh
source "$SETUP/next-steps.sh"

prepare_environment() {
  SCRATCH=$(mktemp -d)
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  # Both names: the AWS CLI reads the first, SAM and older tools the second. No pager may wait for a key.
  export AWS_REGION="$REGION" AWS_DEFAULT_REGION="$REGION" AWS_PAGER="" SAM_CLI_TELEMETRY=0
}

# Leaves nothing half done that costs or confuses: a change set that nobody executed goes, a running stack goes on.
clean_up() {
  local code=$?
  trap '' INT TERM
  forget_change_set
  rm -rf "$SCRATCH"
  case $code in
    130 | 143)
      printf '\nInterrupted. ' >&2
      [ -z "$FOLLOWED_STACK" ] || printf 'CloudFormation goes on with %s without this script. ' "$FOLLOWED_STACK" >&2
      printf 'Run the same command again: it goes on from there.\n' >&2
      ;;
  esac
}

main() {
  read_options "$@"
  check_options
  check_checkout
  prepare_environment
  check_prerequisites
  check_architecture
  read_account
  read_pipeline_stack
  resolve_source
  read_production_stack
  check_concurrency
  show_plan
  deploy_pipeline_stack
  bootstrap_production
  show_next_steps
}

main "$@"
