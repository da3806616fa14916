#!/bin/sh
# SPDX-License-Identifier: MIT
# sh boards/host/demo.sh [--live]   from nothing to midge at work, on a Debian.
#
# Installs what is missing, builds the host program, starts the local API server, and runs two of
# the programs that every board runs: `tour`, which shows the ideas one by one, and `compare`, which
# does the same work one request at a time and all at once, and ends with the two times.
#   --live   the real services on the Internet instead of the local server; the image requests of
#            `compare` need OPENAI_API_KEY
# A second run needs no network (without --live).
set -eu
cd "$(dirname "$0")/../.."
say() { echo; echo "== $*"; }

live=
case ${1-} in
'') ;;
--live) live=y ;;
-h | --help) sed -n '3,12s/^# \{0,1\}//p' boards/host/demo.sh; exit 0 ;;
*) echo "demo.sh: unknown option '$1'; there is --live" >&2; exit 2 ;;
esac

say "Looking for what is needed: a C compiler, CMake, c-ares; Python and aiohttp for the server"
sh boards/host/install.sh gcc libc6-dev cmake ninja-build pkg-config libc-ares-dev libidn2-dev libpsl-dev libcmocka-dev \
    bzip2 xz-utils ca-certificates python3-aiohttp python3-cryptography

say "Building build/host/midge; the first time with its mbedTLS, which takes a minute"
mkdir -p build
cmake --preset host >build/demo.log 2>&1 || { cat build/demo.log; exit 1; }
grep '^-- midge:' build/demo.log || true
cmake --build --preset host --target midge-program -- --quiet

set --
if [ -z "$live" ]; then
    say "Starting the local HTTPS server, which takes half a second over each answer"
    dir=$(mktemp -d)
    /usr/bin/python3 -B tests/server/server.py --dir "$dir" --delay 0.5 &
    server=$!
    trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true; rm -rf "$dir"' EXIT
    trap 'exit 1' HUP INT TERM
    until [ -f "$dir/ports.json" ]; do
        kill -0 $server 2>/dev/null || { echo "demo.sh: the server did not start" >&2; exit 1; }
        sleep 0.1
    done
    port=$(/usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["https"])' \
        "$dir/ports.json")
    set -- --api "https://localhost:$port" --cacert "$dir/ca.pem"
    export OPENAI_API_KEY=demo
elif [ -z "${OPENAI_API_KEY-}" ]; then
    echo "(OPENAI_API_KEY is not set: the image requests will be refused)"
fi

say "midge app tour $*"
build/host/midge app tour "$@"

say "midge app compare $*"
build/host/midge app compare "$@"
