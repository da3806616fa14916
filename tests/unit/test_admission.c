/* SPDX-License-Identifier: MIT */
/* Who begins when: limits, order, fairness, and what makes room for whom. */
#include "fake_port.h"

#define A "http://a.test:81/"
#define B "http://b.test:82/"

static const struct fake_script slow = {.steps = {REQUEST, WAIT(10), SAY(HELLO), LOOP}};

static unsigned open_to(const struct world *w, uint16_t port)
{
    unsigned n = 0;
    for (unsigned i = 0; i < w->fake.n_socks; i++) {
        n += w->fake.socks[i].open && w->fake.socks[i].port == port;
    }
    return n;
}

/* Requests begun and not ended. */
static unsigned in_work(const struct probe *p, unsigned n)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < n; i++) {
        sum += p[i].sends > 0 && p[i].dones == 0;
    }
    return sum;
}

struct limits {
    struct midge_config config;
    unsigned most_a, most_b, most_work; /* that must be reached and never exceeded */
    unsigned ms;                        /* 20 requests to A, 10 to B, 10 ms each */
};

static const struct limits rows[] = {
    {{.max_connections = 30, .max_per_origin = 30}, 20, 10, 30, 10},
    {{.max_connections = 30, .max_per_origin = 5}, 5, 5, 10, 40},
    {{.max_connections = 30, .max_per_origin = 30, .max_transfers = 6}, 20, 10, 6, 50},
    {{.max_connections = 1, .max_per_origin = 1}, 1, 1, 1, 300},
    {{.max_connections = 2, .max_per_origin = 1}, 1, 1, 2, 200},
    {{.max_connections = 4, .max_per_origin = 2}, 2, 2, 4, 100},
    {{.max_connections = 4, .max_per_origin = 9}, 4, 4, 4, 80},
};

static void limits(void **state)
{
    enum { N = 30 };
    (void)state;
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        const struct limits *l = &rows[row];
        struct world w;
        static struct probe p[N];
        unsigned most_a = 0, most_b = 0, most_work = 0;
        int live;
        world_open(&w, &l->config);
        fake_listen(&w.fake, 81, &slow);
        fake_listen(&w.fake, 82, &slow);
        for (unsigned i = 0; i < N; i++) {
            probe_get(&p[i], &w, i % 3 ? A : B);
        }
        do {
            (void)midge_poll(w.client, 0); /* begins requests */
            unsigned a = open_to(&w, 81), b = open_to(&w, 82), work = in_work(p, N);
            most_a = a > most_a ? a : most_a;
            most_b = b > most_b ? b : most_b;
            most_work = work > most_work ? work : most_work;
            live = midge_poll(w.client, -1);
        } while (live > 0);
        if (most_a > l->most_a || most_b > l->most_b || most_work != l->most_work ||
            w.fake.now_ms - 1000 > l->ms || w.fake.peak_open > l->config.max_connections) {
            fail_msg("row %zu: a %u b %u work %u open %u ms %u", row, most_a, most_b, most_work,
                     w.fake.peak_open, (unsigned)(w.fake.now_ms - 1000));
        }
        for (unsigned i = 0; i < N; i++) {
            probe_is_hello(&p[i]);
        }
        struct midge_stats stats = world_stats(&w);
        assert_int_equal(stats.peak_connections, w.fake.peak_open);
        assert_int_equal(stats.connections, w.fake.n_socks);
        world_close(&w);
    }
}

/* First come, first served to one origin. */
static void in_order(void **state)
{
    static const struct midge_config config = {.max_connections = 1};
    struct world w;
    static struct probe p[20];
    (void)state;
    world_open(&w, &config);
    for (unsigned i = 0; i < 20; i++) {
        probe_get(&p[i], &w, A);
    }
    for (unsigned done = 0; done < 20;) {
        world_turn(&w, -1);
        while (done < 20 && p[done].dones > 0) {
            done++;
        }
        for (unsigned i = done; i < 20; i++) {
            assert_int_equal(p[i].dones, 0);
        }
    }
    for (unsigned i = 0; i < 20; i++) {
        probe_is_hello(&p[i]);
    }
    world_close(&w);
}

/* One that needs a new connection does not go before earlier ones that can use the kept one. */
static void new_one_behind_kept_ones(void **state)
{
    enum { N = 6 };
    struct world w;
    struct probe p[N];
    (void)state;
    world_open(&w, &(struct midge_config){.max_connections = 1});
    for (unsigned i = 0; i < N; i++) {
        probe_init(&p[i], &w, A);
        p[i].request.no_reuse = i == N - 1;
        probe_start(&p[i]);
    }
    world_run(&w);
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(p[i].result.connection, i == N - 1 ? 2 : 1);
        probe_is_hello(&p[i]);
    }
    world_close(&w);
}

/* Two requests to B that come after twenty to A don't wait for all of these. */
static void fair(void **state)
{
    static const struct midge_config config = {.max_connections = 2, .max_per_origin = 2};
    struct world w;
    static struct probe a[20], b[2];
    unsigned before = 0;
    (void)state;
    world_open(&w, &config);
    fake_listen(&w.fake, 81, &slow);
    fake_listen(&w.fake, 82, &slow);
    for (unsigned i = 0; i < 20; i++) {
        probe_get(&a[i], &w, A);
    }
    for (unsigned i = 0; i < 2; i++) {
        probe_get(&b[i], &w, B);
    }
    while (b[1].dones == 0) {
        world_turn(&w, -1);
    }
    for (unsigned i = 0; i < 20; i++) {
        before += a[i].dones;
    }
    assert_true(before <= 6);
    world_run(&w);
    for (unsigned i = 0; i < 20; i++) {
        probe_is_hello(&a[i]);
    }
    probe_is_hello(&b[0]);
    probe_is_hello(&b[1]);
    world_close(&w);
}

/* A turn begins as many transfers as it has steps; the others begin in the next ones, at once. */
static void a_turn_begins_few(void **state)
{
    enum { N = 20, STEPS = 3 };
    struct world w;
    static struct probe p[N];
    (void)state;
    world_open(
        &w, &(struct midge_config){.max_connections = N, .max_per_origin = N, .turn_steps = STEPS});
    fake_listen(&w.fake, 81, &slow);
    for (unsigned i = 0; i < N; i++) {
        probe_get(&p[i], &w, "http://10.0.0.1:81/");
    }
    for (unsigned turn = 1; turn * STEPS < N; turn++) {
        assert_int_equal(midge_next_timeout(w.client), 0);
        world_turns(&w, 1);
        assert_int_equal(world_stats(&w).connections, turn * STEPS);
    }
    world_run(&w);
    for (unsigned i = 0; i < N; i++) {
        probe_is_hello(&p[i]);
    }
    world_close(&w);
}

/* A request whose time in the queue is over before the turn is not sent, even if there is room. */
static void too_late_for_the_turn(void **state)
{
    struct world w;
    struct probe p[2];
    (void)state;
    world_open(&w, &(struct midge_config){.max_connections = 1});
    fake_listen(&w.fake, 81, &slow);
    probe_get(&p[0], &w, A);
    probe_init(&p[1], &w, A);
    p[1].request.timeouts.queue_ms = 5;
    probe_start(&p[1]);
    world_turns(&w, 1);
    w.fake.now_ms += 8;
    assert_int_equal(midge_cancel(w.client, p[0].id), MIDGE_OK);
    world_run(&w);
    probe_ended(&p[1], MIDGE_ERR_TIMEOUT);
    assert_int_equal(p[1].sends, 0);
    assert_int_equal(w.fake.n_socks, 1);
    world_close(&w);
}

