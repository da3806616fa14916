/* SPDX-License-Identifier: MIT */
/* Hooks around each hop, on the port in memory: the fields that are sent, repeats, requests that
   wait for an awaitable, and what is left of them. */
#include "fake_port.h"
#include "midge/hooks.h"

#define URL     "http://example.com/"
#define REFUSED SAY("HTTP/1.1 401 x\r\nX-Why: because\r\nContent-Length: 4\r\n\r\nwho?")

static const struct fake_script refuses_once = {
    .steps = {REQUEST, REFUSED, REQUEST, SAY(HELLO), REQUEST, SAY(HELLO), LOOP}};
static const struct fake_script refuses = {.steps = {REQUEST, REFUSED, LOOP}};

struct spy {
    struct midge_hook hook;
    const char *set[3][2];
    unsigned n_set, sends, heads;
    int set_err, answer;
    bool on_error;   /* answer only to a 401 */
    midge_id awaits; /* then this one is waited for */
    struct probe *ends;
    uint8_t repeats, can_repeat; /* of the last hop */
    char got[32];
    uint32_t connection;
    struct midge_timings sent; /* when it was called */
};

static int on_send(struct midge_hook *hook, struct midge_hop *hop)
{
    struct spy *s = (struct spy *)hook;
    s->sends++;
    s->repeats = hop->repeats;
    s->connection = hop->connection;
    s->sent = *hop->timings;
    for (unsigned i = 0; i < s->n_set; i++) {
        int err = midge_hop_set(hop, s->set[i][0], s->set[i][1]);
        assert_int_equal(err, s->set_err);
    }
    return s->set_err;
}

static int on_head(struct midge_hook *hook, struct midge_hop *hop,
                   const struct midge_response *response)
{
    struct spy *s = (struct spy *)hook;
    const char *value = midge_hop_get(hop, "X-Own");
    s->heads++;
    s->can_repeat = hop->can_repeat;
    (void)snprintf(s->got, sizeof s->got, "%s", value != NULL ? value : "none");
    assert_int_equal(midge_hop_set(hop, "X", "too late"), MIDGE_ERR_INVALID);
    if (s->ends != NULL) {
        assert_int_equal(midge_cancel(hop->client, hop->id), MIDGE_OK);
        assert_null(midge_hop_get(hop, "X-Own"));
        assert_int_equal(midge_hop_set(hop, "X", "too late"), MIDGE_ERR_STALE);
        assert_int_equal(midge_hop_repeat_after(hop, 1), MIDGE_ERR_STALE);
        return MIDGE_OK;
    }
    if (s->on_error && response->status != 401) {
        return MIDGE_OK;
    }
    if (s->awaits != 0) {
        assert_int_equal(midge_hop_repeat_after(hop, hop->id), MIDGE_ERR_INVALID);
        return midge_hop_repeat_after(hop, s->awaits);
    }
    return s->answer;
}

static void open_with(struct world *w, struct probe *p, struct spy *s,
                      const struct fake_script *server)
{
    memset(s, 0, sizeof *s);
    s->hook = (struct midge_hook){.on_send = on_send, .on_head = on_head};
    world_open(w, NULL);
    fake_listen(&w->fake, 80, server);
    probe_init(p, w, URL);
    p->request.hooks = &s->hook;
}

static void run(struct probe *p)
{
    probe_start(p);
    world_run(p->w);
}

/* --- fields --- */

static void fields(void **state)
{
    static const struct midge_header own[] = {{"X-Own", "1"}, {"X-Kept", "2"}, {"Accept", "a/b"}};
    struct world w;
    struct probe p;
    struct spy s;
    (void)state;
    open_with(&w, &p, &s, &fake_hello);
    p.request.headers = own;
    p.request.n_headers = 3;
    s.set[0][0] = "x-own", s.set[0][1] = "first";
    s.set[1][0] = "Accept";
    s.set[2][0] = "X-OWN", s.set[2][1] = "mine";
    s.n_set = 3;
    run(&p);
    assert_true(fake_sent_has(&w.fake, 0, "\r\nX-OWN: mine\r\n"));
    assert_true(fake_sent_has(&w.fake, 0, "\r\nX-Kept: 2\r\n"));
    assert_false(fake_sent_has(&w.fake, 0, "first"));
    assert_false(fake_sent_has(&w.fake, 0, "X-Own: 1"));
    assert_false(fake_sent_has(&w.fake, 0, "Accept"));
    assert_string_equal(s.got, "mine");
    assert_int_equal(s.heads, 1);
    probe_is_hello(&p);
    world_close(&w);
}

