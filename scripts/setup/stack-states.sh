# shellcheck shell=bash
# What a stack's state allows, and what a person does where it allows nothing.

CHANGE_SET_TYPE=''

# The state, or NONE. Only "does not exist" means NONE: a refusal must not look like an empty account.
stack_status() {
  local status
  if status=$(aws cloudformation describe-stacks --stack-name "$1" --query 'Stacks[0].StackStatus' --output text 2>"$SCRATCH/error"); then
    printf '%s' "$status"
  elif grep -q 'does not exist' "$SCRATCH/error"; then
    printf NONE
  else
    stop "the stack $1 cannot be read: $(last_line "$SCRATCH/error")"
  fi
}

# settled_status <stack>: waits for an operation that is under way already, from an interrupted run or from somebody else.
settle_stack() {
  local said=''
  STATUS=$(stack_status "$1")
  while :; do
    case $STATUS in
      REVIEW_IN_PROGRESS | DELETE_IN_PROGRESS) return 0 ;;
      *_IN_PROGRESS) ;;
      *) return 0 ;;
    esac
    if [ "$DRY_RUN" = yes ]; then
      say "$1 is in $STATUS: an earlier run, or somebody else, is changing it. This would wait for its end."
      return 0
    fi
    if [ "$STATUS" != "$said" ]; then
      say "$1 is in $STATUS: an earlier run, or somebody else, is changing it. Waiting for its end (Ctrl-C does it no harm)."
      said=$STATUS
    fi
    sleep "$POLL_SECONDS"
    STATUS=$(stack_status "$1")
  done
}

# choose_change_set_type <stack> <state>: CREATE, UPDATE, or the end with an explanation.
choose_change_set_type() {
  case $2 in
    NONE | REVIEW_IN_PROGRESS) CHANGE_SET_TYPE=CREATE ;;
    CREATE_COMPLETE | UPDATE_COMPLETE | UPDATE_ROLLBACK_COMPLETE | IMPORT_COMPLETE | IMPORT_ROLLBACK_COMPLETE | *_IN_PROGRESS)
      if [ "$2" = DELETE_IN_PROGRESS ]; then explain_state "$1" "$2"; fi
      CHANGE_SET_TYPE=UPDATE ;;
    *) explain_state "$1" "$2" ;;
  esac
}

explain_state() {
  local delete="    aws cloudformation delete-stack --stack-name $1 --region $REGION
    aws cloudformation wait stack-delete-complete --stack-name $1 --region $REGION"
  case $2 in
    ROLLBACK_COMPLETE)
      stop "$1 is in $2: its creation failed, and CloudFormation lets nobody update such a stack. Delete it:
$delete
$(after_failed_creation "$1")" ;;
    DELETE_IN_PROGRESS)
      stop "$1 is in $2: somebody is deleting it. When it is gone, run this again:
    aws cloudformation wait stack-delete-complete --stack-name $1 --region $REGION" ;;
    ROLLBACK_FAILED | CREATE_FAILED | DELETE_FAILED)
      stop "$1 is in $2: something in it could not be removed. Its events say what (a bucket with objects, most often):
    aws cloudformation describe-stack-events --stack-name $1 --region $REGION --query \"StackEvents[?ends_with(ResourceStatus, 'FAILED')].[LogicalResourceId, ResourceStatusReason]\" --output text
  Mend that, then delete the stack:
$delete
$(after_failed_creation "$1")" ;;
    UPDATE_ROLLBACK_FAILED | UPDATE_FAILED)
      stop "$1 is in $2: an update failed, and so did the way back. Its events say why; mend that, then:
    aws cloudformation continue-update-rollback --stack-name $1 --region $REGION
    aws cloudformation wait stack-rollback-complete --stack-name $1 --region $REGION
  and run this again. '--resources-to-skip' leaves out a resource that cannot be mended." ;;
    *) stop "$1 is in $2, which this script does not know. See the stack in the console." ;;
  esac
}

# Lambda does not use a version number of a function's name twice, not even after the function was deleted.
after_failed_creation() {
  local published='' next
  if [ "$1" != "$PRODUCTION_STACK" ]; then
    printf '  Then run this again.'
    return 0
  fi
  published=$(aws cloudformation describe-stack-events --stack-name "$1" --output text --query \
    "StackEvents[?ResourceType=='AWS::Lambda::Version' && starts_with(LogicalResourceId, 'BackendVersion')].[PhysicalResourceId]" |
    sed -n 's/.*:\([0-9][0-9]*\)$/\1/p' | sort -n | tail -n 1)
  if [ -z "$published" ]; then
    printf '  No version of the backend was published, so BootstrapVersion stays. Then run this again.'
    return 0
  fi
  next=$((published + 1))
  printf '  Version %s of the backend was published, and Lambda never uses the number of a function again, even of a deleted one:\n' "$published"
  printf '  set BootstrapVersion to "%s" in %s, commit and push it, then run this again.' "$next" "$PRODUCTION_PARAMETERS"
}
