# shellcheck shell=bash
# What a person still has to do, and only what is not done yet.

STEP=0

step() {
  STEP=$((STEP + 1))
  printf '\n%s. %s\n' "$STEP" "$1"
  shift
  [ $# -eq 0 ] || printf '   %s\n' "$@"
}

show_next_steps() {
  local console=https://$REGION.console.aws.amazon.com
  if [ "$DRY_RUN" = yes ]; then
    heading "Nothing was changed"
    say "A real run ends with what is left for a person: connection, e-mail confirmations, first release."
    return 0
  fi
  heading "What is left for you"
  connection_step "$console"
  subscription_steps
  step "Once per payer account: activate the cost allocation tag Project, or the costs cannot be told apart (docs/costs.md)." \
    "It can be chosen about a day after the first resource has it." \
    "aws ce update-cost-allocation-tags-status --cost-allocation-tags-status TagKey=Project,Status=Active --region us-east-1" \
    "https://us-east-1.console.aws.amazon.com/billing/home#/tags"
  release_steps
  heading "To look at"
  say "pipeline   $console/codesuite/codepipeline/pipelines/$PIPELINE/view?region=$REGION"
  say "dashboard  $(stack_output DashboardUrl)"
  say "approvals, rollback and more: docs/runbook.md; costs: docs/costs.md; to remove it all: docs/teardown.md"
}

connection_step() {
  local arn status
  arn=$(stack_output ConnectionArn)
  [ -n "$arn" ] || return 0
  # The list below is the point of the run: an answer that does not come must not end it.
  status=$(aws codeconnections get-connection --connection-arn "$arn" --query Connection.ConnectionStatus --output text) || status=unknown
  case $status in
    AVAILABLE) return 0 ;;
    PENDING) step "Allow AWS to read the repository: 'Update pending connection' here. Until then the stage Source fails." ;;
    *) step "The connection to GitHub is in $status: mend it here, or no push starts the pipeline." ;;
  esac
  printf '   %s\n' "$1/codesuite/settings/$ACCOUNT/$REGION/codeconnections/connections/${arn##*/}"
}

subscription_steps() {
  local topic arn pending='' lost='' state endpoint known
  for topic in manuel-critical manuel-approvals manuel-notices; do
    arn=arn:$PARTITION:sns:$REGION:$ACCOUNT:$topic
    known=no
    aws sns list-subscriptions-by-topic --topic-arn "$arn" --output text \
      --query "Subscriptions[?Protocol=='email'].[SubscriptionArn, Endpoint]" >"$SCRATCH/subscriptions"
    while read -r state endpoint; do
      [ "$endpoint" != "$NOTIFICATION_EMAIL" ] || known=yes
      [ "$state" != PendingConfirmation ] || pending="$pending   $topic: $endpoint"$'\n'
    done <"$SCRATCH/subscriptions"
    [ "$known" = yes ] || lost="$lost   aws sns subscribe --topic-arn $arn --protocol email --notification-endpoint $NOTIFICATION_EMAIL"$'\n'
  done
  if [ -n "$pending" ]; then
    step "Confirm the subscriptions within two days: a mail 'AWS Notification - Subscription Confirmation' came for each of these."
    printf '%s' "$pending"
  fi
  if [ -n "$lost" ]; then
    # CloudFormation made them once, and does not look again.
    step "Subscribe again: AWS forgot these, because nobody confirmed them, or somebody unsubscribed."
    printf '%s' "$lost"
  fi
}

release_steps() {
  local url released branch
  released=$(aws codepipeline list-pipeline-executions --pipeline-name "$PIPELINE" --no-paginate --output text \
    --query "pipelineExecutionSummaries[?status=='Succeeded' || status=='InProgress'].[status]")
  url=$(stack_output RepositoryCloneUrl)
  branch=$(stack_parameter GitHubBranch)
  branch=${branch:-main}
  if [ -n "$url" ] && ! git remote get-url codecommit >/dev/null 2>&1; then
    step "Push the code; each push starts a release." \
      "git config --local credential.https://git-codecommit.$REGION.amazonaws.com.helper '!aws codecommit credential-helper \$@'" \
      "git config --local credential.https://git-codecommit.$REGION.amazonaws.com.UseHttpPath true" \
      "git remote add codecommit $url" "git push codecommit $branch"
  elif [ -n "$url" ] && [ -z "$released" ]; then
    step "Push the code; each push starts a release." "git push codecommit $branch"
  elif [ -z "$released" ]; then
    step "Start the first release, after the connection is confirmed and the branch is pushed (the execution that AWS starts" \
      "by itself fails in Source where the connection was pending; later each push starts one):" \
      "aws codepipeline start-pipeline-execution --name $PIPELINE --region $REGION"
  fi
  if [ -z "$released" ]; then
    step "Approve it when the mails ask you to: before production, at 10 % and at 50 % (docs/runbook.md, Approve or reject)."
  fi
}
