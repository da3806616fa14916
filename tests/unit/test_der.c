/* SPDX-License-Identifier: MIT */
/* Reading DER, and the extensions of a certificate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "io/der.h"

static void test_next(void **state)
{
    (void)state;
    unsigned char bytes[] = {2, 1, 5, 0x30, 0x81, 0};
    struct midge__der in = midge__der(bytes, sizeof bytes), value;
    assert_int_equal(midge__der_next(&in, &value), 2);
    assert_int_equal(midge__der_len(value), 1);
    assert_ptr_equal(value.at, bytes + 2);
    assert_int_equal(midge__der_next(&in, &value), 0x30);
    assert_int_equal(midge__der_len(value), 0);
    assert_true(midge__der_next(&in, &value) < 0);
}

static void test_next_refuses(void **state)
{
    (void)state;
    static const struct {
        unsigned char bytes[8];
        size_t len;
    } cases[] = {
        {{2}, 1},                           /* no length */
        {{2, 1}, 2},                        /* no content */
        {{2, 0x80, 0, 0}, 4},               /* indefinite */
        {{2, 0x82, 1}, 3},                  /* length cut */
        {{2, 0x84, 255, 255, 255, 255}, 6}, /* more than there is */
        {{2, 0x85, 0, 0, 0, 0, 0}, 7},
        {{0x1F, 1, 0}, 3}, /* a tag of several bytes */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
        unsigned char *copy = malloc(cases[i].len);
        memcpy(copy, cases[i].bytes, cases[i].len);
        struct midge__der in = midge__der(copy, cases[i].len), value;
        assert_true(midge__der_next(&in, &value) < 0);
        free(copy);
    }
}

/* 2.5.29.17 with 04 01 07, then 2.5.29.30, critical, with 05 00. */
#define OTHER "\x30\x08\x06\x03\x55\x1D\x11\x04\x01\x07"
#define OURS  "\x30\x0C\x06\x03\x55\x1D\x1E\x01\x01\xFF\x04\x02\x05\x00"

static bool find(const char *bytes, size_t len, struct midge__extension *found)
{
    unsigned char *copy = malloc(len + 1);
    memcpy(copy, bytes, len);
    bool ok = midge__extension_find(midge__der(copy, len), 30, found);
    free(copy);
    return ok;
}

#define FIND(text, found) find(text, sizeof(text) - 1, found)

static void test_extension(void **state)
{
    (void)state;
    struct midge__extension found;
    assert_true(FIND("\x30\x18" OTHER OURS, &found));
    assert_true(found.critical);
    assert_int_equal(midge__der_len(found.value), 2);
    assert_true(FIND("\x30\x0A" OTHER, &found));
    assert_int_equal(midge__der_len(found.value), 0);
    assert_true(midge__extension_find(midge__der(NULL, 0), 30, &found));
    assert_int_equal(midge__der_len(found.value), 0);
    assert_true(FIND("\x30\x0B\x30\x09\x06\x03\x55\x1D\x1E\x04\x02\x05\x00", &found));
    assert_false(found.critical);
}

static void test_extension_refuses(void **state)
{
    (void)state;
    struct midge__extension found;
    assert_false(FIND("\x30\x1C" OURS OURS, &found));                           /* twice */
    assert_false(FIND("\x30\x09\x30\x07\x06\x03\x55\x1D\x1E\x04\x00", &found)); /* empty */
    assert_false(FIND("\x30\x07\x30\x05\x06\x03\x55\x1D\x1E", &found));         /* none */
    assert_false(FIND("\x31\x0A" OTHER, &found));
    assert_false(FIND("\x30\x03\x02\x01\x00", &found));
}

static void test_mutations(void **state)
{
    (void)state;
    static const char whole[] = "\x30\x18" OTHER OURS;
    struct midge__extension found;
    for (size_t i = 0; i < (sizeof whole - 1) * 256; ++i) {
        unsigned char *copy = malloc(sizeof whole - 1);
        memcpy(copy, whole, sizeof whole - 1);
        copy[i / 256] = (unsigned char)i;
        struct midge__der in = midge__der(copy, sizeof whole - 1);
        if (midge__extension_find(in, 30, &found) && midge__der_len(found.value) > 0) {
            assert_true(found.value.at > copy && found.value.end <= in.end);
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next),      cmocka_unit_test(test_next_refuses),
        cmocka_unit_test(test_extension), cmocka_unit_test(test_extension_refuses),
        cmocka_unit_test(test_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
