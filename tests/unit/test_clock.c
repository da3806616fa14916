/* SPDX-License-Identifier: MIT */
/* The port's clock: 32 bits that wrap, long pauses, and the longest times. */
#include "fake_tls.h"

#define URL     "http://a.test/"
#define LONGEST UINT32_C(0x7fffffff)
#define AGED    (UINT32_C(1) << 30)
#define DAYS_12 ((int)(AGED / 1000)) /* seconds */

/* A world whose clock wraps in `ms`; an eternity fits in, but for what lies before the wrap. */
static void world_open_before(struct world *w, uint32_t ms, const struct midge_config *config)
{
    memset(w, 0, sizeof *w);
    w->events.wraps = true;
    fake_init(&w->fake);
    w->fake.clock_start = UINT32_MAX - (uint32_t)w->fake.now_ms - ms + 1;
    if (config != NULL) {
        w->config = *config;
    }
    w->config.tls.dangerously_skip_verification = 1;
    world_start(w);
    fake_tls_port = &w->fake;
    fake_tls_memory = &w->client->memory;
}

static const uint32_t before[] = {0, 1, 5, 50, 99, 100, 101, 1000, LONGEST, LONGEST + 1};

/* --- deadlines --- */

static const struct fake_script mute = {.steps = {REQUEST}};
static const struct fake_script stops = {
    .steps = {REQUEST, SAY("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe")}};
static const struct fake_script refuses_to_connect = {.connect = FAKE_NEVER};

/* Each of them ends a request after 100 ms, wherever the clock wraps meanwhile. */
static void deadlines_go_across(void **state)
{
    static const struct {
        struct midge_timeouts timeouts;
        const struct fake_script *server;
        enum midge_phase phase;
    } cases[] = {
        {{.dns_ms = 100}, NULL, MIDGE_PHASE_DNS},
        {{.open_ms = 100}, NULL, MIDGE_PHASE_DNS},
        {{.connect_ms = 100}, &refuses_to_connect, MIDGE_PHASE_CONNECT},
        {{.open_ms = 100}, &refuses_to_connect, MIDGE_PHASE_CONNECT},
        {{.first_byte_ms = 100}, &mute, MIDGE_PHASE_WAIT},
        {{.idle_ms = 100}, &stops, MIDGE_PHASE_BODY},
        {{.total_ms = 100}, &stops, MIDGE_PHASE_BODY},
        {{.attempt_ms = 100}, &mute, MIDGE_PHASE_WAIT},
        {{.attempt_ms = 100, .total_ms = LONGEST}, &mute, MIDGE_PHASE_WAIT},
        {{.attempt_ms = LONGEST, .total_ms = 100}, &mute, MIDGE_PHASE_WAIT},
    };
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(cases) * MIDGE_ARRAY_LEN(before); i++) {
        const size_t at = i / MIDGE_ARRAY_LEN(before);
        struct world w;
        struct probe p;
        world_open_before(&w, before[i % MIDGE_ARRAY_LEN(before)], NULL);
        w.fake.names[w.fake.n_names++] = (struct fake_name){.host = "mute.test", .never = true};
        fake_listen(&w.fake, 80, cases[at].server);
        probe_init(&p, &w, cases[at].server == NULL ? "http://mute.test/" : URL);
        p.request.timeouts = cases[at].timeouts;
        probe_start(&p);
        world_run(&w);
        probe_ended(&p, MIDGE_ERR_TIMEOUT);
        assert_int_equal(p.result.phase, cases[at].phase);
        assert_int_equal(w.fake.now_ms, 1100);
        world_close(&w);
    }
}

/* The limit of the queue is for all that a request waits there. */
static void queue_goes_across(void **state)
{
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(before); i++) {
        struct world w;
        struct probe first, p;
        world_open_before(&w, before[i], &(struct midge_config){.max_connections = 1});
        fake_listen(&w.fake, 80, &mute);
        probe_init(&first, &w, URL);
        first.request.timeouts.first_byte_ms = 500;
        probe_start(&first);
        probe_init(&p, &w, URL);
        p.request.timeouts.queue_ms = 100;
        probe_start(&p);
        world_run(&w);
        probe_ended(&first, MIDGE_ERR_TIMEOUT);
        probe_ended(&p, MIDGE_ERR_TIMEOUT);
        assert_int_equal(p.result.phase, MIDGE_PHASE_QUEUE);
        assert_int_equal(p.result.t.total_us, 100000);
        world_close(&w);
    }
}

