#!/bin/sh
# SPDX-License-Identifier: MIT
# selftest.sh: each lint passes on a small clean tree and fails on each defect planted in it.
set -u
lint=$(cd "$(dirname "$0")" && pwd)
root=$(cd "${1:-$lint/../..}" && pwd)
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
bad=0
count=0

# file PATH TEXT: a source file of the planted tree.
file() {
    mkdir -p "$tmp/tree/$(dirname "$1")"
    printf '/* SPDX-License-Identifier: MIT */\n%b' "$2" >"$tmp/tree/$1"
}

clean() {
    rm -rf "$tmp/tree"
    mkdir -p "$tmp/tree"
    mkdir -p "$tmp/tree/port/doc"
    cp "$root/.clang-format" "$tmp/tree/"
    cp "$root"/port/doc/* "$tmp/tree/port/doc/"
    printf '# The reference\n' >"$tmp/tree/port/doc/main.md"
    file include/midge/err.h '/* Errors. */\n#ifndef ERR_H\n#define ERR_H\n#include <stddef.h>\n/* Counts. */\nint midge_x(size_t n);\n#endif\n'
    file include/midge/json.h '/* Trees. */\n#ifndef JSON_H\n#define JSON_H\nstruct cJSON;\n#endif\n'
    file src/base/span.h '#include "midge/err.h"\n'
    file src/codec/url.c '#include <string.h>\n\n#include "base/span.h"\n\n/* strcpy(a, b) */\n'
    file src/io/tls.c '#include <mbedtls/ssl.h>\n'
    file src/io/tls.h '#include "base/span.h"\n'
    file src/core/conn.c '#include "codec/url.h"\n#include "io/tls.h"\n'
    file src/json/json.c '#include <cJSON.h>\n#include <midge/json.h>\n'
    file port/posix/net.c '#include <sys/socket.h>\n#include <stdlib.h>\n\nvoid f(void *p)\n{\n    free(p);\n}\n'
    file boards/apps/posts.c '#include "board.h"\n'
    file boards/host/main.c '#include <unistd.h>\n'
    file boards/examples/page.c 'int page;\n'
    file port/template/myport.c '/* --- 1. Clocks --- */\n/* --- 2. Entropy --- */\n'
    file port/PORTING.md 'sh tests/conformance/port.sh ../myport\n| 1. Clocks | x |\n| 2. Entropy | x |\n'
    file tests/conformance/port.sh ''
    file SECURITY.md 'base/span.h, test_x, [the rules](.clang-format)\n'
    file tests/unit/test_x.c '/* The topic x. */\nconst char *s = "sleep(1) strcpy( */* nobody";\n'
}

# lint NAME: runs it on the tree as it is now.
lint() {
    if [ -f "$lint/$1.py" ]; then /usr/bin/python3 "$lint/$1.py" "$tmp/tree"; else sh "$lint/$1.sh" "$tmp/tree"; fi >"$tmp/log" 2>&1
}

# expect LINT DEFECT: the lint fails on the tree as it is now.
expect() {
    count=$((count + 1))
    if lint "$1"; then
        echo "$1: missed $2"
        bad=1
    fi
    clean
}

clean
for l in layers banned length tests format guides steps links doc; do
    lint "$l" || { echo "$l: fails on a clean tree:"; cat "$tmp/log"; bad=1; }
done

# plant LINT PATH TEXT
plant() { file "$2" "$3"; expect "$1" "'$3' in $2"; }

for text in 'int midge_y(void);' 'struct midge_y {\n    int x; /* one */\n};' '#define MIDGE_Y 1' \
        '/* A struct. */\nstruct midge_y {\n    int x;\n};' '/* Values. */\nenum midge_y { MIDGE_Y };' \
        '/* A function\n   with @a command. */\nint midge_y(void);\n\nint midge_z(void);'; do
    plant doc include/midge/a.h "/* A header. */\n#ifndef A_H\n#define A_H\n\n$text\n\n#endif\n"
done
plant guides SECURITY.md 'test_gone\n'
plant guides SECURITY.md 'base/gone.c\n'
plant links boards/README.md '[a picture](gone.png)\n'
plant links boards/README.md '[a folder above](../..)\n'
plant links boards/README.md '[a heading](../SECURITY.md#the-rules)\n'
plant links boards/README.md '# One\n\n[a heading](#two)\n'
plant links boards/README.md '[a place]\n\n[a place]: gone.md\n'
plant links boards/README.md '<img src="gone.svg">\n'
plant links boards/README.md 'Look at `apps/gone.c`.\n'
plant steps port/PORTING.md 'sh tests/conformance/port.sh ../myport\n| 1. Clocks | x |\n'
plant steps port/template/myport.c '/* --- 1. Clocks --- */\n/* --- 3. Entropy --- */\n'
plant steps port/template/myport.c '/* --- 1. Clocks --- */\n/* --- 2. Random --- */\n'
plant layers src/base/a.c '#include "codec/url.h"\n'
plant layers src/codec/a.c '#include "io/tls.h"\n'
plant layers src/codec/a.c '#include <time.h>\n'
plant layers src/codec/a.c '#include <stdlib.h>\n'
plant layers src/core/a.c '#include <mbedtls/ssl.h>\n'
plant layers src/core/a.c '#include "json/json.h"\n'
plant layers src/body/a.c '#include "core/conn.h"\n'
plant layers src/body/sse.c '#include <cJSON.h>\n'
plant layers src/io/a.c '#include <sys/socket.h>\n'
plant layers src/io/a.c '#  include "core/conn.h"\n'
plant layers src/base/a.c '#include "tls.h"\n'
plant layers boards/apps/a.c '#include <unistd.h>\n'
plant layers boards/host/a.c '#include <mbedtls/ssl.h>\n'
plant layers boards/host/a.c '#include "core/conn.h"\n'
plant layers boards/host/a.c '#include "host/cli/run.h"\n'
plant layers include/midge/a.h '#include <sys/socket.h>\n'
plant layers include/midge/a.h '#include <cJSON.h>\n'
plant layers include/midge/a.h 'size_t midge_needs_stddef(void);\n'
plant layers include/midge/a.h 'int midge_class(int class);\n'
plant layers include/midge/a.h 'struct no_guard {\n    int x;\n};\n'
for call in strcpy strcat sprintf gets atoi atol strtok malloc calloc free time; do
    plant banned src/base/a.c "void f(void)\\n{\\n    $call(0);\\n}\\n"
