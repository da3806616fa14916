#!/bin/sh
# SPDX-License-Identifier: MIT
# getdeps.sh [--older] DIR TREE...   source trees of midge's dependencies, as DIR/TREE
#
# TREE is mbedtls, cjson, zlib, lwip, pico-sdk, mongoose (a peer in tests/bench), libllhttp-source (beside
# which tests/fuzz reads responses; a binary package, since its source package has no C) or freertos
# (its kernel 9.0.0, a folder of micropython's source package). They are Debian's
# packages, fetched from the mirror that this machine's apt is set up for, with apt's own transport,
# proxy and credentials; no root needed.
#   1. the pinned archive straight from the mirror's pool, checked by the SHA-256 below;
#   2. the newest archive of the same series in Debian's signed index, checked by apt;
#   3. with --older: an older archive that is known to work worse, with a warning.
# A tree in place is left alone, so a second run needs no network. What was taken goes to stdout,
# one line a tree. Exit 1: a tree could not be had, stderr says which.
set -eu

older=
if [ "${1:-}" = --older ]; then older=y; shift; fi
[ $# -ge 2 ] || { sed -n '3,15s/^# \{0,1\}//p' "$0" >&2; exit 2; }
dir=$1; shift

# tree | source package | pool directory | series | patch level | archive | SHA-256
pinned='mbedtls|mbedtls|main/m/mbedtls|3.6|7|mbedtls_3.6.7.orig.tar.bz2|a7e8bcbec0e6f761b4af24f25677626b35f762f68eef79c08677a363212d11f6
cjson|cjson|main/c/cjson|1.7|19|cjson_1.7.19.orig.tar.gz|7fa616e3046edfa7a28a32d5f9eacfd23f92900fe1f8ccd988c1662f30454562
zlib|zlib|main/z/zlib|1.3|2|zlib_1.3.dfsg+really1.3.2.orig.tar.gz|7b6903eb019983987b7112eccf90f1703f1c6c0e0cede36564bf611d19ca579d
lwip|lwip|main/l/lwip|2.2|1|lwip_2.2.1+dfsg1.orig.tar.xz|83729c274c499d3348e9fbbe043a3113f3fa8953e7efddc7c21c7fcbb1f2b7b1
pico-sdk|pico-sdk|main/p/pico-sdk|2.2|0|pico-sdk_2.2.0.orig.tar.gz|dbd8db79015aced4ef35cbaa88051b0d451775010d20202e1c7d2bee69c25b35
mongoose|mongoose|main/m/mongoose|7|23|mongoose_7.23+ds.orig.tar.xz|62ea62b0fe868949c06479c43a9db91dedb2e688c2d6badb9461f1cc7f07ef3d
freertos|micropython|main/m/micropython|1.26|1|micropython_1.26.1+ds.orig.tar.xz|f5ad2ec89d3e921f753d448955af98b6005655f84ba26087dde6ba0e8d062f34
libllhttp-source|libllhttp-source|main/l/llhttp|9|4|libllhttp-source_9.4.3+~cs12.11.9-2_all.deb|8a70cbc1d310f51a7d5594d258eeb6ef57db6fbc1c58065407c203a03abadf2e'
# mbedTLS 3.6.6 fails against TLS 1.2 servers that sign with RSA-PSS and lacks 3.6.7's fixes.
last_resort='mbedtls|mbedtls|main/m/mbedtls|3.6|6|mbedtls_3.6.6.orig.tar.bz2|8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a'
releases='sid trixie' # whose source index may hold a later patch level
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() { echo "getdeps: $*" >&2; }
sum() { sha256sum "$1" | cut -d' ' -f1; }

mkdir -p "$dir/archives"
dir=$(cd "$dir" && pwd)
archives=$dir/archives
log=$archives/log
as_user=
[ "$(id -u)" != 0 ] || as_user='-o APT::Sandbox::User=root' # else _apt would have to read DIR

# The address apt itself resolves for this machine's own release.
find_mirror() {
    [ -x /usr/lib/apt/apt-helper ] || { say "no apt on this machine"; return 1; }
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    mirror=$(apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE)' \
        'Created-By: Packages' | awk -v r="$codename" '$2 == r { sub("/$", "", $1); print $1; exit }')
    [ -n "$mirror" ] || { say "apt is not set up for a mirror of '$codename'"; return 1; }
}

# from_pool POOLDIR ARCHIVE SHA256
from_pool() {
    [ -f "$archives/$2" ] && [ "$(sum "$archives/$2")" = "$3" ] && return 0
    rm -f "$archives/$2"
    [ -n "${mirror:-}" ] || find_mirror || return 1
    # shellcheck disable=SC2086
    /usr/lib/apt/apt-helper $as_user -o Acquire::Retries=2 download-file \
        "$mirror/pool/$1/$(echo "$2" | sed 's/+/%2b/g')" "$archives/$2" "SHA256:$3" >"$log" 2>&1 &&
        [ "$(sum "$archives/$2")" = "$3" ] && return 0
    rm -f "$archives/$2" "$archives/$2.FAILED"
    return 1
}

# apt-get with a source list and state of its own: the machine's lists stay as they are. An index
# past its date is taken (mirrors freeze): the signature holds, and no older patch level is taken.
index_apt() {
    # shellcheck disable=SC2086
    apt-get $as_user -o Dir::Etc::sourcelist="$archives/apt/sources.list" \
        -o Dir::Etc::sourceparts=/dev/null -o Dir::State::Lists="$archives/apt/lists" \
        -o Dir::Cache="$archives/apt/cache" -o Acquire::Languages=none \
        -o Acquire::GzipIndexes=true -o Acquire::Check-Valid-Until=false \
        -o Acquire::Check-Date=false -o APT::Get::List-Cleanup=false "$@"
}

# from_index PACKAGE SERIES PATCHLEVEL: sets archive and sha to what was downloaded.
from_index() {
    [ -f "$keyring" ] || { say "no $keyring to check a source index with"; return 1; }
    [ -n "${mirror:-}" ] || find_mirror || return 1
    if [ -z "${index_fresh:-}" ]; then
        mkdir -p "$archives/apt/lists/partial" "$archives/apt/cache/archives/partial"
        for r in $releases; do
            echo "deb-src [signed-by=$keyring] $mirror $r main"
        done >"$archives/apt/sources.list"
        index_apt update --error-on=any >"$log" 2>&1 || return 1
        index_fresh=y
    fi
    # Lines of "patchlevel version archive sha256", newest first.
    found=$(index_apt indextargets --format '$(FILENAME)' 'Created-By: Sources' |
        while read -r f; do /usr/lib/apt/apt-helper cat-file "$f"; done |
        awk -v p="$1" -v s="$2" -v min="$3" '
            /^Package: / { ok = ($2 == p) }
            /^Version: / { v = $2 }
            ok && length($1) == 64 && $3 ~ /\.orig\.tar\.(gz|bz2|xz)$/ {
                n = $3; sub("^" p "_(.*[+]really)?", "", n)
                if (index(n, s ".") != 1) next
                n = substr(n, length(s) + 2) + 0
                if (n >= min) print n, v, $3, $1
            }' | sort -rn | head -n 1)
    [ -n "$found" ] || { say "$1: nothing from $2.$3 on in the source index of: $releases"; return 1; }
    # shellcheck disable=SC2086
    set -- "$1" $found
    (cd "$archives" && index_apt source --download-only --only-source "$1=$3") >"$log" 2>&1 || return 1
    archive=$4
    sha=$5
    [ -f "$archives/$archive" ] && [ "$(sum "$archives/$archive")" = "$sha" ]
}

# from_binaries PACKAGE: as from_index, for a binary package; any version.
from_binaries() {
    [ -f "$keyring" ] || { say "no $keyring to check a package index with"; return 1; }
    [ -n "${mirror:-}" ] || find_mirror || return 1
    mkdir -p "$archives/apt/lists/partial" "$archives/apt/cache/archives/partial"
    echo "deb [signed-by=$keyring] $mirror sid main" >"$archives/apt/binary.list"
    set -- "$1" -o Dir::Etc::sourcelist="$archives/apt/binary.list"
    package=$1
    shift
    rm -f "$archives/${package}"_*.deb
    index_apt "$@" update --error-on=any >"$log" 2>&1 || return 1
    (cd "$archives" && index_apt "$@" download "$package") >>"$log" 2>&1 || return 1
    archive=$(cd "$archives" && ls "${package}"_*.deb) || return 1
    sha=$(sum "$archives/$archive")
}

# Can tar read such an archive? tar_reads ARCHIVE
tar_reads() {
    case $1 in
    *.bz2) command -v bzip2 >/dev/null ;;
    *.xz) command -v xz >/dev/null ;;
    esac
}

