#!/usr/bin/env bash
# Runs the Rust tests with coverage and fails below the minimum. Use `make coverage`, which gives FEATURES.
# Writes target/reports/tests.xml (JUnit) and target/reports/coverage.xml (Cobertura). Needs cargo-llvm-cov and LLVM's tools,
# by `rustup component add llvm-tools` or Debian's llvm-22, which reads what the pinned compiler writes.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${FEATURES:?use make coverage}"

reports=target/reports
mkdir -p "$reports"
if [ -z "${LLVM_COV:-}" ] && command -v llvm-cov-22 >/dev/null; then
  export LLVM_COV=llvm-cov-22 LLVM_PROFDATA=llvm-profdata-22
fi

# Without the faults, which take minutes to play what other tests cover: `make test` has them.
status=0
cargo llvm-cov --no-report --workspace --exclude-from-test faults --features "$FEATURES" --no-fail-fast 2>&1 |
  tee "$reports/tests.log" || status=$?
python3 scripts/tests_to_junit.py "$reports/tests.log" >"$reports/tests.xml"
if [ "$status" -ne 0 ]; then
  echo "tests failed: no coverage was measured" >&2
  exit "$status"
fi
cargo llvm-cov report --lcov --output-path "$reports/lcov.info"
python3 scripts/judge_coverage.py "$reports/lcov.info" "$reports/coverage.xml"
