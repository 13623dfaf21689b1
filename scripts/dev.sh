#!/usr/bin/env bash
# Everything for development in one go: embedded servers whose data stays, and a producer and a worker in one process.
# PROJECT=folder is pushed whenever it changes; the default is examples/demo.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/processes.sh

work=.cache/dev
mkdir -p "$work"
scripts/install-chdb.sh
make -s build
rm -f "$work/env"
start devstack bin/devstack -embedded -data "$work/data" -env "$work/env" -parent-pid $$
await_file "$work/env" devstack
load_env "$work/env"
export LONGSHORE_LISTEN=${LONGSHORE_LISTEN:-127.0.0.1:8080} LONGSHORE_PROJECT_DIR=${PROJECT:-examples/demo} LONGSHORE_LOG_FORMAT=console
bin/shop -rows "${ROWS:-20000}" generate
printf 'API          http://%s/docs\nClickHouse   %s\nS3           %s\nproject      %s (pushed when it changes)\n\n' \
  "$LONGSHORE_LISTEN" "$LONGSHORE_CLICKHOUSE_URL" "$LONGSHORE_S3_ENDPOINT" "$LONGSHORE_PROJECT_DIR"
bin/longshore dev
