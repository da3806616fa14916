#!/bin/sh
# SPDX-License-Identifier: MIT
# generated.sh [ROOT]: each X.c that stands beside an X.py is just as that writes it.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
count=0

for script in src/*/*.py; do
    [ -f "$script" ] || continue
    count=$((count + 1))
    /usr/bin/python3 "$script" >"$tmp/now" || exit 1
    cmp -s "$tmp/now" "${script%.py}.c" || {
        echo "${script%.py}.c: not as $script writes it"
        exit 1
    }
done
echo "generated: $count files are as their scripts write them"
