#!/bin/sh
# SPDX-License-Identifier: MIT
# format.sh [ROOT]: C files are as clang-format writes them, source files carry their licence line.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
: >"$tmp/found"

# Tracked and new files; without git, everything outside build/.
{ git ls-files -co --exclude-standard 2>/dev/null ||
    find . -path ./build -prune -o -type f -print | sed 's|^\./||'; } | sort -u |
    while read -r file; do [ ! -f "$file" ] || echo "$file"; done >"$tmp/all"

grep -E '\.[ch]$' "$tmp/all" >"$tmp/c"
command -v clang-format >/dev/null || { echo "format: clang-format is missing"; exit 1; }
if [ -s "$tmp/c" ]; then
    xargs clang-format --dry-run -Werror <"$tmp/c" >"$tmp/log" 2>&1 || {
        sed -nE 's/^([^:]+:[0-9]+):.*code should be clang-formatted.*/\1: clang-format would change this/p' \
            "$tmp/log" >"$tmp/lines"
        if [ -s "$tmp/lines" ]; then head -n 40 "$tmp/lines"; else cat "$tmp/log"; fi >>"$tmp/found"
    }
fi

grep -E '(\.[ch]|\.sh|\.py|\.cmake|CMakeLists\.txt|\.ld|\.[sS])$' "$tmp/all" | while read -r file; do
    head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' ||
        echo "$file: no SPDX-License-Identifier: MIT in its first three lines"
done >>"$tmp/found"

if [ -s "$tmp/found" ]; then
    cat "$tmp/found"
    exit 1
fi
echo "format: $(wc -l <"$tmp/c") C files formatted, licence lines in place"
