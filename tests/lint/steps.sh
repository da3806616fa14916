#!/bin/sh
# SPDX-License-Identifier: MIT
# steps.sh [ROOT]: the steps of port/PORTING.md are the sections of port/template/myport.c, with the same
# numbers and titles, and the command that the guide gives is there.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

sed -nE 's/^\| ([0-9]+\. [^|]*[^ |]) \|.*/\1/p' port/PORTING.md >"$tmp/guide"
sed -nE 's|^/\* --- ([0-9]+\. .*) --- \*/$|\1|p' port/template/myport.c >"$tmp/template"
if [ ! -s "$tmp/guide" ] || ! diff "$tmp/guide" "$tmp/template" >"$tmp/diff"; then
    echo "the steps of port/PORTING.md (<) are not the sections of port/template/myport.c (>):"
    cat "$tmp/diff"
    exit 1
fi
awk -F. '$1 != NR { print "step " $0 " is the " NR "th"; bad = 1 } END { exit bad }' "$tmp/guide" || exit 1
grep -q '^sh tests/conformance/port.sh ' port/PORTING.md && [ -f tests/conformance/port.sh ] ||
    { echo "port/PORTING.md gives another command than tests/conformance/port.sh"; exit 1; }
echo "steps: $(wc -l <"$tmp/guide") in the guide and in the template"
