/* SPDX-License-Identifier: MIT */
/* How long connections are kept: what servers announce, and what silence says about the others. */
#include "fake_port.h"

#define URL              "http://a.test/"
#define HELLO_KEEP(hint) "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: " hint "\r\n\r\nhello"

/* Plain, to 10.0.0.1. */
static void post(struct world *w, bool reused)
{
    struct probe p;
    probe_init(&p, w, URL);
    p.request.body = "x";
    p.request.body_len = 1;
    probe_start(&p);
    world_run(w);
    assert_int_equal(p.result.reused, reused);
    probe_is_hello(&p);
}

/* --- announced --- */

/* Milliseconds for which a connection is used again; 0: not kept. */
static unsigned kept_for(const struct fake_script *server, uint32_t keep_alive_ms)
{
    unsigned low = 0, high = 2 * MIDGE_KEEP_ALIVE_MS;
    while (low < high) {
        struct world w;
        unsigned ms = (low + high) / 2;
        world_open(&w, &(struct midge_config){.keep_alive_ms = keep_alive_ms});
        fake_listen(&w.fake, 80, server);
        struct probe p;
        probe_get(&p, &w, URL);
        world_run(&w);
        probe_is_hello(&p);
        world_pass(&w, ms);
        probe_get(&p, &w, URL);
        world_run(&w);
        if (p.result.reused) {
            low = ms + 1;
        } else {
            high = ms;
        }
        probe_is_hello(&p);
        world_close(&w);
    }
    return low;
}

static void timeout_hint(void **state)
{
#define KEEP(hint) REQUEST, SAY(HELLO_KEEP(hint)), LOOP
    static const struct {
        struct fake_script server;
        uint32_t keep_alive_ms;
        unsigned ms;
    } cases[] = {
        {{.steps = {REQUEST, SAY(HELLO), LOOP}}, 0, MIDGE_KEEP_ALIVE_MS},
        {{.steps = {KEEP("timeout=5")}}, 0, 4000},
        {{.steps = {KEEP("timeout=5")}}, 3000, 3000},
        {{.steps = {KEEP("timeout=2")}}, 0, 1000},
        {{.steps = {KEEP("timeout=1")}}, 0, 0},
        {{.steps = {KEEP("timeout=0")}}, 0, 0},
        {{.steps = {KEEP("timeout=4000000000")}}, 0, MIDGE_KEEP_ALIVE_MS},
        {{.steps = {KEEP("timeout=99999999999999999999")}}, 0, MIDGE_KEEP_ALIVE_MS},
        {{.steps = {KEEP("timeout=-5")}}, 0, MIDGE_KEEP_ALIVE_MS},
        {{.connect_ms = 400, .steps = {KEEP("timeout=5")}}, 0, 4000},
        {{.connect_ms = 800, .steps = {KEEP("timeout=5")}}, 0, 5000 - 1600},
        {{.connect_ms = 800, .steps = {KEEP("timeout=1")}}, 0, 0},
        /* A hint of a 1xx head is not the answer's; one that came once holds. */
        {{.steps = {REQUEST, SAY("HTTP/1.1 103 Early Hints\r\nKeep-Alive: timeout=2\r\n\r\n" HELLO),
                    LOOP}},
         0,
         MIDGE_KEEP_ALIVE_MS},
    };
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(cases); i++) {
        assert_int_equal(kept_for(&cases[i].server, cases[i].keep_alive_ms), cases[i].ms);
    }
}

static void hint_holds(void **state)
{
    static const struct fake_script once = {
        .steps = {REQUEST, SAY(HELLO_KEEP("timeout=3")), REQUEST, SAY(HELLO), REQUEST, SAY(HELLO)}};
    struct world w;
    (void)state;
    world_open(&w, NULL);
    fake_next(&w.fake, &once);
    fake_listen(&w.fake, 80, &fake_hello);
    post(&w, false);
    world_pass(&w, 1900);
    post(&w, true);
    world_pass(&w, 1900);
    post(&w, true);
    world_pass(&w, 2100);
    post(&w, false);
    world_close(&w);
}

