/* SPDX-License-Identifier: MIT */
/* The policy of retries: which failures may pass, the budget. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "midge/err.h"
#include "policy/retry.h"

/* Each status: repeatable, not repeatable, the same with Retry-After, with any_failure. */
static void statuses(void **state)
{
    (void)state;
    for (unsigned status = 200; status < 600; status++) {
        struct midge__retry_case how = {.status = status, .was_sent = true, .is_repeatable = true};
        const bool passing = status == 408 || status == 429 || status == 500 || status == 502 ||
                             status == 503 || status == 504;
        assert_int_equal(midge__retry_helps(&how), passing);
        how.any_failure = true;
        assert_int_equal(midge__retry_helps(&how), status >= 400);
        how.any_failure = how.is_repeatable = false;
        assert_int_equal(midge__retry_helps(&how), status == 429);
        how.asks_later = true;
        assert_int_equal(midge__retry_helps(&how), status == 429 || status == 503);
    }
}

static void errors(void **state)
{
    static const struct {
        int err;
        bool passes, passes_any;
    } rows[] = {
        {MIDGE_ERR_RESOLVE, true, true},     {MIDGE_ERR_CONNECT, true, true},
        {MIDGE_ERR_SEND, true, true},        {MIDGE_ERR_RECV, true, true},
        {MIDGE_ERR_TIMEOUT, true, true},     {MIDGE_ERR_EMPTY_REPLY, true, true},
        {MIDGE_ERR_PARTIAL, true, true},     {MIDGE_ERR_TLS, false, true},
        {MIDGE_ERR_CERT, false, true},       {MIDGE_ERR_PROTOCOL, false, true},
        {MIDGE_ERR_CANCELED, false, false},  {MIDGE_ERR_CLOSED, false, false},
        {MIDGE_ERR_WRITE, false, false},     {MIDGE_ERR_NO_MEMORY, false, false},
        {MIDGE_ERR_REDIRECTS, false, false}, {-1234, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int repeatable = 0; repeatable < 2; repeatable++) {
            for (int sent = 0; sent < 2; sent++) {
                struct midge__retry_case how = {
                    .err = rows[i].err, .was_sent = sent, .is_repeatable = repeatable};
                const bool safe = repeatable || !sent;
                assert_int_equal(midge__retry_helps(&how), rows[i].passes && safe);
                how.any_failure = true;
                assert_int_equal(midge__retry_helps(&how), rows[i].passes_any && safe);
            }
        }
    }
}

static void budget(void **state)
{
    uint32_t left = 2 * MIDGE__RETRY_COST;
    (void)state;
    assert_true(midge__retry_pays(&left));
    assert_true(midge__retry_pays(&left));
    assert_false(midge__retry_pays(&left));
    for (unsigned i = 1; i < MIDGE__RETRY_COST; i++) {
        midge__retry_earns(&left, 2 * MIDGE__RETRY_COST);
        assert_false(midge__retry_pays(&left));
    }
    midge__retry_earns(&left, 2 * MIDGE__RETRY_COST);
    assert_true(midge__retry_pays(&left));
    for (unsigned i = 0; i < 100; i++) {
        midge__retry_earns(&left, 2 * MIDGE__RETRY_COST);
    }
    assert_int_equal(left, 2 * MIDGE__RETRY_COST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses),
        cmocka_unit_test(errors),
        cmocka_unit_test(budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
