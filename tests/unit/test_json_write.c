/* SPDX-License-Identifier: MIT */
/* The JSON writer: documents, each in buffers of every size, and each way to call it wrongly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "codec/json_scan.h"
#include "midge/err.h"
#include "midge/json_write.h"

typedef void write_fn(struct midge_json_writer *w);

/* Writes by fn into every size of buffer; it must give exactly this document. */
static void check(write_fn *fn, const char *expected)
{
    const size_t whole = strlen(expected);
    for (size_t cap = 0; cap <= whole + 2; cap++) {
        char *out = malloc(cap > 0 ? cap : 1); /* a sanitizer sees each byte beyond it */
        size_t len = 12345;
        struct midge_json_writer w;
        assert_non_null(out);
        midge_json_write_begin(&w, cap > 0 ? out : NULL, cap);
        fn(&w);
        int err = midge_json_write_end(&w, &len);
        assert_int_equal(len, whole);
        assert_int_equal(err, cap > whole ? MIDGE_OK : MIDGE_ERR_TOO_LARGE);
        if (cap > 0) {
            assert_string_equal(out, cap > whole ? expected : "");
        }
        free(out);
    }
}

static void check_wrong(write_fn *fn)
{
    char out[256] = "x";
    size_t len = 12345;
    struct midge_json_writer w;
    midge_json_write_begin(&w, out, sizeof out);
    fn(&w);
    assert_int_equal(midge_json_write_end(&w, &len), MIDGE_ERR_INVALID);
    assert_int_equal(len, 0);
    assert_string_equal(out, "");
}

/* --- documents --- */

static void an_object(struct midge_json_writer *w)
{
    midge_json_begin_object(w);
    midge_json_put_key(w, "device");
    midge_json_put_string(w, "kitchen");
    midge_json_put_key(w, "celsius");
    midge_json_begin_array(w);
    midge_json_put_double(w, 21.5);
    midge_json_put_double(w, -0.25);
    midge_json_end_array(w);
    midge_json_put_key(w, "empty");
    midge_json_begin_object(w);
    midge_json_end_object(w);
    midge_json_put_key(w, "on");
    midge_json_put_bool(w, true);
    midge_json_put_key(w, "off");
    midge_json_put_bool(w, false);
    midge_json_put_key(w, "none");
    midge_json_put_null(w);
    midge_json_put_key(w, "raw");
    midge_json_put_raw(w, "[1, 2]!", 6);
    midge_json_end_object(w);
}

static void an_array_of_all(struct midge_json_writer *w)
{
    midge_json_begin_array(w);
    midge_json_begin_array(w);
    midge_json_end_array(w);
    midge_json_begin_object(w);
    midge_json_put_key(w, "");
    midge_json_put_int(w, INT64_MIN);
    midge_json_end_object(w);
    midge_json_put_int(w, INT64_MAX);
    midge_json_put_int(w, 0);
    midge_json_put_int(w, -1);
    midge_json_put_string(w, "");
    midge_json_put_text(w, "a\0b", 3);
    midge_json_end_array(w);
}

static void a_string(struct midge_json_writer *w)
{
    midge_json_put_string(w,
                          "\" \\ / \b\f\n\r\t \x01\x1f\x7f \xc3\xbc\xe2\x82\xac\xf0\x9f\x90\x95");
}

static void a_number(struct midge_json_writer *w)
{
    midge_json_put_int(w, 7);
}