/* A place is free after 60 ms, and then there is no permit for the handshake. */
static void waits_are_summed(void **state)
{
    static const struct fake_script slow = {.steps = {REQUEST, WAIT(60), SAY(HELLO), FIN}};
    static const struct fake_script hangs = {.steps = {CH}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(before); i++) {
        struct world w;
        struct probe p[3];
        world_open_before(&w, before[i],
                          &(struct midge_config){.max_connections = 2, .max_handshakes = 1});
        fake_listen(&w.fake, 80, &slow);
        fake_listen(&w.fake, 443, &hangs);
        probe_get(&p[0], &w, URL);
        probe_init(&p[1], &w, "https://b.test/");
        p[1].request.timeouts.tls_ms = 1000;
        probe_start(&p[1]);
        probe_init(&p[2], &w, "https://c.test/");
        p[2].request.timeouts.queue_ms = 100;
        probe_start(&p[2]);
        world_run(&w);
        assert_int_equal(p[2].result.phase, MIDGE_PHASE_QUEUE);
        assert_int_equal(p[2].result.connects, 1);
        assert_int_equal(p[2].result.t.total_us, 100000);
        probe_ended(&p[0], MIDGE_OK);
        probe_ended(&p[1], MIDGE_ERR_TIMEOUT);
        probe_ended(&p[2], MIDGE_ERR_TIMEOUT);
        world_close(&w);
    }
}

/* What a replayed request waited for on the kept connection is no part of its opening. */
static void opening_is_summed(void **state)
{
    static const struct fake_script once = {.steps = {REQUEST, SAY(HELLO), REQUEST, WAIT(80), FIN}};
    static const struct fake_script slow = {.connect_ms = 50, .steps = {REQUEST, SAY(HELLO)}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(before); i++) {
        struct world w;
        struct probe p;
        world_open_before(&w, before[i], &(struct midge_config){.timeouts = {.open_ms = 100}});
        fake_next(&w.fake, &once);
        fake_next(&w.fake, &slow);
        probe_get(&p, &w, URL);
        world_run(&w);
        probe_ended(&p, MIDGE_OK);
        probe_get(&p, &w, URL);
        world_run(&w);
        assert_int_equal(p.result.retries, 1);
        probe_ended(&p, MIDGE_OK);
        assert_int_equal(w.fake.now_ms, 1130);
        world_close(&w);
    }
}

/* It began long after the last turn: its limits count from then on. */
static void start_looks_at_the_clock(void **state)
{
    static const struct fake_script slow = {.steps = {REQUEST, WAIT(50), SAY(HELLO), LOOP}};
    struct world w;
    struct probe p[2];
    (void)state;
    world_open_before(&w, 5, &(struct midge_config){.max_connections = 1});
    fake_listen(&w.fake, 80, &slow);
    w.fake.now_ms += 200;
    for (size_t i = 0; i < 2; i++) {
        probe_init(&p[i], &w, URL);
        p[i].request.timeouts.queue_ms = 100;
        probe_start(&p[i]);
    }
    world_run(&w);
    probe_ended(&p[0], MIDGE_OK);
    probe_ended(&p[1], MIDGE_OK);
    world_close(&w);
}

/* An attempt begins when the queue is left, be it after a month. */
static void attempt_after_a_month(void **state)
{
    static const struct fake_script slow = {.steps = {REQUEST, WAIT(50), SAY(HELLO)}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(before); i++) {
        struct world w;
        struct probe first, p;
        world_open_before(&w, before[i], &(struct midge_config){.max_connections = 1});
        fake_next(&w.fake, &mute);
        fake_next(&w.fake, &slow);
        probe_init(&first, &w, URL);
        first.request.timeouts.first_byte_ms = MIDGE_NO_TIMEOUT;
        probe_start(&first);
        probe_init(&p, &w, URL);
        p.request.timeouts.attempt_ms = LONGEST;
        probe_start(&p);
        world_pass(&w, LONGEST);
        world_pass(&w, LONGEST / 4);
        assert_int_equal(midge_cancel(w.client, first.id), MIDGE_OK);
        world_run(&w);
        probe_ended(&first, MIDGE_ERR_CANCELED);
        probe_ended(&p, MIDGE_OK);
        world_close(&w);
    }
}

