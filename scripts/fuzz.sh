#!/usr/bin/env bash
# Runs each fuzz target for a while and prints a line about it. All are run, whatever is found; the exit status says
# whether anything was. A failing input is written below testdata/fuzz of its package: it is committed with the mend.
#
#   scripts/fuzz.sh 30s                          # one target after the other, each on all cores
#   JOBS=7 scripts/fuzz.sh 10m                   # seven at a time, each on one core
#   scripts/fuzz.sh 10m pkg/format internal/def  # those below some folders, in this order
#
# What the targets print is kept in the folder FUZZ_LOGS.
set -uo pipefail
cd "$(dirname "$0")/.."
fuzz_time=${1:-30s}
[ $# -eq 0 ] || shift
jobs=${JOBS:-1}
parallel=$([ "$jobs" -gt 1 ] && echo 1 || nproc)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
logs=${FUZZ_LOGS:-$work}
mkdir -p "$logs"
cache=$(go env GOCACHE)/fuzz
export fuzz_time parallel work logs cache

# folders prints the packages that have targets, by the order of the arguments.
folders() {
  for below in "${@:-.}"; do
    git grep -l --untracked '^func Fuzz' -- "$below/*_test.go" | xargs -r dirname
  done | awk '!seen[$0]++'
}

# targets builds the packages, each once and while those before it run, and prints a line for each target.
targets() {
  local status=0
  for folder in $(folders "$@"); do
    local name=${folder//\//.}
    if ! go test -C "$folder" -c -fuzz . -o "$work/$name.test" >"$logs/$name.build" 2>&1; then
      cat "$logs/$name.build" >&2
      status=1
      continue
    fi
    local package
    package=$(go list -C "$folder" .)
    sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$folder"/*_test.go | while read -r target; do
      echo "$folder $name $package $target"
    done
  done
  return $status
}

# ended_late is for a target that found nothing, but was still running when its time was over: on a busy machine go calls
# that a failure.
ended_late() { grep -qx ' *context deadline exceeded' "$1" && ! grep -q 'Failing input\|hung or terminated' "$1"; }

# fuzz runs a target in its package's folder, below which go writes what it finds. Inputs are made smaller for a hundred
# executions: by go's own measure, a minute, little else would be done.
fuzz() {
  local folder=$1 name=$2 package=$3 target=$4
  local log=$logs/$name.$target.log
  (cd "$folder" && exec "$work/$name.test" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "$fuzz_time" -test.fuzzminimizetime 100x \
    -test.parallel "$parallel" -test.fuzzcachedir "$cache/$package") >"$log" 2>&1 </dev/null
  local status=$?
  if ended_late "$log"; then
    status=0
  fi
  local did
  did=$(sed -n 's/^fuzz: elapsed: .*execs: \([0-9]*\).*new interesting: \([0-9]*\).*/\1 executions, \2 new inputs/p' "$log" | tail -n 1)
  if [ $status -eq 0 ]; then
    echo "ok    $folder $target: ${did:-nothing was run}"
  else
    echo "FAIL  $folder $target: ${did:-no execution}"
    grep -v '^fuzz: elapsed' "$log" | sed 's/^/      /'
    return 1
  fi
}
export -f fuzz ended_late

targets "$@" | xargs -r -P "$jobs" -L 1 bash -c 'fuzz "$@"' fuzz
