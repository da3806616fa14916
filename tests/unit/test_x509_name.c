/* SPDX-License-Identifier: MIT */
/* Distinguished names: what is the same, what is not, and what cannot be told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "io/x509_name.h"

/* --- names as DER: "tag:value", several RDNs after one another --- */

struct rdn {
    unsigned char kind; /* 2.5.4.kind */
    unsigned char tag;
    const char *value; /* NULL: the end */
};

#define UTF8      0x0C
#define PRINTABLE 0x13
#define T61       0x14
#define IA5       0x16
#define BMP       0x1E
#define CN        3
#define O         10

/* What is in the SEQUENCE. */
static struct midge__der build(unsigned char *out, const struct rdn *rdns)
{
    unsigned char *at = out;
    for (; rdns->value != NULL; ++rdns) {
        size_t n = strlen(rdns->value);
        const unsigned char head[] = {0x31,
                                      (unsigned char)(n + 9),
                                      0x30,
                                      (unsigned char)(n + 7),
                                      6,
                                      3,
                                      0x55,
                                      4,
                                      rdns->kind,
                                      rdns->tag,
                                      (unsigned char)n};
        memcpy(at, head, sizeof head);
        memcpy(at + sizeof head, rdns->value, n);
        at += sizeof head + n;
    }
    return midge__der(out, (size_t)(at - out));
}

static enum midge__match match(const struct rdn *name, const struct rdn *base)
{
    unsigned char a[300], b[300];
    return midge__dn_within(build(a, name), build(b, base));
}

#define NAME(...) ((const struct rdn[]){__VA_ARGS__, {0}})

static void test_prefix(void **state)
{
    (void)state;
    const struct rdn *two = NAME({O, UTF8, "Acme"}, {CN, UTF8, "x"});
    const struct rdn *none = (const struct rdn[]){{0}};
    assert_int_equal(match(two, NAME({O, UTF8, "Acme"})), MIDGE__MATCH_YES);
    assert_int_equal(match(two, two), MIDGE__MATCH_YES);
    assert_int_equal(match(two, none), MIDGE__MATCH_YES);
    assert_int_equal(match(none, none), MIDGE__MATCH_YES);
    assert_int_equal(match(none, two), MIDGE__MATCH_NO);
    assert_int_equal(match(NAME({O, UTF8, "Acme"}), two), MIDGE__MATCH_NO);
    assert_int_equal(match(two, NAME({CN, UTF8, "x"})), MIDGE__MATCH_NO);
    assert_int_equal(match(two, NAME({CN, UTF8, "Acme"})), MIDGE__MATCH_NO);
}

