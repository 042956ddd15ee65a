#!/bin/bash
# ceph-single-node.sh: a throw-away Ceph of one machine (a monitor, an OSD, radosgw if wanted) for tests.
# All of it lies under one directory and listens on 127.0.0.1 only.
#
#   ceph-single-node.sh start  DIR [--rgw]       fails if DIR holds a cluster already
#   ceph-single-node.sh stop   DIR               ends its daemons
#   ceph-single-node.sh resume DIR               starts those that do not run, and waits until they serve
#   ceph-single-node.sh signal DIR NAME SIGNAL   to mon, osd or radosgw: KILL, STOP, CONT
#   ceph-single-node.sh status DIR
#   ceph-single-node.sh wipe   DIR               stops, and deletes DIR
#
# After start DIR/env.sh sets the addresses and keys. By environment: MON_PORT, RGW_PORT, POOL, OSD_STORE
# (bluestore keeps its objects when an OSD is killed; memstore, faster to start, forgets them),
# MEMSTORE_BYTES, BLUESTORE_BYTES (a sparse file), RGW_ACCESS, RGW_SECRET, WAIT_S.
#
# What is not obvious, and needed: no mgr; cephx stays on (radosgw hangs without); pools of one copy;
# `osd fast shutdown = false`, else a memstore drops its objects on TERM and reads of them hang.
set -euo pipefail
unset CEPH_CONF CEPH_ARGS CEPH_KEYRING # of another cluster

MON_PORT=${MON_PORT:-13300}
RGW_PORT=${RGW_PORT:-17480}
MEMSTORE_BYTES=${MEMSTORE_BYTES:-2147483648}
OSD_STORE=${OSD_STORE:-memstore}
BLUESTORE_BYTES=${BLUESTORE_BYTES:-8589934592}
POOL=${POOL:-neurofs}
RGW_ACCESS=${RGW_ACCESS:-NEUROFSTESTKEY000001}
RGW_SECRET=${RGW_SECRET:-neurofsTestSecretNotARealCredential00001}

