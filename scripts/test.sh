#!/usr/bin/env bash
# Runs the tests of every module in this repository and fails unless all of them ran and passed.
#
#   scripts/test.sh           everything, against real servers
#   scripts/test.sh -short    what needs no server; only here may tests be skipped
#
# Further arguments go to `go test`.
set -euo pipefail
cd "$(dirname "$0")/.."
export AWS_EC2_METADATA_DISABLED=true

allran=$PWD/.cache/bin/allran
go build -C tools -o "$allran" ./allran

modules=(. tools devstack charts bench bench/libs)
short=no
for argument in "$@"; do
  [ "$argument" != -short ] || short=yes
done

failed=()
for module in "${modules[@]}"; do
  [ -f "$module/go.mod" ] || continue
  if [ $short = yes ]; then
    # The other modules' tests are about servers, the chart and other libraries.
    [ "$module" = . ] || continue
    go test "$@" ./... || failed+=("$module")
  else
    go test -C "$module" -json -timeout 30m "$@" ./... | "$allran" || failed+=("$module")
  fi
done

if [ ${#failed[@]} -gt 0 ]; then
  echo "tests failed in: ${failed[*]}" >&2
  exit 1
fi
