/* SPDX-License-Identifier: MIT */
/*
 * The part of DNS's messages that a stub resolver needs (RFC 1035 4). An answer counts only with
 * the question's id, name, type and class (RFC 5452 9.1). The name's letters are in random case,
 * which a server copies, so that a forger must guess them too. Of the answer section, only the
 * chain of aliases (CNAME) that begins at the question's name and the addresses at its end count;
 * of the authority section, only the SOA that limits how long a negative answer may be kept;
 * nothing else is read.
 *
 * All of it is hostile. A name is followed label by label where it lies: a pointer must lead to
 * before the place from where the walk came, so a walk ends.
 */
#include "dns_message.h"

#include "midge/features.h"

#if MIDGE_WITH_RESOLVER

#include <string.h>

enum {
    HEADER = 12,
    NAME_MAX_BYTES = 255, /* RFC 1035 2.3.4, on the wire */
    POINTERS_MAX = 64,    /* in one name */
    ALIASES_MAX = 8,      /* in one answer */
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_OPT = 41,
    CLASS_IN = 1
};

enum { FLAG_ANSWER = 0x80, FLAG_OPCODE = 0x78, FLAG_TRUNCATED = 0x02, FLAG_RECURSE = 0x01 };

enum { RCODE_NONE = 0, RCODE_FORMERR = 1, RCODE_NXDOMAIN = 3, RCODE_NOTIMP = 4 };

static uint8_t *put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static uint8_t upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - ('a' - 'A')) : c;
}

/* --- A question --- */

/* The host's name with the letters' case. NULL: it has an empty label, or one that is too long. */
static uint8_t *put_name(const struct midge__dns_question *q, uint8_t *out)
{
    const char *host = q->host;
    const size_t len = strlen(host);
    uint8_t *label = out++; /* its length */

    if (len == 0 || len > NAME_MAX_BYTES - 1 ||
        (len == NAME_MAX_BYTES - 1 && host[len - 1] != '.')) {
        return NULL;
    }
    for (size_t i = 0; i <= len; i++) {
        const uint8_t c = (uint8_t)host[i];
        if (c != '.' && c != '\0') {
            *out++ = (q->letters >> i % 32 & 1) != 0 ? upper(c) : lower(c);
            continue;
        }
        const size_t n = (size_t)(out - label) - 1;
        if (n == 0 || n > 63) {
            return NULL;
        }
        *label = (uint8_t)n;
        label = out++;
        i += c == '.' && host[i + 1] == '\0'; /* the dot of the root */
    }
    *label = 0;
    return out;
}

size_t midge__dns_ask(const struct midge__dns_question *q, uint8_t *out)
{
    const unsigned has_edns = q->payload != 0;
    uint8_t *at = put_name(q, out + HEADER);

    if (at == NULL) {
        return 0;
    }
    memset(out, 0, HEADER);
    put16(out, q->id);
    out[2] = FLAG_RECURSE;
    out[5] = 1; /* question */
    out[11] = (uint8_t)has_edns;
    at = put16(put16(at, q->type), CLASS_IN);
    if (has_edns) {
        memset(at, 0, 11);
        put16(put16(at + 1, TYPE_OPT), q->payload);
        at += 11;
    }
    return (size_t)(at - out);
}

/* --- Names in an answer --- */

struct message {
    const uint8_t *bytes;
    size_t len;
};

struct walk {
    size_t at;
    size_t from; /* the start of this piece of the name: a pointer must lead to before it */
    unsigned bytes, pointers;
};

static struct walk walk_of(size_t name)
{
    return (struct walk){.at = name, .from = name};
}

/* Follows the pointers at w->at. False: malformed. */
static bool follow(const struct message *m, struct walk *w)
{
    while (w->at < m->len && m->bytes[w->at] >= 0xc0) {
        if (m->len - w->at < 2 || ++w->pointers > POINTERS_MAX) {
            return false;
        }
        const size_t to = get16(m->bytes + w->at) & 0x3fffu;
        if (to >= w->from) {
            return false;
        }
        w->at = w->from = to;
    }
    return w->at < m->len && m->bytes[w->at] < 0x40;
}

/* The next label, with its length before it; NULL: malformed. Afterwards w is behind it. */
static const uint8_t *next_label(const struct message *m, struct walk *w)
{
    if (!follow(m, w)) {
        return NULL;
    }
    const uint8_t *label = m->bytes + w->at;
    const size_t n = 1u + label[0];
    w->bytes += (unsigned)n;
    if (n > m->len - w->at || w->bytes > NAME_MAX_BYTES) {
        return NULL;
    }
    w->at += n;
    return label;
}

