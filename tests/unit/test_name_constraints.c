/* SPDX-License-Identifier: MIT */
/*
 * Name constraints on their own: limits, and what no damage to the bytes may do. Every rule has a
 * chain in tests/server/chains.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "io/name_constraints.h"

/* permitted: .test, 10.0.0.0/8, a directoryName, a mailbox's host; excluded: evil.test, URI */
static const unsigned char seed_constraints[] =
    "\x30\x5D"
    "\xA0\x3A"
    "\x30\x07\x82\x05.test"
    "\x30\x0A\x87\x08\x0A\x00\x00\x00\xFF\x00\x00\x00"
    "\x30\x13\xA4\x11\x30\x0F\x31\x0D\x30\x0B\x06\x03\x55\x04\x0A\x0C\x04"
    "Acme"
    "\x30\x0E\x81\x09mail.test\x80\x01\x00"
    "\xA1\x1F"
    "\x30\x0B\x82\x09"
    "evil.test"
    "\x30\x10\x86\x0E.evil.test:443";

/* Of good.test, 10.1.2.3 and mail: what these constraints permit. */
static const unsigned char seed_alt_names[] = "\x30\x23"
                                              "\x82\x09good.test"
                                              "\x87\x04\x0A\x01\x02\x03"
                                              "\x81\x10"
                                              "office@mail.test";

static const unsigned char seed_subject[] = "\x30\x1A\x31\x18\x30\x0B\x06\x03\x55\x04\x0A\x0C\x04"
                                            "Acme"
                                            "\x30\x09\x06\x03\x55\x04\x0A\x0C\x02xy";

static const unsigned char plain_subject[] = "\x30\x0F\x31\x0D\x30\x0B\x06\x03\x55\x04\x0A\x0C\x04"
                                             "Acme";

struct input {
    unsigned char *constraints, *alt_names, *subject;
    size_t constraints_len, alt_names_len, subject_len;
};

static unsigned char *copy_of(const unsigned char *bytes, size_t len)
{
    unsigned char *copy = malloc(len + (len == 0)); /* exactly, so that reading beyond is seen */
    memcpy(copy, bytes, len);
    return copy;
}

/* Also with damage: at `at` of all bytes in a row the value is changed. */
static struct input make_input(void)
{
    struct input in = {.constraints_len = sizeof seed_constraints - 1,
                       .alt_names_len = sizeof seed_alt_names - 1,
                       .subject_len = sizeof plain_subject - 1};
    in.constraints = copy_of(seed_constraints, in.constraints_len);
    in.alt_names = copy_of(seed_alt_names, in.alt_names_len);
    in.subject = copy_of(plain_subject, in.subject_len);
    return in;
}

static void free_input(struct input *in)
{
    free(in->constraints);
    free(in->alt_names);
    free(in->subject);
}

static enum midge__constraint judge(const struct input *in, unsigned budget)
{
    struct midge__extension c = {midge__der(in->constraints, in->constraints_len), true};
    struct midge__cert_names names = {midge__der(in->subject, in->subject_len),
                                      midge__der(in->alt_names, in->alt_names_len)};
    unsigned left = budget;
    enum midge__constraint result = midge__name_constraints_check(&c, NULL, NULL);
    if (result == MIDGE__CONSTRAINT_KEPT) {
        result = midge__name_constraints_check(&c, &names, &left);
    }
    assert_true(left <= budget);
    return result;
}

static void test_seed_is_kept(void **state)
{
    (void)state;
    struct input in = make_input();
    assert_int_equal(judge(&in, 1000), MIDGE__CONSTRAINT_KEPT);
    free_input(&in);
}

/* Four names, six subtrees. */
static void test_budget(void **state)
{
    (void)state;
    struct input in = make_input();
    for (unsigned budget = 0; budget < 24; ++budget) {
        assert_int_equal(judge(&in, budget), MIDGE__CONSTRAINT_TOO_MANY);
    }
    assert_int_equal(judge(&in, 24), MIDGE__CONSTRAINT_KEPT);
    free_input(&in);
}

