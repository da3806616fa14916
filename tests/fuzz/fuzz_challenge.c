/* SPDX-License-Identifier: MIT */
/*
 * Challenges of WWW-Authenticate: each is found inside the field, with a scheme that is a token;
 * parsing ends. One that is kept is answered: the answer fits the room that was asked for, and
 * parsed as a field of its own, it has the realm, nonce and opaque of the challenge.
 */
#include "fuzz.h"

#include "base/span.h"
#include "codec/challenge.h"
#include "hooks/digest.h"
#include "midge/auth.h"

static bool is_inside(struct midge_span part, const char *field, size_t len)
{
    return part.ptr == NULL ||
           (part.ptr >= field && part.len <= len && (size_t)(part.ptr - field) <= len - part.len);
}

static void check_parts(const struct midge__challenge *c, const char *field, size_t len)
{
    const struct midge_span parts[] = {c->scheme, c->realm,     c->nonce, c->opaque,
                                       c->qop,    c->algorithm, c->stale, c->userhash};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        FUZZ_CHECK(is_inside(parts[i], field, len));
    }
    FUZZ_CHECK(c->scheme.len > 0 && midge__token_len(c->scheme) == c->scheme.len);
}

static void same_text(struct midge_span a, struct midge_span b)
{
    char *first = malloc(a.len + 1), *second = malloc(b.len + 1);
    FUZZ_CHECK(first != NULL && second != NULL);
    const size_t n = midge__unquote(first, a);
    FUZZ_CHECK(n <= a.len && midge__unquote(second, b) == n && memcmp(first, second, n) == 0);
    free(first);
    free(second);
}

static void check_answer(struct midge_auth *auth, const struct midge__challenge *c)
{
    const struct midge__digest_request request = {"GET", "/x?y", "0123456789abcdef"};
    const size_t size = midge__digest_size(auth, &request);
    char *out = malloc(size);
    struct midge__challenge answer;
    FUZZ_CHECK(out != NULL);
    struct midge__text text = midge__text_on(out, size);
    midge__digest_write(auth, &request, &text);
    FUZZ_CHECK(text.len < size - 1); /* it was not cut */
    struct midge_span rest = midge__span(out, text.len);
    FUZZ_CHECK(midge__challenge_next(&rest, &answer) && rest.len == 0);
    same_text(answer.realm, c->realm);
    same_text(answer.nonce, c->nonce);
    same_text(answer.opaque, c->opaque);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *field = fuzz_copy(data, size);
    struct midge_span rest = midge__span(field, size);
    struct midge__challenge c;
    struct midge_auth auth = {.user = "a\"b", .password = "c"};
    size_t n = 0;
    while (midge__challenge_next(&rest, &c)) {
        FUZZ_CHECK(++n <= size);
        check_parts(&c, field, size);
        if (midge__digest_rank(&c) > 0 && midge__digest_keep(&auth, &c)) {
            check_answer(&auth, &c);
        }
    }
    FUZZ_CHECK(rest.len == 0);
    free(field);
    return 0;
}
