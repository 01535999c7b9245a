#!/usr/bin/env bash
# Lints templates and scans them for what auditors ask about: as written, and after the SAM transform.
#   scripts/check-compliance.sh template.yaml pipeline-template.yaml
# Exceptions, each with its reason, are in compliance/exceptions.yaml. Needs Python 3.11+; the network the first time.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -eq 0 ]; then
  echo "which templates? for instance: scripts/check-compliance.sh template.yaml pipeline-template.yaml" >&2
  exit 2
fi

venv=${COMPLIANCE_VENV:-.tools/compliance}
if ! [ "$venv/.ready" -nt compliance/requirements.txt ]; then
  python3 -m venv --clear "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement compliance/requirements.txt
  touch "$venv/.ready"
fi
export AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-eu-west-1}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# scan FILE REPORT: findings are no failure yet, a scanner that breaks is.
scan() {
  "$venv/bin/checkov" --file "$1" --framework cloudformation --skip-download --soft-fail --output json >"$2"
}

failed=0
for template in "$@"; do
  "$venv/bin/cfn-lint" --regions "$AWS_DEFAULT_REGION" -- "$template" || failed=1
  "$venv/bin/python" compliance/transform.py "$template" >"$scratch/transformed.json"
  scan "$template" "$scratch/written.report"
  scan "$scratch/transformed.json" "$scratch/transformed.report"
  # packaged.yaml is template.yaml with addresses in place of folders: the same exceptions.
  name=$(basename "$template")
  "$venv/bin/python" compliance/judge.py "${name/packaged.yaml/template.yaml}" \
    "$scratch/written.report" "$scratch/transformed.report" || failed=1
done
exit "$failed"
