#!/bin/sh
# SPDX-License-Identifier: MIT
# sh tests/run.sh [SUITE...]   installs what is missing, builds, and passes the named suites (all).
#
#   unit      each source file's cmocka tests: gcc, clang, ASan+UBSan, valgrind
#   vectors   the parser cases of tests/vectors at every chunk size: gcc, clang, ASan+UBSan
#   sim       the simulated network (include/midge/sim.h), and on it a part of all faults at all
#             places; MIDGE_TORTURE=HASH says which part (the commit's), =full: all of them, in net,
#             boards, size and lint too. gcc, clang (without faults), ASan+UBSan
#   net       the host program against local HTTPS servers: gcc; one test in two with ASan+UBSan
#   lint      layers, calls, banned calls and words, length of files, format, links of the pages, the
#             reference by Doxygen; gcc -fanalyzer, clang-tidy and cppcheck, with the exceptions of
#             tests/lint/analysis.txt
#   external  as a library: on an mbedTLS that midge did not configure, installed, as a subdirectory,
#             cross built, with a port of the user's, on lwIP with the user's options
#   boards    the firmware of each board in QEMU, W5500-EVB-Pico's in rp2040js, against the same servers;
#             its steps in guest time
#   size      flash and RAM of each firmware by part, against tests/size; each feature alone in QEMU
#   fuzz      clang's libFuzzer on the parsers and the whole client: some 4 s each, on the same inputs
#             each time; FUZZ_SECONDS=N: N seconds each, by chance. What they found before runs in vectors
#   soak [N]  only when named: thousands of requests in N minutes (1) while nginx is restarted and its
#             connections are dropped; memory and descriptors stay as they are (SOAK_SEED)
#   coverage  only when named: lines and branches of src that unit, vectors, sim and net reach
#   keys      only when named: debugging builds that tell the keys of their connections, and tshark, which
#             reads a board's traffic with them
#   bench     only when named: instructions, allocations, calls and heap a request beside mongoose,
#             libcurl and aiohttp; renews tests/bench/RESULTS.md
#
# Needs the network only for what is missing: apt packages, and the sources of mbedTLS, cJSON, zlib and lwIP
# (bench: mongoose's too; boards and external: pico-sdk's, and the npm package rp2040js).
set -eu
cd "$(dirname "$0")/.."
mkdir -p build
root=$(pwd)
all='unit vectors sim net lint external boards size fuzz'
boards='mps2-an385 lm3s6965evb riscv-virt mps2-an385-freertos mps2-an386 mps2-an500 mps2-an505 mps3-an547 nucleo-f767zi'

usage() { sed -n '3,/^set /s/^# \{0,1\}//p' tests/run.sh; }
say() { echo; echo "== $*"; }

suites=
for suite in ${*:-$all}; do
    case " $all coverage bench soak keys " in
    *" $suite "*) suites="$suites $suite" ;;
    *) case $suite in
        -h | --help) usage; exit 0 ;;
        [0-9]*) export SOAK_MINUTES="$suite"; continue ;;
        esac
        { echo "run.sh: unknown suite '$suite'"; usage; } >&2; exit 2 ;;
    esac
done
wanted() { for w in "$@"; do case " $suites " in *" $w "*) return 0 ;; esac; done; return 1; }

packages='gcc libc6-dev cmake ninja-build pkg-config libc-ares-dev libidn2-dev libpsl-dev bzip2 xz-utils ca-certificates ccache libcmocka-dev libslirp-dev'
wanted unit vectors sim fuzz && packages="$packages clang"
wanted vectors fuzz && packages="$packages libnghttp2-dev" # beside which HPACK is read
wanted unit && packages="$packages python3-cryptography" # the certificates of its TLS tests
wanted unit bench && packages="$packages valgrind libc6-dbg"
wanted net external boards size coverage bench soak && packages="$packages python3-aiohttp python3-cryptography nginx-light nghttp2-server"
wanted net boards coverage && packages="$packages tinyproxy-bin squid"
wanted net coverage && packages="$packages curl nftables iproute2"
wanted net boards coverage && packages="$packages node-har-validator"
wanted keys && packages="$packages tshark python3-aiohttp python3-cryptography nginx-light \
    gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"
wanted bench && packages="$packages libcurl4-openssl-dev"
wanted external && packages="$packages gcc-aarch64-linux-gnu libc6-dev-arm64-cross dpkg-dev file"
wanted external && packages="$packages gcc-arm-none-eabi libnewlib-arm-none-eabi \
    gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf g++ python3-kconfiglib python3-yaml"
wanted boards size && packages="$packages gcc-arm-none-eabi libnewlib-arm-none-eabi \
    gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf"
wanted boards size && packages="$packages qemu-system-arm"
wanted boards && packages="$packages qemu-system-misc openocd"
! wanted boards || command -v npm >/dev/null || packages="$packages npm" # for tests/boards/test_pico.py
wanted net lint && packages="$packages g++"
wanted lint && packages="$packages clang-format clang-tidy cppcheck doxygen git"
say "Suites:$suites. Looking for what they need"
# shellcheck disable=SC2086
sh boards/host/install.sh $packages
! wanted boards || sh boards/host/install.sh "gcc-$(gcc -dumpversion | cut -d. -f1)-multilib" # --device
! wanted fuzz || sh boards/host/install.sh "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev" # libFuzzer
# What is asked for and can't run fails. On a Debian the line above has installed all of this.
pkg-config --exists cmocka || { echo "run.sh: cmocka is missing" >&2; exit 1; }
! wanted unit bench || command -v valgrind >/dev/null || { echo "run.sh: valgrind is missing" >&2; exit 1; }