/* What the server closes as announced is never in use by then, whenever the request comes. */
static void closed_as_announced(void **state)
{
    static const struct fake_script closes = {
        .connect_ms = 30, .steps = {REQUEST, SAY(HELLO_KEEP("timeout=2")), WAIT(2000), FIN}};
    (void)state;
    for (unsigned ms = 0; ms < 3000; ms += 50) {
        struct world w;
        world_open(&w, NULL);
        fake_next(&w.fake, &closes);
        fake_listen(&w.fake, 80, &fake_hello);
        struct probe p;
        probe_get(&p, &w, URL);
        world_run(&w);
        probe_is_hello(&p);
        world_pass(&w, ms);
        if (ms >= 1000) {
            post(&w, false);
            assert_int_equal(w.fake.n_socks, 2);
        }
        world_close(&w);
    }
}

/* A callback that takes long, as one that writes to flash: 1.5 s. */
static int slow_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct probe *p = MIDGE_CONTAINER_OF(sink, struct probe, sink);
    (void)data;
    (void)len;
    p->w->fake.now_ms += 1500;
    return MIDGE_OK;
}

/* The connection's time runs out within the turn that would use it. */
static void overdue_in_a_long_turn(void **state)
{
    static const struct fake_script closes = {
        .steps = {REQUEST, SAY(HELLO_KEEP("timeout=2")), WAIT(2000), FIN}};
    struct world w;
    struct probe kept, slow, next;
    (void)state;
    world_open(&w, &(struct midge_config){.max_transfers = 1});
    fake_next(&w.fake, &closes);
    fake_listen(&w.fake, 80, &fake_hello);
    probe_get(&kept, &w, URL);
    world_run(&w);
    probe_is_hello(&kept);
    world_pass(&w, 400);
    probe_init(&slow, &w, "http://10.0.0.2/");
    slow.sink.write = slow_write;
    probe_start(&slow);
    probe_init(&next, &w, URL);
    next.request.body = "x";
    next.request.body_len = 1;
    probe_start(&next);
    world_run(&w);
    probe_is_hello(&next);
    assert_int_equal(next.result.reused, 0);
    assert_int_equal(next.result.connection, 3);
    world_close(&w);
}

/* The server's time runs from its last byte, not from when a paused sink took it. */
static void paused_meanwhile(void **state)
{
#define KEEP5  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: timeout=5\r\n\r\nhel"
#define KEEP20 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: timeout=20\r\n\r\nhel"
    static const struct fake_script tails[] = {
        {.steps = {REQUEST, SAY(KEEP5), SAY("lo"), REQUEST, SAY(HELLO)}},
        {.steps = {REQUEST, SAY(KEEP5), WAIT(6000), SAY("lo"), REQUEST, SAY(HELLO)}},
        {.steps = {REQUEST, SAY(KEEP20), SAY("lo"), REQUEST, SAY(HELLO)}},
        {.steps = {REQUEST, SAY(HELLO), REQUEST, SAY(HELLO)}}};
    static const struct {
        unsigned tail, paused_ms, idle_ms;
        bool reused;
    } cases[] = {{0, 3000, 0, true},    {0, 3000, 900, true},   {0, 3000, 1100, false},
                 {0, 5000, 0, false},   {1, 5000, 3000, true},  {1, 5000, 4100, false},
                 {2, 9000, 5900, true}, {2, 9000, 6100, false}, {3, 9000, 14900, true}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(cases); i++) {
        struct world w;
        struct probe p;
        world_open(&w, NULL);
        fake_next(&w.fake, &tails[cases[i].tail]);
        fake_listen(&w.fake, 80, &fake_hello);
        probe_init(&p, &w, URL);
        p.pause = true;
        probe_start(&p);
        world_pass(&w, cases[i].paused_ms);
        assert_int_equal(p.dones, 0);
        p.pause = false;
        assert_int_equal(midge_resume(w.client, p.id), MIDGE_OK);
        world_run(&w);
        probe_is_hello(&p);
        world_pass(&w, cases[i].idle_ms);
        post(&w, cases[i].reused);
        world_close(&w);
    }
}

