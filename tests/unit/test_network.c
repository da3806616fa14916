/* SPDX-License-Identifier: MIT */
/* The network changes while requests wait, connect, shake hands, run or are paused. */
#include "core/network.h"
#include "fake_tls.h"

#define URL    "http://example.com/"
#define SECURE "https://example.com/"

static const struct fake_script silent = {.connect = FAKE_NEVER};
static const struct fake_script slow = {.steps = {REQUEST, WAIT(500), SAY(HELLO), LOOP}};
static const struct fake_script never = {.steps = {REQUEST}};
static const struct fake_script secure = {
    .steps = {CH, SAY("S"), REQUEST, SAY(HELLO), REQUEST, SAY(HELLO)}};

static void set_name(struct world *w, struct fake_name name)
{
    w->fake.names[0] = name;
    w->fake.n_names = 1;
}

static void get(struct probe *p, struct world *w, const char *url)
{
    probe_init(p, w, url);
    p->request.dangerously_skip_verification = 1;
    probe_start(p);
}

static void idle_connection_closes(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        struct world w;
        struct probe p[2];
        world_open(&w, NULL);
        get(&p[0], &w, URL);
        world_run(&w);
        probe_is_hello(&p[0]);
        assert_int_equal(w.fake.open, 1);
        midge_network_changed(w.client, lost);
        assert_int_equal(midge_next_timeout(w.client), 0);
        get(&p[1], &w, URL);
        world_run(&w);
        probe_is_hello(&p[1]);
        assert_int_equal(p[1].result.reused, 0);
        assert_int_equal(w.fake.n_socks, 2);
        assert_int_equal(w.fake.lookups, 2);
        assert_int_equal(w.fake.open, 1);
        world_close(&w);
    }
}

/* Nothing of the request was sent: it begins again, whatever its method. */
static void opening_begins_again(void **state)
{
    static const struct fake_script shakes = {.steps = {CH}};
    static const struct {
        const char *url;
        struct fake_name name;
        const struct fake_script *script;
        unsigned socks;
    } rows[] = {
        {URL, {.host = "example.com", .never = true}, NULL, 1},
        {URL, {.host = "example.com"}, &silent, 2},
        {SECURE, {.host = "example.com"}, &shakes, 2},
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct world w;
        struct probe p;
        tls_world_open(&w, NULL);
        set_name(&w, rows[i].name);
        fake_listen(&w.fake, 443, &secure);
        if (rows[i].script != NULL) {
            fake_next(&w.fake, rows[i].script);
        }
        probe_init(&p, &w, rows[i].url);
        p.request.dangerously_skip_verification = 1;
        p.request.method = "POST";
        p.request.body = "x";
        p.request.body_len = 1;
        probe_start(&p);
        world_pass(&w, 50);
        set_name(&w, (struct fake_name){.host = "example.com"});
        midge_network_changed(w.client, i % 2 == 0);
        world_run(&w);
        assert_int_equal(w.fake.n_socks, rows[i].socks);
        assert_int_equal(p.sends, 1);
        probe_is_hello(&p);
        tls_world_close(&w);
    }
}

/* The limits go on: changes again and again do not keep a request alive. */
static void limits_go_on(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &silent);
    probe_init(&p, &w, URL);
    p.request.timeouts.total_ms = 5000;
    probe_start(&p);
    while (p.dones == 0) {
        world_pass(&w, 300);
        midge_network_changed(w.client, 1);
        assert_in_range(w.fake.n_socks, 0, 20);
    }
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    world_close(&w);
}

static void request_goes_on(void **state)
{
    struct world w;
    struct probe p[2];
    (void)state;
    world_open(&w, NULL);
    fake_next(&w.fake, &slow);
    get(&p[0], &w, URL);
    world_pass(&w, 100);
    midge_network_changed(w.client, 0);
    world_turns(&w, 2);
    assert_int_equal(p[0].dones, 0);
    world_run(&w);
    probe_is_hello(&p[0]);
    assert_int_equal(w.fake.open, 0); /* it was its last */
    get(&p[1], &w, URL);
    world_run(&w);
    probe_is_hello(&p[1]);
    assert_int_equal(w.fake.n_socks, 2);
    world_close(&w);
}