/* Requests to many origins begin in the order in which they came. */
static void origins_in_order(void **state)
{
    enum { N = 40, ORIGINS = 10 };
    static char urls[ORIGINS][40];
    struct world w;
    static struct probe p[N];
    unsigned last = 0;
    (void)state;
    world_open(&w, &(struct midge_config){.max_connections = 1, .max_awaitables = N});
    for (unsigned i = 0; i < N; i++) {
        (void)snprintf(urls[i % ORIGINS], sizeof urls[0], "http://10.0.0.%u:81/", 1 + i % ORIGINS);
        probe_init(&p[i], &w, urls[i % ORIGINS]);
        p[i].request.no_reuse = 1;
        probe_start(&p[i]);
    }
    while (last < N) {
        world_turns(&w, 1);
        while (last < N && p[last].dones > 0) {
            last++;
        }
        for (unsigned i = last; i < N; i++) {
            assert_int_equal(p[i].dones, 0);
        }
    }
    for (unsigned i = 0; i < N; i++) {
        probe_is_hello(&p[i]);
    }
    world_close(&w);
}

/* The order follows those that are left when one is canceled, and those in work. */
static void order_is_kept_up(void **state)
{
    static const struct fake_script later = {.steps = {REQUEST, WAIT(50), SAY(HELLO)}};
    enum { N = 5 };
    static const char *const urls[2][N] = {{A, A, B, A, B}, {"http://c.test:81/", A, B, A, B}};
    (void)state;
    for (unsigned canceled = 0; canceled < 2; canceled++) {
        struct world w;
        struct probe p[N];
        world_open(&w, &(struct midge_config){.max_transfers = canceled ? 1 : 3});
        fake_listen(&w.fake, 81, &slow);
        fake_listen(&w.fake, 82, canceled ? &slow : &later);
        for (unsigned i = 0; i < N; i++) {
            probe_init(&p[i], &w, urls[canceled][i]);
            p[i].request.no_reuse = 1;
            probe_start(&p[i]);
        }
        if (canceled) { /* B's first one comes before A's third one then */
            world_turns(&w, 3);
            assert_int_equal(midge_cancel(w.client, p[1].id), MIDGE_OK);
        }
        world_run(&w);
        unsigned a3 = p[3].result.connection;
        assert_true(canceled ? p[2].result.connection < a3 : a3 < p[4].result.connection);
        for (unsigned i = 0; i < N; i++) {
            if (canceled && i == 1) {
                probe_ended(&p[i], MIDGE_ERR_CANCELED);
            } else {
                probe_is_hello(&p[i]);
            }
        }
        world_close(&w);
    }
}

/* One origin that never answers holds only its own share. */
static void stuck_origin(void **state)
{
    static const struct midge_config config = {.max_connections = 4, .max_per_origin = 2};
    static const struct fake_script silent = {.steps = {REQUEST}};
    static const struct fake_script never = {.connect = FAKE_NEVER};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct world w;
        static struct probe a[6], b[6];
        world_open(&w, &config);
        fake_listen(&w.fake, 81, i ? &silent : &never);
        fake_listen(&w.fake, 82, &slow);
        for (unsigned j = 0; j < 6; j++) {
            probe_get(&a[j], &w, A);
            probe_get(&b[j], &w, B);
        }
        while (b[5].dones == 0) {
            world_turn(&w, -1);
        }
        assert_true(w.fake.now_ms <= 1030);
        for (unsigned j = 0; j < 6; j++) {
            assert_int_equal(midge_cancel(w.client, a[j].id), MIDGE_OK);
        }
        world_run(&w);
        for (unsigned j = 0; j < 6; j++) {
            probe_ended(&a[j], MIDGE_ERR_CANCELED);
            probe_is_hello(&b[j]);
        }
        world_close(&w);
    }
}

/* A kept connection makes room for another origin, and for a request that must not use it. */
static void idle_makes_room(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct world w;
        struct probe p[2];
        world_open(&w, &(struct midge_config){.max_connections = i ? 4 : 1, .max_per_origin = 1});
        probe_get(&p[0], &w, A);
        world_run(&w);
        probe_is_hello(&p[0]);
        assert_int_equal(world_stats(&w).open_connections, 1);
        uint64_t before = w.fake.now_ms;
        probe_init(&p[1], &w, i ? A : B);
        p[1].request.no_reuse = (uint8_t)i;
        probe_start(&p[1]);
        world_run(&w);
        assert_int_equal(w.fake.now_ms, before);
        assert_int_equal(p[1].result.connection, 2);
        assert_int_equal(w.fake.peak_open, 1);
        probe_is_hello(&p[1]);
        world_close(&w);
    }
}

/* One that waits for room lets others go first that need none, but not for ever. */
static void idle_passes_a_waiting_one(void **state)
{
    enum { N = 12 };
    struct world w;
    struct probe first, b;
    static struct probe a[N];
    unsigned before = 0;
    (void)state;
    world_open(&w, &(struct midge_config){.max_connections = 1});
    fake_listen(&w.fake, 82, &slow);
    probe_get(&first, &w, A);
    world_run(&w);
    probe_is_hello(&first);
    probe_get(&b, &w, B);
    for (unsigned i = 0; i < N; i++) {
        probe_get(&a[i], &w, A);
    }
    while (b.sends == 0) {
        world_turn(&w, -1);
    }
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(a[i].sends, a[i].dones);
        before += a[i].dones;
    }
    assert_in_range(before, 1, 4);
    world_run(&w);
    assert_int_equal(a[0].result.reused, 1);
    assert_int_equal(w.fake.n_socks, 3);
    probe_is_hello(&b);
    for (unsigned i = 0; i < N; i++) {
        probe_is_hello(&a[i]);
    }
    world_close(&w);
}

/* Leaves less of the block than a handshake needs. */
static void *eat(struct world *w)
{
    size_t most = midge__memory_largest_free(&w->client->memory);
    size_t need = midge__tls_handshake_bytes() / 2;
    assert_true(most > need);
    void *eaten = midge_alloc(w->client, most - need);
    assert_non_null(eaten);
    return eaten;
}

/* All but crumbs; how many pieces. */
static unsigned eat_all(struct world *w, void **eaten, unsigned most_pieces)
{
    unsigned n = 0;
    size_t most;
    while ((most = midge__memory_largest_free(&w->client->memory)) > 400) {
        assert_true(n < most_pieces);
        eaten[n] = midge_alloc(w->client, most);
        assert_non_null(eaten[n++]);
    }
    return n;
}

/* As if exchanges had them. */
struct lent {
    char *spare_head;
    uint8_t *recv_buffer;
};

static struct lent lend_all(struct world *w)
{
    struct lent lent = {w->client->spare_head, w->client->recv_buffer};
    w->client->spare_head = NULL;
    w->client->recv_buffer = NULL;
    return lent;
}

