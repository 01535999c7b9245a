# shellcheck shell=bash
# What people read: headings, problems (all of them at once), and commands as they would be typed.

PROBLEMS=()
CONFIRMED=no

say() { printf '%s\n' "$*"; }

heading() { printf '\n== %s\n' "$*"; }

stop() {
  printf 'deploy-pipeline.sh: %s\n' "$*" >&2
  exit 1
}

problem() { PROBLEMS[${#PROBLEMS[@]}]=$1; }

# stop_on_problems <what they are> <exit code>
stop_on_problems() {
  [ "${#PROBLEMS[@]}" -gt 0 ] || return 0
  printf 'deploy-pipeline.sh: %s\n' "$1" >&2
  printf '  - %s\n' "${PROBLEMS[@]}" >&2
  exit "$2"
}

# One word as a shell needs it. The two names are known only after the pipeline's stack exists; a dry run prints how to
# read them, so they stay variables.
quoted() {
  # shellcheck disable=SC2016 # these are the names, not their values
  case $1 in
    *'$ARTIFACT_BUCKET'* | *'$DEPLOY_ROLE'*) printf '"%s"' "$1" ;;
    '' | *[!A-Za-z0-9_./:=,@%+-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
    *) printf '%s' "$1" ;;
  esac
}

print_command() {
  local word line='  '
  for word in "$@"; do
    line="$line$(quoted "$word") "
  done
  printf '%s\n' "${line% }"
}

# Everything that changes something goes through here.
change() {
  if [ "$DRY_RUN" = yes ]; then
    print_command "$@"
  else
    "$@"
  fi
}

# Asks at most once, and only where somebody can answer.
confirm() {
  local answer=''
  if [ "$CONFIRMED" = yes ] || [ "$ASSUME_YES" = yes ] || [ "$DRY_RUN" = yes ] || [ ! -t 0 ]; then
    return 0
  fi
  printf '\nGo on? [y/N] '
  read -r answer || true
  case $answer in
    y | Y | yes | Yes | YES) CONFIRMED=yes ;;
    *) stop "nothing was changed." ;;
  esac
}
