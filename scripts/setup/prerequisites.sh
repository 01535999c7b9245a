# shellcheck shell=bash
# Tools with the versions that this needs, and a complete checkout. Everything that is missing is said at once.

check_checkout() {
  local file
  for file in "$PIPELINE_TEMPLATE" "$APPLICATION_TEMPLATE" "$PRODUCTION_PARAMETERS"; do
    [ -f "$file" ] || problem "$file is missing"
  done
  stop_on_problems "this is not a complete checkout; clone the repository again:" 1
}

# first_version <text>: the first thing in it that looks like a version, for instance 2.15.1.
first_version() { printf '%s\n' "$1" | sed -n 's/[^0-9]*\([0-9][0-9]*\.[0-9][0-9.]*\).*/\1/p' | head -n 1; }

# at_least <version> <major.minor>
at_least() {
  local major minor wanted_major=${2%%.*} wanted_minor=${2#*.}
  major=${1%%.*}
  minor=${1#*.}
  minor=${minor%%.*}
  [ "$major" -gt "$wanted_major" ] || { [ "$major" -eq "$wanted_major" ] && [ "${minor:-0}" -ge "$wanted_minor" ]; }
}

# check_tool <name> <major.minor or any> <how to install> <command that prints its version>...
check_tool() {
  local name=$1 wanted=$2 install=$3 printed version
  shift 3
  if ! command -v "$1" >/dev/null 2>&1 || ! printed=$("$@" 2>/dev/null); then
    problem "$name is missing. $install"
    return 0
  fi
  [ "$wanted" != any ] || return 0
  version=$(first_version "$printed")
  if [ -z "$version" ]; then
    problem "$name: '$*' prints no version. $install"
  elif ! at_least "$version" "$wanted"; then
    problem "$name $version is too old, $wanted or newer is needed. $install"
  fi
}

check_prerequisites() {
  # Version 1 gets security fixes only, until July 2027; what is printed here is meant for version 2.
  check_tool 'AWS CLI' 2.16 'It has codeconnections since 2.15; version 1 is no longer developed (security fixes until July 2027). Version 2: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html' \
    aws --version
  check_tool 'SAM CLI' 1.156 'Rust builds (rust-cargolambda) left beta in 1.156: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/install-sam-cli.html' \
    sam --version
  check_tool 'Rust (cargo)' any 'Install it from https://rustup.rs; the pinned toolchain then installs itself.' cargo --version
  check_tool 'cargo-lambda' 1.6 "Install it with 'pip3 install cargo-lambda' (brings zig) or from https://www.cargo-lambda.info." \
    cargo lambda --version
  check_tool 'Python' 3.11 'Install it from https://www.python.org/downloads/.' python3 --version
  check_tool 'Git' any 'Install it from https://git-scm.com/downloads.' git --version
  stop_on_problems "some tools are missing or too old:" 1
}

# The files, the option and this computer must agree on one architecture; the pipeline deploys what the files say.
check_architecture() {
  local file said target
  [ -n "$ARCHITECTURE" ] || ARCHITECTURE=$(template_configuration "$PRODUCTION_PARAMETERS" value Architecture)
  for file in parameters/*.json; do
    said=$(template_configuration "$file" value Architecture)
    [ "$said" = "$ARCHITECTURE" ] || problem "$file says $said, not $ARCHITECTURE: set Architecture in it, and commit it"
  done
  stop_on_problems "the environments must have the architecture of the pipeline's build:" 1
  target=$(rust_target)
  if builds_natively; then return 0; fi
  if ! command -v rustup >/dev/null 2>&1; then
    problem "rustup is missing; it installs the Rust target $target. Install it from https://rustup.rs"
  elif ! rustup target list --installed | grep -qx "$target"; then
    problem "the Rust target $target is missing. Install it with: rustup target add $target"
  fi
  if ! zig version >/dev/null 2>&1 && ! python3 -m ziglang version >/dev/null 2>&1; then
    problem "zig is missing; cargo-lambda links for another computer with it. Install it with: pip3 install ziglang"
  fi
  stop_on_problems "a build for $ARCHITECTURE on this computer needs:" 1
}

rust_target() {
  case $ARCHITECTURE in
    arm64) printf aarch64-unknown-linux-gnu ;;
    *) printf x86_64-unknown-linux-gnu ;;
  esac
}

builds_natively() {
  case "$(uname -s)-$(uname -m)-$ARCHITECTURE" in
    Linux-aarch64-arm64 | Linux-arm64-arm64 | Linux-x86_64-x86_64) return 0 ;;
    *) return 1 ;;
  esac
}

# -I -S: what is installed for this Python does not matter, and does not slow it down.
template_configuration() { python3 -I -S "$SETUP/template_configuration.py" "$@"; }