static void max_hint(void **state)
{
    static const struct {
        struct fake_script server;
        unsigned requests; /* on the first connection */
    } cases[] = {
        {{.steps = {KEEP("max=0")}}, 1},
        {{.steps = {KEEP("timeout=5, max=1")}}, 2}, /* a limit once given is not raised */
        {{.steps = {REQUEST, SAY(HELLO_KEEP("max=1")), REQUEST, SAY(HELLO), LOOP}}, 2},
        {{.steps = {REQUEST, SAY(HELLO_KEEP("max=2")), REQUEST, SAY(HELLO_KEEP("max=1")), REQUEST,
                    SAY(HELLO_KEEP("max=0")), LOOP}},
         3},
        {{.steps = {REQUEST, SAY(HELLO_KEEP("max=1")), REQUEST, SAY(HELLO_KEEP("max=100")), LOOP}},
         2},
        {{.steps = {KEEP("max=4294967294")}}, 5},
        {{.steps = {KEEP("max=18446744073709551617")}}, 5},
    };
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(cases); i++) {
        struct world w;
        unsigned n = 0;
        struct probe p;
        world_open(&w, NULL);
        fake_listen(&w.fake, 80, &cases[i].server);
        for (unsigned k = 0; k < 5; k++) {
            probe_get(&p, &w, URL);
            world_run(&w);
            n += p.result.connection == 1;
            probe_is_hello(&p);
        }
        assert_int_equal(n, cases[i].requests);
        world_close(&w);
    }
}

/* --- connections that died silently --- */

enum { N = 4 };

/* N connections idle after one answer each. */
static void open_idle(struct world *w, const struct fake_script *then)
{
    struct probe p[N];
    world_open(w, &(struct midge_config){.max_connections = N + 1,
                                         .max_per_origin = N + 1,
                                         .timeouts.first_byte_ms = 1500});
    for (unsigned i = 0; i < N; i++) {
        fake_next(&w->fake, then);
    }
    fake_listen(&w->fake, 80, &fake_hello);
    for (unsigned i = 0; i < N; i++) {
        probe_get(&p[i], w, URL);
    }
    world_run(w);
    for (unsigned i = 0; i < N; i++) {
        probe_is_hello(&p[i]);
    }
    assert_int_equal(world_stats(w).open_connections, N);
}

static void run_one(struct world *w, int err)
{
    struct probe p;
    probe_get(&p, w, URL);
    world_run(w);
    if (err == MIDGE_OK) {
        probe_is_hello(&p);
    } else {
        assert_int_equal(p.result.reused, 1);
        probe_ended(&p, err);
    }
}

static const struct fake_script dies = {.steps = {REQUEST, WAIT(5), SAY(HELLO)}};

static void one_timeout(void **state)
{
    struct world w;
    (void)state;
    open_idle(&w, &dies);
    world_pass(&w, 1000);
    run_one(&w, MIDGE_ERR_TIMEOUT);
    for (unsigned i = 0; i < N; i++) {
        run_one(&w, MIDGE_OK);
    }
    assert_int_equal(world_stats(&w).connections, N + 1);
    world_close(&w);
}

/* It breaks with the request: that one is replayed, and none of the others is tried. */
static void one_break(void **state)
{
    static const struct fake_script breaks[] = {
        {.steps = {REQUEST, WAIT(5), SAY(HELLO), REQUEST, RESET}},
        {.steps = {REQUEST, WAIT(5), SAY(HELLO), REQUEST, FIN}}};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct world w;
        open_idle(&w, &breaks[i]);
        for (unsigned k = 0; k < N; k++) {
            run_one(&w, MIDGE_OK);
        }
        assert_int_equal(world_stats(&w).connections, N + 1);
        world_close(&w);
    }
}

/* A limit of the application's own; a cancel soon after the start says nothing. */
static void canceled_after(void **state)
{
    (void)state;
    for (unsigned ms = 500; ms <= 1000; ms += 500) {
        struct world w;
        struct probe p;
        open_idle(&w, &dies);
        probe_get(&p, &w, URL);
        world_pass(&w, ms);
        assert_int_equal(midge_cancel(w.client, p.id), MIDGE_OK);
        world_run(&w);
        probe_ended(&p, MIDGE_ERR_CANCELED);
        world_turns(&w, 3);
        assert_int_equal(world_stats(&w).open_connections, ms < 1000 ? N - 1 : 0);
        world_close(&w);
    }
}

