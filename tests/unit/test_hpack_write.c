/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/span.h"
#include "codec/hpack.h"

static uint8_t buf[40000], *out;

static int setup(void **state)
{
    (void)state;
    memset(buf, 0, sizeof buf);
    out = buf;
    return 0;
}

static void check(const char *expected, size_t len)
{
    assert_int_equal(out - buf, len);
    assert_memory_equal(buf, expected, len);
    assert_int_equal(*out, 0); /* nothing behind it */
}

#define CHECK(expected) check(expected, sizeof(expected) - 1)

static void put(const char *name, const char *value)
{
    out = midge__hpack_put_field(out, 0, false, midge__span_of(name), midge__span_of(value));
}

static void put_named(unsigned index, bool secret, const char *value)
{
    const struct midge_span text = midge__span_of(value);
    out = midge__hpack_put_field(out, index, secret, text, text);
}

/* RFC 7541 C.3.1, but for :method and for the indexing of :authority. */
static void test_rfc_example(void **state)
{
    (void)state;
    put_named(MIDGE__HPACK_METHOD, false, "GET");
    *out++ = MIDGE__HPACK_INDEXED | MIDGE__HPACK_SCHEME_HTTP;
    *out++ = MIDGE__HPACK_INDEXED | MIDGE__HPACK_PATH;
    put_named(MIDGE__HPACK_AUTHORITY, false, "www.example.com");
    CHECK("\x02\x03GET\x86\x84\x01\x0fwww.example.com");
}

/* RFC 7541 C.2.2. */
static void test_named(void **state)
{
    (void)state;
    put_named(MIDGE__HPACK_PATH, false, "/sample/path");
    CHECK("\x04\x0c/sample/path");
}

static void test_large_indices(void **state)
{
    (void)state;
    put_named(14, false, "x");
    put_named(15, false, "y");
    put_named(61, false, "z");
    CHECK("\x0e\x01x\x0f\x00\x01y\x0f\x2e\x01z");
}

static void test_name_in_lower_case(void **state)
{
    (void)state;
    put("X-Request-ID", "Aa");
    CHECK("\x00\x0cx-request-id\x02"
          "Aa");
}

/* RFC 7541 C.2.3 and 7.1.3. */
static void test_secrets_are_never_indexed(void **state)
{
    (void)state;
    out = midge__hpack_put_field(out, 0, true, MIDGE__LIT("password"), MIDGE__LIT("secret"));
    put_named(23, true, "a");
    CHECK("\x10\x08password\x06secret\x1f\x08\x01"
          "a");
}

/* RFC 7541 5.1. */
static void test_lengths(void **state)
{
    static const struct {
        size_t len;
        const char *text;
        size_t size;
    } cases[] = {
        {0, "\x00", 1},
        {126, "\x7e", 1},
        {127, "\x7f\x00", 2},
        {254, "\x7f\x7f", 2},
        {255, "\x7f\x80\x01", 3},
        {16510, "\x7f\xff\x7f", 3},
        {16511, "\x7f\x80\x80\x01", 4},
    };
    static char value[17000];
    (void)state;
    memset(value, 'v', sizeof value);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct midge_span text = midge__span(value, cases[i].len);
        out = midge__hpack_put_field(buf, 4, false, text, text);
        assert_int_equal(out - buf, 1 + cases[i].size + cases[i].len);
        assert_memory_equal(buf + 1, cases[i].text, cases[i].size);
        assert_memory_equal(buf + 1 + cases[i].size, value, cases[i].len);
    }
}

/* The most bytes of names and values of all lengths. */
static void test_field_max(void **state)
{
    static char text[600];
    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t n = 0; n < sizeof text; n++) {
        for (size_t v = 0; v < sizeof text; v += 7) {
            out = midge__hpack_put_field(buf, 0, false, midge__span(text, n), midge__span(text, v));
            assert_true((size_t)(out - buf) <= MIDGE__HPACK_FIELD_MAX(n + v));
        }
    }
}

/* The value lies in the same buffer, one byte behind where it goes. */
static void test_in_one_buffer(void **state)
{
    static const char text[] = "a value that is moved";
    (void)state;
    memcpy(buf + 3, text, sizeof text - 1);
    const struct midge_span value = midge__span((char *)buf + 3, sizeof text - 1);
    out = midge__hpack_put_field(buf, 4, false, value, value);
    buf[sizeof text + 1] = 0; /* the rest of where it was */
    CHECK("\x04\x15"
          "a value that is moved");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_rfc_example, setup),
        cmocka_unit_test_setup(test_named, setup),
        cmocka_unit_test_setup(test_large_indices, setup),
        cmocka_unit_test_setup(test_name_in_lower_case, setup),
        cmocka_unit_test_setup(test_secrets_are_never_indexed, setup),
        cmocka_unit_test_setup(test_lengths, setup),
        cmocka_unit_test_setup(test_field_max, setup),
        cmocka_unit_test_setup(test_in_one_buffer, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
