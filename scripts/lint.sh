#!/usr/bin/env bash
# Checks format, vet and the rules of .golangci.yml in every module.
set -euo pipefail
cd "$(dirname "$0")/.."

failed=0
unformatted=$(git ls-files --cached --others --exclude-standard '*.go' | xargs -r gofmt -l)
if [ -n "$unformatted" ]; then
  printf 'not formatted (make fmt):\n%s\n' "$unformatted" >&2
  failed=1
fi

tools=$PWD/tools/go.mod
config=$PWD/.golangci.yml
for module in . tools devstack charts bench bench/libs; do
  [ -f "$module/go.mod" ] || continue
  (cd "$module" && go vet ./...) || failed=1
  (cd "$module" && go tool -modfile="$tools" golangci-lint run --config "$config" ./...) || failed=1
done
exit $failed