/* The same attribute twice, and what comes out. */
static void test_values(void **state)
{
    (void)state;
    static const struct {
        unsigned char tag_a, tag_b;
        const char *a, *b;
        enum midge__match result;
    } cases[] = {
        {UTF8, PRINTABLE, "Acme", "Acme", MIDGE__MATCH_YES},
        {UTF8, IA5, "ACME inc", "acme INC", MIDGE__MATCH_YES},
        {UTF8, UTF8, "  Acme   Inc  ", "Acme Inc", MIDGE__MATCH_YES},
        {UTF8, UTF8, "", " ", MIDGE__MATCH_YES},
        {UTF8, UTF8, "Acme", "Acme2", MIDGE__MATCH_NO},
        {UTF8, UTF8, "Acme Inc", "AcmeInc", MIDGE__MATCH_NO},
        {UTF8, UTF8, "@cme", "`cme", MIDGE__MATCH_NO},
        {UTF8, UTF8, "A-Z", "a-z", MIDGE__MATCH_YES},
        {UTF8, UTF8, "[cme", "{cme", MIDGE__MATCH_NO},
        {UTF8, UTF8, "", "x", MIDGE__MATCH_NO},
        {BMP, BMP, "\1A", "\1A", MIDGE__MATCH_YES},
        {BMP, BMP, "\1A", "\1a", MIDGE__MATCH_UNKNOWN},
        {BMP, UTF8, "A", "A", MIDGE__MATCH_UNKNOWN},
        {UTF8, UTF8, "M\xC3\xBCller", "M\xC3\x9Cller", MIDGE__MATCH_UNKNOWN},
        {UTF8, UTF8, "M\xC3\xBCller", "Schmidt", MIDGE__MATCH_NO},
        {UTF8, UTF8, "Ac\xC2\xADme", "Acme", MIDGE__MATCH_UNKNOWN},
        {UTF8, UTF8, "Acme\x7F", "Acme", MIDGE__MATCH_UNKNOWN},
        {UTF8, UTF8, "Acme\t", "Acme", MIDGE__MATCH_UNKNOWN},
        {T61, UTF8, "\xFC", "u", MIDGE__MATCH_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
        const struct rdn *a = NAME({O, cases[i].tag_a, cases[i].a});
        const struct rdn *b = NAME({O, cases[i].tag_b, cases[i].b});
        assert_int_equal(match(a, b), cases[i].result);
        assert_int_equal(match(b, a), cases[i].result);
    }
}

/* A NUL does not end a value. */
static void test_nul_is_a_character(void **state)
{
    (void)state;
    unsigned char a[] = {0x31, 14, 0x30, 12, 6, 3, 0x55, 4, O, UTF8, 5, 'A', 0, 'c', 'm', 'e'};
    unsigned char b[] = {0x31, 10, 0x30, 8, 6, 3, 0x55, 4, O, UTF8, 1, 'A'};
    assert_int_equal(midge__dn_within(midge__der(a, sizeof a), midge__der(b, sizeof b)),
                     MIDGE__MATCH_UNKNOWN);
}

static void test_equal(void **state)
{
    (void)state;
    unsigned char a[] = {0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, O, UTF8, 1, 'A'};
    unsigned char b[] = {0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, O, IA5, 1, 'a'};
    unsigned char empty[] = {0x30, 0};
    struct midge__der whole = midge__der(a, sizeof a);
    assert_true(midge__dn_equal(whole, whole));
    assert_true(midge__dn_equal(whole, midge__der(b, sizeof b)));
    assert_false(midge__dn_equal(whole, midge__der(empty, 2)));
    assert_false(midge__dn_equal(midge__der(empty, 2), whole));
    assert_false(midge__dn_equal(whole, midge__der(NULL, 0)));
    assert_true(midge__dn_equal(midge__der(NULL, 0), midge__der(NULL, 0)));
    b[12] = BMP;
    assert_false(midge__dn_equal(whole, midge__der(b, sizeof b)));
}

/* Several attributes in one RDN: the same bytes or no verdict. */
static void test_sets(void **state)
{
    (void)state;
    unsigned char two[] = {0x31, 20,   0x30, 8, 6, 3,    0x55, 4,  O,    UTF8, 1,
                           'A',  0x30, 8,    6, 3, 0x55, 4,    CN, UTF8, 1,    'B'};
    unsigned char one[] = {0x31, 10, 0x30, 8, 6, 3, 0x55, 4, O, UTF8, 1, 'A'};
    struct midge__der a = midge__der(two, sizeof two), b = midge__der(one, sizeof one);
    assert_int_equal(midge__dn_within(a, a), MIDGE__MATCH_YES);
    assert_int_equal(midge__dn_within(a, b), MIDGE__MATCH_UNKNOWN);
    assert_int_equal(midge__dn_within(b, a), MIDGE__MATCH_UNKNOWN);
}

/* Each byte of one name with each value, and each length: read within its block. */
static void test_mutations(void **state)
{
    (void)state;
    unsigned char base[100], name[100];
    struct midge__der b = build(base, NAME({O, UTF8, "Acme Inc"}, {CN, IA5, "x"}));
    struct midge__der n = build(name, NAME({O, PRINTABLE, "acme inc"}, {CN, UTF8, "X"}));
    size_t len = midge__der_len(n);
    assert_int_equal(midge__dn_within(n, b), MIDGE__MATCH_YES);
    for (size_t i = 0; i < len; ++i) {
        for (unsigned value = 0; value < 256; ++value) {
            unsigned char *copy = malloc(len);
            memcpy(copy, name, len);
            copy[i] = (unsigned char)value;
            struct midge__der changed = midge__der(copy, len);
            (void)midge__dn_within(changed, b);
            (void)midge__dn_within(b, changed);
            (void)midge__dn_equal(changed, b);
            free(copy);
        }
        unsigned char *cut = malloc(i + 1);
        memcpy(cut, name, i);
        assert_int_not_equal(midge__dn_within(midge__der(cut, i), b), MIDGE__MATCH_YES);
        free(cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_nul_is_a_character),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