/* Bytes move the deadline, from one side of the wrap to the other. */
static void idle_deadline_moves(void **state)
{
    static const struct fake_script drips = {
        .steps = {REQUEST, SAY("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nh"), WAIT(90), SAY("e"),
                  WAIT(90), SAY("l"), WAIT(90), SAY("l"), WAIT(90), SAY("o"), LOOP}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(before); i++) {
        struct world w;
        struct probe p;
        world_open_before(&w, before[i], NULL);
        fake_listen(&w.fake, 80, &drips);
        probe_init(&p, &w, URL);
        p.request.timeouts.idle_ms = 100;
        probe_start(&p);
        world_run(&w);
        probe_ended(&p, MIDGE_OK);
        world_close(&w);
    }
}

/* A clock that goes back by a little stands still for midge: nothing ends for that. */
static void clock_goes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(before); i++) {
        struct world w;
        struct probe p;
        world_open_before(&w, before[i], NULL);
        fake_listen(&w.fake, 80, &mute);
        probe_init(&p, &w, URL);
        p.request.timeouts.first_byte_ms = 100;
        probe_start(&p);
        world_pass(&w, 50);
        uint64_t now = midge_now_ms(w.client);
        w.fake.clock_start -= 7;
        assert_true(midge_now_ms(w.client) == now);
        assert_int_equal(midge_next_timeout(w.client), 50);
        world_turns(&w, 3);
        assert_int_equal(p.dones, 0);
        world_run(&w);
        probe_ended(&p, MIDGE_ERR_TIMEOUT);
        assert_int_equal(w.fake.now_ms, 1107);
        world_close(&w);
    }
}

/* No limit depends on the counter that is for measuring: this one goes back. */
static uint64_t bad_clock_us(void *ctx)
{
    static uint64_t us = UINT64_MAX / 2;
    (void)ctx;
    return us -= 1000000;
}

static void measuring_limits_nothing(void **state)
{
    static const struct midge_timeouts timeouts = {.queue_ms = 100, .open_ms = 100};
    struct world w;
    struct probe p[3];
    (void)state;
    memset(&w, 0, sizeof w);
    fake_init(&w.fake);
    w.fake.port.clock_us = bad_clock_us;
    w.config = (struct midge_config){.max_connections = 1, .timeouts = timeouts};
    world_start(&w);
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(p); i++) {
        probe_get(&p[i], &w, URL);
    }
    world_run(&w);
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(p); i++) {
        assert_int_equal(p[i].result.t.total_us, UINT32_MAX); /* such figures are at their end */
        probe_ended(&p[i], MIDGE_OK);
    }
    world_close(&w);
}

/* --- the longest times --- */

static void sleeps_of_any_length(void **state)
{
    static const uint32_t refused[] = {LONGEST + 1, LONGEST + 2, UINT32_MAX - 1};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(before); i++) {
        struct world w;
        struct midge_result r;
        midge_id longest, shorter, second, id;
        world_open_before(&w, before[i], NULL);
        for (size_t k = 0; k < MIDGE_ARRAY_LEN(refused); k++) {
            assert_int_equal(midge_sleep(w.client, refused[k], &id), MIDGE_ERR_INVALID);
        }
        assert_int_equal(midge_sleep(w.client, LONGEST, &longest), MIDGE_OK);
        assert_int_equal(midge_sleep(w.client, LONGEST - 1, &shorter), MIDGE_OK);
        assert_int_equal(midge_wait(w.client, shorter, &r), MIDGE_OK);
        assert_int_equal(w.fake.now_ms, 1000 + (uint64_t)LONGEST - 1);
        assert_int_equal(midge_sleep(w.client, LONGEST, &second), MIDGE_OK);
        assert_int_equal(midge_wait(w.client, longest, &r), MIDGE_OK);
        assert_int_equal(w.fake.now_ms, 1000 + (uint64_t)LONGEST);
        assert_int_equal(midge_wait(w.client, second, &r), MIDGE_OK);
        assert_int_equal(w.fake.now_ms, 1000 + 2 * (uint64_t)LONGEST - 1);
        world_close(&w);
    }
}

