/* SPDX-License-Identifier: MIT */
/* Defaults of the configuration, and the sums of midge_memory_needed and midge_memory_least. */
#include "fake_port.h"

#include "base/millis.h"

static struct midge_config with_defaults(const struct midge_config *from)
{
    struct midge_config c;
    midge__config_defaults(&c, from);
    return c;
}

static void zero_is_the_default(void **state)
{
    const struct midge_config c = with_defaults(&(struct midge_config){0});
    (void)state;
    assert_int_equal(c.max_connections, MIDGE_MAX_CONNECTIONS);
    assert_int_equal(c.max_per_origin, MIDGE_MAX_PER_ORIGIN);
    assert_int_equal(c.max_handshakes, MIDGE_MAX_HANDSHAKES);
    assert_int_equal(c.max_transfers, MIDGE_MAX_CONNECTIONS);
    assert_int_equal(c.max_awaitables, MIDGE_MAX_AWAITABLES);
    assert_int_equal(c.max_header, MIDGE_MAX_HEADER);
    assert_int_equal(c.max_head_total, MIDGE_MAX_HEAD_TOTAL);
    assert_int_equal(c.turn_crypto, MIDGE_TURN_CRYPTO);
    assert_int_equal(c.turn_bytes, MIDGE_TURN_BYTES);
    assert_int_equal(c.turn_steps, MIDGE_TURN_STEPS);
    assert_int_equal(c.keep_alive_ms, MIDGE_KEEP_ALIVE_MS);
    assert_int_equal(c.ticket_wait_ms, MIDGE_TICKET_WAIT_MS);
    assert_int_equal(c.lead_ms, MIDGE_LEAD_MS);
    assert_int_equal(c.attempt_delay_ms, MIDGE_ATTEMPT_DELAY_MS);
    assert_false(c.no_sessions);
}

static void values_are_kept(void **state)
{
    static const struct midge_config from = {
        .max_connections = 7,
        .max_per_origin = 3,
        .max_handshakes = 2,
        .max_transfers = 9,
        .max_awaitables = 33,
        .queued_requests = 5,
        .request_bytes = 100,
        .max_header = 300,
        .max_head_total = 400,
        .turn_crypto = 11,
        .turn_bytes = 12,
        .turn_steps = 13,
        .keep_alive_ms = 14,
        .ticket_wait_ms = 15,
        .lead_ms = 16,
        .no_sessions = 1,
#if MIDGE_WITH_HTTP2
        .http2_window = 3000,
        .http2_conn_window = 70000,
        .no_pauses = 1,
#endif
        .attempt_delay_ms = 17
    };
    const struct midge_config c = with_defaults(&from);
    (void)state;
    assert_memory_equal(&c, &from, sizeof c);
}

static void values_have_bounds(void **state)
{
    static const struct midge_config most = {.max_connections = UINT16_MAX,
                                             .max_handshakes = UINT16_MAX,
                                             .max_awaitables = UINT16_MAX,
                                             .turn_crypto = UINT32_MAX,
                                             .turn_bytes = UINT32_MAX,
                                             .turn_steps = UINT32_MAX,
                                             .keep_alive_ms = UINT32_MAX,
                                             .ticket_wait_ms = UINT32_MAX,
                                             .lead_ms = UINT32_MAX};
    static const struct midge_config least = {.max_header = 1, .max_head_total = 1};
    struct midge_config c = with_defaults(&most);
    (void)state;
    assert_int_equal(c.max_connections, 1000);
    assert_int_equal(c.max_awaitables, 65000);
    assert_in_range(c.turn_crypto, 1 << 30, INT32_MAX); /* counted down, also below 0 */
    assert_in_range(c.turn_bytes, 1 << 30, INT32_MAX);
    assert_in_range(c.turn_steps, 1 << 30, INT32_MAX);
    assert_int_equal(c.keep_alive_ms, MIDGE__MILLIS_AGED);
    assert_int_equal(c.ticket_wait_ms, MIDGE__MILLIS_AGED);
    assert_int_equal(c.lead_ms, MIDGE__MILLIS_AGED);
    c = with_defaults(&least);
    assert_int_equal(c.max_header, 256);
    assert_int_equal(c.max_head_total, 256);
    c = with_defaults(&(struct midge_config){.max_header = 100000});
    assert_int_equal(c.max_head_total, 100000);
}

