/* SPDX-License-Identifier: MIT */
#include "io/x509_name.h"

#include "midge/config.h"

#if MIDGE_WITH_CHAIN_CHECKS

#include <string.h>

#include <mbedtls/asn1.h>

#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)
#define SET      (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SET)

/* --- attribute values --- */

/* String types in which all bytes below 0x80 are ASCII. */
static bool is_text(int tag)
{
    return tag == MBEDTLS_ASN1_UTF8_STRING || tag == MBEDTLS_ASN1_PRINTABLE_STRING ||
           tag == MBEDTLS_ASN1_IA5_STRING || tag == MBEDTLS_ASN1_T61_STRING;
}

static void skip_spaces(struct midge__der *text)
{
    while (text->at != text->end && *text->at == ' ') {
        ++text->at;
    }
}

/* The next character in lower case; a run of spaces is one space, and spaces at the end are
   ignored. 0 at the end. */
static int next_folded(struct midge__der *text)
{
    if (text->at == text->end) {
        return 0;
    }
    int c = *text->at++;
    if (c == ' ') {
        skip_spaces(text);
        return text->at == text->end ? 0 : c;
    }
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c == 0 ? 0x80 : c;
}

static bool is_plain(int c)
{
    return c == 0 || (c >= ' ' && c < 0x7F);
}

static enum midge__match text_match(struct midge__der a, struct midge__der b)
{
    int x, y;
    skip_spaces(&a);
    skip_spaces(&b);
    do {
        x = next_folded(&a);
        y = next_folded(&b);
        if (x != y) {
            return is_plain(x) && is_plain(y) ? MIDGE__MATCH_NO : MIDGE__MATCH_UNKNOWN;
        }
    } while (x != 0);
    return MIDGE__MATCH_YES;
}

/* --- names --- */

static bool same_bytes(struct midge__der a, struct midge__der b)
{
    size_t len = midge__der_len(a);
    return len == midge__der_len(b) && (len == 0 || memcmp(a.at, b.at, len) == 0);
}

/* Compares the contents of two SETs. Those with several attributes are equal only if all bytes
   are. */
static enum midge__match rdn_match(struct midge__der a, struct midge__der b)
{
    struct midge__der pair_a, pair_b, value_a, value_b;
    if (same_bytes(a, b)) {
        return MIDGE__MATCH_YES;
    }
    if (midge__der_next(&a, &pair_a) != SEQUENCE || midge__der_next(&b, &pair_b) != SEQUENCE ||
        a.at != a.end || b.at != b.end || midge__der_next(&pair_a, &value_a) != MBEDTLS_ASN1_OID ||
        midge__der_next(&pair_b, &value_b) != MBEDTLS_ASN1_OID) {
        return MIDGE__MATCH_UNKNOWN;
    }
    if (!same_bytes(value_a, value_b)) {
        return MIDGE__MATCH_NO;
    }
    if (!is_text(midge__der_next(&pair_a, &value_a)) ||
        !is_text(midge__der_next(&pair_b, &value_b))) {
        return MIDGE__MATCH_UNKNOWN;
    }
    return text_match(value_a, value_b);
}

enum midge__match midge__dn_within(struct midge__der name, struct midge__der base)
{
    enum midge__match all = MIDGE__MATCH_YES;
    while (base.at != base.end && all != MIDGE__MATCH_NO) {
        struct midge__der rdn_base, rdn_name;
        if (name.at == name.end) {
            return MIDGE__MATCH_NO;
        }
        if (midge__der_next(&base, &rdn_base) != SET || midge__der_next(&name, &rdn_name) != SET) {
            return MIDGE__MATCH_UNKNOWN;
        }
        enum midge__match one = rdn_match(rdn_name, rdn_base);
        all = one == MIDGE__MATCH_YES ? all : one;
    }
    return all;
}

bool midge__dn_equal(struct midge__der a, struct midge__der b)
{
    struct midge__der in_a, in_b;
    if (same_bytes(a, b)) {
        return true;
    }
    return midge__der_next(&a, &in_a) == SEQUENCE && midge__der_next(&b, &in_b) == SEQUENCE &&
           midge__dn_within(in_a, in_b) == MIDGE__MATCH_YES &&
           midge__dn_within(in_b, in_a) == MIDGE__MATCH_YES;
}

#endif