static bool label_eq(const uint8_t *a, const uint8_t *b)
{
    for (size_t i = 0; i <= a[0]; i++) {
        if (lower(a[i]) != lower(b[i])) { /* lengths are below 64, where there are no letters */
            return false;
        }
    }
    return true;
}

static bool walk_eq(const struct message *m, struct walk a, struct walk b)
{
    for (;;) {
        const uint8_t *x = next_label(m, &a), *y = next_label(m, &b);
        if (x == NULL || y == NULL || !label_eq(x, y)) {
            return false;
        }
        if (x[0] == 0) {
            return true;
        }
    }
}

static bool name_eq(const struct message *m, size_t a, size_t b)
{
    return walk_eq(m, walk_of(a), walk_of(b));
}

/* Is it the zone itself, or a name in it? */
static bool is_in_zone(const struct message *m, size_t name, size_t zone)
{
    struct walk at = walk_of(name);
    const uint8_t *label;

    do {
        if (walk_eq(m, at, walk_of(zone))) {
            return true;
        }
        label = next_label(m, &at);
    } while (label != NULL && label[0] != 0);
    return false;
}

/* The place behind the name; 0: malformed. */
static size_t name_end(const struct message *m, size_t at)
{
    while (at < m->len && m->bytes[at] != 0) {
        const uint8_t n = m->bytes[at];
        if (n >= 0xc0) {
            return m->len - at >= 2 ? at + 2 : 0;
        }
        if (n >= 0x40) {
            return 0;
        }
        at += 1u + n;
    }
    return at < m->len ? at + 1 : 0;
}

/* --- Records --- */

struct record {
    size_t name, data, end;
    uint16_t type;
    uint32_t ttl_s;
};

/* Reads the record at `at`. False: it does not lie in the message. */
static bool record_read(const struct message *m, size_t at, struct record *r)
{
    const size_t type = name_end(m, at);

    if (type == 0 || m->len - type < 10) {
        return false;
    }
    const uint8_t *fixed = m->bytes + type;
    const size_t data_len = get16(fixed + 8);
    *r = (struct record){.name = at,
                         .data = type + 10,
                         .end = type + 10 + data_len,
                         .type = get16(fixed + 2) == CLASS_IN ? get16(fixed) : 0,
                         .ttl_s = get32(fixed + 4)};
    if (r->ttl_s > INT32_MAX) { /* RFC 2181 8 */
        r->ttl_s = 0;
    }
    return data_len <= m->len - r->data;
}

/* The records of one section, from `at`. */
struct section {
    size_t at;
    unsigned count;
};

/* Takes the first one. False: there are no more, or it is not in the message. */
static bool section_next(const struct message *m, struct section *s, struct record *r)
{
    if (s->count == 0 || !record_read(m, s->at, r)) {
        return false;
    }
    s->count--;
    s->at = r->end;
    return true;
}

/* Afterwards it is the empty section at its end. False: it is not in the message. */
static bool section_skip(const struct message *m, struct section *s)
{
    struct record r;

    while (section_next(m, s, &r)) {
    }
    return s->count == 0;
}

/* --- An answer --- */

static void limit_ttl(struct midge__dns_answer *answer, uint32_t ttl_s)
{
    if (ttl_s < answer->ttl_s) {
        answer->ttl_s = ttl_s;
    }
}

static void take_addresses(const struct message *m, struct section s, size_t name, uint16_t type,
                           struct midge__dns_answer *answer)
{
    const size_t bytes = type == MIDGE__DNS_A ? 4 : 16;
    struct record r;

    while (answer->count < MIDGE_DNS_ADDRS && section_next(m, &s, &r)) {
        if (r.type == type && r.end - r.data == bytes && name_eq(m, r.name, name)) {
            memcpy(answer->addresses[answer->count++], m->bytes + r.data, bytes);
            limit_ttl(answer, r.ttl_s);
        }
    }
}

/* The name that `name` is an alias of; 0: it is none. */
static size_t alias_of(const struct message *m, struct section s, size_t name,
                       struct midge__dns_answer *answer)
{
    struct record r;

    while (section_next(m, &s, &r)) {
        if (r.type == TYPE_CNAME && name_eq(m, r.name, name)) {
            limit_ttl(answer, r.ttl_s);
            return name_end(m, r.data) == r.end ? r.data : 0;
        }
    }
    return 0;
}