#if MIDGE_WITH_HTTP2
static void windows_have_bounds(void **state)
{
    const uint32_t most = MIDGE_HTTP2_RECORD > 0 ? MIDGE_HTTP2_RECORD - 1024 : 1 << 30;
    struct midge_config c = with_defaults(&(struct midge_config){0});
    (void)state;
    assert_int_equal(c.http2_window, MIDGE_HTTP2_WINDOW);
    assert_int_equal(c.http2_conn_window, MIDGE_HTTP2_CONN_WINDOW);
    c = with_defaults(&(struct midge_config){.http2_window = 1, .http2_conn_window = 1});
    assert_int_equal(c.http2_window, 2048);
    assert_int_equal(c.http2_conn_window, 65535);
    c = with_defaults(&(struct midge_config){.http2_window = 1 << 24});
    assert_int_equal(c.http2_conn_window, most < 1 << 24 ? MIDGE_HTTP2_CONN_WINDOW : 1 << 24);
    c = with_defaults(
        &(struct midge_config){.http2_window = UINT32_MAX, .http2_conn_window = UINT32_MAX});
    assert_int_equal(c.http2_window, most);
    assert_int_equal(c.http2_conn_window, 1 << 30);
}

/* The window of each request counts where HTTP/2 may be spoken and a sink may pause. */
static void windows_need_memory(void **state)
{
    const struct midge_config h1 = {.max_transfers = 10};
    struct midge_config c = {.http = MIDGE_HTTP_2, .max_transfers = 10, .http2_window = 4096};
    const size_t needed = midge_memory_needed(&c), more = 1000;
    (void)state;
    c.http2_window += more;
    assert_in_range(midge_memory_needed(&c) - needed, 10 * more, 11 * more);
    c.no_pauses = 1;
    const size_t none = midge_memory_needed(&c);
    assert_in_range(needed - none, 10 * 4096, 10 * 4500);
    c.http2_conn_window = 1 << 20;
    assert_int_equal(midge_memory_needed(&c), none);
    assert_true(none > midge_memory_needed(&h1)); /* streams */
}
#endif

/* Each thing that may be had once more takes at least its own size, and each the same. */
static void sums_grow_evenly(void **state)
{
    static const struct {
        uint16_t connections, awaitables, requests;
        size_t least, most; /* of one more */
    } steps[] = {{1, 0, 0, MIDGE__CONN_BYTES, 1 << 20},
                 {0, 1, 0, sizeof(struct midge__slot) + 2 * sizeof(void *), 64},
                 {0, 0, 1, sizeof(struct midge__transfer) + 100, 4096}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(steps); i++) {
        size_t needed[4];
        for (uint16_t n = 0; n < 4; n++) {
            const struct midge_config c = {
                .max_connections = (uint16_t)(40 + n * steps[i].connections),
                .max_handshakes = 1,
                .max_awaitables = (uint16_t)(20 + n * steps[i].awaitables),
                .queued_requests = (uint16_t)(10 + n * steps[i].requests),
                .request_bytes = 100,
                .no_sessions = 1};
            needed[n] = midge_memory_needed(&c);
            assert_true(midge_memory_least(&c) < needed[n]);
        }
        for (unsigned n = 1; n < 4; n++) {
            assert_in_range(needed[n] - needed[n - 1], steps[i].least, steps[i].most);
        }
        assert_in_range(needed[3] - needed[2], needed[1] - needed[0] - 2,
                        needed[1] - needed[0] + 2);
    }
}

