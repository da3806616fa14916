#!/bin/sh
# SPDX-License-Identifier: MIT
# guides.sh [ROOT]: each test and source that SECURITY.md names as the one that upholds something is there.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
tmp=$(mktemp) || exit 2
trap 'rm -f "$tmp"' EXIT

grep -oE '(src|core|io|codec|base|body|http|hooks|policy|port|boards)/[a-z0-9_/]+\.[ch]\b' SECURITY.md | sort -u |
    while read -r file; do
        [ -e "$file" ] || [ -e "src/$file" ] || echo "SECURITY.md: no file $file"
    done >"$tmp"
{
    grep -oE '\btest_[a-z0-9_]+' SECURITY.md
    grep -oE '\([a-z_]+_[a-z_]+\)' SECURITY.md | tr -d '()'
} | sort -u | while read -r name; do
    [ -n "$(find tests -name "$name.[cp]*")" ] || grep -rqw "$name" tests src --include='*.[ch]' --include='*.py' ||
        grep -rqw "test_$name" tests --include='*.[ch]' --include='*.py' || echo "SECURITY.md: no test $name"
done >>"$tmp"

if [ -s "$tmp" ]; then
    cat "$tmp"
    exit 1
fi
echo "guides: the sources and tests of SECURITY.md are there"
