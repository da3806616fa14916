/* SPDX-License-Identifier: MIT */
/*
 * A lookup asks one question for each family (A and AAAA, beside each other, from one socket with a
 * random port), each with a random id and random letters.
 *
 * State of a question | waits for                  | leads to
 * DONE                | nothing                    |
 * UDP                 | an answer, until due_ms    | DONE; TCP if the answer is truncated or has
 * other |                            | letters; UDP with the next server TCP                 | the
 * one connection, then   | DONE; TCP with the next server | an answer, until due_ms    |
 *
 * A server that is silent is asked again after the others, with twice the time: ROUNDS times. A
 * server that cannot answer (SERVFAIL, REFUSED, malformed, …) is not asked that question again; the
 * next one is asked at once. The server that answered last is the first for the next lookup.
 *
 * Answers of servers that were not asked, with another id, question or port are ignored: the wait
 * goes on. An answer that fits except for its letters may be forged, or the server does not keep
 * them: TCP, which needs no letters, decides.
 *
 * When one family has addresses, the other one has DELAY_MS left (RFC 8305 3). Addresses alternate
 * between the families, IPv6 first (RFC 8305 4).
 */
#include "lookup.h"

#if MIDGE_WITH_RESOLVER

#include <string.h>

#include "midge/err.h"

enum {
    FIRST_MS = 1000, /* of the first round; doubled in each one */
    ROUNDS = 3,
    DELAY_MS = 50
};

_Static_assert(MIDGE_RESOLVER_SERVERS >= 1 && MIDGE_RESOLVER_SERVERS <= 8,
               "MIDGE_RESOLVER_SERVERS must be 1 to 8");

static unsigned index_of(const struct midge__resolver *r, const struct midge__resolver_lookup *l)
{
    return (unsigned)(l - r->lookups);
}

/* --- Addresses: those of IPv4 from the start of the query's array, IPv6 from its end --- */

static struct midge_addr *place_of(struct midge_dns_query *query, unsigned family, unsigned i)
{
    return &query->addrs[family == MIDGE__LOOKUP_V4 ? i : MIDGE_DNS_ADDRS - 1 - i];
}

/* Each family may have half of the array, and more if the other one leaves it. */
static void take_addresses(struct midge__resolver_lookup *l, unsigned family,
                           const struct midge__dns_answer *answer)
{
    struct midge__resolver_question *q = &l->questions[family];
    struct midge__resolver_question *other = &l->questions[MIDGE__RESOLVER_FAMILIES - 1 - family];
    const uint8_t half = MIDGE_DNS_ADDRS / 2;
    const uint8_t others = other == q ? 0 : other->count;
    const uint8_t room = (uint8_t)(MIDGE_DNS_ADDRS - (others < half ? others : half));

    q->count = answer->count < room ? answer->count : room;
    if (q->count + others > MIDGE_DNS_ADDRS) {
        other->count = (uint8_t)(MIDGE_DNS_ADDRS - q->count);
    }
    for (unsigned i = 0; i < q->count; i++) {
        struct midge_addr *addr = place_of(l->queries, family, i);
        memset(addr, 0, sizeof *addr);
        addr->family = family == MIDGE__LOOKUP_V4 ? 4 : 6;
        memcpy(addr->bytes, answer->addresses[i], family == MIDGE__LOOKUP_V4 ? 4 : 16);
    }
}

/* Puts them in the order to try. */
static void order_addresses(const struct midge__resolver_lookup *l)
{
    struct midge_dns_query *query = l->queries;
    struct midge_addr ordered[MIDGE_DNS_ADDRS];
    uint8_t n = 0;

    for (unsigned i = 0; i < MIDGE_DNS_ADDRS; i++) {
        for (unsigned family = MIDGE__RESOLVER_FAMILIES; family-- > 0;) {
            if (i < l->questions[family].count) {
                ordered[n++] = *place_of(query, family, i);
            }
        }
    }
    memcpy(query->addrs, ordered, n * sizeof *ordered);
    query->count = n;
}

/* --- The end of a lookup --- */

void midge__query_finish(struct midge_dns_query *query, int native, uint32_t ttl_s)
{
    query->err = native == 0 ? MIDGE_OK : MIDGE_ERR_RESOLVE;
    query->native = native;
    query->ttl_s = ttl_s;
    query->impl = NULL;
    query->host = NULL;
    query->done = 1;
}