usage="usage: $0 start|stop|resume|signal|status|wipe DIR [--rgw | NAME SIGNAL]"
[ $# -ge 2 ] || { echo "$usage" >&2; exit 2; }
cmd=$1
dir=$(realpath -m -- "$2")
shift 2
[ "$dir" != / ] || { echo "$0: refusing /" >&2; exit 2; }
conf=$dir/ceph.conf
mark=$dir/.neurofs-ceph-single-node
ours_by=$conf
# shellcheck source=tests/servers/daemons.sh
. "$(dirname "$(realpath "$0")")/daemons.sh"

c() { timeout 30 ceph -c "$conf" "$@"; }
rados_() { timeout 10 rados -c "$conf" -p "$POOL" "$@"; }
rgw_answers() { answers -f "http://127.0.0.1:$RGW_PORT/"; }
osd_is_up() { c osd stat | grep -q '1 up'; }
up_from() { c osd dump | awk '/^osd.0 up/ { for (i = 1; i < NF; i++) if ($i == "up_from") print $(i + 1) }'; }
came_up_after() { # EPOCH
  local now
  now=$(up_from)
  [ -n "$now" ] && [ "$now" != "$1" ]
}

write_conf() {
  cat >"$conf" <<CONF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
public addr = 127.0.0.1
cluster addr = 127.0.0.1
mon host = [v2:127.0.0.1:$MON_PORT/0]
ms bind ipv4 = true
ms bind ipv6 = false
ms bind msgr1 = false
ms mon cluster mode = crc
ms service mode = crc
ms client mode = crc
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
keyring = $dir/keyring
run dir = $run
admin socket = $run/\$cluster-\$name.\$pid.asok
crash dir = $dir/log
log file = $dir/log/\$cluster-\$name.log
mon cluster log file = $dir/log/\$cluster-\$channel.log
log to stderr = false
mon cluster log to stderr = false
debug ms = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd crush chooseleaf type = 0
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon allow pool delete = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
[mon.a]
host = localhost
mon addr = 127.0.0.1:$MON_PORT
mon data = $dir/mon
mon data avail crit = 1
mon data avail warn = 1
[osd.0]
host = localhost
osd data = $dir/osd
osd objectstore = $OSD_STORE
osd journal = $dir/osd/journal
memstore device bytes = $MEMSTORE_BYTES
memstore page set = true
bluestore block size = $BLUESTORE_BYTES
bluestore block create = true
osd memory target = 939524096
osd fast shutdown = false
osd class load list = *
osd class default list = *
[client.rgw]
host = localhost
rgw data = $dir/rgw
rgw frontends = beast endpoint=127.0.0.1:$RGW_PORT
rgw enable usage log = false
rgw enable gc threads = false
rgw enable lc threads = false
rgw dynamic resharding = false
rgw run sync thread = false
rgw thread pool size = 32
rgw override bucket index max shards = 1
CONF
}

start_mon() {
  local fsid keyring=$dir/keyring
  fsid=$(awk '/^fsid/ { print $3 }' "$conf")
  ceph-authtool --create-keyring "$keyring" --gen-key -n mon. --cap mon 'allow *' >/dev/null
  ceph-authtool "$keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' \
    --cap mgr 'allow *' >/dev/null
  monmaptool --create --clobber --fsid "$fsid" --addv a "[v2:127.0.0.1:$MON_PORT]" "$dir/monmap" \
    >/dev/null
  ceph-mon -c "$conf" -i a --mkfs --monmap "$dir/monmap" --keyring "$keyring" >"$dir/log/mon.mkfs" 2>&1
  spawn mon ceph-mon -c "$conf" -i a -f
  wait_for "the monitor" c -s
}

start_osd() {
  local uuid key
  uuid=$(cat /proc/sys/kernel/random/uuid)
  key=$(ceph-authtool --gen-print-key)
  printf '{"cephx_secret": "%s"}' "$key" | c osd new "$uuid" 0 -i - >/dev/null
  ceph-authtool "$dir/keyring" -n osd.0 --add-key "$key" >/dev/null
  ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$uuid" >"$dir/log/osd.mkfs" 2>&1
  spawn osd ceph-osd -c "$conf" -i 0 -f
  wait_for "osd.0" osd_is_up
  c osd pool create "$POOL" 8 8 replicated >/dev/null 2>&1
  c osd pool application enable "$POOL" neurofs >/dev/null 2>&1 || true
  wait_for "pool $POOL" rados_ put .probe "$conf"
  rados_ rm .probe
  # Who may read and not write, so that refusals can be tested.
  c auth get-or-create client.neurofs mon 'allow r' osd "allow r pool=$POOL" >>"$dir/keyring"
  cat >"$dir/env.sh" <<ENV
export CEPH_CONF=$conf
export NEUROFS_RADOS_POOL=$POOL
export NEUROFS_RADOS_USER=client.neurofs
ENV
}

start_rgw() {
  c auth get-or-create client.rgw mon 'allow rw' osd 'allow rwx' >>"$dir/keyring"
  spawn radosgw radosgw -c "$conf" -n client.rgw -f
  wait_for "radosgw on 127.0.0.1:$RGW_PORT" rgw_answers
  timeout 60 radosgw-admin -c "$conf" user create --uid=neurofs --display-name=neurofs \
    --access-key="$RGW_ACCESS" --secret-key="$RGW_SECRET" >"$dir/log/rgw-user.out" 2>&1
  cat >>"$dir/env.sh" <<ENV
export AWS_ACCESS_KEY_ID=$RGW_ACCESS
export AWS_SECRET_ACCESS_KEY=$RGW_SECRET
export AWS_ENDPOINT_URL=http://127.0.0.1:$RGW_PORT
export AWS_REGION=us-east-1
ENV
}

start() { # [--rgw]
  need ceph-mon ceph-osd ceph-authtool monmaptool ceph rados curl
  [ "${1:-}" != --rgw ] || need radosgw radosgw-admin
  new_dir mon osd rgw
  trap '[ $? = 0 ] || stop_daemons radosgw osd mon' EXIT
  write_conf
  start_mon
  start_osd
  [ "${1:-}" != --rgw ] || start_rgw
  trap - EXIT
  echo "ceph-single-node: up after ${SECONDS}s"
}

resume() {
  local name before
  [ -f "$mark" ] || die "$dir was not made by this script"
  for name in mon osd radosgw; do alive $name || rm -f "$run/$name.pid"; done
  alive mon || spawn mon ceph-mon -c "$conf" -i a -f
  wait_for "the monitor" c -s
  if ! alive osd; then
    before=$(up_from)
    spawn osd ceph-osd -c "$conf" -i 0 -f
    wait_for "osd.0" came_up_after "$before"
  fi
  wait_for "pool $POOL" rados_ ls
  if grep -q AWS_ENDPOINT_URL "$dir/env.sh" && ! alive radosgw; then
    spawn radosgw radosgw -c "$conf" -n client.rgw -f
    wait_for "radosgw" rgw_answers
  fi
}

case $cmd in
  start) start "$@" ;;
  resume) resume ;;
  signal) signal_daemon "$@" ;;
  stop) stop_daemons radosgw osd mon ;;
  status)
    report mon osd radosgw
    c -s
    ;;
  wipe)
    stop_daemons radosgw osd mon
    wipe_dir
    ;;
  *) die "$usage" ;;
esac