static void give_lent(struct world *w, struct lent lent)
{
    w->client->spare_head = lent.spare_head;
    w->client->recv_buffer = lent.recv_buffer;
}

static void give_all(struct world *w, void **eaten, unsigned n)
{
    while (n > 0) {
        midge_free(w->client, eaten[--n]);
    }
}

static const struct fake_script never_speaks = {.connect_ms = 5};

static void get_silent(struct probe *b, struct world *w, const char *url, uint32_t total_ms)
{
    probe_init(b, w, url);
    b->request.timeouts.total_ms = total_ms;
    b->request.dangerously_skip_verification = 1;
    probe_start(b);
}

/* A world whose TLS server is silent, with the TLS configuration that a client makes. */
static void open_silent(struct world *w, const struct midge_config *config)
{
    struct probe b;
    world_open(w, config);
    fake_listen(&w->fake, 81, &slow);
    fake_listen(&w->fake, 443, &never_speaks);
    get_silent(&b, w, "https://b.test/", 300);
    world_run(w);
    probe_ended(&b, MIDGE_ERR_TIMEOUT);
    w->live = world_stats(w).alloc_live;
}

/* The same for memory: before a connection is opened, and when it waits with its handshake. */
static void idle_passes_a_waiting_handshake(void **state)
{
    if (midge__tls_slot_in() == 0) {
        skip(); /* external TLS: nothing waits for memory */
    }
    (void)state;
    for (unsigned opened = 0; opened < 2; opened++) {
        struct world w;
        struct probe first, b, a;
        open_silent(&w, &(struct midge_config){.max_connections = 2, .max_per_origin = 1});
        probe_get(&first, &w, A);
        if (opened) {
            world_turns(&w, 3);
        } else {
            world_run(&w);
        }
        get_silent(&b, &w, "https://b.test/", 300);
        probe_get(&a, &w, A);
        if (opened) {
            world_turns(&w, 2);
            assert_int_equal(open_to(&w, 443), 1);
        }
        void *eaten = eat(&w);
        unsigned open = 0;
        while (a.dones == 0) {
            open = open_to(&w, 443);
            world_turn(&w, -1); /* when it has ended, its connection closes for the other */
        }
        assert_int_equal(a.result.reused, 1);
        assert_int_equal(b.dones, 0);
        assert_int_equal(open, opened);
        midge_free(w.client, eaten);
        world_run(&w);
        assert_int_equal(open_to(&w, 443), 0);
        probe_is_hello(&first);
        probe_is_hello(&a);
        probe_ended(&b, MIDGE_ERR_TIMEOUT);
        world_close(&w);
    }
}

/* But not when the client's rate has no token for them. */
static void rated_ones_do_not_pass(void **state)
{
    static const struct midge_rate rate = {.requests = 1, .interval_ms = 100000, .burst = 3};
    if (midge__tls_slot_in() == 0) {
        skip();
    }
    (void)state;
    struct world w;
    struct probe first, b, a;
    open_silent(&w, &(struct midge_config){.max_connections = 2, .rate = &rate});
    probe_get(&first, &w, A);
    world_turns(&w, 3);
    get_silent(&b, &w, "https://b.test/", 300);
    probe_get(&a, &w, A);
    world_turns(&w, 2);
    assert_int_equal(open_to(&w, 443), 1);
    void *eaten = eat(&w);
    while (b.dones == 0) {
        world_turn(&w, -1);
    }
    assert_int_equal(first.dones, 1);
    assert_int_equal(a.dones, 0);
    midge_free(w.client, eaten);
    world_run(&w);
    probe_is_hello(&first);
    probe_is_hello(&a);
    probe_ended(&b, MIDGE_ERR_TIMEOUT);
    world_close(&w);
}

/* Nothing else happens: what the application frees is what a request waited for. */
/* What is left of the block, in one piece. */
static void *leave(struct world *w, size_t bytes)
{
    void *eaten = midge_alloc(w->client, midge__memory_largest_free(&w->client->memory) - bytes);
    assert_non_null(eaten);
    return eaten;
}

static size_t held(const struct world *w)
{
    size_t sum = 0;
    MIDGE__LIST_FOR_EACH(it, &w->client->conns)
    {
        const struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, link);
        sum += conn->origin->secure ? 0 : midge__memory_owner_live(&w->client->memory, conn->owner);
    }
    return sum;
}

/* A handshake needs the memory of two other connections, whose requests are followed by others at
   once: these do not begin before it. */
static void small_needs_do_not_starve_a_handshake(void **state)
{
    enum { N = 20 };
    static const struct fake_script ends = {.steps = {REQUEST, WAIT(10), SAY(HELLO), FIN}};
    static const struct fake_script later = {.steps = {REQUEST, WAIT(17), SAY(HELLO), FIN}};
    struct world w;
    struct probe large;
    static struct probe p[N];
    unsigned begun = 0, n_more = 0;
    void *more[N];
    (void)state;
    if (midge__tls_slot_in() == 0) {
        skip(); /* external TLS: nothing waits for memory */
    }
    world_open(&w, &(struct midge_config){.max_connections = 4, .max_per_origin = 1});
    fake_listen(&w.fake, 81, &ends);
    fake_listen(&w.fake, 82, &later);
    fake_listen(&w.fake, 443, &never_speaks);
    get_silent(&large, &w, "https://c.test/", 500);
    for (unsigned i = 0; i < N; i++) {
        probe_get(&p[i], &w, i % 2 ? B : A);
    }
    while (p[0].sends + p[1].sends < 2) {
        world_turns(&w, 1);
    }
    assert_int_equal(w.client->handshakes, 0); /* it connects */
    struct midge__memory *m = &w.client->memory;
    size_t need = midge__opening_bytes(true, false, true) - sizeof(struct midge__conn);
    void *eaten = leave(&w, need - held(&w) + 300);
    assert_true(midge__memory_free_bytes(m) < need);
    while (w.client->handshakes == 0) {
        world_turn(&w, -1);
        begun = 0;
        for (unsigned i = 0; i < N; i++) {
            begun += p[i].sends;
        }
        assert_in_range(begun, 2, 4);
        /* The application takes what requests that have ended give back. */
        size_t all = midge__memory_free_bytes(m) + held(&w), most = need + 300;
        if (all > most + 64 && w.client->handshakes == 0) {
            more[n_more] = midge_alloc(w.client, all - most - 16);
            assert_non_null(more[n_more++]);
        }
    }
    give_all(&w, more, n_more);
    midge_free(w.client, eaten);
    world_run(&w);
    probe_ended(&large, MIDGE_ERR_TIMEOUT);
    for (unsigned i = 0; i < N; i++) {
        probe_is_hello(&p[i]);
    }
    w.live = world_stats(&w).alloc_live; /* with the settings of its TLS, made once */
    world_close(&w);
}

/* A connection that waits for a name server keeps no room that others could use. If there is none
   when the answer comes, it connects, and its handshake waits. */
