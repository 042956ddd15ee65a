#!/bin/bash
# packages.sh: the Debian packages that NeuroFS needs, in one list, and a way to install them.
#
#   mount-tools/packages.sh list GROUP...     prints the names
#   mount-tools/packages.sh missing GROUP...  prints those that are not installed
#   mount-tools/packages.sh install GROUP...  installs those that are not installed, nothing else
#
# Groups: run (to mount), build, test, interop (python3-torch, large), bench.
# Written for Debian 12; newer Debian and Ubuntu releases use the same names but for clang's runtime.
set -euo pipefail

# The lists are read by name, through a nameref.
# shellcheck disable=SC2034
{
packages_run=(fuse3)
packages_build=(
  build-essential cmake ninja-build ccache pkg-config
  libfuse3-dev liburing-dev libboost-dev nlohmann-json3-dev libcli11-dev libfmt-dev libspdlog-dev
  libcurl4-openssl-dev libssl-dev libexpat1-dev librados-dev libradospp-dev
  zlib1g-dev libzstd-dev libblosc-dev liblz4-dev libisal-dev
  python3 python3-numpy
)
packages_test=(
  libgtest-dev libgmock-dev clang libclang-rt-14-dev clang-format clang-tidy
  python3-venv attr rsync strace less gawk psmisc procps libcap2-bin util-linux mount
  nginx-light ceph-mon ceph-osd ceph-common radosgw openssl
  swift-proxy swift-account swift-container swift-object
  rclone iproute2 faketime
  man-db groff-base bash-completion dpkg-dev file git shellcheck curl
)
packages_interop=(python3-torch)
packages_bench=(libbenchmark-dev fio rclone s3fs curl)
}

die() {
  echo "packages.sh: $*" >&2
  exit 1
}

names() {
  local group
  for group in "$@"; do
    case $group in
      run | build | test | interop | bench) ;;
      *) die "unknown group '$group'; known: run build test interop bench" ;;
    esac
    local -n list="packages_$group"
    printf '%s\n' "${list[@]}"
    unset -n list
  done
}

missing() {
  local name
  for name in $(names "$@"); do
    # A name may carry an architecture (clang:amd64 is 'foreign' in some images): any will do.
    dpkg-query -W -f '${db:Status-Abbrev}\n' "$name" 2>/dev/null | grep -q '^ii' || echo "$name"
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "installing packages needs root and there is no sudo; as root run: $*"
  fi
}

# True when apt knows every package: then the lists need no update.
apt_knows() {
  local name
  for name in "$@"; do
    apt-cache show "$name" >/dev/null 2>&1 || return 1
  done
}

install_missing() {
  command -v apt-get >/dev/null ||
    die "this is not a Debian system (no apt-get); install by hand what matches: $(names "$@" | xargs)"
  local wanted
  wanted=$(missing "$@" | xargs)
  [ -n "$wanted" ] || return 0
  echo "packages.sh: installing $wanted"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q)
  local options=(install -y --no-install-recommends -o Dpkg::Use-Pty=0)
  # shellcheck disable=SC2086  # a list of names, split on purpose
  if ! apt_knows $wanted || ! as_root "${apt[@]}" "${options[@]}" $wanted; then
    echo "packages.sh: refreshing the package lists"
    as_root "${apt[@]}" update ||
      die "apt-get update failed (offline?); connect this machine, or install by hand: $wanted"
    # shellcheck disable=SC2086
    as_root "${apt[@]}" "${options[@]}" $wanted ||
      die "apt-get could not install: $wanted; its messages are above"
  fi
}

[ $# -ge 1 ] || die "usage: packages.sh list|missing|install GROUP..."
action=$1
shift
case $action in
  list) names "$@" ;;
  missing) missing "$@" ;;
  install) install_missing "$@" ;;
  *) die "unknown action '$action'; known: list missing install" ;;
esac
