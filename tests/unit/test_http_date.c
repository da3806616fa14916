/* SPDX-License-Identifier: MIT */
/* Dates of header fields: the three forms, every day of four centuries, and what is no date. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/codec/http_date.c"

static bool date(const char *text, int64_t *seconds)
{
    size_t len = strlen(text);
    char *copy = malloc(len > 0 ? len : 1); /* without its NUL */
    assert_non_null(copy);
    memcpy(copy, text, len);
    bool good = midge__http_date(midge__span(copy, len), seconds);
    free(copy);
    return good;
}

static void assert_date(const char *text, int64_t expected)
{
    int64_t seconds = -1;
    if (!date(text, &seconds) || seconds != expected) {
        fail_msg("%s: %lld, not %lld", text, (long long)seconds, (long long)expected);
    }
}

static void test_forms(void **state)
{
    (void)state;
    assert_date("Sun, 06 Nov 1994 08:49:37 GMT", 784111777);
    assert_date("Sunday, 06-Nov-94 08:49:37 GMT", 784111777);
    assert_date("Sun Nov  6 08:49:37 1994", 784111777);
    assert_date("Sun Nov 16 08:49:37 1994", 784975777);
    assert_date("Thu, 01 Jan 1970 00:00:00 GMT", 0);
    assert_date("Tue, 29 Feb 2000 23:59:59 GMT", 951868799);
    assert_date("Sat, 31 Dec 2016 23:59:60 GMT", 1483228800); /* a leap second */
    assert_date("Tue, 19 Jan 2038 03:14:08 GMT", 2147483648);
    assert_date("Fri, 31 Dec 9999 23:59:59 GMT", 253402300799);
    assert_date("Wednesday, 01-Jan-69 00:00:00 GMT", 3124224000);
    assert_date("Friday, 02-Jan-70 00:00:00 GMT", 86400);
}

/* One after another, from a calendar that counts. */
static void test_each_day(void **state)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = 0;
    (void)state;
    for (unsigned year = 1970; year < 2410; year++) {
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        for (unsigned month = 0; month < 12; month++) {
            for (unsigned day = 1; day <= lengths[month] + (month == 1 && leap); day++) {
                char text[64];
                snprintf(text, sizeof text, "Day, %02u %.3s %u 12:34:56 GMT", day,
                         names + 3 * month, year);
                assert_date(text, days++ * 86400 + 45296);
            }
        }
    }
}

static void test_no_dates(void **state)
{
    static const char *const bad[] = {
        "",
        "0",
        "120",
        "-1",
        "soon",
        "Nov",
        "Sun, 06 Nov 1994",
        "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 06 Nov 1994 08:49:37:12 GMT",
        "Sun, 06 Non 1994 08:49:37 GMT",
        "Sun, 06 11 1994 08:49:37 GMT",
        "Sun, 06 1994 Nov 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1969 08:49:37 GMT",
        "Sun, 06 Nov 101994 08:49:37 GMT",
        "Sun, 06 November 1994 08:49:37 GMT",
        "Sun, 06 Nov 99999999999999999999999 08:49:37 GMT",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t seconds;
        if (date(bad[i], &seconds)) {
            fail_msg("taken: %s", bad[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_each_day),
        cmocka_unit_test(test_no_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
