/* SPDX-License-Identifier: MIT */
/* What TLS takes of a client's memory, and what it does when there is none. */
#include "test_tls_fixture.h"

#define SIZE (1U << 20)

static const struct midge__tls_limits default_limits = {
    .ecp_max_ops = MIDGE_ECP_MAX_OPS, .read_ahead = MIDGE_READ_AHEAD, .max_ticket = 4096};

static bool external(void)
{
    return !MIDGE__TLS_IN_BLOCK;
}

static size_t slots_cost(void)
{
    return MIDGE__MEMORY_COST(midge__tls_slot_in()) + MIDGE__MEMORY_COST(midge__tls_slot_out());
}

static void defaults_open(void)
{
    struct midge_tls settings = {.ca = fx.ca, .ca_len = fx.ca_len};
    fixture_memory_open(SIZE);
    assert_int_equal(
        midge__tls_context_open(&fx.context, &fx.memory, &fx.port, &settings, &default_limits),
        MIDGE_OK);
    assert_true(external() || midge__memory_owner_live(&fx.memory, MIDGE__OWNER_CLIENT) <=
                                  midge__tls_context_bytes(&settings));
}

/* --- constants --- */

/* A connection's life; its handshake's peak may be `most` beside the slots. Returns its session,
   NULL after a resumed one. */
static struct midge__tls_session *life(const char *server, const struct midge__tls_session *resume,
                                       size_t most)
{
    struct link link;
    struct midge__tls_session *session = NULL;
    struct midge__tls_params params = {
        .servername = "localhost", .owner = OWNER, .resume = resume, .offers_h2 = true};
    size_t total, pair = slots_cost(), kept = midge__tls_keeps_slots() ? pair : 0;
    unsigned free_slots = midge__tls_keeps_slots() ? 1 : 2;
    midge__memory_owner_reset(&fx.memory, OWNER);
    assert_int_equal(link_open(&link, server, &params), MIDGE_OK);
    assert_int_equal(link.tls.resumed, resume != NULL);
    size_t peak = midge__memory_owner_peak(&fx.memory, OWNER);
    midge__memory_owner_reset(&fx.memory, OWNER);
    /* Buffers that shrink give their slots back at once, and take no others. */
    assert_int_equal(midge__memory_free_slots(&fx.memory), free_slots);
    assert_int_equal(link_send(&link, "slow 3000\n"), MIDGE_OK);
    assert_int_equal(link_drain(&link, &total), MIDGE_ERR_EOF);
    size_t held = midge__memory_owner_peak(&fx.memory, OWNER);
    assert_int_equal(midge__memory_free_slots(&fx.memory), free_slots);
    print_message("%-10s %s: %zu of %zu, held %zu of %zu\n", server,
                  resume != NULL ? "resumed" : "full", peak - pair, most, held - kept,
                  midge__tls_held_bytes());
    assert_true(peak <= pair + most);
    assert_true(held <= kept + midge__tls_held_bytes());
    if (resume == NULL) {
        assert_int_equal(midge__tls_take_session(&link.tls, &session), MIDGE_OK);
    }
    link_shutdown(&link); /* OpenSSL forgets a session whose connection was cut */
    link_close(&link);
    assert_int_equal(midge__memory_owner_live(&fx.memory, OWNER), 0);
    return session;
}

static void connection_keeps_to_the_constants(const char *server)
{
    struct midge__tls_session *session = life(server, NULL, midge__tls_handshake_bytes());
    (void)life(server, session, midge__tls_resumed_bytes());
    midge__tls_session_free(fx.context, session);
}

static void test_constants_hold(void **state)
{
    (void)state;
    const char *const servers[] = {
#if !defined(MIDGE_PROFILE_TINY)
        "chain5k.12",
        "chain5k.13",
        "h2.12",
        "h2.13",
#endif
        "good.12",
        "rsa.12",
        "good.13",
        "rsa.13"
    };
    if (external()) {
        skip();
    }
    defaults_open();
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; ++i) {
        if (has_tls13() || strstr(servers[i], ".13") == NULL) {
            connection_keeps_to_the_constants(servers[i]);
        }
    }
    client_close(NULL);
}

/* --- failing allocations --- */

