#!/bin/sh
# SPDX-License-Identifier: MIT
# readme.sh [ROOT]: README.md's C example compiles as C11 and as C++20, and is the one that
# tests/unit/test_readme.c runs.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
: >"$tmp/found"

sed -n '/^```c$/,/^```$/p' README.md | sed '/^```/d' >"$tmp/example.c"
cp "$tmp/example.c" "$tmp/example.cpp"
[ -s "$tmp/example.c" ] || echo "README.md: no C example" >>"$tmp/found"

${CC:-cc} -std=c11 -Wall -Wextra -Werror -Iinclude -fsyntax-only "$tmp/example.c" >>"$tmp/found" 2>&1
# Fields that are not named are zero, in C++ too.
${CXX:-c++} -std=c++20 -Wall -Wextra -Wno-missing-field-initializers -Werror -Iinclude -fsyntax-only \
    "$tmp/example.cpp" >>"$tmp/found" 2>&1

# The test declares what it defines, which the README need not.
sed -n '/^#include <midge/,/^\/\* --- end/p' tests/unit/test_readme.c |
    sed '/^int fetch_both(.*);$/,+1d; /^\/\* --- end/d' >"$tmp/tested"
diff "$tmp/example.c" "$tmp/tested" >"$tmp/diff" ||
    { echo "README.md's example is not what tests/unit/test_readme.c runs:"; cat "$tmp/diff"; } >>"$tmp/found"

if [ -s "$tmp/found" ]; then
    cat "$tmp/found"
    exit 1
fi
echo "readme: the example compiles as C11 and C++20, and is the one that is run"
