/* SPDX-License-Identifier: MIT */
/* Writes answers of name servers, good and bad ones, for tests of the resolver. */
#ifndef DNS_ANSWER_H
#define DNS_ANSWER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct dns_answer {
    uint8_t bytes[4096];
    size_t len;
};

enum { DNS_QUESTION_NAME = 12 }; /* where it lies */

static inline void dns_put(struct dns_answer *a, const void *bytes, size_t len)
{
    memcpy(a->bytes + a->len, bytes, len);
    a->len += len;
}

static inline void dns_put16(struct dns_answer *a, unsigned value)
{
    dns_put(a, (const uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

/* The header and the question again, without EDNS. */
static inline void dns_begin(struct dns_answer *a, const uint8_t *question, unsigned rcode)
{
    size_t at = DNS_QUESTION_NAME;
    while (question[at] != 0) {
        at += 1u + question[at];
    }
    *a = (struct dns_answer){.len = 0};
    dns_put(a, question, at + 5);
    a->bytes[2] = 0x81;
    a->bytes[3] = (uint8_t)(0x80 | rcode);
    memset(a->bytes + 6, 0, 6);
}

/* Begins a record of the answer (section 6) or authority (8) section; its name is a pointer. */
static inline void dns_record(struct dns_answer *a, size_t section, unsigned name, unsigned type,
                              uint32_t ttl_s, size_t data_len)
{
    const unsigned count = (unsigned)(a->bytes[section] << 8 | a->bytes[section + 1]) + 1;
    a->bytes[section] = (uint8_t)(count >> 8);
    a->bytes[section + 1] = (uint8_t)count;
    dns_put16(a, 0xc000u | name);
    dns_put16(a, type);
    dns_put16(a, 1);
    dns_put16(a, ttl_s >> 16);
    dns_put16(a, ttl_s & 0xffff);
    dns_put16(a, (unsigned)data_len);
}

/* An address of the name: 192.0.2.last or 2001:db8::last. */
static inline void dns_address(struct dns_answer *a, unsigned name, unsigned family, uint32_t ttl_s,
                               uint8_t last)
{
    const uint8_t v4[4] = {192, 0, 2, last}, v6[16] = {0x20, 1, 0xd, 0xb8, [15] = last};
    dns_record(a, 6, name, family == 4 ? 1 : 28, ttl_s, family == 4 ? 4 : 16);
    dns_put(a, family == 4 ? v4 : v6, family == 4 ? 4 : 16);
}

/* The name is an alias of "<letter>.test"; returns where that one lies. */
static inline unsigned dns_alias(struct dns_answer *a, unsigned name, char letter, uint32_t ttl_s)
{
    dns_record(a, 6, name, 5, ttl_s, 8);
    const unsigned at = (unsigned)a->len;
    dns_put(a, (const uint8_t[]){1, (uint8_t)letter, 4, 't', 'e', 's', 't', 0}, 8);
    return at;
}

/* The SOA of the zone at `name`, whose last field is least_s. */
static inline void dns_soa(struct dns_answer *a, unsigned name, uint32_t ttl_s, uint32_t least_s)
{
    uint8_t data[22] = {0};
    for (unsigned i = 0; i < 4; i++) {
        data[18 + i] = (uint8_t)(least_s >> (24 - 8 * i));
    }
    dns_record(a, 8, name, 6, ttl_s, sizeof data);
    dns_put(a, data, sizeof data);
}

#endif
