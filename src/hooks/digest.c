/* SPDX-License-Identifier: MIT */
/*
 * RFC 7616 3.4, with H for MD5 or SHA-256 in hexadecimal:
 *
 *     A1        H(user:realm:password); -sess: H(that:nonce:cnonce)
 *     A2        H(method:uri)
 *     response  H(A1:nonce:nc:cnonce:auth:A2); without qop H(A1:nonce:A2), as RFC 2069 had it
 *
 * auth-int, which also signs the body, is not chosen: a body may come from a source. Texts of the
 * challenge are kept without their backslashes, hashed so, and sent with backslashes again.
 */
#include "hooks/digest.h"

#include "base/md5.h"
#include "base/span.h"
#include "midge/hash.h"

#if MIDGE_WITH_DIGEST

#define HEX_SIZE 65 /* of the longest hash, with a NUL */

/* --- hashes --- */

void midge__hex(char *out, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < 2 * n; i++) {
        out[i] = "0123456789abcdef"[i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15];
    }
    out[2 * n] = '\0';
}

static void hash_md5(char *hex, const struct midge_span *parts, size_t n)
{
    struct midge__md5 md5;
    uint8_t digest[16];
    midge__md5_init(&md5);
    for (size_t i = 0; i < n; i++) {
        midge__md5_update(&md5, ":", i > 0);
        midge__md5_update(&md5, parts[i].ptr, parts[i].len);
    }
    midge__md5_final(&md5, digest);
    midge__hex(hex, digest, sizeof digest);
}

static void hash_sha256(char *hex, const struct midge_span *parts, size_t n)
{
    struct midge_sha256 sha;
    uint8_t digest[32];
    midge_sha256_init(&sha);
    for (size_t i = 0; i < n; i++) {
        midge_sha256_update(&sha, ":", i > 0);
        midge_sha256_update(&sha, parts[i].ptr, parts[i].len);
    }
    midge_sha256_final(&sha, digest);
    midge__hex(hex, digest, sizeof digest);
}

/* H of the parts with ':' between them. Returns it as a part. */
static struct midge_span hash(const struct midge_auth *auth, char *hex,
                              const struct midge_span *parts, size_t n)
{
    if (auth->is_md5) {
        hash_md5(hex, parts, n);
    } else {
        hash_sha256(hex, parts, n);
    }
    return midge__span_of(hex);
}

#define HASH(auth, hex, ...)                                                                       \
    hash(auth, hex, (const struct midge_span[]){__VA_ARGS__},                                      \
         sizeof((const struct midge_span[]){__VA_ARGS__}) / sizeof(struct midge_span))

/* --- the challenge --- */

static bool offers_auth(struct midge_span qop)
{
    struct midge_span item;
    while (midge__span_list_next(&qop, &item)) {
        if (midge__span_is(item, "auth")) {
            return true;
        }
    }
    return false;
}

static bool is_sess(struct midge_span algorithm)
{
    return midge__span_is(algorithm, "MD5-sess") || midge__span_is(algorithm, "SHA-256-sess");
}

static bool is_md5(struct midge_span algorithm)
{
    return algorithm.ptr == NULL || midge__span_is(algorithm, "MD5") ||
           midge__span_is(algorithm, "MD5-sess");
}

unsigned midge__digest_rank(const struct midge__challenge *c)
{
    if (!midge__span_is(c->scheme, "Digest") || c->realm.ptr == NULL || c->nonce.ptr == NULL ||
        (c->qop.ptr != NULL && !offers_auth(c->qop))) {
        return 0;
    }
    if (is_md5(c->algorithm)) {
        return 1;
    }
    return midge__span_is(c->algorithm, "SHA-256") || midge__span_is(c->algorithm, "SHA-256-sess")
               ? 2
               : 0;
}

