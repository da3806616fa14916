/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/span.h"
#include "codec/hpack.h"

static uint8_t buf[40000];
static struct midge__hpack_out out;

static int setup(void **state)
{
    (void)state;
    memset(buf, 0, sizeof buf);
    out = (struct midge__hpack_out){.buf = buf, .end = sizeof buf};
    return 0;
}

static void check(const char *expected, size_t len)
{
    assert_int_equal(out.at, len);
    assert_memory_equal(buf, expected, len);
}

#define CHECK(expected) check(expected, sizeof(expected) - 1)

static void put(const char *name, const char *value)
{
    midge__hpack_put_field(&out, 0, false, midge__span_of(name), midge__span_of(value));
}

static void put_named(unsigned index, bool secret, const char *value)
{
    const struct midge_span text = midge__span_of(value);
    midge__hpack_put_field(&out, index, secret, text, text);
}

/* RFC 7541 C.3.1, but for :method and for the indexing of :authority. */
static void test_rfc_example(void **state)
{
    (void)state;
    put_named(MIDGE__HPACK_METHOD, false, "GET");
    midge__hpack_put_index(&out, MIDGE__HPACK_SCHEME_HTTP);
    midge__hpack_put_index(&out, MIDGE__HPACK_PATH);
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
    midge__hpack_put_field(&out, 0, true, MIDGE__LIT("password"), MIDGE__LIT("secret"));
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
        out.at = 0;
        const struct midge_span text = midge__span(value, cases[i].len);
        midge__hpack_put_field(&out, 4, false, text, text);
        assert_int_equal(out.at, 1 + cases[i].size + cases[i].len);
        assert_memory_equal(buf + 1, cases[i].text, cases[i].size);
        assert_memory_equal(buf + 1 + cases[i].size, value, cases[i].len);
    }
}

static void put_some(void)
{
    midge__hpack_put_index(&out, 7);
    put("X-Name", "value");
    put("Accept", "*/*");
    put("", "");
}

/* Each window of the block has the same bytes as the whole, and nothing is written outside. */
static void test_windows(void **state)
{
    (void)state;
    put_some();
    const size_t len = out.at;
    uint8_t whole[64];
    assert_true(len < sizeof whole);
    memcpy(whole, buf, len);
    for (size_t begin = 0; begin <= len; begin++) {
        for (size_t end = begin; end <= len + 2; end++) {
            const size_t most = end < len ? end : len;
            memset(buf, 0xa5, len + 3);
            out = (struct midge__hpack_out){.buf = buf, .begin = begin, .end = end};
            put_some();
            assert_int_equal(out.at, len);
            assert_memory_equal(buf, whole + begin, most - begin);
            assert_int_equal(buf[most - begin], 0xa5);
        }
    }
}

static void test_only_counts(void **state)
{
    (void)state;
    put_some();
    const size_t len = out.at;
    out = (struct midge__hpack_out){0};
    put_some();
    assert_int_equal(out.at, len);
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
        cmocka_unit_test_setup(test_windows, setup),
        cmocka_unit_test_setup(test_only_counts, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
