#!/bin/bash
# nginx-single-node.sh: a throw-away nginx on 127.0.0.1 for HTTP, TLS and their faults; what each path does
# stands in nginx-faults.conf. State under DIR; DIR/root is what it serves.
#
#   nginx-single-node.sh start|stop|status|wipe DIR
#
# Listens on PORT and the six ports after it; S3_PORT is that of an S3 server which it gives a TLS face.
# After start DIR/env.sh sets the addresses, and DIR/ca.pem holds the certificates to trust: also the one of
# a wrong host and the expired one, so that these are refused for that reason and no other.
set -euo pipefail
PORT=${PORT:-17680}
S3_PORT=${S3_PORT:-17480}
usage="usage: $0 start|stop|status|wipe DIR"
[ $# -eq 2 ] || { echo "$usage" >&2; exit 2; }
dir=$(realpath -m -- "$2")
mark=$dir/.neurofs-nginx-single-node
ours_by=$dir/nginx.conf
# shellcheck source=tests/servers/daemons.sh
. "$(dirname "$(realpath "$0")")/daemons.sh"

certificate() { # NAME SUBJECT_ALT_NAMES FROM UNTIL
  openssl req -new -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=neurofs test $1" 2>/dev/null
  printf 'subjectAltName=%s\nbasicConstraints=critical,CA:TRUE\n' "$2" >"$1.ext"
  openssl ca -batch -notext -selfsign -config ca.conf -keyfile "$1.key" -in "$1.csr" -out "$1.pem" \
    -extfile "$1.ext" -startdate "$3" -enddate "$4" -md sha256 2>>"$dir/log/openssl.out"
}

certificates() {
  cat >ca.conf <<CONF
[ca]
default_ca = own
[own]
database = $dir/index
new_certs_dir = $dir/tmp
rand_serial = yes
unique_subject = no
policy = any
[any]
commonName = supplied
CONF
  : >index
  certificate good "IP:127.0.0.1,DNS:localhost" 20200101000000Z 20990101000000Z
  certificate wrong "DNS:elsewhere.invalid" 20200101000000Z 20990101000000Z
  certificate expired "IP:127.0.0.1,DNS:localhost" 20200101000000Z 20200201000000Z
  cat good.pem wrong.pem expired.pem >ca.pem
}

write_conf() {
  # "user:password" in base64, for the paths under /auth/.
  sed -e "s|@DIR@|$dir|g" -e "s|@HTTP_PORT@|$PORT|" -e "s|@HTTPS_PORT@|$((PORT + 1))|" \
    -e "s|@WRONG_HOST_PORT@|$((PORT + 2))|" -e "s|@EXPIRED_PORT@|$((PORT + 3))|" \
    -e "s|@OLD_TLS_PORT@|$((PORT + 4))|" -e "s|@S3_TLS_PORT@|$((PORT + 5))|" \
    -e "s|@S3_FLAKY_PORT@|$((PORT + 6))|" -e "s|@S3_PORT@|$S3_PORT|" \
    -e "s|@AUTH@|Basic dXNlcjpwYXNzd29yZA==|" "$here/nginx-faults.conf" >nginx.conf
}

start() {
  local here
  here=$(dirname "$(realpath "$0")")
  need nginx openssl curl
  new_dir root tmp
  trap '[ $? = 0 ] || stop_daemons nginx' EXIT
  cd "$dir"
  certificates
  write_conf
  spawn nginx nginx -p "$dir" -c "$dir/nginx.conf"
  wait_for "nginx on 127.0.0.1:$PORT" answers "http://127.0.0.1:$PORT/"
  cat >"$dir/env.sh" <<ENV
export NEUROFS_TEST_HTTP_URL=http://127.0.0.1:$PORT
export NEUROFS_TEST_HTTPS_URL=https://127.0.0.1:$((PORT + 1))
export NEUROFS_TEST_HTTPS_WRONG_HOST_URL=https://127.0.0.1:$((PORT + 2))
export NEUROFS_TEST_HTTPS_EXPIRED_URL=https://127.0.0.1:$((PORT + 3))
export NEUROFS_TEST_HTTPS_OLD_TLS_URL=https://127.0.0.1:$((PORT + 4))
export NEUROFS_TEST_HTTP_ROOT=$dir/root
export NEUROFS_TEST_CA_FILE=$dir/ca.pem
ENV
  trap - EXIT
  echo "nginx-single-node: up after ${SECONDS}s"
}

case $1 in
  start) start ;;
  stop) stop_daemons nginx ;;
  status) report nginx ;;
  wipe)
    stop_daemons nginx
    wipe_dir
    ;;
  *) die "$usage" ;;
esac
