#!/usr/bin/env bash
# Installs what buildspecs/build.yml needs on Amazon Linux 2023: Rust, cargo-lambda, SAM. Safe to run again.
# Everything is pinned: here, in rust-toolchain.toml, in buildspecs/requirements.txt and in the Makefile.
set -euo pipefail
cd "$(dirname "$0")/.."

RUSTUP_VERSION=1.28.2
tools=${BUILD_TOOLS:-$HOME/build-tools}

if ! command -v rustup >/dev/null; then
  target=$(uname -m)-unknown-linux-gnu
  address=https://static.rust-lang.org/rustup/archive/$RUSTUP_VERSION/$target/rustup-init
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  curl --proto '=https' --tlsv1.2 --silent --show-error --fail --retry 3 --output "$scratch/rustup-init" "$address"
  sum=$(curl --proto '=https' --tlsv1.2 --silent --show-error --fail --retry 3 "$address.sha256" | cut -d ' ' -f 1)
  echo "$sum  $scratch/rustup-init" | sha256sum --check --quiet
  chmod +x "$scratch/rustup-init"
  "$scratch/rustup-init" -y --no-modify-path --profile minimal --default-toolchain none
  export PATH="$HOME/.cargo/bin:$PATH"
fi
rustup toolchain install            # the one of rust-toolchain.toml
rustup component add llvm-tools     # for the coverage

python3 -m venv "$tools"
"$tools/bin/pip" install --quiet --disable-pip-version-check --requirement buildspecs/requirements.txt
