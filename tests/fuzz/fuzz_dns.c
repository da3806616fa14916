/* SPDX-License-Identifier: MIT */
/*
 * Answers of name servers. The reader: a second reader, which expands each name to text, finds the
 * same verdict, addresses and time. The resolver: whatever comes by UDP and TCP, and whenever
 * queries are cancelled, each query ends once, with addresses or a code, within its time, and
 * nothing stays open.
 */
#include "fuzz.h"

#include "midge/err.h"
#include "resolver/dns_message.h"
#include "resolver/resolver.h"

/* --- a second reader --- */

enum { TEXT_MAX = 256, RECORDS_MAX = 400 };

struct text {
    uint8_t bytes[TEXT_MAX]; /* labels with their lengths, in lower case */
    size_t len;              /* 0: malformed */
};

struct record {
    struct text name, target; /* target: of a CNAME */
    size_t data, len;
    unsigned type;
    uint32_t ttl_s;
};

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/* Expands the name at `at`. Returns the place behind it in the message, or 0. */
static size_t expand(const uint8_t *m, size_t len, size_t at, struct text *out)
{
    size_t end = 0, piece = at, pointers = 0;
    bool good = true;
    out->len = 0;
    for (;;) {
        if (at >= len) {
            break;
        }
        const unsigned n = m[at];
        if (n >= 0xc0) {
            if (at + 2 > len) {
                break;
            }
            end = end != 0 ? end : at + 2;
            const size_t to = get16(m + at) & 0x3fff;
            if (to >= piece || ++pointers > 64) {
                good = false;
                break;
            }
            at = piece = to;
            continue;
        }
        if (n >= 0x40 || at + 1 + n > len) {
            break;
        }
        if (out->len + 1 + n > 255) {
            good = false;
        }
        for (unsigned i = 0; i <= n && good; i++) {
            const uint8_t c = m[at + i];
            out->bytes[out->len++] = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
        }
        at += 1 + n;
        if (n == 0) {
            out->len = good ? out->len : 0;
            return end != 0 ? end : at;
        }
    }
    out->len = 0;
    /* A name that ends in a bad pointer has a place behind it, too. */
    return end;
}

