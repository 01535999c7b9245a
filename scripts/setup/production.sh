# shellcheck shell=bash
# The stack of production must exist before the first release: the rollout begins with a function of it (`acquire`).
# Later versions come from the pipeline alone.

PRODUCTION_STATUS=NONE

read_production_stack() {
  signed_in || return 0
  PRODUCTION_STATUS=$(stack_status "$PRODUCTION_STACK")
  case $PRODUCTION_STATUS in
    # An interrupted run; its stack policy is still to be set. An update is the pipeline's, and none of our business.
    CREATE_IN_PROGRESS | ROLLBACK_IN_PROGRESS)
      settle_stack "$PRODUCTION_STACK"
      PRODUCTION_STATUS=$STATUS ;;
  esac
  case $PRODUCTION_STATUS in
    NONE | REVIEW_IN_PROGRESS | CREATE_COMPLETE | UPDATE_COMPLETE | UPDATE_ROLLBACK_COMPLETE) ;;
    DELETE_IN_PROGRESS) explain_state "$PRODUCTION_STACK" "$PRODUCTION_STATUS" ;;
    *_IN_PROGRESS) ;;
    *) explain_state "$PRODUCTION_STACK" "$PRODUCTION_STATUS" ;;
  esac
}

production_is_missing() { [ "$PRODUCTION_STATUS" = NONE ] || [ "$PRODUCTION_STATUS" = REVIEW_IN_PROGRESS ]; }

production_plan() {
  if production_is_missing; then
    printf 'is built here and created, so that the first release finds the functions of its rollout'
  else
    printf 'exists, and is left to the pipeline'
  fi
}

bootstrap_production() {
  if ! production_is_missing; then
    protect_live_alias
    return 0
  fi
  confirm
  read_build_id
  locate_artifacts
  heading "Build of $PRODUCTION_STACK ($BUILD_ID)"
  change sam build --template-file "$APPLICATION_TEMPLATE" --parameter-overrides Environment=prod "Architecture=$ARCHITECTURE"
  change sam package --template-file .aws-sam/build/template.yaml --s3-bucket "$ARTIFACT_BUCKET" --s3-prefix packages \
    --output-template-file .aws-sam/packaged.yaml --region "$REGION"
  # From the bucket: the template is larger than a request may be.
  change aws s3 cp .aws-sam/packaged.yaml "s3://$ARTIFACT_BUCKET/packages/$BUILD_ID.yaml"
  CHANGE_SET_TYPE=CREATE
  deploy_stack "$PRODUCTION_STACK" \
    --template-url "https://$ARTIFACT_BUCKET.s3.$REGION.amazonaws.com/packages/$BUILD_ID.yaml" \
    --role-arn "$DEPLOY_ROLE" --capabilities CAPABILITY_IAM CAPABILITY_NAMED_IAM CAPABILITY_AUTO_EXPAND \
    --parameters "$(template_configuration "$PRODUCTION_PARAMETERS" parameters "BuildId=$BUILD_ID")" \
    --tags "$(template_configuration "$PRODUCTION_PARAMETERS" tags)"
  set_stack_policy
}

read_build_id() {
  local commit
  commit=$(git rev-parse --short=12 HEAD 2>/dev/null) ||
    stop "this folder has no commit, and GET /version tells the commit that a build is from. Commit first: git add . && git commit"
  BUILD_ID=bootstrap-$commit
}

locate_artifacts() {
  if [ "$DRY_RUN" = yes ] && [ "$CHANGE_SET_TYPE" = CREATE ]; then
    # shellcheck disable=SC2016 # printed, for the shell into which this is pasted
    ARTIFACT_BUCKET='$ARTIFACT_BUCKET' DEPLOY_ROLE='$DEPLOY_ROLE'
    print_output_reader ARTIFACT_BUCKET ArtifactBucket
    print_output_reader DEPLOY_ROLE ProductionDeployRole
  else
    ARTIFACT_BUCKET=$(required_output ArtifactBucket)
    DEPLOY_ROLE=$(required_output ProductionDeployRole)
  fi
}

print_output_reader() {
  # shellcheck disable=SC2016 # printed, as above
  printf '  %s=$(aws cloudformation describe-stacks --stack-name %s --output text --query "Stacks[0].Outputs[?OutputKey=='\''%s'\''].OutputValue")\n' \
    "$1" "$STACK_NAME" "$2"
}

# An earlier run may have been interrupted between the creation and this.
protect_live_alias() {
  local policy
  policy=$(aws cloudformation get-stack-policy --stack-name "$PRODUCTION_STACK" --query StackPolicyBody --output text)
  if [ -z "$policy" ] || [ "$policy" = None ]; then
    set_stack_policy
  fi
}

# CloudFormation must never write the alias again: that would take customers back to the first version.
set_stack_policy() {
  change aws cloudformation set-stack-policy --stack-name "$PRODUCTION_STACK" \
    --stack-policy-body "$(template_configuration "$PRODUCTION_PARAMETERS" stack-policy)"
}
