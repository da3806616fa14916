/* SPDX-License-Identifier: MIT */
/*
 * Trusted roots that stay in flash: midge's table (midge/roots.h draws it) or a certificate bundle
 * of ESP-IDF (root_bundle.c). Private to src/io, as it includes mbedTLS's headers. No byte of the
 * table is copied; only the root that a handshake looks at is parsed.
 */
#ifndef MIDGE_IO_ROOT_TABLE_H
#define MIDGE_IO_ROOT_TABLE_H

#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midge/config.h"
#include "midge/err.h"
#include "midge/roots.h"

enum midge__root_kind {
    MIDGE__ROOTS_TABLE,
    MIDGE__ROOTS_COUNTED, /* ESP-IDF's: a count, then the entries */
    MIDGE__ROOTS_OFFSETS  /* ESP-IDF's: offsets, then the entries */
};

struct midge__root_table {
    const uint8_t *at;
    size_t len;
    uint32_t count; /* 0: there is no table */
    uint8_t kind;   /* enum midge__root_kind */
};

#if MIDGE_WITH_ROOT_TABLE

/* Checks each offset and length, so that the calls below read no byte outside of at[0..len), which
   must stay unchanged. len 0: no table. CA: it is damaged, or of no known format. */
int midge__root_table_open(struct midge__root_table *table, const void *at, size_t len);

/* The first root from number `from` on whose subject may be child's issuer; count: there is none.
   Roots of equal subjects have successive numbers. */
uint32_t midge__root_table_next(const struct midge__root_table *table,
                                const mbedtls_x509_crt *child, uint32_t from);

/* Parses root number n into an empty *root; returns mbedTLS's code. The root points into the
   table. */
int midge__root_table_parse(const struct midge__root_table *table, uint32_t n,
                            mbedtls_x509_crt *root);

/* A digest of all roots: the table's own, which is not checked, or that of a bundle's bytes. */
void midge__root_table_digest(const struct midge__root_table *table, uint8_t digest[32]);

#else

#define midge__root_table_digest(table, digest) ((void)(digest))
#define midge__root_table_open(table, at, len)                                                     \
    ((at) != NULL && (len) > 0 ? (int)MIDGE_ERR_UNSUPPORTED : (int)MIDGE_OK)

#endif

/* root_bundle.c: the same for ESP-IDF's bundles. open returns the kind; MIDGE__ROOTS_TABLE: it is
   no such bundle. */
#if MIDGE_WITH_ROOT_BUNDLE
uint8_t midge__root_bundle_open(struct midge__root_table *table);
uint32_t midge__root_bundle_next(const struct midge__root_table *table,
                                 const mbedtls_x509_crt *child, uint32_t from);
int midge__root_bundle_parse(const struct midge__root_table *table, uint32_t n,
                             mbedtls_x509_crt *root);
#else
#define midge__root_bundle_open(table)              ((void)(table), MIDGE__ROOTS_TABLE)
#define midge__root_bundle_next(table, child, from) ((void)(child), (void)(from), (table)->count)
#define midge__root_bundle_parse(table, n, root)    ((void)(table), (void)(n), (void)(root), -1)
#endif

#endif
