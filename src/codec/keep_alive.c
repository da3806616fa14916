/* SPDX-License-Identifier: MIT */
/*
 * Keep-Alive: timeout=5, max=100
 *
 * A value is a token or a quoted string. Servers do not keep to the grammar: white space may stand
 * anywhere, and between parameters any byte that is not part of a token, a quoted string or "=" is
 * taken for a comma.
 */
#include "codec/keep_alive.h"

#if MIDGE_WITH_KEEP_ALIVE_HINTS

#include "base/span.h"

static void advance(struct midge_span *rest, size_t n)
{
    rest->ptr += n;
    rest->len -= n;
}

/* The token or the quoted string that begins here. A quoted string without its end extends to the
   end of the text. */
static struct midge_span take_word(struct midge_span *rest)
{
    bool quoted = rest->ptr[0] == '"';
    advance(rest, quoted);
    struct midge_span word = *rest;
    size_t n = 0;
    while (n < rest->len && (quoted ? rest->ptr[n] != '"' : midge__is_token(rest->ptr[n]))) {
        n++;
    }
    word.len = n;
    advance(rest, n < rest->len ? n + quoted : n);
    return midge__span_trim(word);
}

/* Takes digits only. A number too large for 32 bits is no limit. */
static void note(struct midge__keep_alive *hint, struct midge_span name, struct midge_span value)
{
    uint64_t number;
    uint32_t *field = midge__span_is(name, "timeout") ? &hint->timeout_s
                      : midge__span_is(name, "max")   ? &hint->max
                                                      : NULL;
    if (field != NULL && midge__span_u64(value, &number) && number < *field) {
        *field = (uint32_t)number;
    }
}

void midge__keep_alive_note(struct midge__keep_alive *hint, struct midge_span value)
{
    struct midge_span rest = value, name = {0};
    bool equals = false;
    while (rest.len != 0) {
        char c = rest.ptr[0];
        if (c == '"' || midge__is_token(c)) {
            struct midge_span word = take_word(&rest);
            if (equals) {
                note(hint, name, word);
            }
            name = equals ? midge__span(NULL, 0) : word;
            equals = false;
            continue;
        }
        advance(&rest, 1);
        equals = c == '=' || (equals && midge__is_ows(c));
        if (c != '=' && !midge__is_ows(c)) {
            name = midge__span(NULL, 0);
        }
    }
}

#endif