static void names_keep_no_room(void **state)
{
    (void)state;
    if (midge__tls_slot_in() == 0) {
        skip(); /* external TLS: nothing waits for memory */
    }
    for (unsigned never = 0; never < 2; never++) {
        struct world w;
        struct probe a, b;
        world_open(&w, NULL);
        fake_listen(&w.fake, 443, &never_speaks);
        w.fake.names[0] = (struct fake_name){.host = "b.test", .ms = 50, .never = never != 0};
        w.fake.n_names = 1;
        get_silent(&b, &w, "https://b.test/", 1000);
        get_silent(&a, &w, "https://a.test/", 300);
        void *eaten = leave(&w, midge__opening_bytes(true, false, true) * 3 / 2);
        world_run(&w);
        assert_int_equal(a.result.phase, MIDGE_PHASE_TLS);
        assert_int_equal(a.result.t.queue_us, 0);
        assert_int_equal(a.result.connects, 1);
        assert_int_equal(b.result.phase, never ? MIDGE_PHASE_DNS : MIDGE_PHASE_TLS);
        assert_int_equal(b.result.connects, 1);
        assert_int_equal(w.fake.lookups, 2);
        /* From its connect, which takes 5 ms, until a has ended. */
        assert_int_equal(b.result.t.queue_us, never ? 0 : 245000);
        assert_int_equal(w.fake.now_ms, 2000);
        probe_ended(&a, MIDGE_ERR_TIMEOUT);
        probe_ended(&b, MIDGE_ERR_TIMEOUT);
        midge_free(w.client, eaten);
        w.live = world_stats(&w).alloc_live; /* with the settings of its TLS, made once */
        world_close(&w);
    }
}

/* One that connects will need memory for its handshake: no other one is opened with that. */
static void connecting_ones_keep_room(void **state)
{
    static const struct fake_script far = {.connect_ms = 100};
    struct world w;
    struct probe a, b;
    (void)state;
    if (midge__tls_slot_in() == 0) {
        skip(); /* external TLS: nothing waits for memory */
    }
    world_open(&w, NULL);
    fake_listen(&w.fake, 443, &far);
    get_silent(&a, &w, "https://a.test/", 300);
    world_turns(&w, 3);
    assert_int_equal(open_to(&w, 443), 1);
    void *eaten =
        leave(&w, midge__opening_bytes(true, false, true) + midge__working_bytes(true) / 2);
    get_silent(&b, &w, "https://b.test/", 1000);
    world_pass(&w, 50);
    assert_int_equal(open_to(&w, 443), 1);
    world_pass(&w, 260);
    probe_ended(&a, MIDGE_ERR_TIMEOUT);
    assert_int_equal(open_to(&w, 443), 1); /* now it is b's */
    midge_free(w.client, eaten);
    world_run(&w);
    assert_int_equal(b.result.connects, 1);
    probe_ended(&b, MIDGE_ERR_TIMEOUT);
    w.live = world_stats(&w).alloc_live; /* with the settings of its TLS, made once */
    world_close(&w);
}

static void freed_memory_wakes(void **state)
{
    struct world w;
    struct probe a, b;
    (void)state;
    if (midge__tls_slot_in() == 0) {
        skip(); /* external TLS: nothing waits for memory */
    }
    world_open(&w, &(struct midge_config){.max_connections = 2});
    fake_listen(&w.fake, 81, &never_speaks);
    fake_listen(&w.fake, 443, &never_speaks);
    probe_get(&a, &w, A); /* lives on, and gives nothing back */
    world_turns(&w, 3);
    get_silent(&b, &w, "https://b.test/", 300);
    void *eaten = eat(&w);
    world_turns(&w, 3);
    assert_int_equal(open_to(&w, 443), 0);
    midge_free(w.client, eaten);
    world_turns(&w, 3);
    assert_int_equal(open_to(&w, 443), 1);
    assert_int_equal(midge_cancel(w.client, a.id), MIDGE_OK);
    world_run(&w);
    probe_ended(&a, MIDGE_ERR_CANCELED);
    probe_ended(&b, MIDGE_ERR_TIMEOUT);
    w.live = world_stats(&w).alloc_live;
    world_close(&w);
}

/* Memory that fails when the connection is made sends a request back to the queue, whose limit
   is for all the time that it waits there. */
static void requeued_keeps_its_queue_time(void **state)
{
    static const struct fake_script far = {.connect_ms = 400};
    struct world w;
    struct probe a, b;
    (void)state;
    world_open(&w, &(struct midge_config){.max_connections = 2});
    fake_listen(&w.fake, 81, &never_speaks);
    fake_listen(&w.fake, 82, &far);
    uint64_t start = w.fake.now_ms;
    probe_get(&a, &w, A); /* lives on: there is a connection to wait for */
    probe_init(&b, &w, B);
    b.request.timeouts.queue_ms = 1000;
    probe_source(&b, 5, 5); /* the only kind of exchange that needs memory to begin */
    probe_start(&b);
    while (open_to(&w, 82) == 0 || w.fake.now_ms < start + 100) {
        world_turn(&w, 10);
    }
    midge__memory_fail_at(&w.client->memory, 1, true);
    while (b.dones == 0) {
        world_turn(&w, -1);
    }
    assert_int_equal(w.fake.now_ms - start, 1000 + 400); /* it connected meanwhile */
    assert_int_equal(b.result.phase, MIDGE_PHASE_QUEUE);
    probe_ended(&b, MIDGE_ERR_TIMEOUT);
    midge__memory_fail_at(&w.client->memory, 0, false);
    assert_int_equal(midge_cancel(w.client, a.id), MIDGE_OK);
    world_run(&w);
    world_close(&w);
}

/* However often memory fails, a request waits while a connection is open that may give some back.
 */
static void fails_only_alone(void **state)
{
    (void)state;
    for (unsigned nth = 1; nth < 8; nth++) {
        struct world w;
        struct probe a, b;
        world_open(&w, &(struct midge_config){.max_connections = 2});
        fake_listen(&w.fake, 81, &never_speaks);
        probe_get(&a, &w, A);
        world_turns(&w, 8); /* it is sent */
        probe_get(&b, &w, B);
        for (unsigned i = 0; i < 20; i++) {
            midge__memory_fail_at(&w.client->memory, 1 + (nth + i) % 4, true);
            w.client->admission_due = true; /* as if some had come back */
            world_turns(&w, 3);
        }
        assert_true(b.dones == 0 || b.result.error == MIDGE_OK);
        midge__memory_fail_at(&w.client->memory, 0, false);
        assert_int_equal(midge_cancel(w.client, a.id), MIDGE_OK);
        world_run(&w);
        probe_ended(&a, MIDGE_ERR_CANCELED);
        probe_is_hello(&b);
        assert_true(b.result.connects <= MIDGE__NEED_ALONE + 1);
        world_close(&w);
    }
}

