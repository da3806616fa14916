#!/bin/sh
# SPDX-License-Identifier: MIT
# calls.sh ROOT OBJECTS...: calls go downwards, as the symbols of object files show them.
#
# OBJECTS are folders of a build, searched for the object files of ROOT/src/*/*.c and
# ROOT/port/*/*.c; of several builds of one file, all calls count. Two rules:
#   - within a folder, no files call each other in a circle;
#   - a file calls no folder above its own: base < codec < policy < io < core < http < async, body,
#     json; and src and port do not call each other. The ports on lwIP and port/bsd call
#     port/resolver, and port/bsd on Linux port/posix; port/sim calls codec.
# A call is a symbol that one file uses and another one defines; data counts too, a weak definition
# does not. Calls through
# tables of functions are free: they may go up, and so may the one table that http/protocols.c
# gives to core.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
[ $# -gt 0 ] && shift
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

# Folders with a circle today, and symbols that are called upwards today. These lists only shrink:
# the script says which of them it does not find any more.
known_circles=''
known_upward=''

# "D symbol file" for each symbol that a file defines, "U symbol file" for each that it uses. An
# object file without a source is left from an older build.
find "$@" -name '*.c.o' -o -name '*.c.obj' | sort | while read -r object; do
    file=$(echo "$object" | sed -nE 's#.*/((src|port)/[^/]+/[^/]+)\.c\.o(bj)?$#\1#p')
    [ -n "$file" ] && [ -f "$file.c" ] || continue
    case $file in port/zlib/*) continue ;; esac # a part of zlib
    "${NM:-nm}" -P "$object" | awk -v file="$file" '
        $2 ~ /^[TDRBGSC]$/ { print "D", $1, file }
        $2 == "U"            { print "U", $1, file }'
done >"$tmp/symbols"

for folder in src/*/ port/*/; do
    case $folder in port/template/ | port/epoll/ | port/zephyr/ | port/zlib/ | port/sim/ | port/pico-sdk/) continue ;; esac # no object of these is needed
    ls "$folder"*.c >/dev/null 2>&1 || continue
    grep -q " $folder" "$tmp/symbols" || echo "${folder%/}: no object file of it in $*: build it first"
done >"$tmp/found"

awk -v known_circles="$known_circles" -v known_upward="$known_upward" '
    function folder(file) { sub("/[^/]*$", "", file); return file }
    function rank(dir) { return dir in ranks ? ranks[dir] : 0 }
    BEGIN {
        n = split("base codec policy io core http", a, " ")
        for (i = 1; i <= n; i++) ranks["src/" a[i]] = i
        ranks["src/async"] = ranks["src/body"] = ranks["src/hooks"] = ranks["src/json"] = n + 1
        n = split(known_circles, a, " ")
        for (i = 1; i <= n; i++) known[a[i]] = 1
        n = split(known_upward, a, " ")
        for (i = 1; i <= n; i++) upward[a[i]] = 1
    }
    $1 == "D" { defines[$2] = $3; next }
    { n_uses++; symbol[n_uses] = $2; user[n_uses] = $3 }
    END {
        for (i = 1; i <= n_uses; i++) {
            from = user[i]
            if (!(symbol[i] in defines) || defines[symbol[i]] == from) continue
            to = defines[symbol[i]]
            here = folder(from); there = folder(to)
            if (here == there) {
                files[from] = files[to] = 1
                if (!((from, to) in why)) why[from, to] = symbol[i]
                else if (index(" " why[from, to] " ", " " symbol[i] " ") == 0)
                    why[from, to] = why[from, to] " " symbol[i]
            } else if (there == "port/resolver" && here ~ /^port\/(lwip_|bsd$)/) {
                continue
            } else if (there == "port/posix" && here == "port/bsd") {
                continue
            } else if (there == "src/codec" && here == "port/sim") {
                continue
            } else if (rank(here) == 0 || rank(there) == 0) {
                printf "%s uses %s of %s: these folders do not call each other\n", from, symbol[i], to
            } else if (rank(there) >= rank(here) && to != "src/http/protocols") {
                if (symbol[i] in upward) used[symbol[i]] = 1
                else printf "%s uses %s of %s: %s may not call %s\n", from, symbol[i], to, here, there
            }
        }
        # Which files reach which within their folder, by any number of calls.
        for (edge in why) { split(edge, e, SUBSEP); reach[e[1], e[2]] = 1 }
        for (k in files) for (i in files) if ((i, k) in reach)
            for (j in files) if ((k, j) in reach) reach[i, j] = 1
        for (edge in why) {
            split(edge, e, SUBSEP)
            if (!((e[2], e[1]) in reach)) continue
            circle[folder(e[1])] = 1
            if (!(folder(e[1]) in known))
                printf "%s uses %s of %s, which calls back: a circle\n", e[1], why[edge], e[2]
        }
        for (dir in known) if (!(dir in circle))
            print "calls: " dir " has no circle: delete it from known_circles" >"/dev/stderr"
        for (s in upward) if (!(s in used))
            print "calls: " s " is not called upwards: delete it from known_upward" >"/dev/stderr"
    }' "$tmp/symbols" >"$tmp/calls" || exit 2
sort "$tmp/calls" >>"$tmp/found"

if [ -s "$tmp/found" ]; then
    cat "$tmp/found"
    echo "calls: break a circle by moving what both files use into a third one, or by a table"
    exit 1
fi
echo "calls: $(cut -d' ' -f3 "$tmp/symbols" | sort -u | wc -l) files call only downwards"
