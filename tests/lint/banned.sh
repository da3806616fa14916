#!/bin/sh
# SPDX-License-Identifier: MIT
# banned.sh [ROOT]: calls that have a better twin are not made, words that mislead are not written.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
: >"$tmp/found"

# split code|comments FILE…: "file:line:text" of the code, with string and character literals blanked,
# or of the comments.
split() {
    want=$1; shift
    [ $# -gt 0 ] || return 0
    awk -v want="$want" '
    FNR == 1 { comment = 0 }
    {
        line = $0; out = ""; said = ""; n = length(line)
        for (i = 1; i <= n; i++) {
            c = substr(line, i, 1); two = substr(line, i, 2)
            if (comment) {
                if (two == "*/") { comment = 0; i++ } else said = said c
            } else if (two == "/*") {
                comment = 1; i++; out = out " "; said = said "/*"
            } else if (two == "//") {
                said = said substr(line, i)
                break
            } else if (c == "\"" || c == "\047") {
                q = c
                for (i++; i <= n && (c = substr(line, i, 1)) != q; i++) if (c == "\\") i++
                out = out q q
            } else {
                out = out c
            }
        }
        if (want == "code") print FILENAME ":" FNR ":" out
        else if (said != "") print FILENAME ":" FNR ":" said
    }' "$@"
}

# ban NAMES WHY FILE…
ban() {
    names=$1; why=$2; shift 2
    split code "$@" | grep -E "(^|[^A-Za-z0-9_.>])($names)[[:space:]]*\(" |
        sed "s|\$|   <- $why|" >>"$tmp/found"
}

# files FOLDER…: their .c and .h files; no names with blanks here.
files() { find "$@" -name '*.[ch]' 2>/dev/null | sort; }

# *_libc.c define what a board's C library lacks, under its names.
# shellcheck disable=SC2046
{
ban 'strcpy|strcat|stpcpy|sprintf|vsprintf|gets|atoi|atol|atoll|atof|strtok' \
    'unbounded, or silent about errors' $(files include src port boards tests)
ban 'malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|alloca' \
    'memory has an owner: base/memory.h' \
    $(files include src port boards | grep -vE '^(port/posix|port/esp-idf|port/bsd|port/sim|boards/host)/|^boards/examples/(first|lessons/lessons)\.c$|_libc\.c$')
ban 'time|clock|gettimeofday|clock_gettime|rand|random|srand' \
    'clocks and randomness are the port'"'"'s' \
    $(files src boards/apps boards/common | grep -v '_libc\.c$')
ban 'sleep|usleep|nanosleep|clock_nanosleep' 'no test sleeps: virtual clock' $(files tests)
}
# In scripts, that deal with real servers, a sleep says beside it what it waits for: "# …".
find tests -name '*.py' -o -name '*.sh' 2>/dev/null | grep -v '^tests/lint/' | while read -r file; do
    case $file in *.py) call='(^|[^A-Za-z0-9_.])(time\.)?sleep\(' ;; *) call='(^|[;&|] *|do )sleep ' ;; esac
    grep -nE "$call" "$file" | grep -v '#' |
        sed "s|^|$file:|; s|\$|   <- a sleep in a test says why: # ...|"
done >>"$tmp/found"

# Comments name the thing, for readers whose first language is not English. In scripts only comments
# by # are read.
# shellcheck disable=SC2046
{
    split comments $(files include src port boards tests)
    find tests port boards CMakeLists.txt -name '*.py' -o -name '*.sh' -o -name '*.cmake' \
        -o -name CMakeLists.txt 2>/dev/null | grep -v '^tests/lint/' | sort |
        xargs grep -nE '(^|[[:space:]])#[[:space:]]' /dev/null | sed -E 's/^([^:]*:[0-9]+:)(.*[[:space:]])?#[[:space:]]/\1# /'
} | grep -E '(^|[^A-Za-z_])([Nn]obody|[Ss]omebody|[Ww]hoever|[Aa]nybody)([^A-Za-z_]|$)' |
    sed 's/$/   <- name the thing: which client, peer, request?/' >>"$tmp/found"
# shellcheck disable=SC2046
split comments $(files include src port boards) | grep -E '/\*+ *What |^[^:]*:[0-9]+: \* +What ' |
    sed 's/$/   <- begin with the subject, not with "What"/' >>"$tmp/found"

if [ -s "$tmp/found" ]; then
    cat "$tmp/found"
    exit 1
fi
echo "banned: none of the calls and words found"