/* A start finds room beside connections that are only kept, whatever they hold. */
static void starts_beside_kept_ones(void **state)
{
    enum { N = 6 };
    static char url[1200];
    struct world w;
    static struct probe p[N + 1];
    struct midge_config config = {.max_connections = N};
    (void)state;
    config.memory_size = midge_memory_least(&config) + 3000;
    world_open(&w, &config);
    for (unsigned i = 0; i < N; i++) {
        (void)snprintf(url, sizeof url, "http://h%u.test/", i);
        probe_init(&p[i], &w, url);
        while (midge_start(w.client, &p[i].request, &p[i].id) == MIDGE_ERR_NO_MEMORY) {
            world_turn(&w, -1);
        }
    }
    world_run(&w);
    void *eaten = leave(&w, 200);
    memset(url, 'u', sizeof url - 1);
    memcpy(url, "http://a.test/", 14);
    probe_get(&p[N], &w, url);
    midge_free(w.client, eaten);
    world_run(&w);
    for (unsigned i = 0; i <= N; i++) {
        probe_is_hello(&p[i]);
    }
    world_close(&w);
}

/* Without any memory they are closed within the call. */
static void start_closes_kept_ones(void **state)
{
    struct world w;
    struct probe a, b;
    void *eaten[64];
    (void)state;
    world_open(&w, NULL);
    probe_get(&a, &w, A);
    world_run(&w);
    probe_is_hello(&a);
    unsigned n = eat_all(&w, eaten, MIDGE_ARRAY_LEN(eaten));
    while ((eaten[n] = midge_alloc(w.client, 16)) != NULL) {
        assert_true(++n < MIDGE_ARRAY_LEN(eaten));
    }
    world_turns(&w, 2);
    assert_int_equal(open_to(&w, 81), 1);
    probe_get(&b, &w, B);
    assert_int_equal(open_to(&w, 81), 0);
    assert_true(midge__list_empty(&w.client->dead));
    give_all(&w, eaten, n);
    world_run(&w);
    probe_is_hello(&b);
    world_close(&w);
}

/* Two servers whose heads are longer than the spare buffer. */
static void open_long_heads(struct world *w)
{
    static char text[3600];
    static struct fake_script speaks;
    (void)snprintf(text, sizeof text,
                   "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: %03000d\r\n\r\nhello", 0);
    /* In two pieces: only a head that is not complete at the end of a step needs memory. */
    speaks = (struct fake_script){.steps = {REQUEST,
                                            WAIT(20),
                                            {FAKE_SAY, text, 1500},
                                            WAIT(1),
                                            {FAKE_SAY, text + 1500, strlen(text) - 1500},
                                            LOOP}};
    world_open(w, &(struct midge_config){.max_connections = 2});
    fake_listen(&w->fake, 81, &speaks);
    fake_listen(&w->fake, 82, &speaks);
}

/* Two heads that are longer than the spare buffer, and no memory for either: one is sent again. */
static void one_head_gives_way(void **state)
{
    struct world w;
    struct probe p[2];
    (void)state;
    for (unsigned post = 0; post < 2; post++) {
        open_long_heads(&w);
        for (unsigned i = 0; i < 2; i++) {
            probe_init(&p[i], &w, i ? B : A);
            p[i].request.method = post && i == 0 ? "POST" : NULL;
            probe_start(&p[i]);
        }
        world_turns(&w, 20); /* both are sent */
        void *eaten = leave(&w, 2500);
        world_run(&w);
        midge_free(w.client, eaten);
        assert_int_equal(p[0].result.connects + p[1].result.connects, 3);
        assert_true(!post || p[0].result.connects == 1);
        probe_is_hello(&p[0]);
        probe_is_hello(&p[1]);
        world_close(&w);
    }
}

/* A head that is longer than the memory that can come back: fields that were not asked for are left
   out, of a request that is alone and of one that can't be sent again. */
static void a_head_without_memory_is_cut(void **state)
{
    struct world w;
    struct probe p[2];
    (void)state;
    for (unsigned n = 1; n <= 2; n++) {
        open_long_heads(&w);
        for (unsigned i = 0; i < n; i++) {
            probe_init(&p[i], &w, i ? B : A);
            p[i].request.method = n == 2 ? "POST" : NULL;
            probe_start(&p[i]);
        }
        world_turns(&w, 20); /* all are sent */
        void *eaten = leave(&w, 1500);
        world_run(&w);
        midge_free(w.client, eaten);
        unsigned skipped = 0;
        for (unsigned i = 0; i < n; i++) {
            probe_is_hello(&p[i]);
            assert_int_equal(p[i].result.connects, 1);
            skipped += p[i].result.headers_skipped;
        }
        assert_true(skipped > 0);
        world_close(&w);
    }
}

/* A slow connect is no time in the queue. */
static void queue_limit_is_of_the_queue(void **state)
{
    static const struct fake_script far = {.connect_ms = 600, .steps = {FIN}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 443, &far);
    probe_init(&p, &w, "https://a.test/");
    p.request.timeouts.queue_ms = 500;
    p.request.dangerously_skip_verification = 1;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.phase, MIDGE_PHASE_TLS);
    assert_int_equal(p.result.t.queue_us, 0);
    probe_ended(&p, MIDGE_ERR_TLS);
    w.live = world_stats(&w).alloc_live; /* with the settings of its TLS, made once */
    world_close(&w);
}

/* Those that wait for the first one's ticket do not fail one after another. */
static void dead_origin(void **state)
{
    static const struct fake_script never = {.connect = FAKE_NEVER};
    struct world w;
    struct probe p[8];
    (void)state;
    world_open(&w, &(struct midge_config){
                       .max_connections = 8, .max_per_origin = 8, .timeouts.connect_ms = 1000});
    fake_listen(&w.fake, 443, &never);
    uint64_t start = w.fake.now_ms;
    for (unsigned i = 0; i < 8; i++) {
        get_silent(&p[i], &w, "https://a.test/", MIDGE_NO_TIMEOUT);
    }
    world_run(&w);
    /* One begins every 300 ms; at 1300 ms the second has failed, and the rest begins. */
    assert_int_equal(w.fake.now_ms - start, 2300);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(p[i].result.phase, MIDGE_PHASE_CONNECT);
        probe_ended(&p[i], MIDGE_ERR_TIMEOUT);
    }
    world_close(&w);
}

/* Free memory in pieces that do for a full handshake and not for the exchange of a resumed one:
   those behind that one do not go before it again and again. */
static void pieces_do_for_all_or_none(void **state)
{
    static const struct fake_script far = {.connect_ms = 100};
    struct world w;
    struct probe a, b;
    void *blocks[600];
    unsigned n = 0;
    (void)state;
    if (midge__exchange_piece() <= midge__tls_handshake_piece()) {
        skip();
    }
    world_open(&w, NULL);
    fake_listen(&w.fake, 443, &far);
    get_silent(&a, &w, "https://a.test/", 3000);
    get_silent(&b, &w, "https://b.test/", 4000);
    world_turns(&w, 3);
    void *session = midge__memory_calloc(&w.client->memory, 0, 1, midge__tls_session_bytes());
    assert_non_null(session);
    struct midge__conn *first =
        MIDGE_CONTAINER_OF(midge__list_first(&w.client->conns), struct midge__conn, link);
    assert_string_equal(first->origin->host, "a.test");
    first->origin->session = session;
    while ((blocks[n] = midge_alloc(w.client, 4000)) != NULL) {
        assert_true(++n < MIDGE_ARRAY_LEN(blocks));
    }
    for (unsigned i = 0; i < 50; i += 2) {
        midge_free(w.client, blocks[i]);
        blocks[i] = NULL;
    }
    world_run(&w);
    /* Each goes back once as the newest and once as a silent leader, at most. */
    assert_in_range(a.result.connects + b.result.connects, 2, 5);
    probe_ended(&a, MIDGE_ERR_TIMEOUT);
    probe_ended(&b, MIDGE_ERR_TIMEOUT);
    give_all(&w, blocks, n);
    w.live = world_stats(&w).alloc_live; /* with the settings of its TLS, made once */
    world_close(&w);
}

