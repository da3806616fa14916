/* SPDX-License-Identifier: MIT */
/* Connections: sockets that poll reports broken while no call does, and what failures report. */
#include "fake_port.h"
#include "midge/memory_use.h"

#define URL    "http://example.com/"
#define SECURE "https://example.com/"

/* All ended; the TLS settings that the first handshake made stay. */
static void close_world(struct world *w)
{
    if (w->released == 0) {
        world_turns(w, 3);
        assert_int_equal(world_stats(w).open_connections, 0);
        w->live = world_stats(w).alloc_live;
    }
    world_close(w);
}

/* --- a socket that hangs --- */

/* Turns and calls of the port stay few, and no time passes. */
static void ends_at_once(struct world *w, struct probe *p, int err)
{
    unsigned turns = w->turns;
    uint64_t before = w->fake.now_ms;
    world_run(w);
    assert_true(w->turns - turns < 20);
    assert_int_equal(w->fake.now_ms, before);
    assert_int_equal(p->result.native, 0);
    probe_ended(p, err);
    close_world(w);
}

static void hangs_while_connecting(void **state)
{
    static const struct fake_script hangs = {.connect = FAKE_HANGS};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &hangs);
    probe_get(&p, &w, URL);
    ends_at_once(&w, &p, MIDGE_ERR_CONNECT);
    /* Another address may be better. */
    world_open(&w, NULL);
    w.fake.names[w.fake.n_names++] = (struct fake_name){.host = "example.com", .count = 2};
    fake_next(&w.fake, &hangs);
    probe_get(&p, &w, URL);
    world_run(&w);
    assert_int_equal(w.fake.now_ms, 1000);
    probe_is_hello(&p);
    world_close(&w);
}

static void hangs_in_the_handshake(void **state)
{
    static const struct fake_script hangs = {.steps = {SENT(1), HANG}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 443, &hangs);
    probe_init(&p, &w, SECURE);
    p.request.dangerously_skip_verification = 1;
    probe_start(&p);
    ends_at_once(&w, &p, MIDGE_ERR_RECV);
}

static void hangs_at_work(void **state)
{
    static const struct fake_script scripts[] = {
        {.steps = {SENT(1), HANG}},                                 /* waits for the answer */
        {.steps = {SENT(1), SAY("HTTP/1.1 200 OK\r\n"), HANG}},     /* … for its head's rest */
        {.steps = {SENT(1), SAY(HELLO_LEN("9") "hello"), HANG}},    /* … for its body */
        {.steps = {SENT(50), HANG}, .send_slice = 50, .window = 50} /* … for room to send */
    };
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(scripts); i++) {
        struct world w;
        struct probe p;
        world_open(&w, NULL);
        fake_listen(&w.fake, 80, &scripts[i]);
        probe_get(&p, &w, URL);
        bool sending = scripts[i].window != 0;
        ends_at_once(&w, &p, sending ? MIDGE_ERR_SEND : MIDGE_ERR_RECV);
    }
}

static void hangs_when_idle(void **state)
{
    static const struct fake_script hangs = {.steps = {REQUEST, SAY(HELLO), HANG}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &hangs);
    probe_get(&p, &w, URL);
    world_run(&w);
    probe_is_hello(&p);
    world_turns(&w, 5);
    assert_int_equal(world_stats(&w).open_connections, 0);
    world_close(&w);
}

/* A paused connection is not polled, and costs nothing; resumed, it fails. */
static void hangs_when_paused(void **state)
{
    static const struct fake_script hangs = {.steps = {REQUEST, SAY(HELLO_LEN("9") "hello"), HANG}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &hangs);
    probe_init(&p, &w, URL);
    p.pause = true;
    probe_start(&p);
    for (unsigned i = 0; i < 10 && p.writes == 0; i++) {
        world_turn(&w, 0);
    }
    assert_int_equal(p.writes, 1);
    unsigned turns = w.turns, polls = w.fake.polls;
    world_pass(&w, 100000);
    assert_true(w.turns - turns < 20 && w.fake.polls - polls < 20);
    assert_int_equal(p.dones, 0);
    assert_int_equal(midge_resume(w.client, p.id), MIDGE_OK);
    ends_at_once(&w, &p, MIDGE_ERR_RECV);
}

/* Ready for what was not asked: no call of the port is made for it. */
static int poll_says_in(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    int err = fake_poll(ctx, fds, n, timeout_ms);
    for (size_t i = 0; i < n; i++) {
        fds[i].revents |= MIDGE_POLL_IN;
    }
    return err;
}

static void ready_for_what_is_not_wanted(void **state)
{
    static const struct fake_script full = {.window = 200,
                                            .steps = {SENT(200), SAY(HELLO_LEN("9") "hello")}};
    static uint8_t body[2000];
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &full);
    probe_init(&p, &w, URL);
    p.pause = true; /* wants to send only */
    p.request.body = body;
    p.request.body_len = sizeof body;
    probe_start(&p);
    world_turns(&w, 10);
    assert_int_equal(p.writes, 1);
    w.fake.port.poll = poll_says_in;
    w.fake.calls = 0;
    for (unsigned i = 0; i < 10; i++) {
        world_turn(&w, 1);
        assert_int_equal(w.fake.calls, 0);
    }
    w.fake.port.poll = fake_poll;
    (void)midge_cancel(w.client, p.id);
    world_run(&w);
    probe_ended(&p, MIDGE_ERR_CANCELED);
    world_close(&w);
}