/* Others stay: of another origin, and those that have answered since it began. */
static void only_older_ones(void **state)
{
    static const struct fake_script later = {.steps = {REQUEST, WAIT(5), SAY(HELLO), REQUEST,
                                                       WAIT(700), SAY(HELLO), REQUEST, SAY(HELLO)}};
    struct world w;
    struct probe p[3];
    (void)state;
    open_idle(&w, &dies);
    w.fake.n_next = w.fake.next_at = 0;
    fake_listen(&w.fake, 81, &fake_hello);
    /* All but two are in use: the first dies, the second answers after it was asked. */
    probe_get(&p[0], &w, "http://a.test:81/");
    world_turns(&w, 4);
    probe_is_hello(&p[0]);
    fake_next(&w.fake, &later);
    probe_get(&p[0], &w, URL); /* dies */
    probe_init(&p[1], &w, URL);
    p[1].request.no_reuse = 1; /* a connection of its own, which is not kept */
    probe_start(&p[1]);
    world_run(&w);
    probe_ended(&p[0], MIDGE_ERR_TIMEOUT);
    probe_is_hello(&p[1]);
    world_turns(&w, 3);
    assert_int_equal(world_stats(&w).open_connections, 1);
    probe_get(&p[2], &w, "http://a.test:81/");
    world_run(&w);
    assert_int_equal(p[2].result.reused, 1);
    probe_is_hello(&p[2]);
    world_close(&w);
}

/* While the first of two waits in vain, the other one answers: it stays. */
static void answered_since(void **state)
{
    static const struct fake_script answers = {.steps = {REQUEST, WAIT(5), SAY(HELLO), REQUEST,
                                                         WAIT(700), SAY(HELLO), REQUEST,
                                                         SAY(HELLO)}};
    struct world w;
    struct probe p[2];
    (void)state;
    world_open(&w, &(struct midge_config){.timeouts.first_byte_ms = 1500});
    fake_next(&w.fake, &dies);
    fake_next(&w.fake, &answers);
    fake_listen(&w.fake, 80, &fake_hello);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 2; i++) {
            probe_get(&p[i], &w, URL);
        }
        world_run(&w);
        probe_ended(&p[0], round == 0 ? MIDGE_OK : MIDGE_ERR_TIMEOUT);
        probe_is_hello(&p[1]);
    }
    probe_get(&p[0], &w, URL);
    world_run(&w);
    assert_int_equal(p[0].result.connection, 2);
    probe_is_hello(&p[0]);
    world_close(&w);
}

/* Our own limit counts from the last answer, though the timer of the first one stays armed. */
static void kept_from_the_last_answer(void **state)
{
    static const unsigned ms[] = {60, 60, 99};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, &(struct midge_config){.keep_alive_ms = 100});
    fake_listen(&w.fake, 80, &fake_hello);
    for (unsigned i = 0; i < MIDGE_ARRAY_LEN(ms); i++) {
        probe_get(&p, &w, URL);
        world_run(&w);
        assert_int_equal(p.result.reused, i > 0);
        probe_is_hello(&p);
        world_pass(&w, ms[i]);
        assert_int_equal(world_stats(&w).open_connections, 1);
    }
    world_pass(&w, 1);
    assert_int_equal(world_stats(&w).open_connections, 0);
    world_close(&w);
}

/* --- calls of the port --- */

static void start_next(struct probe *p)
{
    probe_start(p->other);
}

/* The end, or another answer, lies directly behind the answer, whose end starts the next request, a
   POST: that one has its own answer, on a new connection (RFC 9112 9.2). A GET does not look for
   the end, it is sent again. */
static void behind_the_answer(void **state)
{
    static const struct fake_script scripts[] = {
        {.steps = {REQUEST, WAIT(1), SAY(HELLO), FIN}},
        {.steps = {REQUEST, WAIT(1), SAY(HELLO), SAY(HELLO_LEN("4") "evil")}},
        {.steps = {REQUEST, WAIT(1), SAY(HELLO), SAY("\r\n")}}};
    (void)state;
    for (unsigned i = 0; i <= MIDGE_ARRAY_LEN(scripts); i++) {
        struct world w;
        struct probe p, next;
        bool get = i == MIDGE_ARRAY_LEN(scripts);
        world_open(&w, NULL);
        fake_next(&w.fake, &scripts[get ? 0 : i]);
        probe_init(&p, &w, URL);
        probe_init(&next, &w, URL);
        next.request.method = get ? "GET" : "POST";
        p.at = ON_DONE;
        p.act = start_next;
        p.other = &next;
        probe_start(&p);
        world_run(&w);
        assert_int_equal(next.result.retries, get);
        assert_int_equal(next.result.connection, 2);
        probe_is_hello(&p);
        probe_is_hello(&next);
        world_close(&w);
    }
}