/* Every prefix of every part is refused. */
static void test_cut(void **state)
{
    (void)state;
    for (unsigned part = 0; part < 3; ++part) {
        struct input whole = make_input();
        size_t lens[3] = {whole.constraints_len, whole.alt_names_len, whole.subject_len};
        for (size_t len = part == 1; len < lens[part]; ++len) {
            struct input in = whole;
            unsigned char **bytes[3] = {&in.constraints, &in.alt_names, &in.subject};
            *bytes[part] = copy_of(*bytes[part], len);
            in.constraints_len = part == 0 ? len : in.constraints_len;
            in.alt_names_len = part == 1 ? len : in.alt_names_len;
            in.subject_len = part == 2 ? len : in.subject_len;
            assert_int_not_equal(judge(&in, 1000), MIDGE__CONSTRAINT_KEPT);
            free(*bytes[part]);
        }
        free_input(&whole);
    }
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static unsigned char *byte_of(struct input *in, size_t at)
{
    if (at < in->constraints_len) {
        return in->constraints + at;
    }
    at -= in->constraints_len;
    return at < in->alt_names_len ? in->alt_names + at : in->subject + (at - in->alt_names_len);
}

/* Every byte with every value, then up to four at random: it ends, and reads within its blocks. */
static void test_mutations(void **state)
{
    (void)state;
    struct input whole = make_input();
    size_t len = whole.constraints_len + whole.alt_names_len + whole.subject_len;
    uint32_t random = 20261128;
    unsigned kept = 0;
    for (size_t i = 0; i < len * 256 + 200000; ++i) {
        struct input in = make_input();
        if (i < len * 256) {
            *byte_of(&in, i / 256) = (unsigned char)i;
        } else {
            for (unsigned n = next_random(&random) % 4; n < 4; ++n) {
                *byte_of(&in, next_random(&random) % len) = (unsigned char)next_random(&random);
            }
        }
        kept += judge(&in, 1000) == MIDGE__CONSTRAINT_KEPT;
        free_input(&in);
    }
    print_message("%u inputs kept\n", kept);
    assert_true(kept > len); /* those that changed nothing */
    free_input(&whole);
}

/* An excluded name stays excluded under whatever capitals, dots and wildcards. */
static void test_no_way_around_an_exclusion(void **state)
{
    (void)state;
    static const char *const names[] = {"evil.test",   "EVIL.test",     "evil.test.", "a.evil.test",
                                        "*.evil.test", "*.test",        "*.TEST.",    "e*.test",
                                        "*il.test",    "*.b.evil.test", "*.*.test",   "evil.*"};
    static const unsigned char excluded[] = "\x30\x0F\xA1\x0D\x30\x0B\x82\x09"
                                            "evil.test";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
        size_t n = strlen(names[i]);
        struct input in = make_input();
        free(in.constraints);
        free(in.alt_names);
        in.constraints_len = sizeof excluded - 1;
        in.constraints = copy_of(excluded, in.constraints_len);
        in.alt_names_len = n + 4;
        in.alt_names = malloc(in.alt_names_len);
        in.alt_names[0] = 0x30;
        in.alt_names[1] = (unsigned char)(n + 2);
        in.alt_names[2] = 0x82;
        in.alt_names[3] = (unsigned char)n;
        memcpy(in.alt_names + 4, names[i], n);
        assert_int_equal(judge(&in, 1000), MIDGE__CONSTRAINT_BROKEN);
        free_input(&in);
    }
}

/* Two attributes in one RDN of the subject cannot be told from the permitted one. */
static void test_several_attributes(void **state)
{
    (void)state;
    struct input in = make_input();
    free(in.subject);
    in.subject_len = sizeof seed_subject - 1;
    in.subject = copy_of(seed_subject, in.subject_len);
    assert_int_equal(judge(&in, 1000), MIDGE__CONSTRAINT_BROKEN);
    free_input(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seed_is_kept),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_no_way_around_an_exclusion),
        cmocka_unit_test(test_several_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
