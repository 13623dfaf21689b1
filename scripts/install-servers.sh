#!/usr/bin/env bash
# Installs the servers that the tests run against. Prints nothing when nothing is to do.
#
#   Redis 7, PostgreSQL 15, MariaDB 10, ClickHouse 18.16   from Debian's own packages
#   MinIO                                                   built once from its Go module into .cache/bin
#   DuckDB                                                  from npm into .cache/duckdb, an independent reader of Parquet
#   libchdb (ClickHouse 26)                                 scripts/install-chdb.sh
#
# No server is started here, and no container engine is used: each test starts its own server on a free port.
set -euo pipefail
cd "$(dirname "$0")/.."

# MinIO makes no tags that Go understands, so the version is the newest commit's. It is AGPL: run, never linked.
minio_version=v0.0.0-20260212201848-7aac2a2c5b7c
duckdb_version=1.5.6-r.1

cache=$PWD/.cache
mkdir -p "$cache/bin"

say() { printf 'setup: %s\n' "$*" >&2; }

# one_at_a_time waits until no other run of this script in this checkout is under way.
one_at_a_time() {
  local lock=$cache/setup.lock
  if command -v flock >/dev/null; then
    exec 9>"$lock"
    flock 9
  fi
}

# first_of prints the first of the given paths or names that can be run.
first_of() {
  local candidate
  for candidate in "$@"; do
    command -v "$candidate" 2>/dev/null && return 0
  done
  return 1
}

missing_packages() {
  first_of redis-server >/dev/null || echo redis-server
  first_of /usr/lib/postgresql/15/bin/postgres >/dev/null || echo postgresql-15
  first_of mariadbd /usr/sbin/mariadbd >/dev/null || echo mariadb-server
  first_of clickhouse-server /usr/sbin/clickhouse-server >/dev/null || echo clickhouse-server
  first_of clickhouse-client >/dev/null || echo clickhouse-client
}

install_packages() {
  local packages
  packages=$(missing_packages | tr '\n' ' ')
  [ -n "$packages" ] || return 0
  if ! command -v apt-get >/dev/null; then
    say "this machine has no apt-get; install these by hand and run again: $packages"
    say "(PostgreSQL 15 is looked for in /usr/lib/postgresql/15/bin, then on PATH; the others on PATH)"
    return 1
  fi
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    say "installing these needs root or sudo: $packages"
    return 1
  fi
  say "installing $packages"
  keep_services_stopped
  quietly as_root apt-get update
  # shellcheck disable=SC2086 # one word per package
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages ||
    { say "apt-get could not install $packages; Debian 12 has all of them"; return 1; }
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# keep_services_stopped tells Debian's package scripts not to start what they install, for as long as this script runs.
keep_services_stopped() {
  policy=/usr/sbin/policy-rc.d
  [ -e "$policy" ] && return 0
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod +x "$policy"
  trap 'as_root rm -f "$policy"' EXIT
}

# quietly runs a command and shows what it printed only when it failed.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  [ "$status" = 0 ] || cat "$log" >&2
  rm -f "$log"
  return "$status"
}

install_minio() {
  local stamp=$cache/bin/minio.version
  [ -x "$cache/bin/minio" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$minio_version" ] && return 0
  say "building minio $minio_version (about two minutes, once)"
  (cd / && GOBIN="$cache/bin" GOFLAGS= CGO_ENABLED=0 quietly go install -trimpath -ldflags='-s -w' \
    "github.com/minio/minio@$minio_version")
  echo "$minio_version" >"$stamp"
}

install_duckdb() {
  local folder=$cache/duckdb
  [ "$(cat "$folder/version" 2>/dev/null)" = "$duckdb_version" ] && return 0
  say "installing duckdb $duckdb_version from npm"
  mkdir -p "$folder"
  echo '{"private": true}' >"$folder/package.json"
  quietly npm install --prefix "$folder" --no-audit --no-fund --ignore-scripts --loglevel=error \
    "@duckdb/node-api@$duckdb_version"
  echo "$duckdb_version" >"$folder/version"
}

install_chdb() {
  [ -x scripts/install-chdb.sh ] || return 0
  scripts/install-chdb.sh
}

one_at_a_time
install_packages
install_minio
install_duckdb
install_chdb
