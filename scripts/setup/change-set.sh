# shellcheck shell=bash
# One way to change a stack: a change set, shown before it is executed, and the events of what it does.

CHANGE_SET='' PENDING_STACK='' PENDING_NEW=no FOLLOWED_STACK=''

# deploy_stack <stack> <more words for create-change-set>...; CHANGE_SET_TYPE says whether the stack exists.
deploy_stack() {
  local stack=$1
  shift
  CHANGE_SET=setup-$(date -u +%Y%m%dT%H%M%SZ)-$$
  set -- aws cloudformation create-change-set --stack-name "$stack" --change-set-name "$CHANGE_SET" \
    --change-set-type "$CHANGE_SET_TYPE" "$@"
  if [ "$DRY_RUN" = yes ] && ! may_preview "$stack"; then
    print_deployment "$stack" "$@"
    return 0
  fi
  PENDING_STACK=$stack
  [ "$CHANGE_SET_TYPE" = UPDATE ] || PENDING_NEW=yes
  "$@" >/dev/null
  if ! await_change_set; then
    forget_change_set
    say "$stack: no changes."
    return 0
  fi
  show_change_set
  if [ "$DRY_RUN" = yes ]; then
    forget_change_set
    say "(That change set was created for this table, and is deleted again. These commands would be run:)"
    print_deployment "$stack" "$@"
    return 0
  fi
  confirm
  aws cloudformation execute-change-set --stack-name "$stack" --change-set-name "$CHANGE_SET" --client-request-token "$CHANGE_SET"
  PENDING_STACK=''
  follow_stack "$stack"
}

# A change set of a stack that does not exist would leave an empty stack behind; that of production needs a build.
may_preview() { signed_in && [ "$1" = "$STACK_NAME" ] && [ "$CHANGE_SET_TYPE" = UPDATE ] && [ "$PIPELINE_SETTLED" = yes ]; }

print_deployment() {
  local stack=$1 end='stack-update-complete'
  shift
  [ "$CHANGE_SET_TYPE" = UPDATE ] || end='stack-create-complete'
  print_command "$@"
  print_command aws cloudformation wait change-set-create-complete --stack-name "$stack" --change-set-name "$CHANGE_SET"
  print_command aws cloudformation execute-change-set --stack-name "$stack" --change-set-name "$CHANGE_SET"
  print_command aws cloudformation wait "$end" --stack-name "$stack"
}

# Fails where there is nothing to change: CloudFormation tells that as a failure of the change set, in one of two wordings.
await_change_set() {
  local status reason
  while :; do
    aws cloudformation describe-change-set --stack-name "$PENDING_STACK" --change-set-name "$CHANGE_SET" \
      --query '[Status, StatusReason]' --output text --no-paginate >"$SCRATCH/change-set"
    status=$(cut -f 1 "$SCRATCH/change-set")
    reason=$(cut -f 2- "$SCRATCH/change-set")
    case "$status $reason" in
      CREATE_COMPLETE*) return 0 ;;
      FAILED*"didn't contain changes"* | FAILED*"No updates are to be performed"*) return 1 ;;
      FAILED*) stop "CloudFormation refuses the change of $PENDING_STACK: $reason" ;;
    esac
    sleep "$POLL_SECONDS"
  done
}

show_change_set() {
  heading "Changes of $PENDING_STACK"
  aws cloudformation describe-change-set --stack-name "$PENDING_STACK" --change-set-name "$CHANGE_SET" --output text \
    --query 'Changes[].ResourceChange.[Action, LogicalResourceId, ResourceType, Replacement]' |
    awk -F '\t' '{ note = ""
      if ($4 == "True") note = "  is replaced"; else if ($4 == "Conditional") note = "  may be replaced"
      printf "  %-7s %-34s %s%s\n", $1, $2, $3, note }'
}

# Removes a change set that was not executed, and the empty stack that came with it.
forget_change_set() {
  [ -n "$PENDING_STACK" ] || return 0
  aws cloudformation delete-change-set --stack-name "$PENDING_STACK" --change-set-name "$CHANGE_SET" >/dev/null 2>&1 || true
  if [ "$PENDING_NEW" = yes ] && [ "$(stack_status "$PENDING_STACK" 2>/dev/null)" = REVIEW_IN_PROGRESS ]; then
    aws cloudformation delete-stack --stack-name "$PENDING_STACK" >/dev/null 2>&1 || true
  fi
  PENDING_STACK='' PENDING_NEW=no
}

# One line per event, as they come. The token marks the events of this operation: an older one's end is not its end.
follow_stack() {
  local stack=$1 printed=0 polls=0 status
  FOLLOWED_STACK=$stack
  heading "CloudFormation changes $stack"
  while :; do
    status=$(stack_status "$stack")
    aws cloudformation describe-stack-events --stack-name "$stack" --output json --query \
      "StackEvents[?ClientRequestToken=='$CHANGE_SET'].[Timestamp, ResourceStatus, ResourceType, LogicalResourceId, ResourceStatusReason]" \
      >"$SCRATCH/events.json"
    python3 -I -S "$SETUP/stack_events.py" progress <"$SCRATCH/events.json" >"$SCRATCH/events"
    tail -n "+$((printed + 1))" "$SCRATCH/events"
    printed=$(($(wc -l <"$SCRATCH/events")))
    polls=$((polls + 1))
    case $status in
      *_IN_PROGRESS) ;;
      # Before the first event of this operation the state is that of the one before; not for longer than two minutes.
      *) if [ "$printed" -gt 0 ] || [ "$polls" -ge 24 ]; then break; fi ;;
    esac
    sleep "$POLL_SECONDS"
  done
  FOLLOWED_STACK=''
  case $status in
    CREATE_COMPLETE | UPDATE_COMPLETE) say "$stack: $status" ;;
    *) report_failure "$stack" "$status" ;;
  esac
}

report_failure() {
  printf '\n%s failed and is in %s. First of all:\n' "$1" "$2" >&2
  python3 -I -S "$SETUP/stack_events.py" failures <"$SCRATCH/events.json" >&2
  printf '\n' >&2
  case $2 in
    UPDATE_ROLLBACK_COMPLETE) stop "$1 is as it was before. Mend the reason, then run this again." ;;
    *) explain_state "$1" "$2" ;;
  esac
}
