#!/usr/bin/env bash
# The main job both ways, on embedded servers: a shop's tables go out as CSV, NDJSON and Parquet, and come back in. Then
# what changes in a table goes out.
# Needs Go, Node/npm, make and git; no root, no container engine. SERVE=1 leaves everything running at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/processes.sh

rows=${ROWS:-1000000}
started=$SECONDS
work=.cache/demo
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }

say "Building"
scripts/install-chdb.sh
make -s build

say "Starting Redis, S3 and ClickHouse in one process, a producer and two workers"
rm -rf "$work" && mkdir -p "$work"
start devstack bin/devstack -embedded -data "$work/data" -env "$work/env" -parent-pid $$
await_file "$work/env" devstack
load_env "$work/env"
LONGSHORE_LISTEN=${LONGSHORE_LISTEN:-127.0.0.1:$(free_port)}
export LONGSHORE_LISTEN LONGSHORE_API=http://$LONGSHORE_LISTEN LONGSHORE_HEALTH_LISTEN=off LONGSHORE_LOG_FORMAT=console
start producer bin/producer
start worker-1 bin/worker
start worker-2 bin/worker
await_http "$LONGSHORE_API/readyz" producer

say "Filling a shop: $rows customers and orders"
bin/shop -rows "$rows" generate

say "Pushing the project in examples/demo"
bin/longshore push examples/demo

for format in csv ndjson parquet; do
  say "Exporting orders and customers as $format"
  for table in orders customers; do
    bin/longshore sync run "${table}_$format" --wait
  done
done

say "Dropping further files, written by ClickHouse itself"
bin/shop drop

for format in csv ndjson parquet; do
  say "Ingesting $format"
  for table in orders customers; do
    bin/longshore datasource sync "${table}_$format" --wait
  done
done

say "The runs"
bin/longshore run ls

say "What arrived, compared with what there was"
bin/shop check

say "Sending what changed since the last run, which at first is everything"
bin/longshore sync run customers_changes --wait
say "Adding, changing and removing customers, and sending that"
bin/shop change
bin/longshore sync run customers_changes --wait

say "What was sent, compared with what changed"
bin/shop check-changes
printf '\nEvery row arrived once, and every change. %d seconds in all; the logs are in %s.\n' "$((SECONDS - started))" "$work"

if [ -n "${SERVE:-}" ]; then
  say "Serving until Ctrl-C"
  printf 'API and its documentation   %s/docs\ntry                         LONGSHORE_API=%s bin/longshore run ls\nthe servers are in          %s/env\n' \
    "$LONGSHORE_API" "$LONGSHORE_API" "$work"
  wait_for_interrupt
fi
