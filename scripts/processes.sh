# Functions of demo.sh and dev.sh: processes in the background that end with the script, with a log each in $work.

pids=()

# start NAME COMMAND...: run a command in the background.
start() {
  local name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 &
  pids+=($!)
}

# stop_all ends what was started, the newest first, and waits for it.
stop_all() {
  local i
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill "${pids[i]}" 2>/dev/null || true
    wait "${pids[i]}" 2>/dev/null || true
  done
}
trap stop_all EXIT

# give_up NAME: show why a process didn't get ready.
give_up() {
  printf '%s did not get ready; the end of its log:\n' "$1" >&2
  tail -n 20 "$work/$1.log" >&2
  exit 1
}

# await_file FILE NAME and await_http URL NAME: wait up to a minute until a process is ready.
await_file() {
  local i
  for ((i = 0; i < 600; i++)); do
    [ -s "$1" ] && return
    kill -0 "${pids[${#pids[@]} - 1]}" 2>/dev/null || give_up "$2"
    sleep 0.1
  done
  give_up "$2"
}

await_http() {
  local i
  for ((i = 0; i < 600; i++)); do
    node -e 'fetch(process.argv[1]).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "$1" && return
    sleep 0.1
  done
  give_up "$2"
}

# load_env FILE: export the variables of an env file.
load_env() {
  set -a
  . "$1"
  set +a
}

# free_port: a port of 127.0.0.1 that nobody listens on.
free_port() {
  node -e 'const s = require("net").createServer(); s.listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'
}

wait_for_interrupt() {
  trap 'exit 0' INT TERM
  while :; do sleep 1; done
}
