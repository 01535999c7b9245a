# shellcheck shell=bash
# Whose account this is, and whether Lambda has the capacity there that production reserves.

ACCOUNT='' PARTITION=aws

read_account() {
  local identity
  if identity=$(aws sts get-caller-identity --query '[Account, Arn]' --output text 2>"$SCRATCH/error"); then
    ACCOUNT=${identity%%[[:space:]]*}
    PARTITION=${identity#*arn:}
    PARTITION=${PARTITION%%:*}
    say "Account $ACCOUNT, region $REGION"
  elif [ "$DRY_RUN" = yes ]; then
    say "No credentials ($(last_line "$SCRATCH/error")): supposing an empty account. Region $REGION"
  else
    stop "AWS does not accept the credentials: $(last_line "$SCRATCH/error")
  Sign in first, with 'aws sso login' or 'aws configure' (AWS_PROFILE names a profile). 'aws sts get-caller-identity'
  must answer."
  fi
}

last_line() { grep '[^[:space:]]' "$1" | tail -n 1; }

signed_in() { [ -n "$ACCOUNT" ]; }

# Lambda refuses a reservation that leaves less than 100 for all other functions. New accounts have 10 in all.
check_concurrency() {
  local file reserved=0 unreserved needed
  if ! signed_in || [ "$PRODUCTION_STATUS" != NONE ]; then return 0; fi
  for file in parameters/dev.json parameters/staging.json "$PRODUCTION_PARAMETERS"; do
    reserved=$((reserved + $(template_configuration "$file" value ReservedConcurrency)))
  done
  [ "$reserved" -gt 0 ] || return 0
  unreserved=$(aws lambda get-account-settings --query AccountLimit.UnreservedConcurrentExecutions --output text)
  needed=$((100 + reserved))
  [ "$unreserved" -lt "$needed" ] || return 0
  stop "Lambda may run only $unreserved functions at once in this account and region, apart from what is reserved.
  alarm-rollback reserves $reserved (ReservedConcurrency in parameters/*.json), and 100 must stay for the others: $needed are needed.
  Either ask for more, which takes minutes to days:
    aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000 --region $REGION
    https://$REGION.console.aws.amazon.com/servicequotas/home/services/lambda/quotas/L-B99A9384
  or reserve nothing: set ReservedConcurrency to \"0\" in $PRODUCTION_PARAMETERS, commit it, and run this again. Then a bad
  version that takes all the capacity can delay its own rollback."
}