bool midge__digest_keep(struct midge_auth *auth, const struct midge__challenge *c)
{
    if (c->realm.len + c->nonce.len + c->opaque.len > sizeof auth->texts) {
        return false;
    }
    char *at = auth->texts;
    auth->realm_len = (uint16_t)midge__unquote(at, c->realm);
    at += auth->realm_len;
    auth->nonce_len = (uint16_t)midge__unquote(at, c->nonce);
    at += auth->nonce_len;
    auth->opaque_len = (uint16_t)midge__unquote(at, c->opaque);
    auth->is_md5 = is_md5(c->algorithm);
    auth->is_sess = is_sess(c->algorithm);
    auth->has_algorithm = c->algorithm.ptr != NULL;
    auth->has_qop = c->qop.ptr != NULL;
    auth->has_userhash = midge__span_is(c->userhash, "true");
    auth->count = 0;
    return true;
}

static struct midge_span realm_of(const struct midge_auth *auth)
{
    return midge__span(auth->texts, auth->realm_len);
}

static struct midge_span nonce_of(const struct midge_auth *auth)
{
    return midge__span(auth->texts + auth->realm_len, auth->nonce_len);
}

static struct midge_span opaque_of(const struct midge_auth *auth)
{
    return midge__span(auth->texts + auth->realm_len + auth->nonce_len, auth->opaque_len);
}

/* --- the answer --- */

struct answer {
    char count[9]; /* nc */
    char response[HEX_SIZE];
    char user[HEX_SIZE]; /* its hash, if the server wants that */
};

static void sign(const struct midge_auth *auth, const struct midge__digest_request *request,
                 struct answer *answer)
{
    char first[HEX_SIZE], second[HEX_SIZE];
    const struct midge_span user = midge__span_of(auth->user), nonce = nonce_of(auth);
    const struct midge_span cnonce = midge__span_of(request->cnonce);
    const struct midge_span count = midge__span_of(answer->count);
    struct midge_span a1 = HASH(auth, first, user, realm_of(auth), midge__span_of(auth->password));
    if (auth->is_sess) {
        a1 = HASH(auth, first, a1, nonce, cnonce);
    }
    const struct midge_span a2 =
        HASH(auth, second, midge__span_of(request->method), midge__span_of(request->uri));
    if (auth->has_qop) {
        HASH(auth, answer->response, a1, nonce, count, cnonce, MIDGE__LIT("auth"), a2);
    } else {
        HASH(auth, answer->response, a1, nonce, a2);
    }
    HASH(auth, answer->user, user, realm_of(auth));
}

static void add_quoted(struct midge__text *out, const char *name, struct midge_span value)
{
    midge__text_add(out, "%s=\"", name);
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"' || value.ptr[i] == '\\') {
            midge__text_bytes(out, "\\", 1);
        }
        midge__text_bytes(out, value.ptr + i, 1);
    }
    midge__text_bytes(out, "\"", 1);
}

size_t midge__digest_size(const struct midge_auth *auth, const struct midge__digest_request *r)
{
    const size_t texts = (size_t)auth->realm_len + auth->nonce_len + auth->opaque_len;
    return 512 + 2 * (strlen(auth->user) + texts) + 2 * strlen(r->uri);
}

void midge__digest_write(struct midge_auth *auth, const struct midge__digest_request *request,
                         struct midge__text *out)
{
    const uint32_t n = ++auth->count;
    const uint8_t count[] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    struct answer answer;
    midge__hex(answer.count, count, sizeof count);
    sign(auth, request, &answer);
    add_quoted(out, "Digest username",
               midge__span_of(auth->has_userhash ? answer.user : auth->user));
    add_quoted(out, ", realm", realm_of(auth));
    add_quoted(out, ", nonce", nonce_of(auth));
    add_quoted(out, ", uri", midge__span_of(request->uri));
    if (auth->has_algorithm) {
        midge__text_add(out, ", algorithm=%s%s", auth->is_md5 ? "MD5" : "SHA-256",
                        auth->is_sess ? "-sess" : "");
    }
    if (auth->has_qop) {
        midge__text_add(out, ", qop=auth, nc=%s", answer.count);
    }
    if (auth->has_qop || auth->is_sess) {
        midge__text_add(out, ", cnonce=\"%s\"", request->cnonce);
    }
    midge__text_add(out, ", response=\"%s\"", answer.response);
    if (auth->opaque_len > 0) {
        add_quoted(out, ", opaque", opaque_of(auth));
    }
    if (auth->has_userhash) {
        midge__text_add(out, "%s", ", userhash=true");
    }
}

#endif
