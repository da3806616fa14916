#!/bin/sh
# SPDX-License-Identifier: MIT
# tests.sh [ROOT]: a test file is for one source file, or for one topic that it names on top.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

find tests/unit tests/lwip -name 'test_*.c' 2>/dev/null | sort >"$tmp/tests"
find src port boards -name '*.c' 2>/dev/null | sed 's|.*/||; s|\.c$||' | sort -u >"$tmp/sources"
while read -r file; do
    name=$(basename "$file" .c)
    if ! grep -qx "${name#test_}" "$tmp/sources"; then
        # The first line that is no licence line begins a comment, not an include.
        sed -n 2p "$file" | grep -q '^/\*' ||
            echo "$file: no source file has this name: line 2 says the topic, or rename it"
    fi
done <"$tmp/tests" >"$tmp/found"
find tests/unit -name '*.c' ! -name 'test_*' 2>/dev/null | while read -r file; do
    grep -q 'cmocka_run_group_tests' "$file" && echo "$file: a test file's name begins with test_"
done >>"$tmp/found"

if [ -s "$tmp/found" ]; then
    cat "$tmp/found"
    exit 1
fi
echo "tests: $(wc -l <"$tmp/tests") test files, each for a source file or a topic"