/* Another server may have a remembered address by now: after a failure the name is asked for again.
 */
static void failure_asks_again(void **state)
{
    static const struct fake_script ends = {.steps = {FIN}};
    static const struct fake_script silent = {.connect_ms = 5};
    (void)state;
    for (unsigned late = 0; late < 2; late++) {
        struct world w;
        struct probe p[2];
        world_open(&w, &(struct midge_config){.max_per_origin = 1, .timeouts.tls_ms = 100});
        fake_listen(&w.fake, 443, late ? &silent : &ends);
        for (unsigned i = 0; i < 2; i++) {
            get_silent(&p[i], &w, "https://a.test/", 1000);
        }
        world_run(&w);
        assert_int_equal(w.fake.lookups, 2);
        for (unsigned i = 0; i < 2; i++) {
            assert_int_equal(p[i].result.phase, MIDGE_PHASE_TLS);
            probe_ended(&p[i], late ? MIDGE_ERR_TIMEOUT : MIDGE_ERR_TLS);
        }
        w.live = world_stats(&w).alloc_live; /* with the settings of its TLS, made once */
        world_close(&w);
    }
}

/* An answer waits for memory while another lives that never gives any: the deadline of its first
   byte ends it. When there is memory again it goes on. */
static void memory_waiter_ends(void **state)
{
    static const struct fake_script silent = {.steps = {REQUEST}};
    static const struct fake_script speaks = {.steps = {REQUEST, WAIT(20), SAY(HELLO), LOOP}};
    (void)state;
    for (unsigned fed = 0; fed < 2; fed++) {
        struct world w;
        struct probe a, b;
        void *eaten[64];
        unsigned n = 0;
        world_open(&w, &(struct midge_config){.max_connections = 2});
        fake_listen(&w.fake, 81, &silent);
        fake_listen(&w.fake, 82, &speaks);
        probe_get(&a, &w, A);
        probe_init(&b, &w, B);
        b.request.timeouts.first_byte_ms = 2000;
        probe_start(&b);
        world_turns(&w, 20); /* both are sent */
        assert_int_equal(open_to(&w, 82), 1);
        n = eat_all(&w, eaten, MIDGE_ARRAY_LEN(eaten));
        struct lent lent = lend_all(&w);
        uint64_t start = w.fake.now_ms;
        while (b.dones == 0) {
            if (fed && n > 0 && w.fake.now_ms >= start + 500) {
                midge_free(w.client, eaten[--n]);
                start = w.fake.now_ms;
            }
            world_turn(&w, 100);
        }
        if (fed) {
            probe_is_hello(&b);
        } else {
            assert_in_range(w.fake.now_ms - start, 2000, 2100);
            assert_int_equal(b.result.phase, MIDGE_PHASE_WAIT);
            probe_ended(&b, MIDGE_ERR_TIMEOUT);
        }
        give_all(&w, eaten, n);
        give_lent(&w, lent);
        assert_int_equal(midge_cancel(w.client, a.id), MIDGE_OK);
        world_run(&w);
        world_close(&w);
    }
}

/* Memory comes back once: all that wait for it go on, without another cause. */
static void memory_waiters_all_go_on(void **state)
{
    static const struct fake_script silent = {.steps = {REQUEST}};
    static const struct fake_script half = {.steps = {REQUEST, WAIT(20), SAY("HTTP/1.1 200 OK\r\n"),
                                                      WAIT(500),
                                                      SAY("Content-Length: 5\r\n\r\nhello")}};
    struct world w;
    struct probe p[3];
    void *eaten[64];
    (void)state;
    world_open(&w, &(struct midge_config){.max_connections = 3});
    fake_listen(&w.fake, 81, &half);
    fake_listen(&w.fake, 82, &half);
    fake_listen(&w.fake, 80, &silent);
    probe_get(&p[0], &w, A);
    probe_get(&p[1], &w, B);
    probe_get(&p[2], &w, "http://c.test/"); /* it may free memory, so the others wait */
    world_turns(&w, 20);                    /* all are sent */
    unsigned n = eat_all(&w, eaten, MIDGE_ARRAY_LEN(eaten));
    struct lent lent = lend_all(&w);
    world_pass(&w, 30);
    assert_int_equal(w.client->n_waiting, 2);
    give_lent(&w, lent);
    give_all(&w, eaten, n);
    world_turns(&w, 4);
    assert_int_equal(w.client->n_waiting, 0);
    world_pass(&w, 600);
    probe_is_hello(&p[0]);
    probe_is_hello(&p[1]);
    assert_int_equal(midge_cancel(w.client, p[2].id), MIDGE_OK);
    world_run(&w);
    probe_ended(&p[2], MIDGE_ERR_CANCELED);
    world_close(&w);
}

/* Two heads come in pieces, and there is no memory: the spare buffer is given to one of them. */
static void spare_head_is_for_one(void **state)
{
    static const struct fake_script one = {
        .steps = {REQUEST, WAIT(20), SAY("HTTP/1.1 200 OK\r\nX-Test: one\r\n"), WAIT(50),
                  SAY("Content-Length: 5\r\n\r\nhello")}};
    static const struct fake_script two = {
        .steps = {REQUEST, WAIT(20), SAY("HTTP/1.1 200 OK\r\nX-Test: two\r\n"), WAIT(50),
                  SAY("Content-Length: 5\r\n\r\nhello")}};
    struct world w;
    struct probe a, b;
    void *eaten[64];
    (void)state;
    world_open(&w, &(struct midge_config){.max_connections = 2});
    fake_listen(&w.fake, 81, &one);
    fake_listen(&w.fake, 82, &two);
    probe_get(&a, &w, A);
    probe_get(&b, &w, B);
    world_turns(&w, 20); /* both are sent */
    unsigned n = eat_all(&w, eaten, MIDGE_ARRAY_LEN(eaten));
    world_run(&w);
    assert_string_equal(a.retry, "one");
    assert_string_equal(b.retry, "two");
    probe_is_hello(&a);
    probe_is_hello(&b);
    give_all(&w, eaten, n);
    world_close(&w);
}

/* The last piece of memory is held by the client's buffers: the next one on a kept connection needs
   no more. */
static void reuse_needs_no_memory(void **state)
{
    struct world w;
    struct probe p[2];
    void *eaten[64];
    (void)state;
    world_open(&w, &(struct midge_config){.max_connections = 1});
    fake_listen(&w.fake, 81, &slow);
    probe_get(&p[0], &w, A);
    probe_get(&p[1], &w, A);
    world_turns(&w, 5); /* the first one is sent */
    unsigned n = eat_all(&w, eaten, MIDGE_ARRAY_LEN(eaten));
    world_run(&w);
    assert_int_equal(p[1].result.connection, 1);
    probe_is_hello(&p[0]);
    probe_is_hello(&p[1]);
    give_all(&w, eaten, n);
    world_close(&w);
}

