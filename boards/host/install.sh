#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh PACKAGE...   installs those of these Debian packages that are missing, by apt.
# Needs the network only when something is missing.
set -eu

if ! command -v dpkg-query >/dev/null; then
    echo "install: this is no Debian; what is needed, by Debian's names: $*"
    exit 0
fi
missing=
for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "install: by apt:$missing"
sudo=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "install: neither root nor sudo; install them and come back" >&2; exit 1; }
    sudo=sudo
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# apt-get update succeeds without network unless told otherwise. Run level 1: nothing that is
# installed (nginx) is started as a service. Quiet, unless something fails.
# shellcheck disable=SC2086
{
    $sudo apt-get -qq --error-on=any update &&
    $sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get -qq -y --no-install-recommends install $missing </dev/null
} >"$log" 2>&1 || { tail -n 20 "$log" >&2; echo "install: apt failed, see above" >&2; exit 1; }
