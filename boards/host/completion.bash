# SPDX-License-Identifier: MIT
# Completion of midge for bash: the options and apps are those of the program's own help.
_midge()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} program=${COMP_WORDS[0]} words
    COMPREPLY=()
    if [ "${COMP_WORDS[1]}" = app ]; then
        case $COMP_CWORD in
        2) words=$("$program" --help 2>/dev/null | sed -n 's/^midge app NAME .*: //p') ;;
        *) words=$("$program" app "${COMP_WORDS[2]}" --help 2>/dev/null | grep -o -- '--[a-z0-9.-]*[a-z0-9]') ;;
        esac
    elif [ "${COMP_WORDS[1]}" = parse-url ] && [ "$COMP_CWORD" -gt 1 ]; then
        words=--base
    else
        words=$("$program" --help 2>/dev/null | sed -n 's/^  .*\(--[a-z0-9.-]*[a-z0-9]\).*/\1/p')
        [ "$COMP_CWORD" -gt 1 ] || words="$words app parse-url log size"
    fi
    case $prev in
    --device) words="list $("$program" --device list 2>/dev/null | sed -n 's/^\([a-z0-9][a-z0-9-]*\) .*/\1/p')" ;;
    --tls-max) words='1.2 1.3 default' ;;
    -o | --output | -T | --upload-file | --cacert | --cert | --key | -K | --config | -b | -c | --cookie | --cookie-jar \
        | --report | --report-html | --memory | --beside | --har | --sim | -D | --dump-header | --netrc-file | --etag-save | --etag-compare | --prompts \
        | --output-dir)
        words= ;; # a file: bash's own
    esac
    # shellcheck disable=SC2207
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _midge midge midge-small midge-tiny