/* The first and the last character of each length in UTF-8, and those around the surrogates. */
static void edges_of_utf8(struct midge_json_writer *w)
{
    midge_json_put_string(w, "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
                             "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
}

static void deepest(struct midge_json_writer *w)
{
    for (int i = 0; i < MIDGE_JSON_WRITE_DEPTH; i++) {
        midge_json_begin_array(w);
    }
    for (int i = 0; i < MIDGE_JSON_WRITE_DEPTH; i++) {
        midge_json_end_array(w);
    }
}

static void documents(void **state)
{
    (void)state;
    check(an_object, "{\"device\":\"kitchen\",\"celsius\":[21.5,-0.25],\"empty\":{},\"on\":true,"
                     "\"off\":false,\"none\":null,\"raw\":[1, 2]}");
    check(an_array_of_all, "[[],{\"\":-9223372036854775808},9223372036854775807,0,-1,\"\","
                           "\"a\\u0000b\"]");
    check(a_string, "\"\\\" \\\\ / \\b\\f\\n\\r\\t \\u0001\\u001f\x7f "
                    "\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\x95\"");
    check(a_number, "7");
    check(edges_of_utf8, "\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
                         "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"");
    check(deepest, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
}

static void the_length_may_be_ignored(void **state)
{
    char out[2];
    struct midge_json_writer w;
    (void)state;
    midge_json_write_begin(&w, out, sizeof out);
    a_number(&w);
    assert_int_equal(midge_json_write_end(&w, NULL), MIDGE_OK);
    assert_string_equal(out, "7");
}

/* --- wrong calls --- */

static void nothing(struct midge_json_writer *w)
{
    (void)w;
}

static void two_values(struct midge_json_writer *w)
{
    midge_json_put_int(w, 1);
    midge_json_put_int(w, 2);
}

static void value_after_a_container(struct midge_json_writer *w)
{
    midge_json_begin_array(w);
    midge_json_end_array(w);
    midge_json_begin_array(w);
    midge_json_end_array(w);
}

static void not_closed(struct midge_json_writer *w)
{
    midge_json_begin_array(w);
    midge_json_put_int(w, 1);
}

static void closed_twice(struct midge_json_writer *w)
{
    midge_json_begin_array(w);
    midge_json_end_array(w);
    midge_json_end_array(w);
}

static void array_ends_as_object(struct midge_json_writer *w)
{
    midge_json_begin_array(w);
    midge_json_end_object(w);
}

static void object_ends_as_array(struct midge_json_writer *w)
{
    midge_json_begin_object(w);
    midge_json_end_array(w);
}

static void end_at_the_top(struct midge_json_writer *w)
{
    midge_json_put_int(w, 1);
    midge_json_end_array(w);
}

static void value_without_key(struct midge_json_writer *w)
{
    midge_json_begin_object(w);
    midge_json_put_int(w, 1);
    midge_json_end_object(w);
}

static void container_without_key(struct midge_json_writer *w)
{
    midge_json_begin_object(w);
    midge_json_begin_object(w);
    midge_json_end_object(w);
    midge_json_end_object(w);
}

static void second_value_for_a_key(struct midge_json_writer *w)
{
    midge_json_begin_object(w);
    midge_json_put_key(w, "a");
    midge_json_put_int(w, 1);
    midge_json_put_int(w, 2);
    midge_json_end_object(w);
}

static void key_without_value(struct midge_json_writer *w)
{
    midge_json_begin_object(w);
    midge_json_put_key(w, "a");
    midge_json_end_object(w);
}

static void two_keys(struct midge_json_writer *w)
{
    midge_json_begin_object(w);
    midge_json_put_key(w, "a");
    midge_json_put_key(w, "b");
    midge_json_put_int(w, 1);
    midge_json_end_object(w);
}

static void key_in_an_array(struct midge_json_writer *w)
{
    midge_json_begin_array(w);
    midge_json_put_key(w, "a");
    midge_json_put_int(w, 1);
    midge_json_end_array(w);
}

static void key_at_the_top(struct midge_json_writer *w)
{
    midge_json_put_key(w, "a");
    midge_json_put_int(w, 1);
}

static void key_behind_an_object_in_an_array(struct midge_json_writer *w)
{
    midge_json_begin_array(w);
    midge_json_begin_object(w);
    midge_json_end_object(w);
    midge_json_put_key(w, "a");
    midge_json_put_int(w, 1);
    midge_json_end_array(w);
}

static void too_deep(struct midge_json_writer *w)
{
    for (int i = 0; i <= MIDGE_JSON_WRITE_DEPTH; i++) {
        midge_json_begin_array(w);
    }
    for (int i = 0; i <= MIDGE_JSON_WRITE_DEPTH; i++) {
        midge_json_end_array(w);
    }
}

static void no_key(struct midge_json_writer *w)
{
    midge_json_begin_object(w);
    midge_json_put_key(w, NULL);
    midge_json_put_int(w, 1);
    midge_json_end_object(w);
}

static void no_string(struct midge_json_writer *w)
{
    midge_json_put_string(w, NULL);
}

static void no_text(struct midge_json_writer *w)
{
    midge_json_put_text(w, NULL, 0);
}

static void no_raw(struct midge_json_writer *w)
{
    midge_json_put_raw(w, NULL, 1);
}

static void empty_raw(struct midge_json_writer *w)
{
    midge_json_put_raw(w, "", 0);
}

static void not_a_number(struct midge_json_writer *w)
{
    midge_json_put_double(w, (double)NAN);
}

static void infinite(struct midge_json_writer *w)
{
    midge_json_put_double(w, (double)-INFINITY);
}

/* An error stays, whatever is right after it. */
static void right_after_wrong(struct midge_json_writer *w)
{
    midge_json_begin_array(w);
    midge_json_put_double(w, (double)NAN);
    midge_json_put_int(w, 1);
    midge_json_end_array(w);
}

static void latin1_in_a_key(struct midge_json_writer *w)
{
    midge_json_begin_object(w);
    midge_json_put_key(w, "M\xfcnchen");
    midge_json_put_int(w, 1);
    midge_json_end_object(w);
}

static void wrong_calls(void **state)
{
    static write_fn *const calls[] = {nothing,
                                      two_values,
                                      value_after_a_container,
                                      not_closed,
                                      closed_twice,
                                      array_ends_as_object,
                                      object_ends_as_array,
                                      end_at_the_top,
                                      value_without_key,
                                      container_without_key,
                                      second_value_for_a_key,
                                      key_without_value,
                                      two_keys,
                                      key_in_an_array,
                                      key_at_the_top,
                                      key_behind_an_object_in_an_array,
                                      too_deep,
                                      no_key,
                                      no_string,
                                      no_text,
                                      no_raw,
                                      empty_raw,
                                      not_a_number,
                                      infinite,
                                      right_after_wrong,
                                      latin1_in_a_key};
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        check_wrong(calls[i]);
    }
}

static void no_buffer(void **state)
{
    struct midge_json_writer w;
    (void)state;
    midge_json_write_begin(&w, NULL, 10);
    a_number(&w);
    assert_int_equal(midge_json_write_end(&w, NULL), MIDGE_ERR_INVALID);
}

static int write_text(const char *text, size_t len)
{
    char out[64];
    struct midge_json_writer w;
    midge_json_write_begin(&w, out, sizeof out);
    midge_json_put_text(&w, text, len);
    return midge_json_write_end(&w, NULL);
}

static void not_utf8(void **state)
{
    static const char *const texts[] = {"\x80",
                                        "\xbf",
                                        "\xc0\x80",
                                        "\xc1\xbf",
                                        "\xc2",
                                        "\xc2 ",
                                        "\xc2\xc0",
                                        "\xe0\x9f\xbf",
                                        "\xe1\x80",
                                        "\xe1\x80 ",
                                        "\xed\xa0\x80",
                                        "\xed\xbf\xbf",
                                        "\xf0\x8f\xbf\xbf",
                                        "\xf0\x90\x80",
                                        "\xf0\x90\x80 ",
                                        "\xf0 \x80\x80",
                                        "\xf4\x90\x80\x80",
                                        "\xf5\x80\x80\x80",
                                        "\xff",
                                        "abc\xfe"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(write_text(texts[i], strlen(texts[i])), MIDGE_ERR_INVALID);
    }
    assert_int_equal(write_text("\xe2\x82\xac", 3), MIDGE_OK);
    assert_int_equal(write_text("\xe2\x82\xac", 2), MIDGE_ERR_INVALID); /* the rest is not read */
}

/* --- numbers --- */

static const char *text_of(double value)
{
    static char out[32];
    struct midge_json_writer w;
    midge_json_write_begin(&w, out, sizeof out);
    midge_json_put_double(&w, value);
    assert_int_equal(midge_json_write_end(&w, NULL), MIDGE_OK);
    return out;
}

static void doubles(void **state)
{
    (void)state;
    assert_string_equal(text_of(0), "0");
    assert_string_equal(text_of(-0.0), "-0");
    assert_string_equal(text_of(1), "1");
    assert_string_equal(text_of(-10), "-10");
    assert_string_equal(text_of(0.1), "0.1");
    assert_string_equal(text_of(0.1 + 0.2), "0.3");
    assert_string_equal(text_of(-21.375), "-21.375");
    assert_string_equal(text_of(100), "100");
    assert_string_equal(text_of(123456789012345), "123456789012345");
    assert_string_equal(text_of(999999999999999), "999999999999999");
    assert_string_equal(text_of(9999999999999996), "1e+16");
    assert_string_equal(text_of(1e14), "100000000000000");
    assert_string_equal(text_of(1e15), "1e+15");
    assert_string_equal(text_of(1.5e300), "1.5e+300");
    assert_string_equal(text_of(0.00001), "0.00001");
    assert_string_equal(text_of(0.0000123456789012345), "0.0000123456789012345");
    assert_string_equal(text_of(0.000001), "1e-6");
    assert_string_equal(text_of(-1.25e-9), "-1.25e-9");
    assert_string_equal(text_of(1.0 / 3), "0.333333333333333");
    assert_string_equal(text_of(2.0 / 3), "0.666666666666667");
    assert_string_equal(text_of(0.99999999999999989), "1");
    assert_string_equal(text_of(9.9999999999999999e22), "1e+23");
}

/* The extremes are near, and every text is read back by others. */
static void extreme_doubles(void **state)
{
    static const double values[] = {DBL_MAX, DBL_MIN, 4.9e-324, 1e-300, 7e200, DBL_EPSILON};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        double back = strtod(text_of(values[i]), NULL);
        assert_true(fabs(back - values[i]) <= values[i] * 2e-14 || (isinf(back) && i == 0));
    }
}

static uint64_t seed = 88172645463325252u;

static uint64_t random_bits(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

/* Decimal numbers of up to 15 digits come out as they went in. */
static void decimals_survive(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[64];
        uint64_t digits = random_bits() % 1000000000000000u;
        for (uint64_t cut = random_bits() % 15; cut > 0; cut--) {
            digits /= 10;
        }
        int exponent = (int)(random_bits() % 28) - 21;
        snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, exponent);
        double value = strtod(text, NULL), back = strtod(text_of(value), NULL);
        if (memcmp(&value, &back, sizeof value) != 0) {
            fail_msg("%s became %s", text, text_of(value));
        }
    }
}