static void sums_know_each_part(void **state)
{
    const struct midge_config base = {.max_connections = 2, .max_handshakes = 1};
    struct midge_config more = base;
    const size_t needed = midge_memory_needed(&base), least = midge_memory_least(&base);
    (void)state;
    more.request_bytes = 512; /* the default */
    more.queued_requests = MIDGE_MAX_AWAITABLES;
    assert_int_equal(midge_memory_least(&more), least);
    assert_int_equal(midge_memory_needed(&more), needed);
    more.request_bytes = 512 + 10 * MIDGE__MEMORY_UNIT;
    assert_int_equal(midge_memory_least(&more), least + 10 * MIDGE__MEMORY_UNIT);
    assert_true(midge_memory_needed(&more) >=
                needed + 10 * MIDGE__MEMORY_UNIT * MIDGE_MAX_AWAITABLES);
    more = base;
    more.no_sessions = 1;
    assert_true(least - midge_memory_least(&more) >= 1024); /* the shortest session that is kept */
    assert_true(needed - midge_memory_needed(&more) >=
                MIDGE_MAX_SESSIONS * midge__tls_session_bytes());
    /* A second TLS stream for each connection, on its own pair of record slots. */
    const struct midge_proxy proxy = {.host = "p", .port = 1}, secure = {"p", 1, NULL, 1, 0};
    more = base;
    more.proxy = &proxy;
    assert_int_equal(midge_memory_least(&more), least);
    assert_int_equal(midge_memory_needed(&more), needed);
    more.proxy = &secure;
    const size_t second = midge__tls_held_bytes() + midge__tls_slot_in() + midge__tls_slot_out();
    assert_true(midge_memory_least(&more) >= least + second);
    assert_true(midge_memory_needed(&more) >= needed + 2 * second);
    more = base;
    more.max_handshakes = 2;
    assert_true(midge_memory_needed(&more) > needed);
    const size_t two = midge_memory_needed(&more);
    more.max_handshakes = 3; /* never more than connections */
    assert_int_equal(midge_memory_needed(&more), two);
    more = base;
    more.max_header = 1000; /* below the head that is always kept free */
    assert_true(midge_memory_least(&more) <= least);
    assert_true(midge_memory_needed(&more) < needed);
    more.max_header = MIDGE_MAX_HEADER + 10000;
    assert_int_equal(midge_memory_least(&more), least);
    assert_true(midge_memory_needed(&more) - needed >= 2 * 15000); /* it doubles: old and new */
}

/* A block of a connection's size more is a connection more, as far as the configuration allows. */
static void a_block_is_divided(void **state)
{
    const struct midge_config asked = {.max_connections = 5, .max_handshakes = 3};
    struct midge_config c = with_defaults(&asked);
    (void)state;
    assert_int_equal(midge__config_fit(&c, 0), 0);
    assert_int_equal(midge__config_fit(&c, midge_memory_least(&asked) - 1), 0);
    assert_true(midge__config_fit(&c, midge_memory_least(&asked)) >= 1);
    assert_int_equal(c.max_handshakes, 1);
    c = with_defaults(&asked);
    assert_true(midge__config_fit(&c, midge_memory_needed(&asked)) >= 1);
    assert_int_equal(c.max_connections, 5);
    assert_int_equal(c.max_handshakes, 3);
    unsigned before = 0;
    for (size_t size = midge_memory_least(&asked); size < midge_memory_needed(&asked);
         size += 1000) {
        c = with_defaults(&asked);
        (void)midge__config_fit(&c, size);
        assert_true(c.max_connections >= before && c.max_connections <= 5);
        assert_true(c.max_handshakes <= c.max_connections);
        before = c.max_connections;
    }
}

static void every_timeout_is_checked(void **state)
{
    struct midge_timeouts t = {0};
    (void)state;
    assert_true(midge__timeouts_valid(&t));
    for (size_t i = 0; i < sizeof t; i += sizeof(uint32_t)) {
        const uint32_t long_time = 1U << 31, never = MIDGE_NO_TIMEOUT;
        memcpy((char *)&t + i, &long_time, sizeof long_time);
        assert_false(midge__timeouts_valid(&t));
        memcpy((char *)&t + i, &never, sizeof never);
        assert_true(midge__timeouts_valid(&t));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_is_the_default),
        cmocka_unit_test(values_are_kept),
#if MIDGE_WITH_HTTP2
        cmocka_unit_test(windows_have_bounds),
        cmocka_unit_test(windows_need_memory),
#endif
        cmocka_unit_test(values_have_bounds),
        cmocka_unit_test(sums_grow_evenly),
        cmocka_unit_test(sums_know_each_part),
        cmocka_unit_test(a_block_is_divided),
        cmocka_unit_test(every_timeout_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
