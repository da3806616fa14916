/* SPDX-License-Identifier: MIT */
/* Keep-Alive fields as servers write them, and forms that are not allowed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "codec/keep_alive.h"

#define NONE MIDGE__KEEP_ALIVE_NONE

static const struct {
    const char *fields[3];
    uint32_t timeout_s, max;
} cases[] = {
    {{"timeout=5"}, 5, NONE},                  /* Node */
    {{"timeout=5, max=100"}, 5, 100},          /* Apache */
    {{"max=100, timeout=5"}, 5, 100},          /* order */
    {{"timeout=5,max=100"}, 5, 100},           /* no space */
    {{"Timeout=5; MAX=7"}, 5, 7},              /* case; not a comma */
    {{"timeout=5 max=7"}, 5, 7},               /* neither */
    {{" \ttimeout\t=\t 5 ,\tmax = 7 "}, 5, 7}, /* white space everywhere */
    {{"timeout=\"5\", max=\" 7 \""}, 5, 7},    /* quoted */
    {{"300"}, NONE, NONE},                     /* RFC 2068's predecessor */
    {{"timeout=0, max=0"}, 0, 0},              /* now, and none */
    {{"max=1"}, NONE, 1},
    {{"timeout=10", "timeout=5"}, 5, NONE}, /* the smallest of all fields */
    {{"timeout=5", "timeout=10", "max=3"}, 5, 3},
    {{"timeout=10, timeout=5, timeout=20"}, 5, NONE},
    {{"x=1, timeout=5, y, z=\"a,timeout=1\""}, 5, NONE},
    {{"timeout=4294967294"}, 4294967294U, NONE},
    {{"timeout=4294967295"}, NONE, NONE},
    {{"timeout=4294967301, max=4294967297"}, NONE, NONE}, /* not 5 and 1 */
    {{"timeout=18446744073709551616"}, NONE, NONE},
    {{"timeout=99999999999999999999999999999999, max=2"}, NONE, 2},
    {{"timeout=-1, max=-1"}, NONE, NONE},
    {{"timeout=+5"}, NONE, NONE},
    {{"timeout=5s"}, NONE, NONE},
    {{"timeout=1.5"}, NONE, NONE},
    {{"timeout=0x10"}, NONE, NONE},
    {{"timeout="}, NONE, NONE},
    {{"timeout"}, NONE, NONE},
    {{"timeout=, max=3"}, NONE, 3},
    {{"timeout==5"}, 5, NONE},
    {{"=5, timeout=7"}, 7, NONE},
    {{"timeouts=5, atimeout=5, maximum=1"}, NONE, NONE},
    {{"\"timeout\"=5"}, 5, NONE},
    {{"timeout=\"5"}, 5, NONE}, /* its end is missing */
    {{"timeout=\"\", max=\"\\3\""}, NONE, NONE},
    {{"\"", "=", ""}, NONE, NONE},
    {{",,;;  ,timeout=5,,"}, 5, NONE},
};

static struct midge__keep_alive note(const char *const *fields, size_t n)
{
    struct midge__keep_alive hint = {NONE, NONE};
    for (size_t i = 0; i < n && fields[i] != NULL; i++) {
        /* Exactly: a byte too far is seen by the sanitizer. */
        size_t len = strlen(fields[i]);
        char *copy = malloc(len > 0 ? len : 1);
        assert_non_null(copy);
        memcpy(copy, fields[i], len);
        midge__keep_alive_note(&hint, midge__span(copy, len));
        free(copy);
    }
    return hint;
}

static void fields_of_all_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct midge__keep_alive hint = note(cases[i].fields, 3);
        if (hint.timeout_s != cases[i].timeout_s || hint.max != cases[i].max) {
            fail_msg("%s: timeout %u, max %u", cases[i].fields[0], hint.timeout_s, hint.max);
        }
    }
}

/* Nothing lengthens what was said before, and any bytes come to an end. */
static void only_shorter(void **state)
{
    static const char bytes[] = "timeoutmax=\"5,; \t0";
    uint32_t seed = 1;
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        char text[24];
        struct midge__keep_alive hint = {7, 3};
        for (size_t i = 0; i < sizeof text; i++) {
            seed = seed * 1664525U + 1013904223U;
            text[i] = bytes[(seed >> 16) % (sizeof bytes - 1)];
        }
        midge__keep_alive_note(&hint, midge__span(text, sizeof text));
        assert_true(hint.timeout_s <= 7 && hint.max <= 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_all_kinds),
        cmocka_unit_test(only_shorter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
