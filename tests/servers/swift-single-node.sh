#!/bin/bash
# swift-single-node.sh: a throw-away OpenStack Swift with its S3 interface on 127.0.0.1, the second
# implementation of S3 that the tests run on. One copy of everything, state under DIR.
#
#   swift-single-node.sh start|stop|status|wipe DIR
#
# Listens on PORT (the proxy) and the three ports after it. After start DIR/env.sh sets address and keys.
set -euo pipefail
PORT=${PORT:-17580}
usage="usage: $0 start|stop|status|wipe DIR"
[ $# -eq 2 ] || { echo "$usage" >&2; exit 2; }
dir=$(realpath -m -- "$2")
mark=$dir/.neurofs-swift-single-node
ours_by=$dir/etc/
# shellcheck source=tests/servers/daemons.sh
. "$(dirname "$(realpath "$0")")/daemons.sh"

servers=(account container object)
python=/usr/bin/python3

server_conf() { # TYPE PORT
  cat >"$1.conf" <<CONF
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $2
workers = 0
devices = $dir/dev
mount_check = false
swift_dir = $dir/etc
log_address =
disable_fallocate = true
user = $(id -un)
[pipeline:main]
pipeline = $1-server
[app:$1-server]
use = egg:swift#$1
CONF
}

proxy_conf() {
  cat >proxy.conf <<CONF
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $PORT
workers = 0
swift_dir = $dir/etc
user = $(id -un)
[pipeline:main]
pipeline = catch_errors cache s3api tempauth slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_neurofs = testsecret .admin
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
CONF
}

start() {
  local type port=$((PORT + 1))
  need swift-proxy-server swift-account-server swift-container-server swift-object-server \
    swift-ring-builder curl
  new_dir etc dev/d1
  trap '[ $? = 0 ] || stop_daemons proxy "${servers[@]}"' EXIT
  cd "$dir/etc"
  export SWIFT_DIR=$dir/etc
  cat >swift.conf <<CONF
[swift-hash]
swift_hash_path_prefix = neurofs
swift_hash_path_suffix = test
[storage-policy:0]
name = gold
default = yes
CONF
  for type in "${servers[@]}"; do
    {
      swift-ring-builder "$type.builder" create 4 1 0
      swift-ring-builder "$type.builder" add "r1z1-127.0.0.1:$port/d1" 1
      swift-ring-builder "$type.builder" rebalance
    } >"$dir/log/$type.ring" 2>&1
    server_conf "$type" "$port"
    spawn "$type" "$python" "/usr/bin/swift-$type-server" "$dir/etc/$type.conf"
    port=$((port + 1))
  done
  proxy_conf
  spawn proxy "$python" /usr/bin/swift-proxy-server "$dir/etc/proxy.conf"
  wait_for "the proxy on 127.0.0.1:$PORT" answers "http://127.0.0.1:$PORT/"
  cat >"$dir/env.sh" <<ENV
export AWS_ACCESS_KEY_ID=test:neurofs
export AWS_SECRET_ACCESS_KEY=testsecret
export AWS_REGION=us-east-1
export AWS_ENDPOINT_URL=http://127.0.0.1:$PORT
ENV
  trap - EXIT
  echo "swift-single-node: up after ${SECONDS}s"
}

case $1 in
  start) start ;;
  stop) stop_daemons proxy "${servers[@]}" ;;
  status) report proxy "${servers[@]}" ;;
  wipe)
    stop_daemons proxy "${servers[@]}"
    wipe_dir
    ;;
  *) die "$usage" ;;
esac