/* What a connection's life may answer when the nth allocation fails: success, or NO_MEMORY; never
   that the certificate were bad. Returns whether the failure was reached. */
static bool fail_nth(const char *server, uint32_t nth, bool sticky, size_t *swept)
{
    struct link link;
    size_t total, before = midge__memory_stats_get(&fx.memory)->failures;
    struct midge__tls_session *session = NULL;
    struct midge__tls_params params = {
        .servername = "localhost", .owner = OWNER, .offers_h2 = true};
    link_connect(&link, server);
    midge__memory_fail_at(&fx.memory, nth, sticky);
    int err = midge__tls_open(&link.tls, fx.context, &link.tcp.s, &params);
    err = err == MIDGE_OK ? link_handshake(&link) : err;
    err = err == MIDGE_OK ? link_send(&link, "close\n") : err;
    if (err == MIDGE_OK) {
        err = link_drain(&link, &total);
        err = err == MIDGE_ERR_EOF && total == 5 && link.tls.s.clean ? MIDGE_OK : err;
    }
    if (err == MIDGE_OK && link.tls.new_session) {
        int take = midge__tls_take_session(&link.tls, &session);
        assert_true(take == MIDGE_OK || take == MIDGE_ERR_NO_MEMORY);
        midge__tls_session_free(fx.context, session);
    }
    bool reached = midge__memory_stats_get(&fx.memory)->failures > before;
    midge__memory_fail_at(&fx.memory, 0, false);
    if (err != MIDGE_OK) {
        if (err != MIDGE_ERR_NO_MEMORY) {
            fail_msg("%s, allocation %u: error %d, native -0x%x, flags %x", server, (unsigned)nth,
                     err, (unsigned)-link.tls.s.fault.native, link.tls.s.fault.verify_flags);
        }
        assert_true(reached);
    }
    link_close(&link);
    *swept += midge__memory_sweep(&fx.memory, OWNER);
    midge__memory_verify(&fx.memory);
    return reached;
}

static void fail_each(const char *server, bool sticky)
{
    size_t swept = 0, client;
    uint32_t nth = 1;
    (void)fail_nth(server, 0, false, &swept); /* makes the shared configuration */
    client = midge__memory_owner_live(&fx.memory, MIDGE__OWNER_CLIENT);
    /* Each of the first 40, then ever wider apart: a handshake makes some thousand. */
    while (fail_nth(server, nth, sticky, &swept)) {
        assert_int_equal(midge__memory_owner_live(&fx.memory, MIDGE__OWNER_CLIENT), client);
        nth += nth < 40 ? 1 : 1 + nth / 25;
    }
    print_message("%s%s: failed to the %uth allocation, %zu bytes swept\n", server,
                  sticky ? " sticky" : "", (unsigned)nth, swept);
    /* Nothing that is shared was harmed. */
    assert_false(fail_nth(server, 0, false, &swept));
}

static void test_failing_allocations(void **state)
{
    (void)state;
    if (external()) {
        skip();
    }
    defaults_open();
    fail_each("good.12", false);
    fail_each("good.12", true);
    fail_each("rsa.12", false);
#if !defined(MIDGE_PROFILE_TINY)
    fail_each("h2.12", false);
#endif
    if (has_tls13()) {
        fail_each("good.13", false);
        fail_each("rsa.13", true);
    }
    client_close(NULL);
}

/* Opening a context: NO_MEMORY at each, and nothing left. */
static void test_failing_allocations_at_open(void **state)
{
    (void)state;
    struct midge_tls settings = {.ca = fx.ca, .ca_len = fx.ca_len};
    int err = MIDGE_ERR_NO_MEMORY;
    fixture_memory_open(SIZE);
    for (uint32_t nth = 1; err != MIDGE_OK; ++nth) {
        midge__memory_fail_at(&fx.memory, nth, false);
        err =
            midge__tls_context_open(&fx.context, &fx.memory, &fx.port, &settings, &default_limits);
        midge__memory_fail_at(&fx.memory, 0, false);
        if (err != MIDGE_OK) {
            assert_int_equal(err, MIDGE_ERR_NO_MEMORY);
            assert_int_equal(midge__memory_live(&fx.memory), 0);
        }
    }
    client_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constants_hold),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_failing_allocations_at_open),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