/* There was no poll for long when it began. */
static void sleeps_after_a_pause(void **state)
{
    static const uint32_t pauses[] = {AGED, AGED + 1, LONGEST, LONGEST + 1, 3 * AGED, 3 * AGED + 1};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(before) * MIDGE_ARRAY_LEN(pauses); i++) {
        const uint32_t pause = pauses[i / MIDGE_ARRAY_LEN(before)];
        struct world w;
        struct midge_result r;
        midge_id due, id;
        world_open_before(&w, before[i % MIDGE_ARRAY_LEN(before)], NULL);
        assert_int_equal(midge_sleep(w.client, 5, &due), MIDGE_OK);
        w.fake.now_ms += pause;
        assert_int_equal(midge_next_timeout(w.client), 0);
        assert_int_equal(midge_sleep(w.client, LONGEST, &id), MIDGE_OK);
        assert_int_equal(midge_wait(w.client, due, &r), MIDGE_OK);
        assert_int_equal(w.fake.now_ms, 1000 + (uint64_t)pause);
        assert_int_equal(midge_wait(w.client, id, &r), MIDGE_OK);
        assert_int_equal(w.fake.now_ms, 1000 + (uint64_t)pause + LONGEST);
        world_close(&w);
    }
}

static void sleeps_for_ever(void **state)
{
    struct world w;
    struct midge_result r;
    midge_id id, of, guard;
    (void)state;
    world_open(&w, NULL);
    assert_int_equal(midge_sleep(w.client, MIDGE_NO_TIMEOUT, &id), MIDGE_OK);
    assert_int_equal(midge_next_timeout(w.client), -1);
    assert_int_equal(midge_sleep(w.client, 1000, &of), MIDGE_OK);
    assert_int_equal(midge_timeout(w.client, of, LONGEST + 1, &guard), MIDGE_ERR_INVALID);
    assert_int_equal(midge_timeout(w.client, of, MIDGE_NO_TIMEOUT, &guard), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, guard, &r), MIDGE_OK);
    assert_int_equal(r.error, MIDGE_OK);
    assert_int_equal(midge_done(w.client, id), 0);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, NULL), MIDGE_ERR_CANCELED);
    world_close(&w);
}

/* Each limit of a request and of the client. */
static void limits_beyond_are_invalid(void **state)
{
    static const uint32_t values[] = {1, LONGEST, LONGEST + 1, UINT32_MAX - 1, MIDGE_NO_TIMEOUT};
    struct world w;
    (void)state;
    world_open(&w, NULL);
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(values) * (sizeof(struct midge_timeouts) / 4); i++) {
        const uint32_t ms = values[i % MIDGE_ARRAY_LEN(values)];
        const int answer = ms > LONGEST && ms != MIDGE_NO_TIMEOUT ? MIDGE_ERR_INVALID : MIDGE_OK;
        struct midge_request get = {.url = URL};
        struct midge_config config = w.config;
        struct midge_client *client;
        struct world other = {0};
        midge_id id;
        memcpy((char *)&get.timeouts + i / MIDGE_ARRAY_LEN(values) * 4, &ms, 4);
        config.timeouts = get.timeouts;
        config.alloc_ctx = &other;
        assert_int_equal(midge_start(w.client, &get, &id), answer);
        assert_int_equal(midge_open(&client, &config), answer);
        if (answer == MIDGE_OK) {
            assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
            assert_int_equal(midge_detach(w.client, id), MIDGE_OK);
            midge_close(client);
        }
    }
    world_close(&w);
}

static void times_of_the_client(void **state)
{
    static const uint32_t values[] = {1, LONGEST, LONGEST + 1, UINT32_MAX - 1, MIDGE_NO_TIMEOUT};
    (void)state;
    for (size_t i = 0; i < 3 * MIDGE_ARRAY_LEN(values); i++) {
        const uint32_t ms = values[i / 3];
        const bool valid = ms <= LONGEST || ms == MIDGE_NO_TIMEOUT;
        struct midge_config config = {0};
        uint32_t *const fields[] = {&config.keep_alive_ms, &config.ticket_wait_ms, &config.lead_ms};
        struct midge_client *client;
        struct world w = {0};
        fake_init(&w.fake);
        *fields[i % 3] = ms;
        config.port = &w.fake.port;
        config.alloc = world_alloc;
        config.release = world_release;
        config.alloc_ctx = &w;
        assert_int_equal(midge_open(&client, &config), valid ? MIDGE_OK : MIDGE_ERR_INVALID);
        midge_close(valid ? client : NULL);
    }
}

