#!/bin/sh
# SPDX-License-Identifier: MIT
# version.sh [ROOT]: all places that name midge's version name that of include/midge/version.h: its own
# numbers, CMake's project, ESP-IDF's component, the newest part of CHANGELOG.md, the tests that look for
# the package, and the pages that show it. pack.py and the Arduino library read the header.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
header=include/midge/version.h

version=$(sed -nE 's/^#define MIDGE_VERSION +"([0-9]+\.[0-9]+\.[0-9]+)"$/\1/p' $header)
numbers=$(sed -nE 's/^#define MIDGE_VERSION_(MAJOR|MINOR|PATCH) +([0-9]+)( .*)?$/\2/p' $header | paste -sd.)
bad=0
# same PLACE TEXT: TEXT is the version
same() { [ "$2" = "$version" ] || { echo "$1 says '$2', $header '$version'"; bad=1; }; }

[ "$version" ] || { echo "$header has no version"; exit 1; }
same "$header, MAJOR, MINOR and PATCH," "$numbers"
same port/esp-idf/midge/idf_component.yml "$(sed -n 's/^version: "\(.*\)"$/\1/p' port/esp-idf/midge/idf_component.yml)"
same CHANGELOG.md "$(sed -nE 's/^## ([^ ]*) \((unreleased|[0-9]{4}-[0-9]{2}-[0-9]{2})\)$/\1/p' CHANGELOG.md | head -n 1)"
grep -q '^project(midge VERSION ${MIDGE_VERSION} ' CMakeLists.txt &&
    grep -q '^file(STRINGS include/midge/version.h ' CMakeLists.txt || { echo "CMakeLists.txt does not read $header"; bad=1; }
for file in tests/external/*/CMakeLists.txt; do
    for found in $(sed -n 's/.*find_package(midge \([0-9.]*\) .*/\1/p' "$file"); do
        [ "$found" = "${version%.*}" ] || { echo "$file looks for midge $found, not ${version%.*}"; bad=1; }
    done
done
# Not the measurements: they tell of the version that was measured.
for page in $(find . -name build -prune -o -name .git -prune -o -name '*.md' ! -name CHANGELOG.md ! -name RESULTS.md -print); do
    for found in $(grep -oE 'midge(-platformio|-esp-idf|-zephyr)?[- /]v?[0-9]+\.[0-9]+\.[0-9]+' "$page" | grep -oE '[0-9.]+$'); do
        same "$page" "$found"
    done
done
[ $bad = 0 ] && echo "version: $version in all places"
exit $bad