# unpack TREE ARCHIVE SHA256; without bzip2 or xz by CMake, which reads both formats itself.
unpack() {
    if ! tar_reads "$2" && ! command -v cmake >/dev/null; then
        say "bzip2, xz (xz-utils) or cmake is needed to unpack $2"
        return 1
    fi
    new=$dir/.$1.$$
    rm -rf "$new"
    mkdir "$new"
    case $2 in
    *.deb) dpkg-deb --fsys-tarfile "$archives/$2" | # of usr/src/PACKAGE
        tar -C "$new" --strip-components=4 --no-same-owner -xf - ./usr/src ;;
    micropython_*) # only the kernel, of ports/cc3200/FreeRTOS
        tar -C "$new" --strip-components=4 --no-same-owner --wildcards \
            -xf "$archives/$2" '*/ports/cc3200/FreeRTOS' ;;
    *) if tar_reads "$2"; then
        tar -C "$new" --strip-components=1 --no-same-owner -xf "$archives/$2"
    else
        (cd "$new" && cmake -E tar xf "$archives/$2") && mv "$new"/* "$new.top" &&
            rmdir "$new" && mv "$new.top" "$new" # the archive's one folder
    fi ;;
    esac || { rm -rf "$new" "$new.top"; return 1; }
    echo "$2 $3" >"$new/.from"
    rm -rf "${dir:?}/$1"
    mv "$new" "$dir/$1"
}

# Is the tree in place, at the pinned patch level or a later one? in_place TREE PACKAGE SERIES PATCHLEVEL
in_place() {
    [ -f "$dir/$1/.from" ] || return 1
    have=$(sed -n "s/^$2[_-]\(.*+really\)\{0,1\}$3\.\([0-9]*\).*/\2/p" "$dir/$1/.from")
    [ -n "$have" ] && [ "$have" -ge "$4" ]
}

