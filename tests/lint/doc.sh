#!/bin/sh
# SPDX-License-Identifier: MIT
# doc.sh [ROOT]: Doxygen makes the reference of include/midge without a warning: each function, type,
# field, value and macro is documented. And it has found each function.
set -u
lint=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$(dirname "$0")/../..}" || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
command -v doxygen >/dev/null || { echo "doc: doxygen is missing"; exit 1; }

# Without a comment on top Doxygen leaves all of a header out, and does not warn.
for header in include/midge/*.h; do
    sed -n 2p "$header" | grep -q '^/\*' || { echo "doc: $header: line 2 says what it has, in a comment"; exit 1; }
done

root=$(pwd)
sed "s|@PROJECT_SOURCE_DIR@|$root|g; s|@MIDGE_DOC_DIR@|$tmp|; s|@MIDGE_VERSION@||" \
    port/doc/Doxyfile.in >"$tmp/Doxyfile"
if ! doxygen "$tmp/Doxyfile" >"$tmp/log" 2>&1; then
    sed "s|$root/||" "$tmp/log"
    exit 1
fi

/usr/bin/python3 "$lint/snippets.py" . --functions >"$tmp/declared"
[ -s "$tmp/declared" ] || { echo "doc: no function is declared in include/midge"; exit 1; }
# Doxygen does not warn about values of an enum.
cat "$tmp"/xml/*.xml | tr '\n' ' ' | sed 's/<enumvalue/\n&/g; s/<\/enumvalue>/\n/g' | grep '^<enumvalue' | grep -v '<para>' |
    sed -E 's/.*<name>([^<]*)<\/name>.*/doc: \1 is not documented/' | grep -v MIDGE__ | sort -u >"$tmp/values"
if [ -s "$tmp/values" ]; then
    cat "$tmp/values"
    exit 1
fi
cat "$tmp"/xml/*.xml | tr '\n' ' ' | sed 's/<memberdef/\n&/g; s/<\/memberdef>/\n/g' |
    sed -nE 's/^<memberdef kind="function".*<name>([^<]*)<\/name>.*/\1/p' | sort -u >"$tmp/documented"
missing=$(comm -23 "$tmp/declared" "$tmp/documented")
if [ "$missing" ]; then
    echo "doc: not in the reference:" $missing
    exit 1
fi
echo "doc: $(wc -l <"$tmp/documented") functions and all else of the headers are documented"
