/* SPDX-License-Identifier: MIT */
/*
 * Credentials as a hook.
 *
 *     schemes       first request       after 401                         the next requests
 *     Basic         Basic               it is the answer                  Basic
 *     others        none                repeated with the best scheme     with that scheme
 *
 * A request that had credentials is repeated if the server says that its nonce is stale: then the
 * password may be right. Servers that have forgotten a nonce do not all say so: Digest credentials
 * that were sent at once get one more try. MIDGE_HOOK_REPEATS bounds a server that says "stale" for
 * ever.
 */
#include "midge/auth.h"

#include "base/base64.h"
#include "base/span.h"
#include "base/text.h"
#include "hooks/digest.h"
#include "midge/client.h"
#include "midge/err.h"
#include "midge/url.h"

#if MIDGE_WITH_DIGEST

#define CNONCE_BYTES 12
#define BASIC        "Basic "

static bool parse(struct midge_url *url, const char *text)
{
    return midge_url_parse(url, text, strlen(text), MIDGE_URL_ALLOW_USERINFO) == MIDGE_OK;
}

/* May credentials go with this hop? */
static bool is_ours(const struct midge_auth *auth, const struct midge_hop *hop,
                    struct midge_url *url)
{
    struct midge_url own;
    if (!parse(url, hop->url)) {
        return false;
    }
    return auth->all_origins ||
           (parse(&own, auth->url) && own.is_https == url->is_https && own.port == url->port &&
            midge__span_eq_nocase(own.host, url->host) && midge__span_eq(own.zone, url->zone));
}

/* --- Basic --- */

static size_t basic_size(const struct midge_auth *auth)
{
    const size_t len = strlen(auth->user) + 1 + strlen(auth->password);
    return sizeof BASIC + MIDGE__BASE64_LEN(len) + len;
}

/* The credentials are put at the end of the block: they are encoded from there. */
static void write_basic(const struct midge_auth *auth, char *out, size_t size)
{
    const size_t user_len = strlen(auth->user), len = user_len + 1 + strlen(auth->password);
    char *clear = out + size - len;
    memcpy(clear, auth->user, user_len);
    clear[user_len] = ':';
    memcpy(clear + user_len + 1, auth->password, len - user_len - 1);
    memcpy(out, BASIC, sizeof BASIC - 1);
    char *end = out + sizeof BASIC - 1;
    end += midge__base64_encode(end, midge__span(clear, len));
    *end = '\0';
}

/* midge_hop_set checks only what it gets: Basic hides a control character. */
static bool has_control(const char *text)
{
    for (; *text != '\0'; text++) {
        if (midge__is_ctl(*text)) {
            return true;
        }
    }
    return false;
}

/* --- sending --- */

static int set_value(struct midge_hop *hop, char *block, const char *value, size_t size)
{
    const int err = midge_hop_set(hop, "Authorization", value);
    memset(block, 0, size);
    midge_free(hop->client, block);
    return err;
}

