#!/usr/bin/env bash
# Checks the programs that will be deployed: no switch of rehearsals, and no newer C library than Lambda has.
#   scripts/check-packages.sh .aws-sam/build/*/bootstrap
set -euo pipefail

# provided.al2023
NEWEST_GLIBC=2.34

for program in "$@"; do
  if ! [ -f "$program" ]; then
    echo "$program: there is no such program; run sam build first" >&2
    exit 1
  fi
  # Every function has this name in it: a search that finds nothing proves nothing.
  if ! grep -qa AWS_LAMBDA_RUNTIME_API "$program"; then
    echo "$program: the search does not find what must be there: is it one of the functions?" >&2
    exit 1
  fi
  if grep -qa REHEARSAL_ "$program"; then
    echo "$program: a switch of rehearsals is in it; build without the feature rehearsal" >&2
    exit 1
  fi
  needs=$(objdump -T "$program" | grep -o 'GLIBC_[0-9.]*' | cut -d _ -f 2 | sort -V | tail -1 || true)
  if [ "$(printf '%s\n' "$needs" "$NEWEST_GLIBC" | sort -V | tail -1)" != "$NEWEST_GLIBC" ]; then
    echo "$program: it needs glibc $needs, and Lambda has $NEWEST_GLIBC: build with cargo-lambda and zig" >&2
    exit 1
  fi
done
if [ $# -eq 0 ]; then
  echo "which programs? for instance: scripts/check-packages.sh .aws-sam/build/*/bootstrap" >&2
  exit 2
fi
echo "$# programs: no switch of rehearsals, glibc at most $NEWEST_GLIBC"
