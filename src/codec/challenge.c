/* SPDX-License-Identifier: MIT */
/*
 * A field may have several challenges, and a challenge several parameters; commas divide both:
 *
 *     Basic realm="a", Digest realm="b", nonce="c", Negotiate YII=
 *
 * A word begins a parameter if '=' and a value follow it, and a challenge otherwise. A scheme may
 * have a token68 in place of parameters (RFC 9110 11.2), which is skipped.
 */
#include "codec/challenge.h"

#include "base/span.h"
#include "midge/features.h"

#if MIDGE_WITH_DIGEST

static void skip(struct midge_span *s, size_t n)
{
    *s = midge__span(s->ptr + n, s->len - n);
}

static void skip_blanks(struct midge_span *s, bool commas)
{
    while (s->len > 0 && (midge__is_ows(*s->ptr) || (commas && *s->ptr == ','))) {
        skip(s, 1);
    }
}

static struct midge_span take_token(struct midge_span *s)
{
    const struct midge_span token = midge__span(s->ptr, midge__token_len(*s));
    skip(s, token.len);
    return token;
}

/* Takes the text of a quoted string behind its first quote. */
static bool take_quoted(struct midge_span *s, struct midge_span *value)
{
    for (size_t i = 0; i < s->len; i++) {
        if (s->ptr[i] == '"') {
            *value = midge__span(s->ptr, i);
            skip(s, i + 1);
            return true;
        }
        i += s->ptr[i] == '\\';
    }
    return false;
}

static bool take_value(struct midge_span *s, struct midge_span *value)
{
    skip_blanks(s, false);
    if (s->len > 0 && *s->ptr == '"') {
        skip(s, 1);
        return take_quoted(s, value);
    }
    *value = take_token(s);
    return value->len > 0;
}

static bool is_end(struct midge_span s)
{
    skip_blanks(&s, false);
    return s.len == 0 || *s.ptr == ',';
}

/* Skips token68, if it is one. */
static void skip_token68(struct midge_span *s)
{
    struct midge_span rest = *s;
    while (rest.len > 0 && (midge__is_token(*rest.ptr) || *rest.ptr == '/')) {
        skip(&rest, 1);
    }
    while (rest.len > 0 && *rest.ptr == '=') {
        skip(&rest, 1);
    }
    if (is_end(rest)) {
        *s = rest;
    }
}

/* Where a parameter is stored; NULL: it is not needed. */
static struct midge_span *place_of(struct midge__challenge *c, struct midge_span name)
{
    const struct {
        const char *name;
        struct midge_span *place;
    } places[] = {{"realm", &c->realm},        {"nonce", &c->nonce},
                  {"opaque", &c->opaque},      {"qop", &c->qop},
                  {"stale", &c->stale},        {"userhash", &c->userhash},
                  {"algorithm", &c->algorithm}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (midge__span_is(name, places[i].name)) {
            return places[i].place;
        }
    }
    return NULL;
}

/* Takes a parameter. False: what follows is none; *bad: it is malformed. */
static bool take_parameter(struct midge_span *s, struct midge__challenge *c, bool *bad)
{
    struct midge_span rest = *s, value;
    skip_blanks(&rest, true);
    const struct midge_span name = take_token(&rest);
    skip_blanks(&rest, false);
    if (name.len == 0 || rest.len == 0 || *rest.ptr != '=') {
        return false;
    }
    skip(&rest, 1);
    struct midge_span *place = place_of(c, name);
    *bad = !take_value(&rest, &value) || !is_end(rest) || (place != NULL && place->ptr != NULL);
    if (place != NULL) {
        *place = value;
    }
    *s = rest;
    return !*bad;
}

bool midge__challenge_next(struct midge_span *rest, struct midge__challenge *out)
{
    bool bad = false;
    skip_blanks(rest, true);
    *out = (struct midge__challenge){.scheme = take_token(rest)};
    if (out->scheme.len > 0 && rest->len > 0 && midge__is_ows(*rest->ptr)) {
        skip_blanks(rest, false);
        skip_token68(rest);
    }
    while (take_parameter(rest, out, &bad)) {
    }
    bad |= out->scheme.len == 0 || !is_end(*rest);
    if (bad) {
        rest->len = 0;
    }
    return !bad;
}

size_t midge__unquote(char *out, struct midge_span in)
{
    size_t n = 0;
    for (size_t i = 0; i < in.len; i++) {
        i += in.ptr[i] == '\\' && i + 1 < in.len;
        out[n++] = in.ptr[i];
    }
    return n;
}

#endif
