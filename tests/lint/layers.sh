#!/bin/sh
# SPDX-License-Identifier: MIT
# layers.sh [ROOT]: a file includes only downwards, and public headers stand alone.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
: >"$tmp/found"

find include src port boards -name '*.[ch]' 2>/dev/null | sort >"$tmp/files"

# Who may include what: "prefix: allowed…", the longest prefix that fits a file decides. "x/" allows
# <x/…> and "x/…", "@iso" the C headers without I/O or clock, "@own" "name.h" of the same folder,
# "*" anything. A header of the C library, the system or a dependency that is not named is refused.
cat >"$tmp/rules" <<'RULES'
include/midge:     midge/ @iso
src/base:          @own @iso stdio.h base/ midge/
src/codec:         @own @iso codec/ base/ midge/
src/policy:        @own @iso policy/ codec/ base/ midge/
src/io:            @own @iso stdio.h time.h stdlib.h ctype.h io/ codec/ base/ midge/ mbedtls/ psa/ ssl_misc.h psa_crypto_core.h
src/core:          @own @iso stdio.h core/ io/ policy/ codec/ base/ midge/
src/http:          @own @iso http/ core/ io/ codec/ base/ midge/
src/async:         @own @iso base/ midge/
src/body:          @own @iso stdio.h body/ codec/ base/ midge/ zlib.h
src/hooks:         @own @iso hooks/ policy/ codec/ base/ midge/
src/json:          @own @iso stdio.h stdlib.h math.h json/ codec/ base/ midge/ cJSON.h
port/zlib:         @own @iso midge/ zutil.h inftrees.h inflate.h inffast.h inffast.c
port/mbedtls:      @own @iso mbedtls/ psa/
port/zephyr:       @own *system midge/ zephyr/
port/arduino:      @own *system midge/
port/localhost.h:  @iso
port/native.h:     @iso
port/bsd_:         @own @iso midge/ resolver/resolver.h
port/lwip_address.h: @iso midge/ lwip/
port/resolver:     @own @iso midge/
port/posix/no_dns: ../posix.h
port/posix:        @own *system midge/ ../localhost.h ../native.h ../bsd_sockets.h ../bsd_poll.h
port/bsd:          @own *system midge/ ../localhost.h ../native.h ../bsd_sockets.h ../bsd_names.h ../bsd_poll.h ../posix/posix.h zephyr/ lwip/netdb.h
port/lwip_raw:     @own *system midge/ lwip/ netif/ arch/ ../localhost.h ../native.h ../lwip_address.h ../resolver/resolver.h
port/lwip_sockets: @own *system midge/ lwip/ netif/ arch/ ../localhost.h ../native.h ../bsd_sockets.h ../bsd_names.h ../bsd_poll.h ../lwip_address.h ../resolver/resolver.h
port/esp-idf/midge: @own *system midge/ lwip/priv/tcpip_priv.h port/native.h port/lwip_address.h
port/esp-idf/examples: @own *system board.h apps/ common/ midge/
port/epoll:        @own *system midge/ conformance.h localhost.h bsd_names.h
port/template:     @own @iso midge/ conformance.h
port/pico-sdk:     @own @iso midge/ pico.h pico/ hardware/
port/pico-sdk/include: @iso midge/
port/pico-sdk/wireless:   @iso ../../lwip_raw/lwipopts.h
port/sim:          @own *system codec/ midge/ ../localhost.h ../native.h
port/sim/tls:      @own *system mbedtls/ psa/ ssl_misc.h ../sim.h ../tls_peer.h
boards:            @own @iso stdio.h common/ midge/ lwip/ netif/
boards/mps2-an385-freertos: @own @iso stdio.h stdlib.h board.h common/ examples/ midge/ lwip/ netif/ FreeRTOS.h semphr.h task.h tcp_isn.h sys/time.h
boards/pico:       @own @iso common/ midge/ lwip/ netif/ pico.h pico/ hardware/
boards/pico/wireless:     @iso stdio.h stdlib.h examples/ midge/ pico/
boards/board.h:    @own @iso midge/
boards/apps:       @own @iso stdio.h stdlib.h ctype.h math.h board.h midge/ cJSON.h
boards/examples:   @own @iso midge/ lwip/
boards/examples/first: @own *system midge/
boards/examples/poll_loop: @own *system midge/
boards/examples/lessons: @own *system midge/
boards/common:     @own @iso stdio.h stdlib.h board.h examples/ common/ midge/ lwip/ netif/ lwip_raw.h
boards/common/cpu: @own @iso time.h common/
boards/common/net: @own @iso stdatomic.h common/cpu/ common/hw.h lwip/ netif/
boards/common/console: @own @iso
boards/common/services: @own @iso common/hw.h midge/
boards/host:       @own *system board.h midge/
boards/host/device: @own *system lwipopts.h host/ midge/
boards/host/idn:    @own *system host/
boards/host/suffix: *system host/
boards/host/cli:   @own *system board.h apps/ common/ host/ midge/ cJSON.h
RULES

