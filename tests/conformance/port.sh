#!/bin/sh
# SPDX-License-Identifier: MIT
# port.sh FOLDER [-DNAME=VALUE...]: builds the conformance program on the port in FOLDER (CMakeLists.txt
# says what is there), in build/conformance/NAME-OF-FOLDER or CONFORMANCE_BUILD, and runs it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(cd "${1:?usage: port.sh FOLDER}" && pwd)
shift
build=${CONFORMANCE_BUILD:-$here/../../build/conformance/$(basename "$folder")}
mkdir -p "$build"
{
    cmake -S "$here" -B "$build" -DPORT_DIR="$folder" "$@" && cmake --build "$build"
} >"$build/log" 2>&1 || {
    cat "$build/log" >&2
    exit 1
}
grep -E 'warning:' "$build/log" >&2 || true
exec python3 "$here/peer.py" -- "$build/conformance"
