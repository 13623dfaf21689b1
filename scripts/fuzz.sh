#!/usr/bin/env bash
# Runs each fuzz target of the root module for a while (go fuzzes one target at a time).
#
#   scripts/fuzz.sh 30s
set -euo pipefail
cd "$(dirname "$0")/.."
fuzz_time=${1:-30s}

git grep -l '^func Fuzz' -- '*_test.go' ':!devstack' ':!charts' ':!tools' | while read -r file; do
  package=./$(dirname "$file")
  sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file" | while read -r target; do
    echo "== $package $target"
    go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "$fuzz_time" -fuzzminimizetime 5s </dev/null
  done
done
