/* SPDX-License-Identifier: MIT */
/*
 * Certificate bundles of ESP-IDF, as its gen_crt_bundle.py writes them. Each entry is
 *
 *     length of the subject (2), length of the key (2), subject, key (SubjectPublicKeyInfo)
 *
 * in ascending order of the subjects' DER. The first format, big-endian, has the number of entries
 * (2) before them. The second one, little-endian, has the offset (4) of each entry: the first
 * offset is also the length of this list. Both are accepted only if the entries fill the bundle
 * exactly.
 *
 * The first format has no index, so a root is found by a walk over all lengths: 15 instructions for
 * each entry and some more for names of the same length. mbedTLS takes roots as certificates only;
 * so the parser writes one around subject and key: version 1, without end, and not signed.
 */
#include "io/root_table.h"

#if MIDGE_WITH_ROOT_BUNDLE

#include <string.h>

#include <mbedtls/platform.h>
#include <midge/err.h>

#define LENGTHS 4U

/* One entry's subject and key. */
struct entry {
    const uint8_t *subject, *key;
    size_t subject_len, key_len;
};

/* --- reading --- */

static size_t read_u16(const struct midge__root_table *table, size_t at)
{
    const uint8_t *p = table->at + at;
    bool big = table->kind == MIDGE__ROOTS_COUNTED;
    return big ? (size_t)p[0] << 8 | p[1] : (size_t)p[1] << 8 | p[0];
}

static size_t read_offset(const struct midge__root_table *table, size_t n)
{
    return read_u16(table, 4 * n) | read_u16(table, 4 * n + 2) << 16;
}

static size_t first_entry(const struct midge__root_table *table)
{
    return table->kind == MIDGE__ROOTS_COUNTED ? 2 : 4 * (size_t)table->count;
}

/* The entry at offset `at` of a bundle that was checked; returns the next one's offset. */
static size_t read_entry(const struct midge__root_table *table, size_t at, struct entry *entry)
{
    entry->subject_len = read_u16(table, at);
    entry->key_len = read_u16(table, at + 2);
    entry->subject = table->at + at + LENGTHS;
    entry->key = entry->subject + entry->subject_len;
    return at + LENGTHS + entry->subject_len + entry->key_len;
}

/* --- opening --- */

/* Is there a whole entry at `at`? Sets the offset of the next one. */
static bool skip_entry(const struct midge__root_table *table, size_t *at)
{
    if (*at > table->len || table->len - *at < LENGTHS) {
        return false;
    }
    size_t len = LENGTHS + read_u16(table, *at) + read_u16(table, *at + 2);
    bool whole = len <= table->len - *at;
    *at += len;
    return whole;
}

static bool is_sound(const struct midge__root_table *table)
{
    size_t at = first_entry(table);
    for (uint32_t n = 0; n < table->count; n++) {
        if ((table->kind == MIDGE__ROOTS_OFFSETS && read_offset(table, n) != at) ||
            !skip_entry(table, &at)) {
            return false;
        }
    }
    return table->count > 0 && at == table->len;
}

static bool is_counted(struct midge__root_table *table)
{
    table->kind = MIDGE__ROOTS_COUNTED;
    table->count = table->len > 2 ? (uint32_t)read_u16(table, 0) : 0;
    return is_sound(table);
}

static bool has_offsets(struct midge__root_table *table)
{
    table->kind = MIDGE__ROOTS_OFFSETS;
    size_t list = table->len > 4 ? read_offset(table, 0) : 0;
    table->count = list <= table->len && list % 4 == 0 ? (uint32_t)(list / 4) : 0;
    return is_sound(table);
}

uint8_t midge__root_bundle_open(struct midge__root_table *table)
{
    if (is_counted(table) || has_offsets(table)) {
        return table->kind;
    }
    table->count = 0;
    return MIDGE__ROOTS_TABLE;
}

/* --- finding --- */

uint32_t midge__root_bundle_next(const struct midge__root_table *table,
                                 const mbedtls_x509_crt *child, uint32_t from)
{
    const mbedtls_x509_buf *name = &child->issuer_raw;
    size_t at = first_entry(table);
    struct entry entry;
    for (uint32_t n = 0; n < table->count; n++) {
        at = read_entry(table, at, &entry);
        if (n >= from && entry.subject_len == name->len &&
            memcmp(entry.subject, name->p, name->len) == 0) {
            return n;
        }
    }
    return table->count;
}

/* --- a certificate around an entry --- */

/* serialNumber, signature (ecdsa-with-SHA256), issuer (an empty commonName), validity. */
static const uint8_t before_subject[] = {
    0x02, 0x01, 0x00,                                                             /* 0 */
    0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02,       /* algorithm */
    0x30, 0x0B, 0x31, 0x09, 0x30, 0x07, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 0x00, /* issuer */
    0x30, 0x20, 0x17, 0x0D, '7',  '0',  '0',  '1',  '0',  '1',  '0',  '0',  '0',
    '0',  '0',  '0',  'Z',  0x18, 0x0F, '9',  '9',  '9',  '9',  '1',  '2',  '3',
    '1',  '2',  '3',  '5',  '9',  '5',  '9',  'Z'};
/* The algorithm again, then the empty signature. */
static const uint8_t after_key[] = {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE,
                                    0x3D, 0x04, 0x03, 0x02, 0x03, 0x01, 0x00};

static uint8_t *put(uint8_t *at, const void *bytes, size_t n)
{
    memcpy(at, bytes, n);
    return at + n;
}

static uint8_t *put_sequence(uint8_t *at, size_t len)
{
    const uint8_t head[4] = {0x30, 0x82, (uint8_t)(len >> 8), (uint8_t)len};
    return put(at, head, sizeof head);
}

int midge__root_bundle_parse(const struct midge__root_table *table, uint32_t n,
                             mbedtls_x509_crt *root)
{
    struct entry entry;
    size_t at = first_entry(table);
    do {
        at = read_entry(table, at, &entry);
    } while (n-- > 0);
    size_t inner = sizeof before_subject + entry.subject_len + entry.key_len;
    size_t outer = 4 + inner + sizeof after_key;
    if (outer > 0xFFFF) {
        return MBEDTLS_ERR_X509_INVALID_FORMAT;
    }
    uint8_t *der = mbedtls_calloc(1, 4 + outer);
    if (der == NULL) {
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    }
    uint8_t *end = put_sequence(put_sequence(der, outer), inner);
    end = put(put(end, before_subject, sizeof before_subject), entry.subject, entry.subject_len);
    end = put(put(end, entry.key, entry.key_len), after_key, sizeof after_key);
    int ret = mbedtls_x509_crt_parse_der_nocopy(root, der, (size_t)(end - der));
    if (ret != 0) {
        mbedtls_free(der);
        return ret;
    }
    root->MBEDTLS_PRIVATE(own_buffer) = 1;            /* mbedTLS frees it with the root */
    if (root->subject_raw.len != entry.subject_len) { /* the lengths do not fit the DER */
        mbedtls_x509_crt_free(root);
        ret = MBEDTLS_ERR_X509_INVALID_FORMAT;
    }
    return ret;
}

#endif