/* --- any order of calls --- */

static void random_call(struct midge_json_writer *w)
{
    switch (random_bits() % 9) {
    case 0:
        midge_json_begin_object(w);
        break;
    case 1:
        midge_json_end_object(w);
        break;
    case 2:
        midge_json_begin_array(w);
        break;
    case 3:
        midge_json_end_array(w);
        break;
    case 4:
    case 5:
        midge_json_put_key(w, "k\n");
        break;
    case 6:
        midge_json_put_string(w, "\xc3\xbc\"");
        break;
    case 7:
        midge_json_put_double(w, (double)(int64_t)random_bits() / 1e9);
        break;
    default:
        midge_json_put_bool(w, true);
    }
}

static bool is_document(const char *text, size_t len)
{
    static const char *const no_paths[1] = {""};
    char value[8];
    struct midge__json_scan scan;
    struct midge_json_value found;
    struct midge_span in = midge__span(text, len), end = {NULL, 0};
    assert_int_equal(midge__json_scan_init(&scan, no_paths, 0, value, sizeof value), MIDGE_OK);
    return midge__json_scan(&scan, &in, &found) == MIDGE_OK &&
           midge__json_scan(&scan, &end, &found) == MIDGE_OK;
}

static void every_result_is_a_document(void **state)
{
    unsigned good = 0;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        char out[128];
        size_t len = 0;
        struct midge_json_writer w;
        midge_json_write_begin(&w, out, sizeof out);
        for (uint64_t n = 1 + random_bits() % 6; n > 0; n--) {
            random_call(&w);
        }
        if (midge_json_write_end(&w, &len) == MIDGE_OK) {
            good++;
            if (!is_document(out, len) || out[len] != '\0') {
                fail_msg("no document: %s", out);
            }
        }
    }
    assert_in_range(good, 5000, 200000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents),
        cmocka_unit_test(the_length_may_be_ignored),
        cmocka_unit_test(wrong_calls),
        cmocka_unit_test(no_buffer),
        cmocka_unit_test(not_utf8),
        cmocka_unit_test(doubles),
        cmocka_unit_test(extreme_doubles),
        cmocka_unit_test(decimals_survive),
        cmocka_unit_test(every_result_is_a_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
