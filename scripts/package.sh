#!/usr/bin/env bash
# Builds the functions once for every environment, checks what was built, and uploads it: packaged.yaml names the packages.
#   ARTIFACT_BUCKET=my-bucket ARCHITECTURE=arm64 scripts/package.sh
# Needs the SAM CLI and cargo-lambda, and may write to the bucket.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${ARTIFACT_BUCKET:?set ARTIFACT_BUCKET to the bucket that takes the packages (output ArtifactBucket of the pipeline stack)}"
: "${ARCHITECTURE:?set ARCHITECTURE to arm64 or x86_64, as in parameters/*.json}"
export SAM_CLI_TELEMETRY=0

# A program of the other architecture would be deployed all the same, and fail at its first start.
for file in parameters/*.json; do
  wanted=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["Parameters"]["Architecture"])' "$file")
  if [ "$wanted" != "$ARCHITECTURE" ]; then
    echo "$file has Architecture $wanted, and this build is for $ARCHITECTURE: make them equal" >&2
    exit 1
  fi
done

sam validate --lint --template template.yaml
sam build --template template.yaml --parameter-overrides "Architecture=$ARCHITECTURE"
bash scripts/check-packages.sh .aws-sam/build/*/bootstrap
sam package --s3-bucket "$ARTIFACT_BUCKET" --s3-prefix packages --output-template-file packaged.yaml
# Once more, because this is the file that is deployed.
bash scripts/check-compliance.sh packaged.yaml
