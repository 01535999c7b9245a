# shellcheck shell=bash
# The command line. Nothing is called before all of it is valid.

NOTIFICATION_EMAIL='' STACK_NAME=manuel-pipeline REGION=eu-west-1 SOURCE='' ARCHITECTURE='' MONTHLY_BUDGET_DOLLARS=''
GITHUB_OWNER='' GITHUB_REPO='' GITHUB_BRANCH='' SLACK_WORKSPACE_ID='' SLACK_CHANNEL_ID='' DRY_RUN=no ASSUME_YES=no

usage() {
  cat <<'TEXT'
Usage: ./deploy-pipeline.sh --notification-email you@example.com [options]

Creates or updates the pipeline's stack, creates the stack of production where there is none yet (the pipeline's
rollout calls a function of it), and says what is left for a person. Run it again at any time.

  --notification-email ADDRESS     critical alarms, approvals and notices go there (required)
  --stack-name NAME                stack of the pipeline, begins with manuel (manuel-pipeline)
  --region REGION                  (eu-west-1)
  --source github|codecommit       github where owner and repository are given
  --github-owner, --github-repo    default: those of `git remote get-url origin`
  --github-branch BRANCH           a push to it starts the pipeline, also with CodeCommit (main)
  --architecture arm64|x86_64      of the functions; must be that of parameters/*.json, which is the default
  --monthly-budget-dollars NUMBER  people are told before the costs reach it
  --slack-workspace-id, --slack-channel-id   both or none: alarms go to that Slack channel, too, once
                                   the workspace is authorised in Amazon Q Developer in chat applications
  --dry-run                        changes nothing, see below
  --yes                            does not ask; without it, it asks once where there is a terminal
  --help

An option that you leave out keeps its value where the pipeline's stack exists.

--dry-run prints every command that would change something, to be pasted in order. Where the pipeline's stack exists
it also creates a change set, shows it and deletes it, which touches no resource. It checks both templates:
`aws cloudformation validate-template` for the pipeline's, `sam validate --lint` for the application's (larger than
CloudFormation takes without an upload). Without credentials it supposes an empty account and prints the commands.

Exit codes: 0 done, or nothing to do; 1 stopped, with the reason; 2 the command line is wrong; 130 interrupted.
TEXT
}

read_options() {
  local flag value
  while [ $# -gt 0 ]; do
    flag=$1
    shift
    case $flag in
      --help | -h) usage; exit 0 ;;
      --dry-run) DRY_RUN=yes; continue ;;
      --yes) ASSUME_YES=yes; continue ;;
      --*=*) value=${flag#*=} flag=${flag%%=*} ;;
      --*)
        case ${1-} in
          '' | --*) value='' ;;
          *) value=$1 ;;
        esac
        # An empty word was the value, too; a following flag was not.
        if [ $# -gt 0 ] && [ "${1#--}" = "$1" ]; then shift; fi
        ;;
      *) problem "$flag is not an option; see --help"; continue ;;
    esac
    take_option "$flag" "$value"
  done
}

take_option() {
  case $1 in
    --notification-email) NOTIFICATION_EMAIL=$2 ;;
    --stack-name) STACK_NAME=$2 ;;
    --region) REGION=$2 ;;
    --source) SOURCE=$2 ;;
    --github-owner) GITHUB_OWNER=$2 ;;
    --github-repo) GITHUB_REPO=$2 ;;
    --github-branch) GITHUB_BRANCH=$2 ;;
    --architecture) ARCHITECTURE=$2 ;;
    --monthly-budget-dollars) MONTHLY_BUDGET_DOLLARS=$2 ;;
    --slack-workspace-id) SLACK_WORKSPACE_ID=$2 ;;
    --slack-channel-id) SLACK_CHANNEL_ID=$2 ;;
    *) problem "$1 is not an option; see --help"; return 0 ;;
  esac
  [ -n "$2" ] || problem "$1 needs a value"
}

# check_shape <flag> <value> <pattern> <what is expected>; an empty value was reported, or is not given.
check_shape() {
  if [ -n "$2" ] && ! [[ $2 =~ $3 ]]; then
    problem "$1 $(quoted "$2"): $4"
  fi
}

check_options() {
  [ -n "$NOTIFICATION_EMAIL" ] || problem "--notification-email is required: where alarms and approvals are sent"
  check_shape --notification-email "$NOTIFICATION_EMAIL" '^[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z]+$' \
    'expected an address like you@example.com'
  check_shape --stack-name "$STACK_NAME" '^manuel[A-Za-z0-9-]{0,122}$' \
    'must begin with manuel and have letters, digits and - only, 128 at most'
  case $STACK_NAME in
    manuel-dev | manuel-staging | manuel-prod | manuel-claude4)
      problem "--stack-name $STACK_NAME: that is the stack of an environment; the pipeline needs one of its own" ;;
  esac
  check_shape --region "$REGION" '^[a-z]{2}(-[a-z]+)+-[0-9]$' 'expected a region like eu-west-1'
  check_shape --source "$SOURCE" '^(github|codecommit)$' 'expected github or codecommit'
  check_shape --architecture "$ARCHITECTURE" '^(arm64|x86_64)$' 'expected arm64 or x86_64'
  check_shape --monthly-budget-dollars "$MONTHLY_BUDGET_DOLLARS" '^[1-9][0-9]{0,6}$' \
    'expected whole dollars from 1 to 9999999, digits only'
  check_source_options
  check_shape --slack-workspace-id "$SLACK_WORKSPACE_ID" '^[0-9A-Z]{1,255}$' 'expected an id like T0123456789'
  check_shape --slack-channel-id "$SLACK_CHANNEL_ID" '^[0-9A-Za-z]{1,255}$' 'expected an id like C0123456789'
  case "${SLACK_WORKSPACE_ID:+workspace}${SLACK_CHANNEL_ID:+channel}" in
    workspace) problem "--slack-workspace-id needs --slack-channel-id" ;;
    channel) problem "--slack-channel-id needs --slack-workspace-id" ;;
  esac
  stop_on_problems "the command line is not right (see --help):" 2
}

check_source_options() {
  check_shape --github-owner "$GITHUB_OWNER" '^[A-Za-z0-9]([A-Za-z0-9-]{0,38})$' \
    'expected a GitHub user or organisation: letters, digits and -'
  check_shape --github-repo "$GITHUB_REPO" '^[A-Za-z0-9._-]{1,100}$' \
    'expected the name of the repository alone: letters, digits, . _ -'
  check_shape --github-branch "$GITHUB_BRANCH" '^[A-Za-z0-9_][A-Za-z0-9._/-]{0,254}$' \
    'expected a branch: letters, digits, . _ / - and no spaces'
  case $GITHUB_BRANCH in
    *..* | *//* | */ | *.lock) problem "--github-branch $GITHUB_BRANCH: git does not allow .. // a / or .lock at the end" ;;
  esac
  case "${GITHUB_OWNER:+owner}${GITHUB_REPO:+repo}" in
    owner) problem "--github-owner needs --github-repo" ;;
    repo) problem "--github-repo needs --github-owner" ;;
  esac
  if [ "$SOURCE" = codecommit ] && [ -n "$GITHUB_OWNER$GITHUB_REPO" ]; then
    problem "--source codecommit and --github-owner, --github-repo exclude each other"
  fi
}
