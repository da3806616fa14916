/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/span.h"

/* The bytes alone, on the stack without a NUL behind them. */
#define SPAN(text) midge__span((char[sizeof(text)]){text}, sizeof(text) - 1)

static void assert_span(struct midge_span s, const char *text)
{
    assert_int_equal(s.len, strlen(text));
    assert_memory_equal(s.ptr, text, s.len);
}

static void characters(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        bool digit = c >= '0' && c <= '9';
        bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool mark = c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL;
        assert_int_equal(midge__is_digit((char)c), digit);
        assert_int_equal(midge__is_alpha((char)c), alpha);
        assert_int_equal(midge__is_token((char)c), digit || alpha || mark);
        assert_int_equal(midge__is_ows((char)c), c == ' ' || c == '\t');
        assert_int_equal(midge__is_ctl((char)c), (c < 32 && c != '\t') || c == 127);
        assert_int_equal((unsigned char)midge__lower((char)c), c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
}

static void hex_digits(void **state)
{
    static const char digits[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    (void)state;
    for (int i = 0; i < 16; i++) {
        assert_int_equal(midge__hex_value(digits[i]), i);
        assert_int_equal(midge__hex_value(upper[i]), i);
    }
    for (const char *c = "/:@G`g \xff"; *c != '\0'; c++) {
        assert_int_equal(midge__hex_value(*c), -1);
    }
    assert_int_equal(midge__hex_value('\0'), -1);
}

static void comparisons(void **state)
{
    (void)state;
    assert_true(midge__span_eq(SPAN("abc"), SPAN("abc")));
    assert_false(midge__span_eq(SPAN("abc"), SPAN("abC")));
    assert_false(midge__span_eq(SPAN("abc"), SPAN("ab")));
    assert_true(midge__span_eq(midge__span(NULL, 0), SPAN("")));
    assert_true(midge__span_eq_nocase(SPAN("aBc-[@"), SPAN("AbC-[@")));
    assert_false(midge__span_eq_nocase(SPAN("abc"), SPAN("abd")));
    assert_false(midge__span_eq_nocase(SPAN("abc"), SPAN("abcd")));
    assert_false(midge__span_eq_nocase(SPAN("@"), SPAN("`"))); /* 32 apart, no letters */
    assert_true(midge__span_eq_nocase(midge__span(NULL, 0), SPAN("")));
    assert_true(midge__span_is(SPAN("ETag"), "etag"));
    assert_false(midge__span_is(SPAN("ETag"), "eta"));
    assert_true(midge__span_is(midge__span(NULL, 0), NULL));
}

static void finds(void **state)
{
    (void)state;
    assert_int_equal(midge__span_find(SPAN(":a:b"), ':'), 0);
    assert_int_equal(midge__span_find(SPAN("a:b:"), ':'), 1);
    assert_int_equal(midge__span_find(SPAN("ab:"), ':'), 2);
    assert_int_equal(midge__span_find(SPAN("abc"), ':'), 3);
    assert_int_equal(midge__span_find(midge__span("abc:", 3), ':'), 3);
    assert_int_equal(midge__span_find(midge__span(NULL, 0), ':'), 0);
}

static void trims(void **state)
{
    (void)state;
    assert_span(midge__span_trim(SPAN(" \ta b\t ")), "a b");
    assert_span(midge__span_trim(SPAN("ab")), "ab");
    assert_span(midge__span_trim(SPAN("\nab\r")), "\nab\r");
    assert_span(midge__span_trim(SPAN(" \t ")), "");
    assert_span(midge__span_trim(SPAN("")), "");
}

static void lists(void **state)
{
    static const char *const items[] = {"a", "", "b c", "d"};
    struct midge_span rest = SPAN(" a,, b c\t,d"), item;
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_true(midge__span_list_next(&rest, &item));
        assert_span(item, items[i]);
    }
    assert_false(midge__span_list_next(&rest, &item));
    assert_false(midge__span_list_next(&rest, &item));
    rest = SPAN("a,"); /* an empty one after the last comma */
    assert_true(midge__span_list_next(&rest, &item));
    assert_true(midge__span_list_next(&rest, &item));
    assert_span(item, "");
    assert_false(midge__span_list_next(&rest, &item));
    rest = SPAN(""); /* one empty one */
    assert_true(midge__span_list_next(&rest, &item));
    assert_span(item, "");
    assert_false(midge__span_list_next(&rest, &item));
}

static void numbers(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t value;
    } rows[] = {{"0", true, 0},
                {"9", true, 9},
                {"0010", true, 10},
                {"18446744073709551609", true, UINT64_MAX - 6},
                {"18446744073709551615", true, UINT64_MAX},
                {"18446744073709551616", false, 0},
                {"18446744073709551620", false, 0},
                {"28446744073709551615", false, 0},
                {"184467440737095516150", false, 0},
                {"", false, 0},
                {"-1", false, 0},
                {"+1", false, 0},
                {" 1", false, 0},
                {"1 ", false, 0},
                {"1/", false, 0},
                {"1:", false, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = 0;
        assert_int_equal(midge__span_u64(midge__span_of(rows[i].text), &value), rows[i].good);
        assert_true(!rows[i].good || value == rows[i].value);
    }
}

static void numbers_as_text(void **state)
{
    static const struct {
        uint64_t value;
        const char *text;
    } rows[] = {{0, "0"}, {9, "9"}, {10, "10"}, {120, "120"}, {UINT64_MAX, "18446744073709551615"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[MIDGE__U64_DIGITS + 1];
        memset(text, '#', sizeof text);
        size_t len = midge__u64_text(text, rows[i].value);
        assert_span(midge__span(text, len), rows[i].text);
        assert_int_equal(text[len], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters),  cmocka_unit_test(hex_digits),
        cmocka_unit_test(comparisons), cmocka_unit_test(finds),
        cmocka_unit_test(trims),       cmocka_unit_test(lists),
        cmocka_unit_test(numbers),     cmocka_unit_test(numbers_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
