/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codec/h2_write.h"

enum { ROOM = 80, UNTOUCHED = 0xa5 };

static uint8_t out[ROOM];

static int setup(void **state)
{
    (void)state;
    memset(out, UNTOUCHED, sizeof out);
    return 0;
}

/* Just `size` bytes were written, as expected. */
static void check(size_t n, const char *expected, size_t size)
{
    assert_int_equal(n, size);
    assert_memory_equal(out, expected, size);
    assert_int_equal(out[size], UNTOUCHED);
}

static void test_frame(void **state)
{
    (void)state;
    check(midge__h2_write_frame(out, 16384, MIDGE__H2_TYPE_DATA, MIDGE__H2_FLAG_END_STREAM,
                                0x7fffffff),
          "\x00\x40\x00\x00\x01\x7f\xff\xff\xff", MIDGE__H2_FRAME_HEAD);
}

static void test_preface(void **state)
{
    (void)state;
    check(midge__h2_write_preface(out, 0x01020304, 0x10000),
          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
          "\x00\x00\x18\x04\x00\x00\x00\x00\x00"
          "\x00\x01\x00\x00\x00\x00"
          "\x00\x02\x00\x00\x00\x00"
          "\x00\x06\x00\x01\x00\x00"
          "\x00\x04\x01\x02\x03\x04",
          MIDGE__H2_PREFACE_SIZE);
}

static void test_settings_ack(void **state)
{
    (void)state;
    check(midge__h2_write_settings_ack(out), "\x00\x00\x00\x04\x01\x00\x00\x00\x00",
          MIDGE__H2_ACK_SIZE);
}

static void test_ping(void **state)
{
    (void)state;
    check(midge__h2_write_ping(out, MIDGE__H2_FLAG_ACK, (const uint8_t *)"abcdefgh"),
          "\x00\x00\x08\x06\x01\x00\x00\x00\x00"
          "abcdefgh",
          MIDGE__H2_PING_SIZE);
}

static void test_window_update(void **state)
{
    (void)state;
    check(midge__h2_write_window_update(out, 3, 0x7fffffff),
          "\x00\x00\x04\x08\x00\x00\x00\x00\x03\x7f\xff\xff\xff", MIDGE__H2_UPDATE_SIZE);
}

static void test_rst_stream(void **state)
{
    (void)state;
    check(midge__h2_write_rst_stream(out, 0x10203, MIDGE__H2_CANCEL),
          "\x00\x00\x04\x03\x00\x00\x01\x02\x03\x00\x00\x00\x08", MIDGE__H2_UPDATE_SIZE);
}

static void test_goaway(void **state)
{
    (void)state;
    check(midge__h2_write_goaway(out, MIDGE__H2_COMPRESSION_ERROR),
          "\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09",
          MIDGE__H2_PING_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_frame, setup),
        cmocka_unit_test_setup(test_preface, setup),
        cmocka_unit_test_setup(test_settings_ack, setup),
        cmocka_unit_test_setup(test_ping, setup),
        cmocka_unit_test_setup(test_window_update, setup),
        cmocka_unit_test_setup(test_rst_stream, setup),
        cmocka_unit_test_setup(test_goaway, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
