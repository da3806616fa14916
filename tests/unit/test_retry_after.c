/* SPDX-License-Identifier: MIT */
/* Retry-After: numbers, and dates counted from the answer's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/span.h"
#include "codec/retry_after.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

static uint32_t after(const char *value, const char *date)
{
    return midge__retry_after(midge__span_of(value), midge__span_of(date));
}

static void numbers(void **state)
{
    (void)state;
    assert_int_equal(after("0", NULL), 0);
    assert_int_equal(after("120", NULL), 120);
    assert_int_equal(after("4294967294", NULL), 4294967294u);
    assert_int_equal(after("4294967295", NULL), UINT32_MAX);
    assert_int_equal(after("4294967296", NULL), UINT32_MAX);
    assert_int_equal(after("18446744073709551615", NULL), UINT32_MAX);
    assert_int_equal(after("99999999999999999999", NULL), UINT32_MAX);
    assert_int_equal(after("000000000000000000000000000000", NULL), 0);
    assert_int_equal(after("000000000000000000000000000009", NULL), 9);
    assert_int_equal(after("99999999999999999999s", NULL), 0);
    assert_int_equal(after("-1", DATE), 0);
    assert_int_equal(after("1.5", DATE), 0);
    assert_int_equal(after("", DATE), 0);
    assert_int_equal(after("7", DATE), 7);
}

static void dates(void **state)
{
    (void)state;
    assert_int_equal(after("Sun, 06 Nov 1994 08:50:37 GMT", DATE), 60);
    assert_int_equal(after("Sun, 06 Nov 1994 08:49:38 GMT", DATE), 1);
    assert_int_equal(after(DATE, DATE), 0);
    assert_int_equal(after("Sun, 06 Nov 1994 08:49:36 GMT", DATE), 0);
    assert_int_equal(after("Fri, 01 Jan 9999 00:00:00 GMT", DATE), UINT32_MAX);
    assert_int_equal(after("Sun, 06 Nov 1994 08:50:37 GMT", NULL), 0);
    assert_int_equal(after("Sun, 06 Nov 1994 08:50:37 GMT", "yesterday"), 0);
    assert_int_equal(after("tomorrow", DATE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
