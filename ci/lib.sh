# What the scripts in ci/ share: where things are, and how they speak. Sourced, not run.
set -euo pipefail
portcullis_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
portcullis_build=${PORTCULLIS_BUILD:-$portcullis_root/build}
portcullis_started=$SECONDS

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' plain=$'\e[0m'
else bold='' dim='' red='' plain=''; fi

# step TEXT: a headline with the seconds since the start.
step() { printf '%s==> %s%s %s(%d s)%s\n' "$bold" "$*" "$plain" "$dim" $((SECONDS - portcullis_started)) "$plain"; }
# note TEXT: a line under a headline.
note() { printf '    %s\n' "$*"; }
# cannot TEXT: this machine lacks something; exit code 3 as everywhere in Portcullis.
cannot() { printf '%scannot go on:%s %s\n' "$red" "$plain" "$*" >&2; exit 3; }
# wrong TEXT: the command line is wrong.
wrong() { printf '%swrong use:%s %s\n' "$red" "$plain" "$*" >&2; exit 2; }

# configure_and_build: the default preset, into $portcullis_build.
configure_and_build() {
  step "configuring and building in ${portcullis_build#"$portcullis_root"/}"
  local log="$portcullis_build/configure.log"
  mkdir -p "$portcullis_build"
  cmake -S "$portcullis_root" -B "$portcullis_build" --preset default \
    -DPORTCULLIS_PYTHON="${PORTCULLIS_PYTHON:-}" -DPORTCULLIS_LIBTORCH="${PORTCULLIS_LIBTORCH:-}" \
    -DPython3_EXECUTABLE="$(python3 -c 'import sys; print(sys.executable)')" "$@" > "$log" 2>&1 ||
    { cat "$log" >&2; exit 1; }
  cmake --build "$portcullis_build"
}

# torch_versions VERSION…: those versions of ci/runtimes.json, in its order; "all" is every one.
torch_versions() {
  local known version
  mapfile -t known < <(sed -n 's/^ *"version": "\(.*\)",$/\1/p' "$portcullis_root/ci/runtimes.json")
  for version in "$@"; do
    [[ " all ${known[*]} " = *" $version "* ]] ||
      wrong "unknown runtime '$version', expected all or one of: ${known[*]}"
  done
  for version in "${known[@]}"; do
    [[ " $* " != *" all "* && " $* " != *" $version "* ]] || echo "$version"
  done
}
