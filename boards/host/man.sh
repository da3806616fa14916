#!/bin/sh
# SPDX-License-Identifier: MIT
# sh boards/host/man.sh PROGRAM OUTPUT    writes the manual page of midge from its own --help.
set -eu
program=$1 output=$2
help=$("$program" --help)
version=$("$program" --version | sed -n '1s/^[^0-9]*\([0-9][0-9.]*\).*/\1/p')
[ "$version" ] || { echo "man.sh: $program tells no version" >&2; exit 1; }

roff() { sed 's/\\/\\e/g; s/-/\\-/g; s/^\([.'"'"']\)/\\\&\1/'; }

{
    echo ".\\\" Written by boards/host/man.sh from midge --help."
    echo ".TH MIDGE 1 \"\" \"midge $version\" \"User Commands\""
    printf '.SH NAME\nmidge \\- many HTTPS requests at once, as a microcontroller makes them\n.SH SYNOPSIS\n'
    echo "$help" | sed -n '/^midge /p' | sed 's/  .*//' | roff | sed 's/^midge *\(.*\)$/.B midge\n\1\n.br/'
    echo .SH DESCRIPTION
    echo "$help" | sed -n '/^Options as curl/,/^ *$/p' | roff
    echo .SH OPTIONS
    echo "$help" | grep '^  *-' | roff | sed 's/^ *\(\\-.*[^ ]\)   *\([^ ].*\)$/.TP\n.B \1\n\\\&\2/; t; s/^ *\(\\-[^ ]*\( [^ ]*\)\?\) \(.*\)$/.TP\n.B \1\n\\\&\3/'
    echo .SH "EXIT STATUS"
    echo "$help" | sed -n '/^Exit codes/,$p' | roff
    cat <<'END'
.SH APPS
.B midge app
.I NAME
.B \-\-help
describes the options of an app.
.SH ENVIRONMENT
.TP
.B http_proxy, https_proxy, all_proxy, no_proxy
as in curl.
.TP
.B OPENAI_API_KEY
the bearer token of the apps images and chat.
.SH SEE ALSO
.BR curl (1)
END
} >"$output.new"
mv "$output.new" "$output"