/* --- reports --- */

enum end { TIMES_OUT, CANCELED, CLOSED, WAYS };

/* Whatever ends a request while its connection is being opened, the report is as full. */
static void ends_while_opening(struct world *w, struct probe *p, enum end end)
{
    w->fake.tick_us = 7;
    probe_start(p);
    world_pass(w, 50);
    assert_int_equal(p->dones, 0);
    if (end == TIMES_OUT) {
        world_run(w);
    } else if (end == CANCELED) {
        (void)midge_cancel(w->client, p->id);
        world_turns(w, 1);
    } else {
        midge_close(w->client);
    }
    static const int errors[] = {MIDGE_ERR_TIMEOUT, MIDGE_ERR_CANCELED, MIDGE_ERR_CLOSED};
    struct midge_result r = p->result;
    probe_ended(p, errors[end]);
    assert_int_equal(r.connects, 1);
    assert_int_equal(r.connection, 1);
    assert_true(r.memory_peak >= sizeof(struct midge__conn));
    assert_true(r.phase == MIDGE_PHASE_DNS || r.longest_step_us > 0); /* a lookup has no step */
    assert_true(r.t.start_us > 0);
    assert_true(r.t.total_us >= 50000);
    uint32_t sum = r.t.queue_us + r.t.dns_us + r.t.connect_us + r.t.tls_us;
    assert_true(sum >= 50000 && sum <= r.t.total_us);
    assert_string_equal(r.cipher, "");
    close_world(w);
}

static void opening_dns(struct world *w, struct probe *p)
{
    w->fake.names[w->fake.n_names++] = (struct fake_name){.host = "example.com", .never = true};
    p->request.timeouts.dns_ms = 100;
}

static void opening_connect(struct world *w, struct probe *p)
{
    static const struct fake_script never = {.connect = FAKE_NEVER};
    fake_listen(&w->fake, 443, &never);
    p->request.timeouts.connect_ms = 100;
}

static void opening_tls(struct world *w, struct probe *p)
{
    static const struct fake_script silent = {.steps = {SENT(1)}};
    fake_listen(&w->fake, 443, &silent);
    p->request.timeouts.tls_ms = 100;
}

static void reports_while_opening(void **state)
{
    void (*const where[])(struct world * w, struct probe * p) = {opening_dns, opening_connect,
                                                                 opening_tls};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(where); i++) {
        for (enum end end = TIMES_OUT; end < WAYS; end++) {
            struct world w;
            struct probe p;
            world_open(&w, NULL);
            probe_init(&p, &w, SECURE);
            p.request.dangerously_skip_verification = 1;
            where[i](&w, &p);
            ends_while_opening(&w, &p, end);
        }
    }
}

/* The client and so many connections have all of the memory that is in use. */
static void check_owners(struct world *w, unsigned connections)
{
    struct midge_memory_use use;
    size_t all = 0, records = 0;
    unsigned owner = 0, have = 0;
    for (; owner < midge_memory_of(w->client, owner, &use); owner++) {
        all += use.small + use.records;
        records += use.records;
        have += owner > 0 && use.small > 0;
        assert_true(owner > 0 || (use.small > 0 && use.records == 0));
    }
    assert_int_equal(have, connections);
    assert_int_equal(all, world_stats(w).alloc_live);
    assert_int_equal(midge_memory_of(w->client, owner, &use), owner); /* there is no such owner */
    assert_int_equal(use.small + use.records, 0);
    assert_true(records > 0); /* the handshake's */
}

/* It waits for the one handshake that may compute at a time. */
static void reports_while_waiting_for_a_permit(void **state)
{
    static const struct fake_script silent = {.steps = {SENT(1)}};
    (void)state;
    for (enum end end = TIMES_OUT; end < CLOSED; end++) {
        struct world w;
        struct probe first, p;
        world_open(&w, &(struct midge_config){.max_handshakes = 1});
        fake_listen(&w.fake, 443, &silent);
        probe_init(&first, &w, "https://other.test/");
        first.request.dangerously_skip_verification = 1;
        first.request.timeouts.tls_ms = 1000;
        probe_start(&first);
        world_pass(&w, 10);
        probe_init(&p, &w, SECURE);
        p.request.dangerously_skip_verification = 1;
        p.request.timeouts.queue_ms = 100;
        w.fake.tick_us = 7;
        probe_start(&p);
        world_pass(&w, 50);
        assert_int_equal(world_stats(&w).open_connections, 2);
        check_owners(&w, 2);
        if (end == CANCELED) {
            (void)midge_cancel(w.client, p.id);
        }
        world_run(&w);
        assert_int_equal(p.result.connection, 2);
        assert_true(p.result.memory_peak > 0 && p.result.longest_step_us > 0);
        assert_int_equal(p.result.phase, MIDGE_PHASE_QUEUE);
        probe_ended(&p, end == CANCELED ? MIDGE_ERR_CANCELED : MIDGE_ERR_TIMEOUT);
        probe_ended(&first, MIDGE_ERR_TIMEOUT);
        close_world(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hangs_while_connecting),
        cmocka_unit_test(hangs_in_the_handshake),
        cmocka_unit_test(hangs_at_work),
        cmocka_unit_test(hangs_when_idle),
        cmocka_unit_test(hangs_when_paused),
        cmocka_unit_test(ready_for_what_is_not_wanted),
        cmocka_unit_test(reports_while_opening),
        cmocka_unit_test(reports_while_waiting_for_a_permit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
