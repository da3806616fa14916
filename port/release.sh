#!/bin/sh
# SPDX-License-Identifier: MIT
# release.sh [--no-tag] [--url URL] OUT   makes a release of HEAD in the folder OUT, which is empty or new
#
# Before it:
#   1. Write the version into include/midge/version.h; sh tests/lint/version.sh says where else it stands.
#   2. Write the date into CHANGELOG.md: "## 0.2.0 (2026-12-01)". Each change that users see is there, and
#      "Incompatible" is the first word of each that breaks a promise of CONTRIBUTING.md.
#   3. sh tests/run.sh, with MIDGE_TORTURE=full; sh tests/run.sh bench soak 30; commit what they renew.
# It then:
#   4. looks whether the tree is as committed, the version the same everywhere, its tag new, the date there;
#   5. makes OUT/midge-VERSION.tar.gz by git archive, twice, and compares the two; the packages of pack.py
#      in the same way (those of Arduino and PlatformIO only with --url, the home page that they must name);
#   6. builds Debian's packages from that archive, in a folder outside of the checkout, without tests;
#   7. writes SHA256SUMS, and makes the tag vVERSION (not with --no-tag).
# After it:
#   8. Look at OUT, install a package, run `midge --version`. Push the branch, then the tag; upload OUT.
#   9. Begin the next part of CHANGELOG.md, "(unreleased)", with its version, in version.h too.
#
# zlib's and cJSON's sources are those that a build here has taken (port/deps.cmake).
set -eu
fail() { echo "release: $*" >&2; exit 1; }

tag=y url=
while [ $# -gt 1 ]; do
    case $1 in
    --no-tag) tag= ;;
    --url) shift; url=$1 ;;
    *) break ;;
    esac
    shift
done
[ $# = 1 ] || { sed -n '3s/^# //p' "$0" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
[ -z "$(ls -A "$out")" ] || fail "$out is not empty"
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

sh tests/lint/version.sh || fail "the version is not the same in all places"
version=$(sed -nE 's/^#define MIDGE_VERSION +"([0-9.]+)"$/\1/p' include/midge/version.h)
[ -z "$(git status --porcelain)" ] || fail "there are changes that are not committed"
grep -qE "^## $version \([0-9]{4}-[0-9]{2}-[0-9]{2}\)$" CHANGELOG.md || fail "CHANGELOG.md has no date for $version"
! git rev-parse -q --verify "refs/tags/v$version" >/dev/null || fail "the tag v$version is there already"

# files FOLDER: the archive and the packages, in FOLDER.
files() {
    mkdir -p "$1"
    git archive --format=tar --prefix="midge-$version/" HEAD | gzip -9n >"$1/midge-$version.tar.gz"
    for home in esp-idf zephyr ${url:+arduino platformio}; do
        /usr/bin/python3 port/pack.py ${url:+--url "$url"} --zlib "$deps/zlib" --cjson "$deps/cjson" "$home" "$1" >/dev/null
    done
}
deps=${MIDGE_DEPS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/midge}
[ -d "$deps/zlib" ] && [ -d "$deps/cjson" ] || fail "no zlib and cjson in $deps: build once, or set MIDGE_DEPS_DIR"
files "$tmp/one"
files "$tmp/two"
diff -r "$tmp/one" "$tmp/two" >/dev/null || fail "two runs made different files"
[ "$url" ] || echo "release: without --url no packages of Arduino and PlatformIO"

echo "release: building from midge-$version.tar.gz"
tar -xzf "$tmp/one/midge-$version.tar.gz" -C "$tmp"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
{
    cmake -S "$tmp/midge-$version" --preset release -DMIDGE_ALL_PROFILES=OFF -DMIDGE_SHARED=ON -DMIDGE_DEPS_DIR="$deps" &&
    cmake --build "$tmp/midge-$version/build/release" -- --quiet &&
    cpack --config "$tmp/midge-$version/build/release/CPackConfig.cmake" -B "$tmp/packages"
} >"$tmp/log" 2>&1 || { tail -n 20 "$tmp/log" >&2; fail "the archive does not build"; }
"$tmp/midge-$version/build/release/midge" --version | grep -q "^midge $version " || fail "the program says another version"

cp "$tmp"/one/* "$tmp"/packages/*.deb "$out"
(cd "$out" && sha256sum -- * >"$tmp/sums" && mv "$tmp/sums" SHA256SUMS && sha256sum --quiet -c SHA256SUMS)
[ -z "$tag" ] || git tag -a "v$version" -m "midge $version"
(cd "$out" && ls -l -- * && cat SHA256SUMS)
echo "release: midge $version is in $out${tag:+, the tag v$version is made and not pushed}"
