/* SPDX-License-Identifier: MIT */
/* Names. The name server is peer.py's: see PEER_DNS. */
#include "check.h"

static struct midge_dns_query queries[4];

static int start(const struct check *c, const char *host, struct midge_dns_query *query)
{
    const uint8_t family = query->family;

    memset(query, 0xee, sizeof *query); /* what was there must not matter */
    query->family = family;
    return c->port->dns_start(c->port->ctx, host, query);
}

/* Until it is done. */
static const char *finish(const struct check *c, const struct midge_dns_query *query)
{
    const uint32_t begin = check_ms(c);

    while (!query->done) {
        EXPECT(check_ms(c) - begin < PATIENCE_MS, "the lookup never ends");
        EXPECT(c->port->poll(c->port->ctx, NULL, 0, 1000) == MIDGE_OK, "poll fails");
    }
    return NULL;
}

static const char *is_peer(const struct check *c, const struct midge_dns_query *query)
{
    EXPECT(query->err == MIDGE_OK, "a name that exists is not resolved");
    EXPECT(query->native == 0, "native is not 0 though it is resolved");
    EXPECT(query->count == 1, "not the one address that there is");
    EXPECT(query->addrs[0].family == c->peer->addr.family, "of another family");
    EXPECT(memcmp(query->addrs[0].bytes, c->peer->addr.bytes, 4) == 0, "another address");
    return NULL;
}

static const char *good(struct check *c)
{
    struct midge_dns_query *query = &queries[0];

    EXPECT(c->peer->name != NULL, SKIP("no name server"));
    for (int i = 0; i < 3; i++) { /* the first asks, the next may be remembered */
        query->family = i == 2 ? 4 : 0;
        EXPECT(start(c, c->peer->name, query) == MIDGE_OK, "dns_start fails");
        TRY(finish(c, query));
        TRY(is_peer(c, query));
    }
    return NULL;
}

static const char *unknown(struct check *c)
{
    struct midge_dns_query *query = &queries[0];

    EXPECT(c->peer->name != NULL, SKIP("no name server"));
    query->family = 0;
    EXPECT(start(c, "nobody.test", query) == MIDGE_OK, "dns_start fails");
    TRY(finish(c, query));
    EXPECT(query->err == MIDGE_ERR_RESOLVE, "not RESOLVE for a name that does not exist");
    EXPECT(query->native != 0, "without the resolver's code");
    EXPECT(query->count == 0, "with addresses");
    return NULL;
}

static const char *family6(struct check *c)
{
    struct midge_dns_query *query = &queries[0];
    int err;

    EXPECT(c->peer->name != NULL, SKIP("no name server"));
    query->family = 6;
    err = start(c, "peer6.test", query);
    query->family = 0;
    EXPECT(err == MIDGE_OK, "dns_start fails");
    TRY(finish(c, query));
    EXPECT(query->err == MIDGE_ERR_RESOLVE && query->count == 0, "IPv6 alone, and IPv4 came");
    return NULL;
}

static const char *too_long(struct check *c)
{
    static char host[400];
    struct midge_dns_query *query = &queries[0];

    EXPECT(c->peer->name != NULL, SKIP("no name server"));
    memset(host, 'x', sizeof host - 1);
    query->family = 0;
    if (start(c, host, query) == MIDGE_OK) {
        TRY(finish(c, query));
        EXPECT(query->err == MIDGE_ERR_RESOLVE, "resolved, though DNS allows no such name");
    }
    return NULL;
}

static const char *localhost(struct check *c)
{
    static const uint8_t loopback4[4] = {127, 0, 0, 1}, loopback6[16] = {[15] = 1};
    struct midge_dns_query *query = &queries[0];

    query->family = 0;
    EXPECT(start(c, "LocalHost", query) == MIDGE_OK, "dns_start fails");
    TRY(finish(c, query));
    if (query->err != MIDGE_OK) {
        return NULL;
    }
    for (size_t i = 0; i < query->count; i++) {
        const struct midge_addr *a = &query->addrs[i];
        EXPECT(memcmp(a->bytes, a->family == 4 ? loopback4 : loopback6, a->family == 4 ? 4 : 16) ==
                   0,
               "another address than loopback's");
    }
    return NULL;
}