# The builds in which these suites run.
builds=host
wanted unit vectors sim net && builds="$builds asan"
wanted unit vectors sim && builds="$builds clang"
wanted fuzz && builds="$builds fuzz"
wanted bench && builds="$builds bench"
compile=y
wanted unit vectors sim net boards soak || compile= # lint, size and external need no build of ours
# So that builds in other folders find what one of them compiled, above all mbedTLS.
export CCACHE_NOHASHDIR=1
for build in $builds; do
    case $build in bench | fuzz) compile=y ;; esac # the last of them
    if [ "$compile" ]; then say "Building preset $build in build/$build"; else say "Configuring preset $build"; fi
    devices=OFF # programs of 32 bits, beside the boards
    if [ "$build" = host ] && wanted boards; then devices=ON; fi
    cmake --preset "$build" -DMIDGE_TESTS=ON -DMIDGE_LWIP=ON -DMIDGE_DEVICES=$devices >build/log.$$ 2>&1 || { cat build/log.$$; rm build/log.$$; exit 1; }
    grep '^-- midge:' build/log.$$ || true
    rm build/log.$$
    [ -z "$compile" ] || cmake --build --preset "$build" -- --quiet
done
if wanted boards size; then
    wanted boards || boards='mps2-an385 lm3s6965evb riscv-virt' # whose sizes are kept
    for board in $boards; do
        say "Building the firmware of $board in build/$board"
        case $board in
        mps2-an385 | lm3s6965evb | riscv-virt | mps2-an385-freertos) profiles= ;;
        *) profiles=-DMIDGE_BOARD_PROFILES=full ;; # posts runs there
        esac
        # shellcheck disable=SC2086
        cmake --preset "$board" $profiles >build/log.$$ 2>&1 || { cat build/log.$$; rm build/log.$$; exit 1; }
        rm build/log.$$
        cmake --build --preset "$board" -- --quiet
    done
fi

if wanted boards; then
    for board in w5500_evb_pico w5500_evb_pico2; do # projects of pico-sdk
        say "Building the firmware of $board in build/$board"
        cmake -S boards/pico -B build/$board -G Ninja -DPICO_BOARD=$board >build/log.$$ 2>&1 || { cat build/log.$$; rm build/log.$$; exit 1; }
        rm build/log.$$
        cmake --build build/$board -- --quiet
    done
fi

# Dear points are tried in part, another part for each commit.
MIDGE_TORTURE=${MIDGE_TORTURE:-$(git rev-parse --short=8 HEAD 2>/dev/null || echo 0)}
export MIDGE_TORTURE
export MIDGE_CERTS="$root/build/tests/made" # of the local servers
say "Suites sim, net, lint, boards and size try the part MIDGE_TORTURE=$MIDGE_TORTURE"

if wanted keys; then
    say "Building in build/keys and build/keys-BOARD, with the option MIDGE_KEYLOG"
    for build in host:midge mps2-an385:mps2-an385-full-log lm3s6965evb:lm3s6965evb-tiny-log; do
        folder=build/keys-${build%:*}
        [ "${build%:*}" != host ] || folder=build/keys
        cmake --preset "${build%:*}" -B $folder -DMIDGE_ALL_PROFILES=OFF -DMIDGE_KEYLOG=ON >build/log.$$ 2>&1 || { cat build/log.$$; rm build/log.$$; exit 1; }
        rm build/log.$$
        cmake --build $folder --target "${build#*:}" -- --quiet
    done
    /usr/bin/python3 tests/boards/keys.py
fi

# One ctest over all these builds, so that there is one summary.
mkdir -p build/tests
for build in $builds; do
    echo "subdirs(\"$root/build/$build\")"
done >build/tests/CTestTestfile.cmake
labels=$(echo $suites | sed 's/coverage//; s/keys//; s/^ *//; s/ *$//; s/  */|/g')
if wanted boards; then
    rm -f build/tests/boards.txt
    export BOARD_REPORTS="$root/build/tests/boards.txt"
    say "What each program took on its board will be in build/tests/boards.txt"
fi
if wanted fuzz; then
    rm -f build/tests/fuzz.txt
    export FUZZ_REPORT="$root/build/tests/fuzz.txt" FUZZ_DIR="$root/build/fuzz/found"
fi
failed=
if [ "$labels" ]; then
    say "Running:$suites"
    ctest --test-dir build/tests --label-regex "^($labels)\$" --no-tests=error --output-on-failure \
        --parallel "${CTEST_PARALLEL_LEVEL:-$((2 * $(nproc)))}" || failed=y
fi
! wanted soak || [ "$failed" ] || grep -A 2 '^soak' build/tests/Testing/Temporary/LastTest.log
! wanted fuzz || cat build/tests/fuzz.txt
[ -z "$failed" ] || exit 1
if wanted coverage; then
    say "Building and running preset coverage in build/coverage"
    cmake --preset coverage -DMIDGE_TESTS=ON >/dev/null
    cmake --build --preset coverage -- --quiet
    find build/coverage -name '*.gcda' -delete
    ctest --test-dir build/coverage --no-tests=error --output-on-failure --parallel "$((2 * $(nproc)))"
    /usr/bin/python3 tests/coverage/coverage.py build/coverage --gaps build/coverage/gaps.txt
fi
! wanted bench || cat tests/bench/RESULTS.md