done
plant banned boards/host/a.c 'int x = atoi("1");\n'
plant banned boards/apps/a.c 'void f(void *p)\n{\n    free(p);\n}\n'
plant banned tests/unit/a.c 'void f(void)\n{\n    sleep(1);\n}\n'
plant banned tests/unit/a.c 'void f(void)\n{\n    usleep (1);\n}\n'
plant banned tests/net/a.py 'time.sleep(1)\n'
plant banned src/base/a.c '/* Nobody reads it. */\n'
plant banned src/base/a.c '/* A comment that goes on,\n   and tells somebody. */\n'
plant banned tests/unit/a.c 'int x; /* for whoever looks */\n'
plant banned tests/net/a.py 'x = 1  # nobody asks\n'
plant banned boards/apps/a.c '/* What a paused sink leaves is spilled. */\n'
plant length src/base/a.c "$(yes '\n' | head -n 500 | tr -d '\012')"
plant length boards/host/a.c "void f(void)\n{\n$(yes '    x++;\n' | head -n 41 | tr -d '\012')}\n"
plant tests tests/unit/test_nothing.c '#include <stddef.h>\n'
plant tests tests/unit/nothing.c 'int main(void)\n{\n    return cmocka_run_group_tests(t, 0, 0);\n}\n'
plant format src/base/a.c 'int  f( void ){ return 1; }\n'
printf 'int x;\n' >"$tmp/tree/src/base/a.c"
expect format 'a missing licence line'
printf 'echo\n' >"$tmp/tree/tests/a.sh"
expect format 'a script without a licence line'

# call PATH TEXT: compiles a file of the planted tree for calls.sh
call() {
    file "$1" "$2"
    mkdir -p "$tmp/objects/$(dirname "$1")"
    ${CC:-cc} -c "$tmp/tree/$1" -o "$tmp/objects/$1.o" || bad=1
}
called() {
    rm -rf "$tmp/objects"
    clean
    rm -r "$tmp/tree/src" "$tmp/tree/port"
    call src/base/a.c 'int low(void)\n{\n    return 1;\n}\n'
    call src/async/b.c 'int low(void);\nint high(void)\n{\n    return low();\n}\n'
    call src/async/c.c 'int high(void);\nint higher(void)\n{\n    return high();\n}\n'
    call port/posix/d.c 'int port(void)\n{\n    return 1;\n}\n'
}
# calls TEXT: calls.sh fails on the tree as it is now, and its report has TEXT.
calls() {
    count=$((count + 1))
    if sh "$lint/calls.sh" "$tmp/tree" "$tmp/objects" >"$tmp/log" 2>&1 || ! grep -qF "$1" "$tmp/log"; then
        echo "calls: missed '$1'"
        bad=1
    fi
    called
}

called
sh "$lint/calls.sh" "$tmp/tree" "$tmp/objects" >"$tmp/log" 2>&1 || { echo "calls: fails on clean calls:"; cat "$tmp/log"; bad=1; }
call src/async/b.c 'int higher(void);\nint high(void)\n{\n    return higher();\n}\n'
calls 'src/async/b uses higher of src/async/c, which calls back: a circle'
call src/async/d.c 'int last;\nint higher(void);\nint next(void)\n{\n    return higher();\n}\n'
call src/async/b.c 'extern int last;\nint high(void)\n{\n    return last;\n}\n'
calls 'src/async/b uses last of src/async/d, which calls back: a circle'
call src/base/a.c 'int high(void);\nint low(void)\n{\n    return high();\n}\n'
calls 'src/base/a uses high of src/async/b: src/base may not call src/async'
call src/json/e.c 'int high(void);\nint tree(void)\n{\n    return high();\n}\n'
calls 'src/json/e uses high of src/async/b: src/json may not call src/async'
call src/base/a.c 'int port(void);\nint low(void)\n{\n    return port();\n}\n'
calls 'src/base/a uses port of port/posix/d: these folders do not call each other'
rm "$tmp/objects/port/posix/d.c.o"
calls 'port/posix: no object file of it'

[ $bad = 0 ] && echo "selftest: all $count planted defects were found"
exit $bad
