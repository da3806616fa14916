#!/bin/sh
# SPDX-License-Identifier: MIT
# length.sh [ROOT]: no file of the product has more than 500 lines, no function more than 40.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

# Files that are longer, or have a longer function, today. This list only shrinks.
known=''

# clang-format puts a function's braces, and only these, alone at the start of a line.
find include src port boards -name '*.[ch]' 2>/dev/null | sort | tee "$tmp/files" | xargs awk -v known="$known" '
    function found(text) {
        if (file in ok) ok[file] = 1
        else print text
    }
    function end() {
        if (lines > 500) found(file ": " lines " lines, 500 are allowed: split it by noun")
        if ((file in ok) && !ok[file])
            print "length: " file " is short now: delete it from known" >"/dev/stderr"
    }
    BEGIN { n = split(known, a, " "); for (i = 1; i <= n; i++) ok[a[i]] = 0 }
    FNR == 1 { end(); file = FILENAME; open = 0 }
    { lines = FNR }
    /^\{$/ { open = FNR }
    /^\}$/ {
        if (open && FNR - open - 1 > 40)
            found(file ":" open ": a function of " FNR - open - 1 " lines, 40 are allowed")
        open = 0
    }
    END { end() }' /dev/null >"$tmp/found" || exit 2

if [ -s "$tmp/found" ]; then
    cat "$tmp/found"
    exit 1
fi
echo "length: $(wc -l <"$tmp/files") files have at most 500 lines, functions at most 40"
