# shellcheck shell=bash
# The pipeline's own stack.

PIPELINE_STATUS=NONE PIPELINE_SETTLED=yes PARAMETERS=()

read_pipeline_stack() {
  signed_in || return 0
  settle_stack "$STACK_NAME"
  PIPELINE_STATUS=$STATUS
  case $STATUS in
    REVIEW_IN_PROGRESS) say "$STACK_NAME: an earlier run ended before it created anything; going on with it." ;;
    *_IN_PROGRESS) PIPELINE_SETTLED=no ;; # a dry run does not wait, and no change set is possible meanwhile
  esac
  choose_change_set_type "$STACK_NAME" "$PIPELINE_STATUS"
}

stack_parameter() { ask_stack "Stacks[0].Parameters[?ParameterKey=='$1'].ParameterValue"; }

stack_output() { ask_stack "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"; }

# The CLI prints None where a stack has no outputs, or no parameters, at all.
ask_stack() {
  aws cloudformation describe-stacks --stack-name "$STACK_NAME" --output text --query "$1" | sed 's/^None$//'
}

# required_output <name>
required_output() {
  local value
  value=$(stack_output "$1")
  [ -n "$value" ] || stop "the stack $STACK_NAME has no output $1: it was not made from this $PIPELINE_TEMPLATE"
  printf '%s' "$value"
}

show_plan() {
  heading "Plan"
  say "  $STACK_NAME: $(verb "$PIPELINE_STATUS"); source: $(describe_source); $ARCHITECTURE"
  say "  $PRODUCTION_STACK: $(production_plan)"
  check_template
  [ "$DRY_RUN" = yes ] || return 0
  heading "Commands"
  print_command export AWS_REGION="$REGION" AWS_DEFAULT_REGION="$REGION"
}

verb() {
  case $1 in
    NONE | REVIEW_IN_PROGRESS) printf 'is created' ;;
    *) printf 'is updated where it differs' ;;
  esac
}

# CloudFormation takes 51200 bytes in a request, more from a bucket only, and the bucket is part of this stack.
check_template() {
  local bytes
  bytes=$(($(wc -c <"$PIPELINE_TEMPLATE")))
  [ "$bytes" -le 51200 ] || stop "$PIPELINE_TEMPLATE has $bytes bytes, CloudFormation takes 51200: shorten it"
  [ "$DRY_RUN" = yes ] || return 0
  if signed_in; then
    aws cloudformation validate-template --template-body "file://$PIPELINE_TEMPLATE" >/dev/null
    say "  $PIPELINE_TEMPLATE is valid."
  fi
  sam validate --lint --template-file "$APPLICATION_TEMPLATE" --region "$REGION" >"$SCRATCH/lint" 2>&1 ||
    stop "$APPLICATION_TEMPLATE is not valid: $(cat "$SCRATCH/lint")"
  say "  $APPLICATION_TEMPLATE is valid."
}

deploy_pipeline_stack() {
  collect_parameters
  signed_in || CHANGE_SET_TYPE=CREATE
  choose_change_set_type "$STACK_NAME" "$PIPELINE_STATUS"
  deploy_stack "$STACK_NAME" --template-body "file://$PIPELINE_TEMPLATE" --capabilities CAPABILITY_NAMED_IAM \
    --tags Key=Project,Value=manuel --parameters "${PARAMETERS[@]}"
}

collect_parameters() {
  local known=' '
  if [ "$PIPELINE_STATUS" != NONE ] && [ "$PIPELINE_STATUS" != REVIEW_IN_PROGRESS ]; then
    known=" $(aws cloudformation describe-stacks --stack-name "$STACK_NAME" --output text \
      --query 'Stacks[0].Parameters[].[ParameterKey]' | tr '\n' ' ') "
  fi
  add_parameter NotificationEmail "$NOTIFICATION_EMAIL" "$known"
  add_parameter SourceProvider "$SOURCE_PROVIDER" "$known"
  add_parameter GitHubOwner "$GITHUB_OWNER" "$known"
  add_parameter GitHubRepo "$GITHUB_REPO" "$known"
  add_parameter GitHubBranch "$GITHUB_BRANCH" "$known"
  add_parameter Architecture "$ARCHITECTURE" "$known"
  add_parameter MonthlyBudgetDollars "$MONTHLY_BUDGET_DOLLARS" "$known"
  add_parameter SlackWorkspaceId "$SLACK_WORKSPACE_ID" "$known"
  add_parameter SlackChannelId "$SLACK_CHANNEL_ID" "$known"
}

# add_parameter <name> <value> <names that the stack has>: what is not given stays; an update would take the default.
add_parameter() {
  if [ -n "$2" ]; then
    PARAMETERS[${#PARAMETERS[@]}]="ParameterKey=$1,ParameterValue=$2"
  else
    case $3 in
      *" $1 "*) PARAMETERS[${#PARAMETERS[@]}]="ParameterKey=$1,UsePreviousValue=true" ;;
    esac
  fi
}