failed=
for tree in "$@"; do
    row=$(echo "$pinned" | grep "^$tree|") || { say "unknown tree '$tree'"; exit 2; }
    IFS='|' read -r tree package pool series patch archive sha <<ROW
$row
ROW
    if in_place "$tree" "$package" "$series" "$patch"; then
        echo "$tree: $(cut -d' ' -f1 "$dir/$tree/.from"), in the cache"
    elif from_pool "$pool" "$archive" "$sha"; then
        unpack "$tree" "$archive" "$sha" || exit 1
        echo "$tree: $archive from Debian's mirror, SHA-256 as pinned"
    elif case $archive in *.deb) from_binaries "$package" ;;
        *) from_index "$package" "$series" "$patch" ;; esac; then
        unpack "$tree" "$archive" "$sha" || exit 1
        echo "$tree: $archive by Debian's signed index"
    elif [ -n "$older" ] && row=$(echo "$last_resort" | grep "^$tree|"); then
        IFS='|' read -r tree package pool series patch archive sha <<ROW
$row
ROW
        if in_place "$tree" "$package" "$series" "$patch" || {
            from_pool "$pool" "$archive" "$sha" && unpack "$tree" "$archive" "$sha"
        }; then
            echo "$tree: $archive, an OLDER release with known faults, as nothing newer was found"
        else
            failed="$failed $tree"
        fi
    else
        failed="$failed $tree"
    fi
done
[ -z "$failed" ] && exit 0
say "cannot get:$failed"
[ ! -f "$log" ] || tail -n 3 "$log" >&2
exit 1