/* While no exchange uses them, the buffers' memory is for a connection that is being opened. */
static void opening_frees_the_buffers(void **state)
{
    static const struct fake_script far = {.connect_ms = 100, .steps = {REQUEST, SAY(HELLO)}};
    struct world w;
    struct probe p[2];
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 82, &far);
    probe_get(&p[0], &w, A);
    world_run(&w);
    probe_is_hello(&p[0]);
    assert_non_null(w.client->send_buffer);
    probe_get(&p[1], &w, B);
    world_turns(&w, 3);
    assert_null(w.client->send_buffer);
    world_run(&w);
    probe_is_hello(&p[1]);
    world_close(&w);
}

/* Memory fails where the exchange begins: a request that was alone from its start has no other
   chance. */
static void fails_when_it_was_alone(void **state)
{
    static const struct fake_script far = {.connect_ms = 5, .steps = {REQUEST, SAY(HELLO)}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 81, &far);
    probe_init(&p, &w, A);
    probe_source(&p, 5, 5); /* it takes memory when it begins */
    probe_start(&p);
    for (unsigned connects = 1; connects <= 2; connects++) {
        world_turns(&w, 5); /* it connects */
        assert_int_equal(w.fake.n_socks, connects);
        midge__memory_fail_at(&w.client->memory, 1, false);
        world_pass(&w, 5);
    }
    assert_int_equal(p.result.connects, 2);
    probe_ended(&p, MIDGE_ERR_NO_MEMORY);
    world_close(&w);
}

/* A secure request waits for record slots: an idle connection that has none stays. */
static void idle_without_slots_stays(void **state)
{
    struct world w;
    struct probe a, b;
    void *slots[64];
    unsigned n = 0;
    (void)state;
    if (midge__tls_slot_in() == 0) {
        skip(); /* external TLS has no slots */
    }
    world_open(&w, NULL);
    fake_listen(&w.fake, 443, &never_speaks);
    probe_get(&a, &w, A);
    world_run(&w);
    probe_is_hello(&a);
    struct midge__memory *m = &w.client->memory;
    while (midge__memory_free_slots(m) > 0) {
        assert_true(n < MIDGE_ARRAY_LEN(slots));
        slots[n++] = midge__memory_calloc(m, 0, 1, midge__tls_slot_in());
    }
    get_silent(&b, &w, "https://b.test/", 300);
    world_pass(&w, 100);
    assert_int_equal(open_to(&w, 81), 1);
    assert_int_equal(open_to(&w, 443), 0);
    give_all(&w, slots, n);
    world_turns(&w, 3);
    assert_int_equal(open_to(&w, 443), 1);
    world_run(&w);
    probe_ended(&b, MIDGE_ERR_TIMEOUT);
    world_pass(&w, 2 * MIDGE_KEEP_ALIVE_MS);
    w.live = world_stats(&w).alloc_live; /* with the settings of its TLS, made once */
    world_close(&w);
}

/* A head of 1200 bytes in two pieces, 200 ms apart. */
static const struct fake_script *two_pieces(void)
{
    static char text[1400];
    static struct fake_script speaks;
    (void)snprintf(text, sizeof text,
                   "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: %01200d\r\n\r\nhello", 0);
    speaks = (struct fake_script){.steps = {REQUEST,
                                            WAIT(20),
                                            {FAKE_SAY, text, 300},
                                            WAIT(200),
                                            {FAKE_SAY, text + 300, strlen(text) - 300},
                                            LOOP}};
    return &speaks;
}

/* It was to continue without memory, but memory came before its step: when it needs some again, it
   waits again. */
static void denied_once(void **state)
{
    static const struct fake_script silent = {.steps = {REQUEST}};
    struct world w;
    struct probe a, b;
    void *eaten[64];
    (void)state;
    world_open(&w, &(struct midge_config){.max_connections = 2, .turn_steps = 1});
    fake_listen(&w.fake, 81, &silent);
    fake_listen(&w.fake, 82, two_pieces());
    probe_init(&b, &w, B);
    b.request.method = "POST";
    probe_start(&b);
    world_turns(&w, 20); /* it is sent */
    const struct midge__conn *conn =
        MIDGE_CONTAINER_OF(midge__list_first(&w.client->conns), struct midge__conn, link);
    unsigned n = eat_all(&w, eaten, MIDGE_ARRAY_LEN(eaten));
    struct lent lent = lend_all(&w);
    while (!conn->denied) {
        world_turn(&w, -1);
    }
    give_all(&w, eaten, n);
    give_lent(&w, lent);
    world_turns(&w, 5); /* it has the first piece */
    probe_get(&a, &w, A);
    world_turns(&w, 20);
    n = eat_all(&w, eaten, MIDGE_ARRAY_LEN(eaten));
    lent = lend_all(&w);
    world_pass(&w, 400);
    assert_int_equal(b.dones, 0);
    give_all(&w, eaten, n);
    give_lent(&w, lent);
    while (b.dones == 0) {
        world_turn(&w, -1);
    }
    assert_int_equal(b.result.headers_skipped, 0);
    probe_is_hello(&b);
    assert_int_equal(midge_cancel(w.client, a.id), MIDGE_OK);
    world_run(&w);
    world_close(&w);
}

#define LABEL "name-of-sixty-characters-so-that-its-origin-takes-enough-memory"

/* It makes an idle connection go, also when that gives no record slots back and all are taken. What
   it waits for comes in one piece: the origin of a long name. */
static void memory_waiter_makes_idle_go(void **state)
{
    static const struct fake_script speaks = {.steps = {REQUEST, WAIT(20), SAY(HELLO), LOOP}};
    struct world w;
    struct probe a, b;
    void *eaten[64], *slots[64];
    unsigned n, taken = 0;
    (void)state;
    if (midge__tls_slot_in() == 0) {
        skip(); /* external TLS has no slots */
    }
    world_open(&w, &(struct midge_config){.max_connections = 2});
    fake_listen(&w.fake, 81, &slow);
    fake_listen(&w.fake, 82, &speaks);
    probe_get(&a, &w, "http://" LABEL "." LABEL "." LABEL ":81/");
    world_run(&w);
    probe_is_hello(&a);
    struct midge__memory *m = &w.client->memory;
    while (midge__memory_free_slots(m) > 0) {
        assert_true(taken < MIDGE_ARRAY_LEN(slots));
        slots[taken] = midge__memory_calloc(m, 0, 1, midge__tls_slot_in());
        assert_non_null(slots[taken++]);
    }
    probe_get(&b, &w, B);
    world_turns(&w, 20);
    assert_int_equal(open_to(&w, 81), 1);
    n = eat_all(&w, eaten, MIDGE_ARRAY_LEN(eaten));
    struct lent lent = lend_all(&w);
    uint64_t start = w.fake.now_ms;
    while (b.dones == 0) {
        world_turn(&w, -1);
    }
    give_lent(&w, lent);
    probe_is_hello(&b);
    assert_int_equal(w.fake.now_ms - start, 20);
    assert_int_equal(open_to(&w, 81), 0);
    give_all(&w, eaten, n);
    give_all(&w, slots, taken);
    world_close(&w);
}

