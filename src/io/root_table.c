/* SPDX-License-Identifier: MIT */
/*
 * Reads the table of roots that midge/roots.h draws, where it lies in flash. open walks it once:
 * some 30 instructions for each root. A root is found by binary search for the hash of its name; a
 * root whose hash only happens to be equal is refused by mbedTLS, which compares the names.
 */
#include "io/root_table.h"

#if MIDGE_WITH_ROOT_TABLE

#include <string.h>

#include <midge/err.h>
#include <midge/hash.h>

#include "io/cert_parse.h"

#define HEADER 48U
#define ENTRY  8U
#define DIGEST 16U /* offset */

static uint32_t read_u32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t hash_at(const struct midge__root_table *table, uint32_t n)
{
    return read_u32(table->at + HEADER + (size_t)n * ENTRY);
}

static uint32_t offset_at(const struct midge__root_table *table, uint32_t n)
{
    return n < table->count ? read_u32(table->at + HEADER + (size_t)n * ENTRY + 4)
                            : (uint32_t)table->len;
}

/* --- opening --- */

/* Does a SEQUENCE fill der[0..len) exactly? */
static bool is_certificate(const uint8_t *der, size_t len)
{
    if (len < 4 || der[0] != 0x30) {
        return false;
    }
    return der[1] == 0x82   ? len == 4U + ((size_t)der[2] << 8 | der[3])
           : der[1] == 0x81 ? len == 3U + der[2]
                            : false;
}

static bool is_sound(const struct midge__root_table *table)
{
    uint32_t end = HEADER + table->count * ENTRY;
    for (uint32_t n = 0; n < table->count; n++) {
        uint32_t begin = end;
        end = offset_at(table, n + 1);
        if (offset_at(table, n) != begin || end < begin || end > table->len ||
            !is_certificate(table->at + begin, end - begin) ||
            (n > 0 && hash_at(table, n) < hash_at(table, n - 1))) {
            return false;
        }
    }
    return true;
}

static bool open_table(struct midge__root_table *table)
{
    if (table->len < HEADER || memcmp(table->at, "MIDGERT1", 8) != 0) {
        return false;
    }
    uint32_t len = read_u32(table->at + 8);
    if (len < HEADER || len > table->len) {
        return false;
    }
    table->len = len;
    table->count = read_u32(table->at + 12);
    return table->count > 0 && table->count <= (table->len - HEADER) / ENTRY && is_sound(table);
}

int midge__root_table_open(struct midge__root_table *table, const void *at, size_t len)
{
    *table = (struct midge__root_table){.at = at, .len = at != NULL ? len : 0};
    if (table->len == 0 || open_table(table)) {
        return MIDGE_OK;
    }
    *table = (struct midge__root_table){.at = at, .len = len};
    table->kind = midge__root_bundle_open(table);
    return table->kind != MIDGE__ROOTS_TABLE ? MIDGE_OK : MIDGE_ERR_CA;
}

/* --- finding --- */

static uint32_t hash_bytes(uint32_t hash, const mbedtls_x509_buf *bytes, bool fold)
{
    for (size_t i = 0; i < bytes->len; i++) {
        uint8_t c = bytes->p[i];
        c = fold && c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
        hash = (hash ^ c) * 16777619U;
    }
    return hash;
}

static uint32_t hash_name(const mbedtls_x509_name *name)
{
    uint32_t hash = 2166136261U;
    for (; name != NULL; name = name->next) {
        hash = hash_bytes(hash, &name->oid, false);
        hash = hash_bytes(hash, &name->val, true);
    }
    return hash;
}

/* The first root with at least this hash. */
static uint32_t lower_bound(const struct midge__root_table *table, uint32_t hash)
{
    uint32_t low = 0, high = table->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (hash_at(table, middle) < hash) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint32_t midge__root_table_next(const struct midge__root_table *table,
                                const mbedtls_x509_crt *child, uint32_t from)
{
    if (table->kind != MIDGE__ROOTS_TABLE) {
        return midge__root_bundle_next(table, child, from);
    }
    uint32_t hash = hash_name(&child->issuer);
    uint32_t n = lower_bound(table, hash);
    n = n < from ? from : n;
    return n < table->count && hash_at(table, n) == hash ? n : table->count;
}

int midge__root_table_parse(const struct midge__root_table *table, uint32_t n,
                            mbedtls_x509_crt *root)
{
    if (table->kind != MIDGE__ROOTS_TABLE) {
        return midge__root_bundle_parse(table, n, root);
    }
    uint32_t begin = offset_at(table, n);
    return midge__cert_parse(root, table->at + begin, offset_at(table, n + 1) - begin, false);
}

/* --- the digest --- */

static void hash_from(const struct midge__root_table *table, size_t at, uint8_t digest[32])
{
    struct midge_sha256 hash;
    midge_sha256_init(&hash);
    midge_sha256_update(&hash, table->at + at, table->len - at);
    midge_sha256_final(&hash, digest);
}

void midge__root_table_digest(const struct midge__root_table *table, uint8_t digest[32])
{
    if (table->kind == MIDGE__ROOTS_TABLE) {
        memcpy(digest, table->at + DIGEST, 32);
    } else {
        hash_from(table, 0, digest);
    }
}

int midge_roots_check(const void *roots, size_t len)
{
    struct midge__root_table table;
    uint8_t digest[32];
    int err = midge__root_table_open(&table, roots, len);
    if (err != MIDGE_OK || table.count == 0) {
        return MIDGE_ERR_CA;
    }
    if (table.kind != MIDGE__ROOTS_TABLE) {
        return MIDGE_OK;
    }
    hash_from(&table, HEADER, digest);
    return memcmp(digest, table.at + DIGEST, sizeof digest) == 0 ? MIDGE_OK : MIDGE_ERR_CA;
}

#endif