struct calls {
    unsigned sends, recvs, polls;
};
static struct calls calls;

static int count_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                      int *native)
{
    calls.sends++;
    return fake_send(ctx, sock, buf, len, n, native);
}

static int count_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    calls.recvs++;
    return fake_recv(ctx, sock, buf, cap, n, native);
}

static int count_poll(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    calls.polls++;
    return fake_poll(ctx, fds, n, timeout_ms);
}

static unsigned to_start;

static void start_again(struct probe *p)
{
    p->dones = p->sink_finishes = p->sends = p->responses = 0;
    p->id = 0;
    if (to_start > 0) {
        to_start--;
        probe_start(p);
    }
}

/* One request after the other on each of n connections: for each one send and one recv; one poll
   for all whose answers come together. */
static void few_calls(void **state)
{
    enum { MOST = 4, EACH = 100 };
    static const struct fake_script slow = {.steps = {REQUEST, WAIT(10), SAY(HELLO), LOOP}};
    static struct probe p[MOST];
    (void)state;
    for (unsigned n = 1; n <= MOST; n += MOST - 1) {
        struct world w;
        world_open(&w, &(struct midge_config){.max_connections = MOST});
        w.fake.port.send = count_send;
        w.fake.port.recv = count_recv;
        w.fake.port.poll = count_poll;
        fake_listen(&w.fake, 80, &slow);
        calls = (struct calls){0};
        to_start = (EACH - 1) * n;
        for (unsigned i = 0; i < n; i++) {
            probe_init(&p[i], &w, URL);
            p[i].request.sink = NULL;
            p[i].at = ON_DONE;
            p[i].act = start_again;
            probe_start(&p[i]);
        }
        world_run(&w);
        assert_int_equal(world_stats(&w).connections, n);
        assert_int_equal(calls.sends, EACH * n);
        assert_in_range(calls.recvs, EACH * n, (EACH + 3) * n);
        assert_in_range(calls.polls, EACH, EACH + 10);
        world_close(&w);
    }
}

/* A request that is started between two turns is sent before the poll that waits for its answer.
   Its kept connection may have ended since the last poll, so it is read once. */
static void few_calls_of_waits(void **state)
{
    enum { EACH = 100 };
    static const struct fake_script slow = {.steps = {REQUEST, WAIT(10), SAY(HELLO), LOOP}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    w.fake.port.send = count_send;
    w.fake.port.recv = count_recv;
    w.fake.port.poll = count_poll;
    fake_listen(&w.fake, 80, &slow);
    calls = (struct calls){0};
    for (unsigned i = 0; i < EACH; i++) {
        probe_init(&p, &w, URL);
        p.request.on_done = NULL;
        p.request.sink = NULL;
        probe_start(&p);
        assert_int_equal(midge_wait(w.client, p.id, NULL), MIDGE_OK);
    }
    assert_int_equal(world_stats(&w).connections, 1);
    assert_int_equal(calls.sends, EACH);
    assert_in_range(calls.recvs, EACH, 2 * EACH);
    assert_in_range(calls.polls, EACH, EACH + 2);
    world_close(&w);
}

/* The end comes while the program does something else between two turns: the next request, which
   could not be sent again, does not use that connection. */
static void end_between_turns(void **state)
{
    static const struct fake_script once = {.steps = {REQUEST, SAY(HELLO), WAIT(50), FIN}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &once);
    for (unsigned i = 0; i < 2; i++) {
        probe_init(&p, &w, URL);
        p.request.method = "POST";
        probe_start(&p);
        world_run(&w);
        probe_is_hello(&p);
        assert_int_equal(p.result.reused, 0);
        w.fake.now_ms += 100;
    }
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timeout_hint),        cmocka_unit_test(hint_holds),
        cmocka_unit_test(closed_as_announced), cmocka_unit_test(overdue_in_a_long_turn),
        cmocka_unit_test(paused_meanwhile),    cmocka_unit_test(max_hint),
        cmocka_unit_test(one_timeout),         cmocka_unit_test(one_break),
        cmocka_unit_test(canceled_after),      cmocka_unit_test(only_older_ones),
        cmocka_unit_test(answered_since),      cmocka_unit_test(behind_the_answer),
        cmocka_unit_test(few_calls),           cmocka_unit_test(few_calls_of_waits),
        cmocka_unit_test(end_between_turns),   cmocka_unit_test(kept_from_the_last_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