static void longest_timeouts_work(void **state)
{
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(before); i++) {
        struct world w;
        struct probe p;
        world_open_before(&w, before[i], NULL);
        fake_listen(&w.fake, 80, &mute);
        probe_init(&p, &w, URL);
        p.request.timeouts = (struct midge_timeouts){.first_byte_ms = MIDGE_NO_TIMEOUT,
                                                     .total_ms = LONGEST,
                                                     .attempt_ms = LONGEST,
                                                     .connect_ms = LONGEST};
        probe_start(&p);
        world_run(&w);
        probe_ended(&p, MIDGE_ERR_TIMEOUT);
        assert_int_equal(w.fake.now_ms, 1000 + (uint64_t)LONGEST);
        assert_int_equal(p.result.t.total_us, UINT32_MAX); /* no place for more: 71 minutes */
        assert_int_equal(p.result.t.wait_us, UINT32_MAX);
        world_close(&w);
    }
}

/* --- what is kept --- */

static void get(struct world *w, const char *url, bool reused, bool resumed)
{
    struct probe p;
    probe_get(&p, w, url);
    world_run(w);
    assert_int_equal(p.result.reused, reused);
    assert_int_equal(p.result.resumed, resumed);
    probe_ended(&p, MIDGE_OK);
}

static void keep_alive_goes_across(void **state)
{
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(before); i++) {
        struct world w;
        world_open_before(&w, before[i], &(struct midge_config){.keep_alive_ms = 100});
        get(&w, URL, false, false);
        world_pass(&w, 99);
        get(&w, URL, true, false);
        world_pass(&w, 99);
        get(&w, URL, true, false);
        world_pass(&w, 100);
        world_turns(&w, 2);
        assert_int_equal(world_stats(&w).open_connections, 0);
        get(&w, URL, false, false);
        world_close(&w);
    }
}

/* The connection that has been idle for longest makes room. */
static void oldest_idle_goes(void **state)
{
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(before); i++) {
        struct world w;
        world_open_before(&w, before[i], &(struct midge_config){.max_connections = 2});
        get(&w, "http://a.test/", false, false);
        world_pass(&w, 10);
        get(&w, "http://b.test/", false, false);
        world_pass(&w, 10);
        get(&w, "http://c.test/", false, false);
        get(&w, "http://b.test/", true, false);
        world_close(&w);
    }
}

static void kept_without_limit(void **state)
{
    struct world w;
    (void)state;
    world_open_before(&w, 5, &(struct midge_config){.keep_alive_ms = MIDGE_NO_TIMEOUT});
    get(&w, URL, false, false);
    world_pass(&w, 86400000);
    get(&w, URL, true, false);
    world_pass(&w, AGED / 2);
    get(&w, URL, true, false);
    world_pass(&w, AGED - 1);
    world_turns(&w, 2);
    assert_int_equal(world_stats(&w).open_connections, 1);
    world_pass(&w, 1);
    world_turns(&w, 2);
    assert_int_equal(world_stats(&w).open_connections, 0);
    world_close(&w);
}

static const struct fake_script tls_server = {
    .steps = {CH, SAY("F" TICKET), REQUEST, SAY(HELLO), REQUEST, SAY(HELLO), REQUEST, SAY(HELLO)}};

/* A request after `pause` ms without a poll, and `slept_s` in which the clock stood still:
   was all forgotten? */
static void forgets(uint64_t pause, int slept_s, bool wall, uint32_t wrap, bool expected)
{
    struct world w;
    world_open_before(&w, wrap, &(struct midge_config){.keep_alive_ms = LONGEST});
    w.fake.no_wall_time = !wall;
    fake_listen(&w.fake, 443, &tls_server);
    get(&w, "https://a.test/", false, false);
    get(&w, "https://a.test/", true, false);
    assert_int_equal(w.fake.lookups, 1);
    w.fake.now_ms += pause;
    w.fake.slept_s += slept_s;
    get(&w, "https://a.test/", !expected, false);
    assert_int_equal(w.fake.lookups, expected ? 2 : 1);
    midge_close(w.client);
    assert_int_equal(w.released, 1);
    fake_deinit(&w.fake);
}

static void long_idle(void **state)
{
    const uint64_t whole = (uint64_t)UINT32_MAX + 1;
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(before); i++) {
        const uint32_t wrap = before[i];
        for (unsigned wall = 0; wall < 2; wall++) {
            forgets(AGED - 1, 0, wall, wrap, false);
            forgets(AGED, 0, wall, wrap, true);
            forgets((uint64_t)LONGEST + 1, 0, wall, wrap, true);
            forgets(3 * (uint64_t)AGED, 0, wall, wrap, true);
        }
        /* What only the wall clock can tell. */
        forgets(whole + 5, 0, true, wrap, true);
        forgets(2 * whole, 0, true, wrap, true);
        forgets(10, DAYS_12 + 2, true, wrap, true);
        forgets(10, DAYS_12 - 1, true, wrap, false);
        forgets(10, 5 * DAYS_12, true, wrap, true);
        forgets(10, 5 * DAYS_12, false, wrap, false);
    }
}