static int send_basic(const struct midge_auth *auth, struct midge_hop *hop)
{
    const size_t size = basic_size(auth);
    char *block = midge_alloc(hop->client, size);
    if (block == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    write_basic(auth, block, size);
    return set_value(hop, block, block, size);
}

/* The target of the request's line, to the start of the block. Returns its bytes with a NUL. */
static size_t put_target(char *block, size_t size, const struct midge_url *url)
{
    struct midge_span path, query;
    struct midge__text target = midge__text_on(block, size);
    midge_url_target(url, &path, &query);
    midge__text_bytes(&target, path.ptr, path.len);
    if (query.ptr != NULL) {
        midge__text_bytes(&target, "?", 1);
        midge__text_bytes(&target, query.ptr, query.len);
    }
    return target.len + 1;
}

static int send_digest(struct midge_auth *auth, struct midge_hop *hop, const struct midge_url *url)
{
    uint8_t random[CNONCE_BYTES];
    char cnonce[2 * CNONCE_BYTES + 1];
    const int err = auth->port->entropy(auth->port->ctx, random, sizeof random);
    if (err != MIDGE_OK) {
        return err;
    }
    struct midge__digest_request request = {hop->method, hop->url, cnonce};
    /* The URL is longer than its target. */
    const size_t size = midge__digest_size(auth, &request) + strlen(hop->url) + 2;
    char *block = midge_alloc(hop->client, size);
    if (block == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    midge__hex(cnonce, random, sizeof random);
    const size_t used = put_target(block, size, url);
    struct midge__text value = midge__text_on(block + used, size - used);
    request.uri = block;
    midge__digest_write(auth, &request, &value);
    return set_value(hop, block, block + used, size);
}

static int on_send(struct midge_hook *hook, struct midge_hop *hop)
{
    struct midge_auth *auth = (struct midge_auth *)(void *)hook;
    struct midge_url url;
    const unsigned scheme = auth->schemes == MIDGE_AUTH_BASIC ? MIDGE_AUTH_BASIC : auth->chosen;
    if (scheme == 0 || !is_ours(auth, hop, &url) || midge_hop_get(hop, "Authorization") != NULL) {
        return MIDGE_OK;
    }
    if (has_control(auth->user) || has_control(auth->password)) {
        return MIDGE_ERR_HEADER;
    }
    return scheme == MIDGE_AUTH_BASIC ? send_basic(auth, hop) : send_digest(auth, hop, &url);
}

/* --- challenges --- */

/* The best of those that can be answered. */
struct best {
    unsigned rank; /* 0: none; 1: Basic; above: Digest */
    struct midge__challenge challenge;
};

static unsigned rank_of(const struct midge_auth *auth, const struct midge__challenge *c)
{
    if ((auth->schemes & MIDGE_AUTH_BASIC) != 0 && midge__span_is(c->scheme, "Basic")) {
        return 1;
    }
    const unsigned rank = midge__digest_rank(c);
    return (auth->schemes & MIDGE_AUTH_DIGEST) != 0 && rank > 0 ? 1 + rank : 0;
}

static void look_at(const struct midge_auth *auth, struct midge_span field, struct best *best)
{
    struct midge__challenge c;
    while (midge__challenge_next(&field, &c)) {
        const unsigned rank = rank_of(auth, &c);
        if (rank > best->rank) {
            *best = (struct best){rank, c};
        }
    }
}

static struct best best_of(const struct midge_auth *auth, const struct midge_response *response)
{
    struct best best = {.rank = 0};
    struct midge_span name, value;
    size_t at = 0;
    while (midge_response_next(response, &at, &name.ptr, &name.len, &value.ptr, &value.len) != 0) {
        if (midge__span_is(name, "WWW-Authenticate")) {
            look_at(auth, value, &best);
        }
    }
    return best;
}

/* May other credentials than those that were sent, if any, help? */
static bool may_help(const struct midge_auth *auth, const struct midge_hop *hop,
                     const struct midge__challenge *c)
{
    return midge_hop_get(hop, "Authorization") == NULL || midge__span_is(c->stale, "true") ||
           (hop->repeats == 0 && auth->chosen == MIDGE_AUTH_DIGEST);
}

static int on_head(struct midge_hook *hook, struct midge_hop *hop,
                   const struct midge_response *response)
{
    struct midge_auth *auth = (struct midge_auth *)(void *)hook;
    struct midge_url url;
    if (response->status != 401 || auth->schemes == MIDGE_AUTH_BASIC || !is_ours(auth, hop, &url)) {
        return MIDGE_OK;
    }
    const struct best best = best_of(auth, response);
    if (best.rank == 0 || !may_help(auth, hop, &best.challenge)) {
        return MIDGE_OK;
    }
    auth->chosen = best.rank > 1 ? MIDGE_AUTH_DIGEST : MIDGE_AUTH_BASIC;
    if (best.rank > 1 && !midge__digest_keep(auth, &best.challenge)) {
        auth->chosen = 0;
        return MIDGE_OK;
    }
    return MIDGE_HOP_REPEAT;
}

void midge_auth_init(struct midge_auth *auth, const struct midge_port *port, unsigned schemes,
                     const char *url, const char *user, const char *password)
{
    *auth = (struct midge_auth){
        .hook = {.on_send = on_send, .on_head = on_head, .keep_headers = "WWW-Authenticate"},
        .user = user,
        .password = password,
        .url = url,
        .schemes = (uint8_t)schemes,
        .port = port};
}

#endif