while read -r file; do
    grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' "$file" |
        sed -E "s|^([0-9]+):[^<\"]*([<\"])([^>\"]*)[>\"].*|$file \\1 \\2 \\3|"
done <"$tmp/files" | awk -v rules="$tmp/rules" '
    BEGIN {
        n = split("assert.h errno.h float.h inttypes.h iso646.h limits.h stdalign.h stdarg.h " \
                  "stdbool.h stddef.h stdint.h stdnoreturn.h string.h", a, " ")
        for (i = 1; i <= n; i++) iso[a[i]] = 1
        while ((getline line < rules) > 0) {
            prefix = line; sub(/:.*/, "", prefix)
            sub(/^[^:]*:[ ]*/, "", line)
            allowed[prefix] = line
        }
    }
    {
        file = $1; kind = $3; name = $4
        best = ""
        for (p in allowed)
            if (index(file, p) == 1 && length(p) > length(best)) best = p
        ok = 0
        n = split(allowed[best], a, " ")
        for (i = 1; i <= n && !ok; i++) {
            r = a[i]
            if (r == "*") ok = 1
            else if (r == "@iso") ok = (name in iso)
            else if (r == "@own") ok = (kind == "\"" && index(name, "/") == 0)
            else if (r == "*system") ok = (kind == "<" && name !~ /^(mbedtls|psa|lwip|netif)\//)
            else if (r ~ /\/$/) ok = (index(name, r) == 1)
            else ok = (name == r)
        }
        if (!ok)
            printf "%s:%s: %s may not include %s (allowed: %s)\n", file, $2, best, name, allowed[best]
    }' >>"$tmp/found"

# "name.h" is in the same folder, so that @own cannot reach another layer.
while read -r file; do
    sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"([^"\/]*)".*/\1/p' "$file" |
        while read -r name; do
            case $name in board.h | cJSON.h | ssl_misc.h | psa_crypto_core.h | lwip_raw.h | lwip_board.h | lwipopts.h) continue ;; esac # ruled above
            [ -f "$(dirname "$file")/$name" ] ||
                echo "$file: \"$name\" is not beside it: name its folder" >>"$tmp/found"
        done
done <"$tmp/files"

# Each public header alone, twice over (its guard), as C11 and as C++17.
for header in include/midge/*.h; do
    [ -f "$header" ] || continue
    name=midge/$(basename "$header")
    printf '#include <%s>\n#include <%s>\nextern int midge_lint;\n' "$name" "$name" >"$tmp/alone.c"
    cp "$tmp/alone.c" "$tmp/alone.cpp"
    ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Werror -Iinclude -fsyntax-only "$tmp/alone.c" \
        >"$tmp/log" 2>&1 || { echo "$header: does not compile alone as C11"; head -n 3 "$tmp/log"; } >>"$tmp/found"
    ${CXX:-c++} -std=c++17 -Wall -Wextra -Wpedantic -Wshadow -Werror -Iinclude -fsyntax-only "$tmp/alone.cpp" \
        >"$tmp/log" 2>&1 || { echo "$header: does not compile alone as C++17"; head -n 3 "$tmp/log"; } >>"$tmp/found"
done

if [ -s "$tmp/found" ]; then
    cat "$tmp/found"
    exit 1
fi
echo "layers: $(wc -l <"$tmp/files") files include only downwards; public headers stand alone"