/* The wall clock is set: back, and from nothing to a date. */
static void wall_clock_is_set(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, NULL);
    w.fake.no_wall_time = true;
    get(&w, URL, false, false);
    w.fake.no_wall_time = false;
    get(&w, URL, true, false);
    w.fake.slept_s -= 1000;
    get(&w, URL, true, false);
    world_close(&w);
}

/* Polled now and then, an origin that is not used any more is forgotten, with its session. */
static void origins_age(void **state)
{
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(before); i++) {
        struct world w;
        world_open_before(&w, before[i], NULL);
        fake_listen(&w.fake, 443, &tls_server);
        get(&w, "https://a.test/", false, false);
        world_pass(&w, AGED / 2);
        get(&w, "https://a.test/", false, true);
        world_pass(&w, AGED - 2 * MIDGE_KEEP_ALIVE_MS);
        get(&w, "https://a.test/", false, true);
        for (unsigned days = 0; days < 60; days++) {
            world_pass(&w, 86400000);
        }
        assert_true(midge__list_empty(&w.client->sessions));
        assert_int_equal(w.client->n_unused, 0);
        assert_int_equal(world_stats(&w).alloc_live, w.live);
        get(&w, "https://a.test/", false, false);
        world_pass(&w, AGED + MIDGE_KEEP_ALIVE_MS);
        get(&w, "https://a.test/", false, false);
        tls_world_close(&w);
    }
}

/* The least recently used one goes first, also across the wrap. */
static void oldest_origin_goes(void **state)
{
    char url[32];
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(before); i++) {
        struct world w;
        world_open_before(&w, before[i], &(struct midge_config){.keep_alive_ms = 1});
        fake_listen(&w.fake, 443, &tls_server);
        for (unsigned k = 0; k <= MIDGE_MAX_SESSIONS; k++) {
            (void)snprintf(url, sizeof url, "https://h%u.test/", k);
            get(&w, url, false, false);
            world_pass(&w, 10);
        }
        get(&w, "https://h1.test/", false, true);
        world_pass(&w, 10);
        get(&w, "https://h0.test/", false, false);
        tls_world_close(&w);
    }
}

/* --- the public clock --- */

static void now_has_64_bits(void **state)
{
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(before); i++) {
        struct world w;
        world_open_before(&w, before[i], NULL);
        const uint64_t began = midge_now_ms(w.client), world = w.fake.now_ms;
        assert_int_equal(began, fake_clock_ms(&w.fake));
        for (unsigned k = 0; k < 8; k++) {
            w.fake.now_ms += LONGEST / 2;
            assert_true(midge_now_ms(w.client) - began == w.fake.now_ms - world);
            w.fake.now_ms += LONGEST;
            assert_true(midge_now_ms(w.client) - began == w.fake.now_ms - world);
            world_turns(&w, 2);
            assert_true(midge_now_ms(w.client) - began == w.fake.now_ms - world);
        }
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlines_go_across),
        cmocka_unit_test(queue_goes_across),
        cmocka_unit_test(waits_are_summed),
        cmocka_unit_test(opening_is_summed),
        cmocka_unit_test(start_looks_at_the_clock),
        cmocka_unit_test(attempt_after_a_month),
        cmocka_unit_test(idle_deadline_moves),
        cmocka_unit_test(clock_goes_back),
        cmocka_unit_test(measuring_limits_nothing),
        cmocka_unit_test(sleeps_of_any_length),
        cmocka_unit_test(sleeps_after_a_pause),
        cmocka_unit_test(sleeps_for_ever),
        cmocka_unit_test(limits_beyond_are_invalid),
        cmocka_unit_test(times_of_the_client),
        cmocka_unit_test(longest_timeouts_work),
        cmocka_unit_test(keep_alive_goes_across),
        cmocka_unit_test(oldest_idle_goes),
        cmocka_unit_test(kept_without_limit),
        cmocka_unit_test(long_idle),
        cmocka_unit_test(wall_clock_is_set),
        cmocka_unit_test(origins_age),
        cmocka_unit_test(oldest_origin_goes),
        cmocka_unit_test(now_has_64_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
