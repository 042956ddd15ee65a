# daemons.sh: starting and ending daemons of which every one is certainly ours. To be sourced.
#
# The script that sources it sets `dir` (its state), `mark` (the file that says who made `dir`) and
# `ours_by` (an argument, or the beginning of one, that only this server's daemons have on their command
# line). A process is signalled only if its /proc/PID/cmdline shows that argument, so that a number that
# the kernel gave to somebody else by now is safe.
# shellcheck shell=bash

: "${dir:?}" "${mark:?}" "${ours_by:?}"
run=$dir/run
wait_s=${WAIT_S:-60}

die() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

ours() { # PID
  [ -r "/proc/$1/cmdline" ] && tr '\0' '\n' <"/proc/$1/cmdline" 2>/dev/null |
    awk -v by="$ours_by" 'index($0, by) == 1 { found = 1 } END { exit !found }'
}

pid_of() { # NAME: its pid, if it runs
  local pid
  pid=$(cat "$run/$1.pid" 2>/dev/null) || return 1
  ours "$pid" && echo "$pid"
}
alive() { pid_of "$1" >/dev/null; }

spawn() { # NAME COMMAND...: a daemon that stays in the foreground, in a session of its own
  local name=$1 pid _
  shift
  setsid "$@" >"$dir/log/$name.out" 2>&1 </dev/null &
  pid=$!
  for _ in $(seq 50); do
    ours "$pid" && break
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.05
  done
  echo "$pid" >"$run/$name.pid"
}

# Polls until the command succeeds; gives up when a daemon ends or time is over.
wait_for() { # LABEL COMMAND...
  local label=$1 end=$((SECONDS + wait_s)) file name
  shift
  until "$@" >/dev/null 2>&1; do
    for file in "$run"/*.pid; do
      name=$(basename "$file" .pid)
      alive "$name" && continue
      tail -n 5 "$dir/log/$name.out" >&2
      die "$name ended while waiting for $label (is its port in use? logs in $dir/log)"
    done
    [ $SECONDS -lt $end ] || die "timed out after ${wait_s}s waiting for $label (logs in $dir/log)"
    sleep 0.1
  done
}

answers() { curl -s -o /dev/null --max-time 5 "$@"; }

gone() { # NAME TENTHS: waits so long for its end
  local _
  for _ in $(seq "$2"); do
    alive "$1" || return 0
    sleep 0.1
  done
  return 1
}

# TERM, and KILL for what does not end by it. A stopped process hears TERM only once it goes on.
stop_daemons() { # NAME...
  local name pid
  [ -f "$mark" ] || die "$dir was not made by this script"
  for name in "$@"; do
    if pid=$(pid_of "$name"); then
      kill -TERM "$pid" 2>/dev/null || true
      kill -CONT "$pid" 2>/dev/null || true
      gone "$name" 50 || kill -KILL "$pid" 2>/dev/null || true
      gone "$name" 50 || true
    fi
    rm -f "$run/$name.pid"
  done
}

signal_daemon() { # NAME SIGNAL
  local pid
  pid=$(pid_of "$1") || die "$1 does not run"
  kill "-$2" "$pid"
  [ "$2" != KILL ] || gone "$1" 50 || die "$1 survives KILL"
}

new_dir() { # SUBDIRECTORY...
  [ ! -e "$mark" ] || die "$dir holds a server already: stop or wipe it first"
  mkdir -p "$dir" "$run" "$dir/log"
  chmod 700 "$dir"
  : >"$mark"
  local name
  for name in "$@"; do mkdir -p "$dir/$name"; done
}

wipe_dir() { # the daemons are stopped
  [ -f "$mark" ] || die "$dir was not made by this script"
  rm -rf --one-file-system -- "$dir"
}

report() { # NAME...
  local name pid
  for name in "$@"; do
    [ -f "$run/$name.pid" ] || continue
    if pid=$(pid_of "$name"); then
      echo "$name pid $pid rss_kib $(awk '/VmRSS/{print $2}' "/proc/$pid/status")"
    else
      echo "$name has ended"
    fi
  done
}

need() { # PROGRAM...
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null ||
      die "$program is not installed; mount-tools/packages.sh install test brings it"
  done
}
