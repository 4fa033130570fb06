#!/bin/sh
# Installs the Debian packages of tools/debian-packages.txt that are missing. Never asks; does
# nothing, and needs no privilege, where all are there.
#
# Usage: install-deps.sh [--list]    --list: print what is missing, install nothing
set -eu
here=$(dirname "$0")

installed() {  # name, how to tell
  case $2 in
    cmd:*) command -v "${2#cmd:}" >/dev/null 2>&1 ;;
    *) dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed' ;;
  esac
}

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "install-deps: this is not a Debian system: install the equivalents of" >&2
  grep -v '^#' "$here/debian-packages.txt" | sed 's/ | [^|]* | / - /; s/^/  /' >&2
  echo "install-deps: going on with what is there" >&2
  exit 0
fi

missing=$(grep -v '^#' "$here/debian-packages.txt" | while IFS='|' read -r name probe _; do
  name=$(echo "$name" | tr -d ' ')
  probe=$(echo "$probe" | tr -d ' ')
  installed "$name" "$probe" || printf '%s ' "$name"
done)
missing=${missing% }

if [ "${1:-}" = --list ]; then
  echo "$missing"
  exit 0
fi
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "install-deps: these packages are missing, and there is no sudo: run as root" >&2
    echo "  apt-get install $missing" >&2
    exit 1
  fi
  as_root="sudo -n"
fi

echo "install-deps: installing $missing"
export DEBIAN_FRONTEND=noninteractive
# Through env, because sudo may clear the environment. $missing is a list of words.
apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0"
$apt update || echo "install-deps: apt-get update failed; trying with the lists there are" >&2
if ! $apt install -y --no-install-recommends $missing; then
  echo "install-deps: apt-get could not install: $missing" >&2
  exit 1
fi
