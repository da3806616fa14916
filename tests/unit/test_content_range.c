/* SPDX-License-Identifier: MIT */
/* Content-Range in its three forms, and everything that only looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/span.h"
#include "codec/content_range.h"

#define UNKNOWN MIDGE_RANGE_UNKNOWN

static void is(const char *text, uint64_t first, uint64_t last, uint64_t total)
{
    struct midge_content_range range;
    if (!midge__content_range(midge__span_of(text), &range)) {
        fail_msg("'%s' is refused", text);
    }
    assert_true(range.first == first && range.last == last && range.total == total);
}

static void is_none(const char *text)
{
    struct midge_content_range range = {1, 2, 3};
    if (midge__content_range(midge__span_of(text), &range)) {
        fail_msg("'%s' is accepted", text);
    }
    assert_true(range.first == 1 && range.last == 2 && range.total == 3);
}

static void good(void **state)
{
    (void)state;
    is("bytes 0-99/1000", 0, 99, 1000);
    is("bytes 0-0/1", 0, 0, 1);
    is("BYTES 42-1233/1234", 42, 1233, 1234);
    is("bytes 42-1233/*", 42, 1233, UNKNOWN);
    is("bytes */1234", UNKNOWN, UNKNOWN, 1234);
    is("bytes */0", UNKNOWN, UNKNOWN, 0);
    is("bytes 18446744073709551612-18446744073709551613/18446744073709551614", UINT64_MAX - 3,
       UINT64_MAX - 2, UINT64_MAX - 1);
}

static void bad(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "/",
        "bytes",
        "bytes ",
        "bytes /",
        "bytes 0-1",
        "bytes 0-1/",
        "bytes 0/1",
        "bytes -1/2",
        "bytes 0-/2",
        "bytes 1-0/2",
        "bytes 0-2/2",
        "bytes 0-1/1",
        "bytes */*",
        "bytes *-*/2",
        "bytes *-1/2",
        "bytes 0-*/2",
        "bytes=0-1/2",
        "bytes: 0-1/2",
        "items 0-1/2",
        "bytes  0-1/2",
        "bytes 0-1/2 ",
        "bytes 0 -1/2",
        "bytes 0-1 /2",
        "bytes 0-1/2/3",
        "bytes 0-1,4-5/9",
        "bytes +0-1/2",
        "bytes 0x0-1/2",
        " bytes 0-1/2",
        "0-1/2",
        "/ bytes 0-1",
        "bytes 18446744073709551615-18446744073709551615/9",
        "bytes 0-18446744073709551615/*",
        "bytes 0-18446744073709551616/*",
        "bytes */18446744073709551615",
        "bytes 0-1/18446744073709551615",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        is_none(texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good),
        cmocka_unit_test(bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