/* Afterwards it is free. */
void midge__lookup_close(struct midge__resolver *r, struct midge__resolver_lookup *l)
{
    r->net->close(r, index_of(r, l));
    l->queries = NULL;
}

/* The least of those that ended with addresses, or of all if none did. 0: one is not to be kept. */
static uint32_t ttl_of(const struct midge__resolver_lookup *l, bool found)
{
    uint32_t least = UINT32_MAX;

    for (unsigned i = 0; i < MIDGE__RESOLVER_FAMILIES; i++) {
        const struct midge__resolver_question *q = &l->questions[i];
        if (q->tries > 0 && (q->count > 0 || !found) && q->ttl_s < least) {
            least = q->ttl_s;
        }
    }
    return found && least == 0 ? 1 : least;
}

/* "The name has no such address" is less useful than the other family's failure. */
static int code_of(const struct midge__resolver_lookup *l)
{
    int code = 0;

    for (unsigned i = 0; i < MIDGE__RESOLVER_FAMILIES; i++) {
        const struct midge__resolver_question *q = &l->questions[i];
        if (q->tries > 0 && (code == 0 || code == MIDGE__RESOLVER_NO_DATA)) {
            code = q->code;
        }
    }
    return code;
}

static void lookup_finish(struct midge__resolver *r, struct midge__resolver_lookup *l)
{
    struct midge_dns_query *first = l->queries, *next;

    order_addresses(l);
    const bool found = first->count > 0;
    const int code = found ? 0 : code_of(l);
    const uint32_t ttl_s = ttl_of(l, found);
    for (struct midge_dns_query *query = first; query != NULL; query = next) {
        next = query->impl;
        if (query != first) {
            memcpy(query->addrs, first->addrs, first->count * sizeof *first->addrs);
            query->count = first->count;
        }
        midge__query_finish(query, code, ttl_s);
    }
    midge__lookup_close(r, l);
    r->has_ended = true;
}

/* A question has ended: finishes the lookup, or limits the wait for the other one. */
static void lookup_settle(struct midge__resolver *r, struct midge__resolver_lookup *l)
{
    struct midge__resolver_question *left = NULL;
    bool found = false;

    for (unsigned i = 0; i < MIDGE__RESOLVER_FAMILIES; i++) {
        found = found || l->questions[i].count > 0;
        if (l->questions[i].state != MIDGE__LOOKUP_DONE) {
            left = &l->questions[i];
        }
    }
    if (left == NULL) {
        lookup_finish(r, l);
    } else if (found) {
        l->is_last_wait = true;
        left->due_ms = midge__resolver_now(r) + DELAY_MS;
    }
}

/* --- Asking --- */

static void question_end(struct midge__resolver *r, struct midge__resolver_lookup *l,
                         struct midge__resolver_question *q, uint8_t code, uint32_t ttl_s)
{
    q->state = MIDGE__LOOKUP_DONE;
    q->code = code;
    q->ttl_s = ttl_s;
    lookup_settle(r, l);
}

struct midge__dns_question midge__lookup_message(const struct midge__resolver *r,
                                                 const struct midge__resolver_lookup *l,
                                                 const struct midge__resolver_question *q)
{
    const bool edns = MIDGE_RESOLVER_PAYLOAD > 512 && (r->plain >> q->server & 1) == 0;

    return (struct midge__dns_question){
        .host = l->queries->host,
        .letters = q->letters,
        .id = q->id,
        .type = q == &l->questions[MIDGE__LOOKUP_V4] ? MIDGE__DNS_A : MIDGE__DNS_AAAA,
        .payload = edns ? MIDGE_RESOLVER_PAYLOAD : 0,
    };
}

static void ask_by_udp(struct midge__resolver *r, struct midge__resolver_lookup *l,
                       struct midge__resolver_question *q, const struct midge_addr *server)
{
    uint8_t bytes[MIDGE__DNS_QUESTION_MAX];
    const struct midge__dns_question message = midge__lookup_message(r, l, q);

    q->state = MIDGE__LOOKUP_UDP;
    r->net->send(r, index_of(r, l), l->local_port, server, bytes, midge__dns_ask(&message, bytes));
}

/* Chooses the next server that may still answer. False: there is none. */
static bool next_server(struct midge__resolver_question *q, unsigned n)
{
    while (q->tries < ROUNDS * n) {
        q->server = (uint8_t)((q->first + q->tries++) % n);
        if ((q->failed >> q->server & 1) == 0) {
            return true;
        }
    }
    return false;
}