/* --- facts --- */

/* When a repeat is sent, the timings are those of the hop before it. */
static void facts(void **state)
{
    static const struct fake_script server = {
        .connect_ms = 3, .steps = {REQUEST, WAIT(7), REFUSED, REQUEST, WAIT(9), SAY(HELLO), LOOP}};
    struct world w;
    struct probe p;
    struct spy s;
    (void)state;
    open_with(&w, &p, &s, &server);
    w.fake.names[w.fake.n_names++] = (struct fake_name){.host = "example.com", .count = 1, .ms = 5};
    s.answer = MIDGE_HOP_REPEAT;
    s.on_error = true;
    run(&p);
    assert_int_equal(s.connection, 1);
    assert_int_equal(s.sent.start_us, p.result.t.start_us);
    assert_int_equal(s.sent.dns_us, 5000);
    assert_int_equal(s.sent.connect_us, 3000);
    assert_int_equal(s.sent.wait_us, 7000);
    assert_int_equal(p.result.t.wait_us, 16000);
    assert_int_equal(s.sent.total_us, 0);
    probe_is_hello(&p);
    world_close(&w);
}

/* The request's, then the client's. */
static void fields_of_others(void **state)
{
    static const struct midge_header of_client[] = {{"x-own", "client"}};
    static const struct midge_header own[] = {{"X-A", "a"}, {"X-OWN", "request"}};
    struct spy s = {.hook = {.on_send = on_send, .on_head = on_head}};
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        world_open(
            &w, &(struct midge_config){.headers = of_client, .n_headers = i > 0, .hooks = &s.hook});
        probe_init(&p, &w, URL);
        p.request.headers = own;
        p.request.n_headers = i > 1 ? 2 : 0;
        run(&p);
        assert_string_equal(s.got, i == 0 ? "none" : i == 1 ? "client" : "request");
        probe_is_hello(&p);
        world_close(&w);
    }
}

static void bad_fields(void **state)
{
    static char long_text[MIDGE_HOOK_BYTES];
    struct world w;
    struct probe p;
    struct spy s;
    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    for (unsigned more = 0; more < 2; more++) { /* with "Y" and two NULs: all bytes, one more */
        open_with(&w, &p, &s, &fake_hello);
        s.set[0][0] = "Y", s.set[0][1] = long_text + 2 - more;
        s.n_set = 1;
        s.set_err = more ? MIDGE_ERR_TOO_LARGE : MIDGE_OK;
        run(&p);
        free(p.body);
        p.body = NULL;
        probe_ended(&p, s.set_err);
        world_close(&w);
    }
    open_with(&w, &p, &s, &fake_hello);
    s.set[0][0] = "Y", s.set[0][1] = "a\r\nEvil: 1";
    s.n_set = 1;
    s.set_err = MIDGE_ERR_HEADER;
    run(&p);
    assert_int_equal(w.fake.n_socks, 1);
    assert_int_equal(w.fake.socks[0].sent_len, 0);
    probe_ended(&p, MIDGE_ERR_HEADER);
    world_close(&w);
}

static int no_memory_once(struct midge_hook *hook, struct midge_hop *hop)
{
    struct spy *s = (struct spy *)hook;
    (void)hop;
    return ++s->sends == 1 ? MIDGE_ERR_NO_MEMORY : MIDGE_OK;
}

/* Memory that a hook lacks is waited for: the hook is called again, the request is sent once. */
static void waits_for_memory(void **state)
{
    static const struct fake_script slow = {.steps = {REQUEST, WAIT(50), SAY(HELLO), LOOP}};
    struct world w;
    struct probe p, other;
    struct spy s;
    (void)state;
    open_with(&w, &p, &s, &slow);
    s.hook.on_send = no_memory_once;
    probe_get(&other, &w, URL);
    world_turns(&w, 4);
    run(&p);
    probe_is_hello(&p);
    probe_is_hello(&other);
    assert_int_equal(s.sends, 2);
    assert_int_equal(s.heads, 1);
    world_close(&w);
}

/* --- repeats --- */

