/* SPDX-License-Identifier: MIT */
/* Waits by chance, and the chance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/backoff.h"
#include "midge/err.h"

/* The longest wait doubles up to the limit; the shortest is 0. */
static void waits(void **state)
{
    static const uint32_t most[] = {1000, 2000, 4000, 8000, 10000, 10000};
    (void)state;
    for (unsigned nth = 0; nth < 6; nth++) {
        assert_int_equal(midge__backoff(1000, 10000, nth, UINT32_MAX), most[nth]);
        assert_int_equal(midge__backoff(1000, 10000, nth, 0), 0);
        assert_in_range(midge__backoff(1000, 10000, nth, UINT32_MAX / 2), most[nth] / 2 - 1,
                        most[nth] / 2 + 1);
    }
    assert_int_equal(midge__backoff(1000, 10, 0, UINT32_MAX), 10);
    assert_int_equal(midge__backoff(1, UINT32_MAX, 255, UINT32_MAX), UINT32_MAX);
    assert_int_equal(midge__backoff(UINT32_MAX, UINT32_MAX, 255, UINT32_MAX), UINT32_MAX);
    assert_int_equal(midge__backoff(0, UINT32_MAX, 255, UINT32_MAX), 0);
}

static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    memset(buf, 0x5a, len);
    return *(const int *)ctx;
}

static void chances(void **state)
{
    int err = MIDGE_OK;
    const struct midge_port port = {.ctx = &err, .entropy = entropy};
    (void)state;
    assert_int_equal(midge__chance(&port, 7), 0x5a5a5a5a);
    err = MIDGE_ERR_ENTROPY;
    assert_int_equal(midge__chance(&port, 7), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits),
        cmocka_unit_test(chances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