/* Asks the next server, or ends the question. */
void midge__lookup_ask(struct midge__resolver *r, struct midge__resolver_lookup *l,
                       struct midge__resolver_question *q)
{
    struct midge_addr servers[MIDGE_RESOLVER_SERVERS];
    const unsigned n = r->net->servers(r, servers, MIDGE_RESOLVER_SERVERS);

    if (n == 0) {
        q->tries = 1;
        q->code = MIDGE__RESOLVER_NO_SERVER;
    }
    if (!next_server(q, n)) {
        question_end(r, l, q, q->code, 0);
        return;
    }
    q->asked |= (uint8_t)(1u << q->server);
    q->state = MIDGE__LOOKUP_TCP;
    q->due_ms = midge__resolver_now(r) + MIDGE__LOOKUP_TCP_MS;
    if (!q->by_tcp) {
        q->due_ms = midge__resolver_now(r) + ((uint32_t)FIRST_MS << (q->tries - 1u) / n);
        ask_by_udp(r, l, q, &servers[q->server]);
    }
}

/* The server that is asked cannot answer: asks the next one. */
void midge__lookup_fails(struct midge__resolver *r, struct midge__resolver_lookup *l,
                         struct midge__resolver_question *q, uint8_t code)
{
    q->code = code;
    q->failed |= (uint8_t)(1u << q->server);
    midge__lookup_ask(r, l, q);
}

/* Time is over. */
void midge__lookup_late(struct midge__resolver *r, struct midge__resolver_lookup *l,
                        struct midge__resolver_question *q)
{
    if (l->is_last_wait) {
        question_end(r, l, q, MIDGE__RESOLVER_TIMEOUT, 0);
    } else {
        q->code = MIDGE__RESOLVER_TIMEOUT;
        midge__lookup_ask(r, l, q);
    }
}

/* --- Answers --- */

static uint8_t code_of_rcode(uint8_t rcode)
{
    return rcode <= 5 ? (uint8_t)(rcode + 1) : MIDGE__RESOLVER_BAD_ANSWER;
}

/* The server refused the question for its EDNS, perhaps: asks it again without, once. */
static bool retry_without_edns(struct midge__resolver *r, struct midge__resolver_lookup *l,
                               struct midge__resolver_question *q, uint8_t rcode)
{
    const uint8_t bit = (uint8_t)(1u << q->server);

    if (MIDGE_RESOLVER_PAYLOAD == 512 || (rcode != 1 && rcode != 4) || (r->plain & bit) != 0) {
        return false;
    }
    r->plain |= bit;
    q->tries--; /* the same one again */
    midge__lookup_ask(r, l, q);
    return true;
}

/* An answer of the server `from`, an index, with this verdict. */
void midge__lookup_take(struct midge__resolver *r, struct midge__resolver_lookup *l,
                        struct midge__resolver_question *q, unsigned from,
                        enum midge__dns_verdict verdict, const struct midge__dns_answer *answer)
{
    switch (verdict) {
    case MIDGE__DNS_FOUND:
        r->best = (uint8_t)from;
        take_addresses(
            l, q == &l->questions[MIDGE__LOOKUP_V4] ? MIDGE__LOOKUP_V4 : MIDGE__LOOKUP_V6, answer);
        question_end(r, l, q, 0, answer->ttl_s);
        break;
    case MIDGE__DNS_NO_NAME:
    case MIDGE__DNS_NO_DATA:
        r->best = (uint8_t)from;
        question_end(r, l, q, code_of_rcode(answer->rcode), answer->ttl_s);
        break;
    case MIDGE__DNS_TRUNCATED:
    case MIDGE__DNS_WRONG_CASE:
        q->by_tcp = true;
        q->server = (uint8_t)from;
        q->state = MIDGE__LOOKUP_TCP;
        q->due_ms = midge__resolver_now(r) + MIDGE__LOOKUP_TCP_MS;
        break;
    default:
        if (from == q->server && !retry_without_edns(r, l, q, answer->rcode)) {
            midge__lookup_fails(r, l, q,
                                verdict == MIDGE__DNS_FAILED ? code_of_rcode(answer->rcode)
                                                             : MIDGE__RESOLVER_BAD_ANSWER);
        }
    }
}

#endif
