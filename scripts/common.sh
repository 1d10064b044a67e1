# Sourced by the other scripts: finds the tools, makes the environments, runs steps and sums them up.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

missing() {
  printf 'missing: %s\n' "$1" >&2
  exit 3
}

find_python() { # sets $python
  for python in python3.11 python3.12 python3.13 python3 python; do
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    "$python" -c 'import ensurepip, venv' 2>/dev/null || missing "the venv module of $python (Debian and Ubuntu: apt install python3-venv)"
    return
  done
  missing "Python 3.11 or later (python.org, or your system's packages)"
}

find_node() {
  command -v node >/dev/null || missing "Node 20 or later (nodejs.org, or your system's packages)"
  command -v npm >/dev/null || missing "npm, which comes with Node 20 (Debian and Ubuntu: apt install npm)"
  [ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ] || missing "Node 20 or later; this is $(node --version)"
}

find_git() {
  command -v git >/dev/null || missing "git (git-scm.com, or your system's packages)"
}

# quietly LOG COMMAND...: its output goes to LOG, and is shown only if it fails
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 || { cat "$log" >&2; return 1; }
}

# environment DIR REQUIREMENT...: a virtual environment that holds the requirements; kept while they, pyproject.toml and
# the place of the checkout are the same
environment() {
  local dir=$1 project stamp
  shift
  project=$(printf '%s\n' "$PWD" | cat - pyproject.toml | cksum | tr ' ' -)
  stamp="$dir/.installed-$project-$(printf '%s\n' "$@" | cksum | tr ' ' -)"
  [ ! -e "$stamp" ] || return 0
  find_python
  printf 'installing %s into %s (%s)\n' "$*" "$dir" "$("$python" --version)"
  "$dir/bin/pip" --version 2>/dev/null | grep -qF "$PWD/$dir/" || "$python" -m venv --clear "$dir"
  quietly "$dir/install.log" "$dir/bin/pip" install --disable-pip-version-check "$@"
  find "$dir" -maxdepth 1 -name '.installed-*' ! -name ".installed-$project-*" -exec rm {} +
  touch "$stamp"
}

# The fast engine, apart: eth-wake's own requirements contradict the package's, and its EVM needs none of them.
fast_engine() { # DIR: the environment
  "$1/bin/python" -c 'from importlib.metadata import version; assert version("eth-wake") == "5.0.0rc4"' 2>/dev/null && return
  quietly "$1/install.log" "$1/bin/pip" install --disable-pip-version-check --no-deps eth-wake==5.0.0rc4
}

# contracts/node_modules as package-lock.json has it: OpenZeppelin, the compiler, forge and anvil
npm_packages() {
  local stamp
  stamp="contracts/node_modules/.installed-$(cksum <contracts/package-lock.json | tr ' ' -)"
  [ ! -e "$stamp" ] || return 0
  find_node
  printf 'installing contracts/node_modules (node %s)\n' "$(node --version)"
  npm --prefix contracts ci --no-audit --no-fund --ignore-scripts --loglevel=error
  touch "$stamp"
}

# Puts forge on the path: the binary itself, for npm's shim ends in success even when tests fail.
find_forge() {
  local os machine
  os=$(uname -s | tr '[:upper:]' '[:lower:]')
  machine=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
  forge_bin="$PWD/contracts/node_modules/@foundry-rs/forge-$os-$machine/bin"
  [ -x "$forge_bin/forge" ] || missing "forge for $os-$machine (npm has it for linux and darwin, amd64 and arm64)"
  PATH="$forge_bin:$PATH"
}

# collect: from here on steps are noted, in this script and in those that it calls
collect() {
  STEPS=$(mktemp)
  export STEPS
  trap 'rm -f "$STEPS"; kill $(jobs -p) 2>/dev/null || true' EXIT
}

# step NAME COMMAND...: runs it, shows its output, and notes how it ended; the steps after it run in any case
step() {
  local name=$1 began=$SECONDS state=ok log
  shift
  log=$(mktemp)
  printf '\n=== %s\n' "$name"
  "$@" 2>&1 | tee "$log" || state=FAILED
  printf '%-8s %-14s %4ds  %s\n' "$state" "$name" $((SECONDS - began)) "$(last_line "$log")" >>"$STEPS"
  rm -f "$log"
}

last_line() {
  sed "s/$(printf '\033')\[[0-9;]*m//g" "$1" | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c 1-140
}

# summary: each step's own last line, and failure if one failed
summary() {
  printf '\n=== summary, %ds\n' "$SECONDS"
  cat "$STEPS"
  ! grep -q '^FAILED' "$STEPS"
}