static void repeats(void **state)
{
    struct world w;
    struct probe p;
    struct spy s;
    (void)state;
    open_with(&w, &p, &s, &refuses_once);
    s.answer = MIDGE_HOP_REPEAT;
    s.on_error = true;
    run(&p);
    assert_int_equal(s.sends, 2);
    assert_int_equal(s.heads, 2);
    assert_int_equal(s.repeats, 1);
    assert_int_equal(p.responses, 1);
    assert_int_equal(p.result.retries, 0);
    assert_int_equal(w.fake.n_socks, 1);
    probe_is_hello(&p);
    world_close(&w);
    /* As often as is allowed; then the answer is final. */
    open_with(&w, &p, &s, &refuses);
    s.answer = MIDGE_HOP_REPEAT;
    run(&p);
    assert_int_equal(s.sends, 1 + MIDGE_HOOK_REPEATS);
    assert_int_equal(s.repeats, MIDGE_HOOK_REPEATS);
    assert_int_equal(s.can_repeat, 0);
    assert_int_equal(p.result.status, 401);
    assert_int_equal(p.len, 4);
    probe_ended(&p, MIDGE_OK);
    world_close(&w);
}

/* Nor if the source cannot rewind. */
static void repeats_of_sources(void **state)
{
    struct world w;
    struct probe p;
    struct spy s;
    (void)state;
    for (unsigned can = 0; can < 2; can++) {
        open_with(&w, &p, &s, &refuses_once);
        probe_source(&p, 5, 5);
        p.source.rewind = can ? p.source.rewind : NULL;
        s.answer = MIDGE_HOP_REPEAT;
        s.on_error = true;
        run(&p);
        assert_int_equal(s.sends, 1 + can);
        assert_int_equal(p.rewinds, can);
        assert_int_equal(p.result.status, can ? 200 : 401);
        probe_ended(&p, MIDGE_OK);
        free(p.body);
        world_close(&w);
    }
}

static void ends(void **state)
{
    struct world w;
    struct probe p;
    struct spy s;
    (void)state;
    open_with(&w, &p, &s, &refuses);
    s.answer = MIDGE_ERR_INVALID;
    run(&p);
    assert_int_equal(p.responses, 0);
    probe_ended(&p, MIDGE_ERR_INVALID);
    world_close(&w);
    open_with(&w, &p, &s, &refuses);
    s.ends = &p;
    run(&p);
    assert_int_equal(s.heads, 1);
    probe_ended(&p, MIDGE_ERR_CANCELED);
    world_close(&w);
}

/* --- waits --- */

/* Until the awaitable is over: without a connection, before others, its own limits apart. */
static void waits_for_another(void **state)
{
    struct world w;
    struct probe p, other;
    struct spy s;
    (void)state;
    open_with(&w, &p, &s, &refuses_once);
    s.on_error = true;
    assert_int_equal(midge_sleep(w.client, 500, &s.awaits), MIDGE_OK);
    p.request.timeouts.queue_ms = 100;
    probe_start(&p);
    world_pass(&w, 300);
    assert_int_equal(s.sends, 1);
    assert_int_equal(p.dones, 0);
    probe_get(&other, &w, URL);
    world_pass(&w, 100);
    assert_int_equal(other.result.reused, 1);
    probe_is_hello(&other);
    assert_int_equal(midge_detach(w.client, s.awaits), MIDGE_OK);
    world_run(&w);
    assert_int_equal(w.fake.now_ms, 1500);
    assert_int_equal(s.sends, 2);
    probe_is_hello(&p);
    world_close(&w);
}

/* It is over already, or never was: at once. */
static void waits_for_nothing(void **state)
{
    struct world w;
    struct probe p;
    struct spy s;
    (void)state;
    open_with(&w, &p, &s, &refuses_once);
    s.on_error = true;
    s.awaits = 12345;
    run(&p);
    assert_int_equal(w.fake.now_ms, 1000);
    probe_is_hello(&p);
    world_close(&w);
}

static void ends_while_it_waits(void **state)
{
    struct world w;
    struct probe p;
    struct spy s;
    (void)state;
    for (unsigned closes = 0; closes < 3; closes++) {
        open_with(&w, &p, &s, &refuses);
        assert_int_equal(midge_sleep(w.client, 5000, &s.awaits), MIDGE_OK);
        assert_int_equal(midge_detach(w.client, s.awaits), MIDGE_OK);
        p.request.timeouts.total_ms = closes == 2 ? 200 : 0;
        probe_start(&p);
        world_pass(&w, closes == 2 ? 300 : 100);
        if (closes == 1) {
            midge_close(w.client);
            w.client = NULL;
        } else if (closes == 0) {
            assert_int_equal(midge_cancel(w.client, p.id), MIDGE_OK);
            world_turns(&w, 2);
        }
        assert_int_equal(s.sends, 1);
        probe_ended(&p, closes == 0   ? MIDGE_ERR_CANCELED
                        : closes == 1 ? MIDGE_ERR_CLOSED
                                      : MIDGE_ERR_TIMEOUT);
        world_close(&w);
    }
}