static const char *several(struct check *c)
{
    static const char *const names[4] = {"slow1.test", "slow2.test", "peer2.test", "slow4.test"};
    const uint32_t begin = check_ms(c);

    EXPECT(c->peer->name != NULL, SKIP("no name server"));
    for (size_t i = 0; i < 4; i++) {
        queries[i].family = 0;
        EXPECT(start(c, names[i], &queries[i]) == MIDGE_OK,
               "dns_start fails with others under way");
    }
    for (size_t i = 0; i < 4; i++) {
        TRY(finish(c, &queries[i]));
        TRY(is_peer(c, &queries[i]));
    }
    /* Each takes half a second. */
    EXPECT(check_ms(c) - begin < 1500, "one waits for the other");
    return NULL;
}

static const char *same_twice(struct check *c)
{
    EXPECT(c->peer->name != NULL, SKIP("no name server"));
    for (size_t i = 0; i < 2; i++) {
        queries[i].family = 0;
        EXPECT(start(c, "slow5.test", &queries[i]) == MIDGE_OK, "dns_start fails");
    }
    c->port->dns_cancel(c->port->ctx, &queries[0]);
    TRY(finish(c, &queries[1]));
    return is_peer(c, &queries[1]);
}

static const char *poll_ends(struct check *c)
{
    const uint32_t begin = check_ms(c);

    EXPECT(c->peer->name != NULL, SKIP("no name server"));
    queries[0].family = 0;
    EXPECT(start(c, "slow6.test", &queries[0]) == MIDGE_OK, "dns_start fails");
    while (!queries[0].done) {
        EXPECT(check_ms(c) - begin < 8000, "the poll goes on when the lookup has ended");
        EXPECT(c->port->poll(c->port->ctx, NULL, 0, 10000) == MIDGE_OK, "poll fails");
    }
    EXPECT(check_ms(c) - begin < 8000, "the poll goes on when the lookup has ended");
    return is_peer(c, &queries[0]);
}

/* Its memory is the caller's at once; the answer comes half a second later. */
static const char *cancelled(struct check *c)
{
    static const char *const names[3] = {"slow7.test", "silent.test", "nobody2.test"};
    const uint8_t *bytes = (const uint8_t *)queries;
    const uint32_t begin = check_ms(c);

    EXPECT(c->peer->name != NULL, SKIP("no name server"));
    for (size_t i = 0; i < 3; i++) {
        queries[i].family = 0;
        EXPECT(start(c, names[i], &queries[i]) == MIDGE_OK, "dns_start fails");
    }
    for (size_t i = 0; i < 3; i++) {
        c->port->dns_cancel(c->port->ctx, &queries[i]);
    }
    memset(queries, 0xa5, sizeof queries);
    while (check_ms(c) - begin < 1000) {
        EXPECT(c->port->poll(c->port->ctx, NULL, 0, 100) == MIDGE_OK, "poll fails");
    }
    for (size_t i = 0; i < sizeof queries; i++) {
        EXPECT(bytes[i] == 0xa5, "writes into a query that was cancelled");
    }
    return NULL;
}

/* Every second one is given up. */
static const char *forty(struct check *c)
{
    char host[] = "peer-00.test";

    EXPECT(c->peer->name != NULL, SKIP("no name server"));
    for (int i = 0; i < 40; i++) {
        host[5] = (char)('0' + i / 10);
        host[6] = (char)('0' + i % 10);
        queries[0].family = 0;
        EXPECT(start(c, host, &queries[0]) == MIDGE_OK, "dns_start fails after so many");
        if (i % 2 == 0) {
            c->port->dns_cancel(c->port->ctx, &queries[0]);
            continue;
        }
        TRY(finish(c, &queries[0]));
        TRY(is_peer(c, &queries[0]));
    }
    return NULL;
}

static const char *cancel_done(struct check *c)
{
    queries[0].family = 0;
    EXPECT(start(c, "localhost", &queries[0]) == MIDGE_OK, "dns_start fails");
    TRY(finish(c, &queries[0]));
    c->port->dns_cancel(c->port->ctx, &queries[0]);
    return NULL;
}

const struct promise check_dns_promises[] = {
    {"dns_start resolves a name", good},
    {"dns_start answers RESOLVE with a code for a name that does not exist", unknown},
    {"dns_start gives no address of another family than asked", family6},
    {"dns_start answers RESOLVE for a name that is too long", too_long},
    {"dns_start: localhost is loopback or nothing", localhost},
    {"dns_start: lookups run beside each other", several},
    {"dns_start: one name twice, one of them cancelled", same_twice},
    {"poll ends when a lookup does", poll_ends},
    {"dns_cancel: the port writes no more into the query", cancelled},
    {"40 lookups, half of them cancelled, leave nothing behind", forty},
    {"dns_cancel of a lookup that has ended does nothing", cancel_done},
    {NULL, NULL},
};
