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

/* Two pieces of DER that are read side by side. */
struct pair {
    struct midge__der a, b;
};

static enum midge__match text_match(struct pair *text)
{
    int x, y;
    skip_spaces(&text->a);
    skip_spaces(&text->b);
    do {
        x = next_folded(&text->a);
        y = next_folded(&text->b);
        if (x != y) {
            return is_plain(x) && is_plain(y) ? MIDGE__MATCH_NO : MIDGE__MATCH_UNKNOWN;
        }
    } while (x != 0);
    return MIDGE__MATCH_YES;
}

/* --- names --- */

/* Takes the next value of both; false: one of them has another tag. */
static bool next_both(struct pair *in, int tag, struct pair *out)
{
    return midge__der_next(&in->a, &out->a) == tag && midge__der_next(&in->b, &out->b) == tag;
}

static bool same_bytes(const struct pair *p)
{
    size_t len = midge__der_len(p->a);
    return len == midge__der_len(p->b) && memcmp(p->a.at, p->b.at, len) == 0;
}

/* Compares the contents of two SETs. Those with several attributes are equal only if all bytes
   are. */
static enum midge__match rdn_match(struct pair *rdn)
{
    struct pair attribute, value;
    if (same_bytes(rdn)) {
        return MIDGE__MATCH_YES;
    }
    if (!next_both(rdn, SEQUENCE, &attribute) || rdn->a.at != rdn->a.end ||
        rdn->b.at != rdn->b.end || !next_both(&attribute, MBEDTLS_ASN1_OID, &value)) {
        return MIDGE__MATCH_UNKNOWN;
    }
    if (!same_bytes(&value)) {
        return MIDGE__MATCH_NO;
    }
    if (!is_text(midge__der_next(&attribute.a, &value.a)) ||
        !is_text(midge__der_next(&attribute.b, &value.b))) {
        return MIDGE__MATCH_UNKNOWN;
    }
    return text_match(&value);
}

/* Of the contents of two SEQUENCEs. */
static enum midge__match dn_match(struct pair *names, bool exactly)
{
    enum midge__match all = MIDGE__MATCH_YES;
    struct pair rdn;
    while (names->b.at != names->b.end && all != MIDGE__MATCH_NO) {
        if (names->a.at == names->a.end) {
            return MIDGE__MATCH_NO;
        }
        if (!next_both(names, SET, &rdn)) {
            return MIDGE__MATCH_UNKNOWN;
        }
        enum midge__match one = rdn_match(&rdn);
        all = one < all ? one : all;
    }
    return exactly && names->a.at != names->a.end ? MIDGE__MATCH_NO : all;
}

enum midge__match midge__dn_within(struct midge__der name, struct midge__der base)
{
    struct pair names = {name, base};
    return dn_match(&names, false);
}

bool midge__dn_equal(struct midge__der a, struct midge__der b)
{
    struct pair names = {a, b}, contents;
    return same_bytes(&names) || (next_both(&names, SEQUENCE, &contents) &&
                                  dn_match(&contents, true) == MIDGE__MATCH_YES);
}

#endif