static bool is_same(const struct text *a, const struct text *b)
{
    return a->len != 0 && a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* zone is the end of name, from a label on. */
static bool is_in(const struct text *name, const struct text *zone)
{
    for (size_t at = 0; at < name->len; at += 1u + name->bytes[at]) {
        if (zone->len == name->len - at && memcmp(name->bytes + at, zone->bytes, zone->len) == 0) {
            return true;
        }
    }
    return false;
}

static struct record records[RECORDS_MAX];

/* Reads `count` records from *at. Returns how many there are. */
static size_t read_records(const uint8_t *m, size_t len, size_t *at, size_t count)
{
    size_t n = 0;
    while (n < count && n < RECORDS_MAX) {
        struct record *r = &records[n];
        size_t end = expand(m, len, *at, &r->name), after = *at;
        /* The place behind it does not depend on where its pointer leads. */
        while (after < len && m[after] != 0 && m[after] < 0x40) {
            after += 1u + m[after];
        }
        if (end == 0) {
            end = after < len && m[after] == 0 ? after + 1 : 0;
        }
        if (end == 0 || end + 10 > len || get16(m + end + 8) > len - end - 10) {
            break;
        }
        r->type = get16(m + end + 2) == 1 ? get16(m + end) : 0;
        r->ttl_s = get32(m + end + 4) > INT32_MAX ? 0 : get32(m + end + 4);
        r->data = end + 10;
        r->len = get16(m + end + 8);
        struct text target;
        (void)expand(m, len, r->data, &target);
        size_t behind = r->data;
        while (behind < len && m[behind] != 0 && m[behind] < 0x40) {
            behind += 1u + m[behind];
        }
        behind += behind < len && m[behind] >= 0xc0 ? 2 : 1;
        r->target = target;
        r->target.len = behind == r->data + r->len ? target.len : 0;
        *at = r->data + r->len;
        n++;
    }
    return n;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Reads the records of an answer to the question, whose header and question are good. */
static enum midge__dns_verdict second_reader(const uint8_t *m, size_t len, size_t at, unsigned type,
                                             struct midge__dns_answer *out)
{
    struct text name;
    (void)expand(m, len, 12, &name);
    const size_t wanted = get16(m + 6), n = read_records(m, len, &at, wanted);
    out->ttl_s = INT32_MAX;
    if (n < wanted) {
        return MIDGE__DNS_MALFORMED;
    }
    for (unsigned hops = 0;; hops++) {
        for (size_t i = 0; i < n && out->rcode == 0 && out->count < MIDGE_DNS_ADDRS; i++) {
            const struct record *r = &records[i];
            if (r->type == type && r->len == (type == 1 ? 4 : 16) && is_same(&r->name, &name)) {
                memcpy(out->addresses[out->count++], m + r->data, r->len);
                out->ttl_s = least(out->ttl_s, r->ttl_s);
            }
        }
        if (out->count > 0) {
            return MIDGE__DNS_FOUND;
        }
        size_t alias = 0;
        while (alias < n && !(records[alias].type == 5 && is_same(&records[alias].name, &name))) {
            alias++;
        }
        if (alias == n) {
            break;
        }
        out->ttl_s = least(out->ttl_s, records[alias].ttl_s);
        if (hops == 8) {
            return MIDGE__DNS_MALFORMED;
        }
        name = records[alias].target;
        if (name.len == 0) {
            break;
        }
    }
    const size_t soas = read_records(m, len, &at, get16(m + 8));
    uint32_t ttl_s = 0;
    for (size_t i = 0; i < soas; i++) {
        const struct record *r = &records[i];
        if (r->type == 6 && r->len >= 22 && r->name.len != 0 && is_in(&name, &r->name)) {
            ttl_s = least(r->ttl_s, get32(m + r->data + r->len - 4));
            break;
        }
    }
    out->ttl_s = least(out->ttl_s, ttl_s);
    return out->rcode == 3 ? MIDGE__DNS_NO_NAME : MIDGE__DNS_NO_DATA;
}

static void compare(const uint8_t *m, size_t len, const struct midge__dns_question *q)
{
    struct midge__dns_answer answer, second = {0};
    uint8_t asked[MIDGE__DNS_QUESTION_MAX];
    const size_t end = midge__dns_ask(q, asked);
    const enum midge__dns_verdict verdict = midge__dns_read(q, m, len, MIDGE__DNS_TCP, &answer);
    FUZZ_CHECK(answer.count <= MIDGE_DNS_ADDRS);
    FUZZ_CHECK((verdict == MIDGE__DNS_FOUND) == (answer.count > 0));
    FUZZ_CHECK(answer.ttl_s <= INT32_MAX);
    const bool judged = verdict == MIDGE__DNS_FOUND || verdict == MIDGE__DNS_NO_NAME ||
                        verdict == MIDGE__DNS_NO_DATA || verdict == MIDGE__DNS_MALFORMED;
    if (!judged || get16(m + 6) > RECORDS_MAX || get16(m + 8) > RECORDS_MAX) {
        return;
    }
    second.rcode = m[3] & 15;
    const enum midge__dns_verdict other = second_reader(m, len, end, q->type, &second);
    FUZZ_CHECK(other == verdict);
    FUZZ_CHECK(second.count == answer.count);
    FUZZ_CHECK(memcmp(second.addresses, answer.addresses, sizeof answer.addresses) == 0);
    if (verdict != MIDGE__DNS_MALFORMED) {
        FUZZ_CHECK(second.ttl_s == answer.ttl_s);
    }
}

/* --- the resolver --- */

enum { QUERIES = 5, LOOKUPS = 2 };

static struct {
    struct fuzz_in in;
    uint32_t now_ms;
    uint8_t asked[LOOKUPS][MIDGE__DNS_QUESTION_MAX]; /* the last question of each */
    size_t asked_len[LOOKUPS];
    unsigned open, tcp_open;
} net;

static uint8_t next(void)
{
    if (net.in.len == 0) {
        return 0;
    }
    net.in.len--;
    return *net.in.at++;
}

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return net.now_ms;
}

static unsigned servers(const struct midge__resolver *of, struct midge_addr *out, unsigned cap)
{
    const unsigned n = 2;

    (void)of;
    for (unsigned i = 0; i < n && i < cap; i++) {
        out[i] = (struct midge_addr){.family = 4, .bytes = {192, 0, 2, (uint8_t)i}};
    }
    return n;
}

static unsigned families(const struct midge__resolver *of)
{
    (void)of;
    return 3;
}

static int random_bytes(const struct midge__resolver *of, uint8_t *buf, size_t len)
{
    (void)of;
    memset(buf, 0x5a, len);
    return MIDGE_OK;
}

static void send_datagram(struct midge__resolver *of, unsigned slot, uint16_t local_port,
                          const struct midge_addr *to, const uint8_t *bytes, size_t len)
{
    (void)of;
    (void)local_port;
    (void)to;
    FUZZ_CHECK(slot < LOOKUPS);
    memcpy(net.asked[slot], bytes, len);
    net.asked_len[slot] = len;
    net.open |= 1u << slot;
}

static void close_socket(struct midge__resolver *of, unsigned slot)
{
    (void)of;
    net.open &= ~(1u << slot);
}

static int tcp_connect(void *ctx, const struct midge_addr *a, uint16_t port, midge_sock *s, int *n)
{
    static const int errs[4] = {MIDGE_OK, MIDGE_OK, MIDGE_ERR_CONNECT, MIDGE_ERR_NO_MEMORY};
    const int err = errs[next() % 4];
    (void)ctx;
    (void)a;
    (void)port;
    (void)n;
    FUZZ_CHECK(net.tcp_open == 0);
    net.tcp_open = err == MIDGE_OK;
    *s = 3;
    return err;
}

static int tcp_connected(void *ctx, midge_sock s, int *n)
{
    static const int errs[4] = {MIDGE_OK, MIDGE_OK, MIDGE_ERR_AGAIN, MIDGE_ERR_CONNECT};
    (void)ctx;
    (void)s;
    (void)n;
    return errs[next() % 4];
}

static int tcp_send(void *ctx, midge_sock s, const uint8_t *buf, size_t len, size_t *n, int *native)
{
    (void)ctx;
    (void)s;
    (void)buf;
    (void)native;
    *n = 1 + next() % len;
    return MIDGE_OK;
}

static int tcp_recv(void *ctx, midge_sock s, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    (void)ctx;
    (void)s;
    (void)native;
    FUZZ_CHECK(cap > 0);
    if (net.in.len == 0) {
        return MIDGE_ERR_AGAIN;
    }
    const uint8_t choice = next();
    if (choice < 8) {
        return choice < 4 ? MIDGE_ERR_EOF : MIDGE_ERR_AGAIN;
    }
    for (*n = 0; *n < cap && *n < choice && net.in.len > 0;) {
        buf[(*n)++] = next();
    }
    return *n > 0 ? MIDGE_OK : MIDGE_ERR_AGAIN;
}

static void tcp_close(void *ctx, midge_sock s)
{
    (void)ctx;
    (void)s;
    FUZZ_CHECK(net.tcp_open == 1);
    net.tcp_open = 0;
}

static const struct midge__resolver_net calls = {servers, families, random_bytes, send_datagram,
                                                 close_socket};
static const struct midge_port port = {.clock_ms = clock_ms,
                                       .connect = tcp_connect,
                                       .connected = tcp_connected,
                                       .send = tcp_send,
                                       .recv = tcp_recv,
                                       .close = tcp_close};

/* The question as an answer: with this third and fourth byte, counts, and records from the input.
 */
static void datagram(struct midge__resolver *r)
{
    uint8_t bytes[600];
    const unsigned slot = next() % LOOKUPS;
    size_t len = net.asked_len[slot], rest = next();
    memcpy(bytes, net.asked[slot], len);
    if (len >= 12) {
        bytes[2] = 0x80 | (next() & 2);
        bytes[3] = next();
        bytes[7] = next() & 3;
        bytes[9] = next() & 1;
        bytes[11] = 0;
        bytes[len - 3] = next() % 2 ? 1 : bytes[len - 3];
    }
    while (rest-- > 0 && net.in.len > 0) {
        bytes[len++] = next();
    }
    uint8_t *copy = fuzz_copy(bytes, len);
    const struct midge_addr from = {.family = 4, .bytes = {192, 0, 2, next() % 3}};
    midge__resolver_datagram(r, slot, &from, copy, len);
    free(copy);
}

static void check_ended(const struct midge_dns_query *query)
{
    FUZZ_CHECK(query->done == 1 && query->count <= MIDGE_DNS_ADDRS);
    FUZZ_CHECK((query->err == MIDGE_OK) == (query->count > 0));
    FUZZ_CHECK((query->err == MIDGE_OK) == (query->native == 0));
    for (unsigned i = 0; i < query->count; i++) {
        FUZZ_CHECK(query->addrs[i].family == 4 || query->addrs[i].family == 6);
    }
}

static void run_resolver(struct fuzz_in in)
{
    static const char *const hosts[] = {"a.test", "A.test", "b.test", "c.test", "d..test"};
    struct midge__resolver_lookup lookups[LOOKUPS];
    struct midge_dns_query queries[QUERIES];
    bool live[QUERIES] = {false};
    memset(lookups, 0, sizeof lookups);
    memset(&net, 0, sizeof net);
    net.in = in;
    net.now_ms = UINT32_MAX - 3000;
    struct midge__resolver r = {
        .net = &calls, .port = &port, .lookups = lookups, .n_lookups = LOOKUPS, .server_port = 53};
    for (unsigned steps = 0; steps < 300; steps++) {
        const uint8_t op = net.in.len > 0 ? next() : 255;
        struct midge_dns_query *query = &queries[op / 8 % QUERIES];
        const size_t i = (size_t)(query - queries);
        if (op % 8 <= 1 && !live[i] && op != 255) {
            memset(query, 0xee, sizeof *query);
            query->family = (uint8_t)(op % 8 == 0 ? 0 : 4 + op % 4 / 2 * 2);
            FUZZ_CHECK(midge__resolver_start(&r, hosts[next() % 5], query) == MIDGE_OK);
            live[i] = true;
        } else if (op % 8 == 2 && live[i]) {
            midge__resolver_cancel(&r, query);
            memset(query, 0xa5, sizeof *query);
            live[i] = false;
        } else if (op % 8 >= 3 && op % 8 <= 5) {
            datagram(&r);
        } else {
            const uint32_t left = midge__resolver_left(&r);
            net.now_ms += left == UINT32_MAX ? 1 : left < 4000 ? left : 4000;
            (void)midge__resolver_run(&r);
        }
        for (unsigned k = 0; k < QUERIES; k++) {
            if (live[k] && queries[k].done) {
                check_ended(&queries[k]);
                midge__resolver_cancel(&r, &queries[k]); /* does nothing */
                live[k] = false;
            }
        }
    }
    for (unsigned k = 0; k < QUERIES; k++) {
        if (live[k]) {
            midge__resolver_cancel(&r, &queries[k]);
        }
    }
    FUZZ_CHECK(net.open == 0 && net.tcp_open == 0 && r.waiting == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fuzz_in in = {data, size};
    struct midge__dns_question q = {.host = "a.test", .id = 0x1234, .type = MIDGE__DNS_A};
    uint8_t bytes[MIDGE__DNS_QUESTION_MAX + 2048];
    if (size < 8 || size > 2048) {
        return 0;
    }
    /* As an answer to the question: the first bytes are the header's, the rest its records. */
    q.type = data[0] % 2 ? MIDGE__DNS_AAAA : MIDGE__DNS_A;
    const size_t end = midge__dns_ask(&q, bytes);
    bytes[2] = 0x80;
    bytes[3] = data[1] % 4 ? 0 : 3;
    bytes[7] = data[2] & 15;
    bytes[9] = data[3] & 3;
    memcpy(bytes + end, data + 4, size - 4);
    uint8_t *copy = fuzz_copy(bytes, end + size - 4);
    compare(copy, end + size - 4, &q);
    free(copy);
    run_resolver(in);
    return 0;
}
