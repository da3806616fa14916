/* SPDX-License-Identifier: MIT */
/* Records of numbers, bytes and texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/bytes.h"

static size_t put_one(uint8_t *at, size_t cap)
{
    struct midge__put put = {at, cap, 0};
    midge__put_number(&put, UINT64_C(0x123456789abcdef0), 8);
    midge__put_number(&put, 0x1ff, 1);
    midge__put_text(&put, "host");
    midge__put_text(&put, "");
    midge__put_text(&put, NULL);
    midge__put_bytes(&put, "\1\2\3", 3);
    return put.len;
}

static void round_trip(void **state)
{
    uint8_t record[64];
    (void)state;
    const size_t len = put_one(record, sizeof record);
    assert_int_equal(len, 8 + 1 + 7 + 3 + 2 + 3);
    assert_int_equal(put_one(NULL, 0), len); /* counted only */
    struct midge__take take = {record, len, false};
    assert_true(midge__take_number(&take, 8) == UINT64_C(0x123456789abcdef0));
    assert_int_equal(midge__take_number(&take, 1), 0xff);
    assert_string_equal(midge__take_text(&take), "host");
    assert_string_equal(midge__take_text(&take), "");
    assert_null(midge__take_text(&take));
    assert_memory_equal(midge__take_bytes(&take, 3), "\1\2\3", 3);
    assert_int_equal(take.left, 0);
    assert_false(take.bad);
}

/* With each smaller room nothing is written beyond it, and the length stays. */
static void too_small(void **state)
{
    uint8_t record[64];
    (void)state;
    const size_t len = put_one(NULL, 0);
    for (size_t cap = 0; cap < len; cap++) {
        memset(record, 0xaa, sizeof record);
        assert_int_equal(put_one(record, cap), len);
        for (size_t i = cap; i < sizeof record; i++) {
            assert_int_equal(record[i], 0xaa);
        }
    }
    size_t room = 1;
    struct midge__put full = {record, 4, 4};
    assert_null(midge__put_room(&full, &room));
    assert_int_equal(room, 0);
    full.len = 3;
    assert_ptr_equal(midge__put_room(&full, &room), record + 3);
    assert_int_equal(room, 1);
}

/* A record that is cut anywhere: bad, and it stays so. */
static void cut(void **state)
{
    uint8_t record[64];
    (void)state;
    const size_t len = put_one(record, sizeof record);
    for (size_t part = 0; part < len; part++) {
        struct midge__take take = {record, part, false};
        (void)midge__take_number(&take, 8);
        (void)midge__take_number(&take, 1);
        for (int i = 0; i < 3; i++) {
            (void)midge__take_text(&take);
        }
        assert_null(midge__take_bytes(&take, 3));
        assert_true(take.bad);
        assert_int_equal(midge__take_number(&take, 1), 0);
        assert_null(midge__take_bytes(&take, 0));
    }
}

/* A text with a NUL inside or without one at its end is none. */
static void bad_texts(void **state)
{
    static const uint8_t inside[] = {0, 2, 'a', 0, 0}, without[] = {0, 2, 'a', 'b', 'c'};
    (void)state;
    struct midge__take take = {inside, sizeof inside, false};
    assert_null(midge__take_text(&take));
    assert_true(take.bad);
    take = (struct midge__take){without, sizeof without, false};
    assert_null(midge__take_text(&take));
    assert_true(take.bad);
}

static void wiped(void **state)
{
    uint8_t secret[5] = {1, 2, 3, 4, 5};
    (void)state;
    midge__wipe(secret + 1, 3);
    assert_memory_equal(secret, "\1\0\0\0\5", 5);
    midge__wipe(secret, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip), cmocka_unit_test(too_small), cmocka_unit_test(cut),
        cmocka_unit_test(bad_texts),  cmocka_unit_test(wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
