# shellcheck shell=bash
# Where the code comes from: the options, else what the stack has already, else GitHub's address of this clone.

SOURCE_PROVIDER='' # GitHub or CodeCommit; empty = as it is

resolve_source() {
  if [ "$SOURCE" = codecommit ]; then
    SOURCE_PROVIDER=CodeCommit
  elif [ -n "$GITHUB_OWNER" ]; then
    SOURCE_PROVIDER=GitHub
  elif [ "$PIPELINE_STATUS" != NONE ] && [ "$PIPELINE_STATUS" != REVIEW_IN_PROGRESS ] && kept_source; then
    # Not the clone's address: a run without --source must not swap the repository of a pipeline that works.
    SOURCE_PROVIDER=''
  else
    source_of_clone
  fi
}

# kept_source: with --source, only if the stack has that source.
kept_source() {
  [ -z "$SOURCE" ] || [ "$(stack_parameter SourceProvider)" = GitHub ]
}

source_of_clone() {
  local url pattern='github\.com[:/]([A-Za-z0-9-]+)/([A-Za-z0-9._-]+)$'
  url=$(git remote get-url origin 2>/dev/null || true)
  url=${url%/}
  url=${url%.git}
  if [[ $url =~ $pattern ]]; then
    GITHUB_OWNER=${BASH_REMATCH[1]} GITHUB_REPO=${BASH_REMATCH[2]} SOURCE_PROVIDER=GitHub
    return 0
  fi
  stop "where does the code come from? The remote 'origin' of this clone is not GitHub. Either
    --github-owner OWNER --github-repo REPOSITORY   (a connection to GitHub, which you confirm once in the console)
  or
    --source codecommit                             (a repository 'manuel' in this AWS account, to which you push)"
}

describe_source() {
  case $SOURCE_PROVIDER in
    GitHub) printf 'GitHub %s/%s' "$GITHUB_OWNER" "$GITHUB_REPO" ;;
    CodeCommit) printf 'CodeCommit repository manuel' ;;
    *) printf '%s, as it is' "$(stack_parameter SourceProvider)" ;;
  esac
  [ -z "$GITHUB_BRANCH" ] || printf ', branch %s' "$GITHUB_BRANCH"
}