/* Cuts the free memory into pieces smaller than a handshake may want, and enough of them. Returns
   how many blocks hold the rest. */
static unsigned cut_all(struct world *w, void **blocks, unsigned most_blocks)
{
    struct midge__memory *m = &w->client->memory;
    size_t size = midge__tls_handshake_piece() - 200, free_piece;
    unsigned n = 0, pieces, kept = 0;
    while (midge__memory_largest_free(m) > size && n < most_blocks) {
        blocks[n++] = midge_alloc(w->client, size);
    }
    pieces = n;
    while ((free_piece = midge__memory_largest_free(m)) > 0 && n < most_blocks) {
        blocks[n++] = midge_alloc(w->client, free_piece);
    }
    for (unsigned i = 0; i < n; i++) {
        if (i < pieces && i % 2 == 0) {
            midge_free(w->client, blocks[i]);
        } else {
            blocks[kept++] = blocks[i];
        }
    }
    assert_true(midge__memory_largest_free(m) < midge__tls_handshake_piece());
    assert_true(midge__memory_free_bytes(m) > midge__tls_handshake_bytes());
    return kept;
}

/* The memory of a handshake is an estimate: when no other connection can free more, it is tried. A
   connection that waits for a name server counts as none. */
static void last_one(bool silent)
{
    struct world w;
    struct probe b, a;
    void *blocks[64];
    world_open(&w, &(struct midge_config){.max_connections = 3, .memory_size = 131072});
    w.fake.names[0] = (struct fake_name){.host = "a.test", .never = true};
    w.fake.n_names = 1;
    fake_listen(&w.fake, 443, &never_speaks);
    get_silent(&b, &w, "https://b.test/", 300);
    world_run(&w);
    probe_ended(&b, MIDGE_ERR_TIMEOUT);
    w.live = world_stats(&w).alloc_live; /* with the settings of its TLS, made once */
    unsigned n = cut_all(&w, blocks, MIDGE_ARRAY_LEN(blocks));
    if (silent) {
        get_silent(&a, &w, "https://a.test/", 2000);
        world_turns(&w, 2);
    }
    get_silent(&b, &w, "https://b.test/", 300);
    while (b.dones == 0) {
        world_turn(&w, -1);
    }
    assert_int_equal(b.result.phase, MIDGE_PHASE_TLS);
    probe_ended(&b, MIDGE_ERR_TIMEOUT);
    world_run(&w);
    if (silent) {
        assert_int_equal(a.result.phase, MIDGE_PHASE_DNS);
        probe_ended(&a, MIDGE_ERR_TIMEOUT);
    }
    give_all(&w, blocks, n);
    world_close(&w);
}

static void the_last_one_is_tried(void **state)
{
    (void)state;
    if (midge__tls_slot_in() == 0) {
        skip(); /* external TLS: nothing waits for memory */
    }
    last_one(false);
    last_one(true);
}

/* What differs in identity never shares a connection. */
static void identity(void **state)
{
    struct world w;
    struct probe p[9];
    (void)state;
    world_open(&w, &(struct midge_config){.max_connections = 20});
    static const char *const urls[] = {
        A, "http://A.TEST:81/other", "http://a.test:83/", "http://b.test:81/", A, A, A, A, A};
    for (unsigned i = 0; i < 9; i++) {
        probe_init(&p[i], &w, urls[i]);
        p[i].request.connect_host = i == 4 ? "10.9.9.9" : i == 8 ? "A.test" : NULL;
        p[i].request.connect_port = i == 5 ? 9999 : 0;
        p[i].request.servername = i == 6 ? "c.test" : NULL;
        p[i].request.family = i == 7 ? 4 : 0;
        probe_start(&p[i]);
        world_run(&w);
        bool same = i == 1 || i == 8;
        assert_int_equal(p[i].result.reused, same);
        assert_int_equal(p[i].result.connection == 1, same || i == 0);
        probe_is_hello(&p[i]);
    }
    world_close(&w);
}

/* The whole of a crowd ends when memory fails for good, and lives on when it comes back. */
static void crowd_without_memory(void **state)
{
    enum { N = 12 };
    (void)state;
    for (unsigned nth = 1; nth < 60; nth++) {
        struct world w;
        static struct probe p[N];
        world_open(&w, &(struct midge_config){.max_connections = 3});
        fake_listen(&w.fake, 81, &slow);
        for (unsigned i = 0; i < N; i++) {
            probe_get(&p[i], &w, i % 2 ? A : B);
        }
        bool sticky = nth % 2;
        midge__memory_fail_at(&w.client->memory, nth, sticky);
        world_run(&w);
        assert_true(w.fake.now_ms < 1000 + 1000);
        for (unsigned i = 0; i < N; i++) {
            if (p[i].result.error == MIDGE_OK) {
                probe_is_hello(&p[i]);
            } else {
                probe_ended(&p[i], MIDGE_ERR_NO_MEMORY);
            }
        }
        midge__memory_fail_at(&w.client->memory, 0, false);
        probe_get(&p[0], &w, A);
        world_run(&w);
        probe_is_hello(&p[0]);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),
        cmocka_unit_test(in_order),
        cmocka_unit_test(new_one_behind_kept_ones),
        cmocka_unit_test(fair),
        cmocka_unit_test(a_turn_begins_few),
        cmocka_unit_test(too_late_for_the_turn),
        cmocka_unit_test(origins_in_order),
        cmocka_unit_test(order_is_kept_up),
        cmocka_unit_test(stuck_origin),
        cmocka_unit_test(idle_makes_room),
        cmocka_unit_test(idle_passes_a_waiting_one),
        cmocka_unit_test(idle_passes_a_waiting_handshake),
        cmocka_unit_test(rated_ones_do_not_pass),
        cmocka_unit_test(small_needs_do_not_starve_a_handshake),
        cmocka_unit_test(names_keep_no_room),
        cmocka_unit_test(connecting_ones_keep_room),
        cmocka_unit_test(freed_memory_wakes),
        cmocka_unit_test(requeued_keeps_its_queue_time),
        cmocka_unit_test(fails_only_alone),
        cmocka_unit_test(starts_beside_kept_ones),
        cmocka_unit_test(start_closes_kept_ones),
        cmocka_unit_test(one_head_gives_way),
        cmocka_unit_test(a_head_without_memory_is_cut),
        cmocka_unit_test(queue_limit_is_of_the_queue),
        cmocka_unit_test(dead_origin),
        cmocka_unit_test(failure_asks_again),
        cmocka_unit_test(pieces_do_for_all_or_none),
        cmocka_unit_test(memory_waiter_ends),
        cmocka_unit_test(memory_waiters_all_go_on),
        cmocka_unit_test(spare_head_is_for_one),
        cmocka_unit_test(reuse_needs_no_memory),
        cmocka_unit_test(opening_frees_the_buffers),
        cmocka_unit_test(fails_when_it_was_alone),
        cmocka_unit_test(idle_without_slots_stays),
        cmocka_unit_test(denied_once),
        cmocka_unit_test(memory_waiter_makes_idle_go),
        cmocka_unit_test(the_last_one_is_tried),
        cmocka_unit_test(identity),
        cmocka_unit_test(crowd_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