/* RFC 2308 5: the lesser of the SOA's TTL and its last field; not to be kept without a SOA. */
static uint32_t negative_ttl(const struct message *m, struct section s, size_t name)
{
    struct record r;

    while (section_next(m, &s, &r)) {
        if (r.type == TYPE_SOA && r.end - r.data >= 22 && is_in_zone(m, name, r.name)) {
            const uint32_t least = get32(m->bytes + r.end - 4);
            return least < r.ttl_s ? least : r.ttl_s;
        }
    }
    return 0;
}

/* A FORMERR or NOTIMP may be a header alone. */
static bool is_bare_error(const uint8_t *bytes, uint8_t rcode)
{
    return get16(bytes + 4) == 0 && (rcode == RCODE_FORMERR || rcode == RCODE_NOTIMP);
}

/* Compares the question. FOUND: it is the one that was asked. */
static enum midge__dns_verdict check_question(const struct midge__dns_question *q,
                                              const struct message *m, size_t *end)
{
    uint8_t asked[MIDGE__DNS_QUESTION_MAX];
    struct midge__dns_question plain = *q;

    plain.payload = 0;
    *end = midge__dns_ask(&plain, asked);
    if (get16(m->bytes + 4) != 1 || *end == 0 || m->len < *end) {
        return MIDGE__DNS_FOREIGN;
    }
    const uint8_t *name = m->bytes + HEADER, *behind = m->bytes + *end - 4;
    const size_t len = *end - 4 - HEADER;
    bool same_letters = true;
    for (size_t i = 0; i < len; i++) {
        if (lower(name[i]) != lower(asked[HEADER + i])) {
            return MIDGE__DNS_FOREIGN;
        }
        same_letters = same_letters && name[i] == asked[HEADER + i];
    }
    if (memcmp(behind, asked + *end - 4, 4) != 0) {
        return MIDGE__DNS_FOREIGN;
    }
    return same_letters ? MIDGE__DNS_FOUND : MIDGE__DNS_WRONG_CASE;
}

/* Follows the aliases to the addresses. */
static enum midge__dns_verdict read_records(const struct message *m, struct section answers,
                                            uint16_t type, bool is_cut,
                                            struct midge__dns_answer *answer)
{
    struct section authority = answers;
    size_t name = HEADER, next = HEADER;

    if (!section_skip(m, &authority) && !is_cut) {
        return MIDGE__DNS_MALFORMED;
    }
    answer->ttl_s = INT32_MAX;
    for (unsigned i = 0; next != 0; i++) {
        if (i > ALIASES_MAX) {
            return MIDGE__DNS_MALFORMED;
        }
        name = next;
        if (answer->rcode == RCODE_NONE) {
            take_addresses(m, answers, name, type, answer);
        }
        next = answer->count > 0 ? 0 : alias_of(m, answers, name, answer);
    }
    if (answer->count > 0) {
        return MIDGE__DNS_FOUND;
    }
    if (is_cut) {
        return MIDGE__DNS_MALFORMED; /* the addresses may be in the part that is missing */
    }
    authority.count = get16(m->bytes + 8);
    limit_ttl(answer, negative_ttl(m, authority, name));
    return answer->rcode == RCODE_NXDOMAIN ? MIDGE__DNS_NO_NAME : MIDGE__DNS_NO_DATA;
}

enum midge__dns_verdict midge__dns_read(const struct midge__dns_question *q, const uint8_t *bytes,
                                        size_t len, enum midge__dns_way way,
                                        struct midge__dns_answer *answer)
{
    const struct message m = {bytes, len};
    size_t end;

    memset(answer, 0, sizeof *answer);
    if (len < HEADER || get16(bytes) != q->id ||
        (bytes[2] & (FLAG_ANSWER | FLAG_OPCODE)) != FLAG_ANSWER) {
        return MIDGE__DNS_FOREIGN;
    }
    answer->rcode = bytes[3] & 0x0f;
    if (is_bare_error(bytes, answer->rcode)) {
        return MIDGE__DNS_FAILED;
    }
    const enum midge__dns_verdict verdict = check_question(q, &m, &end);
    if (verdict == MIDGE__DNS_FOREIGN ||
        (verdict == MIDGE__DNS_WRONG_CASE && way == MIDGE__DNS_UDP)) {
        return verdict;
    }
    if (answer->rcode != RCODE_NONE && answer->rcode != RCODE_NXDOMAIN) {
        return MIDGE__DNS_FAILED;
    }
    if ((bytes[2] & FLAG_TRUNCATED) != 0 && way == MIDGE__DNS_UDP) {
        return MIDGE__DNS_TRUNCATED;
    }
    return read_records(&m, (struct section){end, get16(bytes + 6)}, q->type,
                        way == MIDGE__DNS_TCP_CUT, answer);
}

#endif
