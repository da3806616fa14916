/* SPDX-License-Identifier: MIT */
/*
 * Tables of roots and bundles of ESP-IDF. Whatever is accepted is read only inside of its bytes: a
 * root lies in the table, or is a certificate of its own around the bundle's subject and key, and
 * it is found by its subject. A search for it ends, upwards. An accepted table is accepted again
 * with bytes behind it, and refused without its last one.
 */
#include "fuzz.h"

#include <mbedtls/x509_crt.h>

#include "io/root_table.h"

#define ROOTS 64U /* parsed of one input */

/* The number of roots with the issuer's name, which is that of root n. */
static void check_search(const struct midge__root_table *table, mbedtls_x509_crt *root, uint32_t n)
{
    mbedtls_x509_crt child;
    bool found = false;
    uint32_t from = 0;
    mbedtls_x509_crt_init(&child);
    child.issuer = root->subject;
    child.issuer_raw = root->subject_raw;
    for (uint32_t at; (at = midge__root_table_next(table, &child, from)) < table->count;
         from = at + 1) {
        FUZZ_CHECK(at >= from);
        found = found || at == n;
    }
    FUZZ_CHECK(midge__root_table_next(table, &child, table->count) == table->count);
    /* The hashes of a table are not checked against the subjects; a bundle has the names alone. */
    FUZZ_CHECK(found || table->kind == MIDGE__ROOTS_TABLE);
}

static void check_root(const struct midge__root_table *table, uint32_t n)
{
    mbedtls_x509_crt root;
    mbedtls_x509_crt_init(&root);
    if (midge__root_table_parse(table, n, &root) == 0) {
        bool inside =
            root.raw.p >= table->at && root.raw.p + root.raw.len <= table->at + table->len;
        FUZZ_CHECK(inside == (table->kind == MIDGE__ROOTS_TABLE));
        check_search(table, &root, n);
    }
    mbedtls_x509_crt_free(&root);
}

static bool is_accepted(const uint8_t *data, size_t len, struct midge__root_table *table)
{
    int err = midge__root_table_open(table, data, len);
    FUZZ_CHECK(err == MIDGE_OK || err == MIDGE_ERR_CA);
    FUZZ_CHECK(err == MIDGE_OK || table->count == 0);
    FUZZ_CHECK(midge_roots_check(data, len) == MIDGE_ERR_CA || (err == MIDGE_OK && len > 0));
    return err == MIDGE_OK && len > 0;
}

static void check_ends(const uint8_t *data, const struct midge__root_table *table)
{
    struct midge__root_table other;
    uint8_t *more = malloc(table->len + 1);
    FUZZ_CHECK(more != NULL);
    memcpy(more, data, table->len);
    more[table->len] = 0x30;
    FUZZ_CHECK(is_accepted(more, table->len + 1, &other) == (table->kind == MIDGE__ROOTS_TABLE));
    free(more);
    uint8_t *less = fuzz_copy(data, table->len - 1);
    FUZZ_CHECK(!is_accepted(less, table->len - 1, &other) || other.kind != table->kind);
    free(less);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_copy(data, size);
    struct midge__root_table table;
    if (is_accepted(copy, size, &table)) {
        for (uint32_t n = 0; n < table.count && n < ROOTS; n++) {
            check_root(&table, n);
        }
        check_ends(copy, &table);
    }
    free(copy);
    return 0;
}
