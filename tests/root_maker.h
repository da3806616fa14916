/* SPDX-License-Identifier: MIT */
/* Makes a table of roots (midge/roots.h) of whole certificates, for programs of the tests that have
   no port/root_table.py at hand. */
#ifndef MIDGE_TESTS_ROOT_MAKER_H
#define MIDGE_TESTS_ROOT_MAKER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <midge/hash.h>

struct root_maker_bytes {
    const uint8_t *at;
    size_t len;
};

/* Takes a value from the front: its content; `whole` has its head too. */
static inline struct root_maker_bytes root_maker_take(struct root_maker_bytes *in,
                                                      struct root_maker_bytes *whole)
{
    size_t head = 2, len = in->len >= 2 ? in->at[1] : 0;
    if (len > 0x80 && len <= 0x84 && in->len >= 2 + (len & 0x7f)) {
        size_t size = len & 0x7f;
        for (len = 0; head < 2 + size; head++) {
            len = len << 8 | in->at[head];
        }
    }
    if (in->len < head || len > in->len - head) {
        abort();
    }
    *whole = (struct root_maker_bytes){in->at, head + len};
    *in = (struct root_maker_bytes){in->at + head + len, in->len - head - len};
    return (struct root_maker_bytes){whole->at + head, len};
}

static inline uint32_t root_maker_add(uint32_t hash, struct root_maker_bytes bytes, int fold)
{
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.at[i];
        hash = (hash ^ (fold && c >= 'A' && c <= 'Z' ? c + 32U : c)) * 16777619U;
    }
    return hash;
}

/* Of the subject of a certificate of version 3. */
static inline uint32_t root_maker_hash(struct root_maker_bytes der)
{
    struct root_maker_bytes whole, certificate = root_maker_take(&der, &whole);
    struct root_maker_bytes body = root_maker_take(&certificate, &whole), name = {NULL, 0};
    uint32_t hash = 2166136261U;
    for (int field = 0; field < 6; field++) {
        name = root_maker_take(&body, &whole); /* version, serial, algorithm, issuer, dates */
    }
    while (name.len > 0) {
        struct root_maker_bytes rdn = root_maker_take(&name, &whole);
        while (rdn.len > 0) {
            struct root_maker_bytes attribute = root_maker_take(&rdn, &whole);
            hash = root_maker_add(hash, root_maker_take(&attribute, &whole), 0);
            hash = root_maker_add(hash, root_maker_take(&attribute, &whole), 1);
        }
    }
    return hash;
}

static inline void root_maker_u32(uint8_t *at, size_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

/* The table of one root, from malloc. */
static inline uint8_t *root_maker_table(const void *der, size_t len, size_t *table_len)
{
    const size_t head = 48 + 8;
    struct midge_sha256 hash;
    uint8_t *table = calloc(1, head + len);
    if (table == NULL) {
        abort();
    }
    memcpy(table, "MIDGERT1", 8);
    root_maker_u32(table + 8, head + len);
    root_maker_u32(table + 12, 1);
    root_maker_u32(table + 48, root_maker_hash((struct root_maker_bytes){der, len}));
    root_maker_u32(table + 52, head);
    memcpy(table + head, der, len);
    midge_sha256_init(&hash);
    midge_sha256_update(&hash, table + 48, head + len - 48);
    midge_sha256_final(&hash, table + 16);
    *table_len = head + len;
    return table;
}

#endif