static void request_is_lost(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_next(&w.fake, &never);
    get(&p, &w, URL);
    world_pass(&w, 100);
    midge_network_changed(w.client, 0);
    midge_network_changed(w.client, 1);
    midge_network_changed(w.client, 0); /* the worst of them counts */
    world_turns(&w, 2);
    probe_ended(&p, MIDGE_ERR_RECV);
    world_close(&w);
}

/* An answer that has come is used; a paused one fails when it goes on. */
static void paused_is_lost(void **state)
{
    static const struct fake_script half = {.steps = {REQUEST, SAY(HELLO_LEN("10")), SAY("hello")}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_next(&w.fake, &half);
    probe_init(&p, &w, URL);
    p.pause = true;
    probe_start(&p);
    world_pass(&w, 100);
    assert_int_equal(p.len, 5);
    midge_network_changed(w.client, 1);
    world_pass(&w, 100);
    assert_int_equal(p.dones, 0);
    p.pause = false;
    assert_int_equal(midge_resume(w.client, p.id), MIDGE_OK);
    world_run(&w);
    assert_int_equal(p.complete, MIDGE_COMPLETE_NO);
    assert_true(p.result.error == MIDGE_ERR_RECV || p.result.error == MIDGE_ERR_PARTIAL);
    probe_ended(&p, p.result.error);
    world_close(&w);
}

/* Sessions are bound to names. */
static void sessions_stay(void **state)
{
    struct world w;
    struct probe p[2];
    (void)state;
    tls_world_open(&w, NULL);
    fake_listen(&w.fake, 443, &secure);
    get(&p[0], &w, SECURE);
    world_run(&w);
    probe_is_hello(&p[0]);
    midge_network_changed(w.client, 1);
    get(&p[1], &w, SECURE);
    world_run(&w);
    assert_int_equal(p[1].result.resumed, 1);
    probe_is_hello(&p[1]);
    assert_int_equal(w.fake.lookups, 2);
    tls_world_close(&w);
}

static void lose(struct probe *p)
{
    midge_network_changed(p->w->client, 1);
}

/* In each callback of a request, with others in all states. */
static void in_callbacks(void **state)
{
    static const enum where places[] = {ON_SEND, ON_RESPONSE, SINK_WRITE, SINK_FINISH, ON_DONE};
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct world w;
        struct probe p[4];
        world_open(&w, NULL);
        get(&p[0], &w, URL);
        world_run(&w);
        probe_is_hello(&p[0]);
        fake_next(&w.fake, &silent);
        get(&p[1], &w, "http://10.9.9.98/");
        fake_next(&w.fake, &never);
        get(&p[2], &w, "http://10.9.9.99/");
        world_turns(&w, 2);
        probe_init(&p[3], &w, URL);
        p[3].at = places[i];
        p[3].act = lose;
        probe_start(&p[3]);
        world_run(&w);
        probe_is_hello(&p[1]); /* it began again */
        probe_ended(&p[2], MIDGE_ERR_RECV);
        assert_int_equal(p[3].dones, 1);
        free(p[3].body);
        world_close(&w);
    }
}

/* The older attempts of a race are closed, too. */
static void race_begins_again(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    set_name(&w, (struct fake_name){.host = "example.com", .count = 3});
    w.fake.at[1] = w.fake.at[2] = &silent;
    fake_next(&w.fake, &silent);
    get(&p, &w, URL);
    world_pass(&w, 2 * MIDGE_ATTEMPT_DELAY_MS + 10);
    assert_int_equal(w.fake.open, 3);
    w.fake.at[1] = NULL;
    midge_network_changed(w.client, 0);
    world_run(&w);
    probe_is_hello(&p);
    assert_int_equal(w.fake.open, 1);
    assert_int_equal(w.fake.n_socks, 4);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_connection_closes), cmocka_unit_test(opening_begins_again),
        cmocka_unit_test(limits_go_on),           cmocka_unit_test(request_goes_on),
        cmocka_unit_test(request_is_lost),        cmocka_unit_test(paused_is_lost),
        cmocka_unit_test(sessions_stay),          cmocka_unit_test(in_callbacks),
        cmocka_unit_test(race_begins_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