/* Headers that a hook reads stay where others of a long head are skipped, beside the request's. */
static int reads_header(struct midge_hook *hook, struct midge_hop *hop,
                        const struct midge_response *response)
{
    struct spy *s = (struct spy *)hook;
    size_t n = 0;
    const char *value = midge_response_header(response, "X-Why", &n);
    (void)hop;
    (void)snprintf(s->got, sizeof s->got, "%.*s", (int)n, value != NULL ? value : "");
    s->heads += response->headers_skipped != 0;
    return MIDGE_OK;
}

static void kept_headers(void **state)
{
    static char head[6000];
    static struct fake_script server = {.steps = {REQUEST, {FAKE_SAY, head, 0}, LOOP}};
    (void)state;
    size_t n = (size_t)snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nX-Long: ");
    memset(head + n, 'x', 5000);
    n += 5000;
    n += (size_t)snprintf(head + n, sizeof head - n,
                          "\r\nX-Test: mine\r\nX-Why: because\r\nContent-Length: 5\r\n\r\nhello");
    server.steps[1].n = n;
    for (unsigned own = 0; own < 2; own++) {
        struct spy s = {.hook = {.on_head = reads_header, .keep_headers = "X-Why"}};
        struct spy another = {.hook = {.keep_headers = "X-Another"}};
        struct world w;
        struct probe p;
        world_open(&w, &(struct midge_config){.max_header = 1000, .hooks = &s.hook});
        fake_listen(&w.fake, 80, &server);
        probe_init(&p, &w, URL);
        p.request.keep_headers = own ? "X-Test" : NULL;
        p.request.hooks = &another.hook;
        run(&p);
        assert_int_equal(s.heads, 1);
        assert_string_equal(s.got, "because");
        assert_true(!own || strcmp(p.retry, "mine") == 0);
        probe_is_hello(&p);
        world_close(&w);
    }
}

/* Trailers of an answer that is dropped, for a repeat or a redirect, belong to it. */
static void dropped_trailers(void **state)
{
#define WITH_TRAILER(head, name)                                                                   \
    SAY("HTTP/1.1 " head "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n" name ": "         \
        "1\r\n\r\n")
#define GOOD WITH_TRAILER("200 OK\r\n", "X-Good")
    static const struct fake_script servers[] = {
        {.steps = {REQUEST, WITH_TRAILER("401 x\r\n", "X-Bad"), REQUEST, GOOD}},
        {.steps = {REQUEST, WITH_TRAILER("503 x\r\n", "X-Bad"), REQUEST, GOOD}},
        {.steps = {REQUEST, WITH_TRAILER("302 x\r\nLocation: /x\r\n", "X-Bad"), REQUEST, GOOD}}};
    static const struct midge_retry once = {.max = 1, .fixed_ms = 1};
    struct world w;
    struct probe p;
    struct spy s;
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        open_with(&w, &p, &s, &servers[i / 2]);
        s.answer = MIDGE_HOP_REPEAT;
        s.on_error = true;
        p.request.retry = &once;
        p.request.max_redirects = 1;
        p.request.on_trailer = i % 2 == 0 ? p.request.on_trailer : NULL;
        run(&p);
        assert_int_equal(p.trailers, i % 2 == 0);
        assert_string_equal(p.trailer, i % 2 == 0 ? "X-Good=1" : "");
        assert_int_equal(s.sends, 2);
        probe_is_hello(&p);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(facts),
        cmocka_unit_test(fields_of_others),
        cmocka_unit_test(bad_fields),
        cmocka_unit_test(waits_for_memory),
        cmocka_unit_test(repeats),
        cmocka_unit_test(repeats_of_sources),
        cmocka_unit_test(ends),
        cmocka_unit_test(waits_for_another),
        cmocka_unit_test(waits_for_nothing),
        cmocka_unit_test(ends_while_it_waits),
        cmocka_unit_test(kept_headers),
        cmocka_unit_test(dropped_trailers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
