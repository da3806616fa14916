/* SPDX-License-Identifier: MIT */
/* Redirects in a client: the requests that servers get, how each request ends, what is left. */
#include "fake_port.h"

#define URL   "http://example.com/"
#define OTHER "http://other.test:81/"

#define LEADS(status, location)                                                                    \
    SAY("HTTP/1.1 " status " Moved\r\nLocation: " location "\r\nContent-Length: 5\r\n\r\nmoved")

static const struct fake_script to_next = {
    .steps = {REQUEST, LEADS("302", "/next?a"), REQUEST, SAY(HELLO), LOOP}};
static const struct fake_script to_other = {.steps = {REQUEST, LEADS("302", OTHER "next"), LOOP}};
static const struct fake_script always = {.steps = {REQUEST, LEADS("302", "/again"), LOOP}};

static void open_at(struct world *w, struct probe *p, const struct fake_script *first)
{
    world_open(w, NULL);
    fake_listen(&w->fake, 80, first);
    fake_listen(&w->fake, 81, &fake_hello);
    probe_init(p, w, URL);
    p->request.max_redirects = 2;
}

static void ends_well(struct probe *p, unsigned redirects)
{
    probe_start(p);
    world_run(p->w);
    assert_int_equal(p->result.redirects, redirects);
    assert_int_equal(p->responses, 1); /* only the last answer's */
    probe_is_hello(p);
}

/* The bytes of the nth request (0: the first) that a connection got; valid until the next call. */
static const char *sent(const struct world *w, unsigned sock, unsigned nth)
{
    static char text[4096];
    const struct fake_sock *s = &w->fake.socks[sock];
    size_t at = 0, n = 0;
    assert_true(sock < w->fake.n_socks);
    for (unsigned i = 0; i <= nth; i++) {
        at += n;
        n = fake_request_len(s->sent + at, s->sent_len - at);
        assert_true(n > 0 && n < sizeof text);
    }
    memcpy(text, s->sent + at, n);
    text[n] = '\0';
    return text;
}

static bool has(const struct world *w, unsigned sock, unsigned nth, const char *part)
{
    return strstr(sent(w, sock, nth), part) != NULL;
}

static bool begins(const struct world *w, unsigned sock, unsigned nth, const char *part)
{
    return strncmp(sent(w, sock, nth), part, strlen(part)) == 0;
}

/* --- requests --- */

static void same_origin(void **state)
{
    static const struct midge_header list[] = {{"X-Own", "1"}, {"Cookie", "a=b"}, {"Host", "mine"}};
    struct world w;
    struct probe p;
    (void)state;
    open_at(&w, &p, &to_next);
    p.request.headers = list;
    p.request.n_headers = 3;
    p.request.bearer = "token";
    ends_well(&p, 1);
    assert_true(begins(&w, 0, 0, "GET / HTTP/1.1\r\n"));
    assert_true(begins(&w, 0, 1, "GET /next?a HTTP/1.1\r\n"));
    for (unsigned i = 0; i < 2; i++) {
        assert_true(has(&w, 0, i, "\r\nHost: mine\r\n"));
        assert_true(has(&w, 0, i, "\r\nX-Own: 1\r\n"));
        assert_true(has(&w, 0, i, "\r\nCookie: a=b\r\n"));
        assert_true(has(&w, 0, i, "\r\nAuthorization: Bearer token\r\n"));
    }
    assert_int_equal(p.sends, 2);
    assert_string_equal(p.url, "GET http://example.com/next?a");
    assert_int_equal(p.result.reused, 1);
    assert_int_equal(p.result.connects, 1);
    assert_int_equal(p.result.retries, 0);
    assert_string_equal(p.result.detail, "");
    world_close(&w);
}

static void other_origin(void **state)
{
    static const struct midge_header list[] = {{"X-Own", "1"},
                                               {"Cookie", "a=b"},
                                               {"Host", "mine"},
                                               {"Proxy-Authorization", "p"},
                                               {"Authorization", "Bearer token"},
                                               {"Content-Language", "en"}};
    static const struct midge_header of_client[] = {{"Authorization", "client"}};
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned trusts = 0; trusts < 2; trusts++) {
        open_at(&w, &p, &to_other);
        p.request.headers = list;
        p.request.n_headers = 6;
        p.request.redirect_rules = trusts ? MIDGE_REDIRECT_CREDENTIALS : 0;
        ends_well(&p, 1);
        assert_int_equal(w.fake.socks[1].port, 81);
        assert_true(has(&w, 0, 0, "\r\nHost: mine\r\n"));
        assert_true(begins(&w, 1, 0, "GET /next HTTP/1.1\r\n"));
        assert_true(has(&w, 1, 0, "\r\nHost: other.test:81\r\n"));
        assert_false(has(&w, 1, 0, "mine"));
        assert_true(has(&w, 1, 0, "\r\nX-Own: 1\r\n"));
        assert_true(has(&w, 1, 0, "\r\nContent-Language: en\r\n")); /* the method stays */
        assert_int_equal(has(&w, 1, 0, "Bearer token"), trusts);
        assert_int_equal(has(&w, 1, 0, "Cookie"), trusts);
        assert_int_equal(has(&w, 1, 0, "Proxy-Authorization"), trusts);
        assert_int_equal(p.result.connects, 2);
        assert_int_equal(p.result.reused, 0);
        world_close(&w);
    }
    /* The client's own are dropped as well, and `bearer`. */
    world_open(&w, &(struct midge_config){.headers = of_client, .n_headers = 1});
    fake_listen(&w.fake, 80, &to_other);
    fake_listen(&w.fake, 81, &fake_hello);
    probe_init(&p, &w, URL);
    p.request.max_redirects = 1;
    ends_well(&p, 1);
    assert_true(has(&w, 0, 0, "\r\nAuthorization: client\r\n"));
    assert_false(has(&w, 1, 0, "Authorization"));
    world_close(&w);
    open_at(&w, &p, &to_other);
    p.request.bearer = "token";
    ends_well(&p, 1);
    assert_true(has(&w, 0, 0, "\r\nAuthorization: Bearer token\r\n"));
    assert_false(has(&w, 1, 0, "Authorization"));
    world_close(&w);
}

/* The request's settings of a connection hold for the next origin too. */
static void settings_go_on(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct probe same, without;
        open_at(&w, &p, &to_other);
        p.request.family = i == 0 ? 4 : 0;
        p.request.min_tls = i == 1 ? 12 : 0;
        p.request.max_tls = i == 2 ? 12 : 0;
        p.request.dangerously_skip_verification = i == 3;
        ends_well(&p, 1);
        probe_init(&without, &w, OTHER);
        probe_start(&without);
        world_run(&w);
        assert_int_equal(without.result.reused, 0);
        probe_is_hello(&without);
        probe_init(&same, &w, OTHER);
        same.request.family = p.request.family;
        same.request.min_tls = p.request.min_tls;
        same.request.max_tls = p.request.max_tls;
        same.request.dangerously_skip_verification = i == 3;
        probe_start(&same);
        world_run(&w);
        assert_int_equal(same.result.reused, 1);
        probe_is_hello(&same);
        world_close(&w);
    }
}

static const struct midge_header of_body[] = {
    {"Content-Language", "en"}, {"X-Own", "1"}, {"Content-Encoding", "br"}};

static void becomes_get(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, LEADS("303", "/next"), REQUEST, SAY(HELLO), LOOP}};
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned from_source = 0; from_source < 2; from_source++) {
        open_at(&w, &p, &server);
        p.request.headers = of_body;
        p.request.n_headers = 3;
        p.request.method = "POST";
        p.request.content_type = "text/plain";
        p.request.body = "12345";
        p.request.body_len = 5;
        if (from_source) {
            p.request.body = NULL;
            p.request.body_len = 0;
            probe_source(&p, 5, 5);
            p.source.rewind = NULL; /* not needed without a body */
        }
        ends_well(&p, 1);
        assert_true(begins(&w, 0, 0, "POST / "));
        assert_true(has(&w, 0, 0, "\r\nContent-Type: text/plain\r\n"));
        assert_true(has(&w, 0, 0, "\r\nContent-Length: 5\r\n"));
        assert_true(begins(&w, 0, 1, "GET /next "));
        assert_false(has(&w, 0, 1, "Content-"));
        assert_false(has(&w, 0, 1, "12345"));
        assert_true(has(&w, 0, 1, "\r\nX-Own: 1\r\n"));
        assert_string_equal(p.url, "GET http://example.com/next");
        assert_int_equal(p.rewinds, 0);
        world_close(&w);
    }
}

/* A HEAD stays, so that its answer is known to have no body. */
static void head_stays(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, SAY("HTTP/1.1 303 x\r\nLocation: /next\r\nContent-Length: 9\r\n\r\n"),
                  REQUEST, SAY(HELLO_LEN("5")), LOOP}};
    struct world w;
    struct probe p;
    (void)state;
    open_at(&w, &p, &server);
    p.request.method = "HEAD";
    probe_start(&p);
    world_run(&w);
    assert_true(begins(&w, 0, 1, "HEAD /next "));
    assert_int_equal(p.result.body_len, 0);
    assert_int_equal(p.result.redirects, 1);
    probe_ended(&p, MIDGE_OK);
    world_close(&w);
}

static const struct fake_script keeps_method = {
    .steps = {REQUEST, LEADS("307", "/next"), REQUEST, SAY(HELLO), LOOP}};

static void body_again(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned from_source = 0; from_source < 2; from_source++) {
        open_at(&w, &p, &keeps_method);
        p.request.headers = of_body;
        p.request.n_headers = 3;
        p.request.content_type = "text/plain";
        p.request.body = "abcde";
        p.request.body_len = 5;
        if (from_source) {
            p.request.body = NULL;
            p.request.body_len = 0;
            probe_source(&p, 5, 5);
        }
        ends_well(&p, 1);
        assert_true(begins(&w, 0, 1, "POST /next "));
        assert_true(has(&w, 0, 1, "\r\nContent-Type: text/plain\r\n"));
        assert_true(has(&w, 0, 1, "\r\nContent-Language: en\r\n"));
        assert_true(has(&w, 0, 1, "\r\n\r\nabcde"));
        assert_int_equal(p.rewinds, from_source);
        world_close(&w);
    }
}

static void cannot_rewind(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    open_at(&w, &p, &keeps_method);
    probe_source(&p, 5, 5);
    p.source.rewind = NULL;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.sends, 1);
    probe_ended(&p, MIDGE_ERR_REWIND);
    world_close(&w);
}

static int rewind_cancels(struct midge_source *source)
{
    struct probe *p = MIDGE_CONTAINER_OF(source, struct probe, source);
    assert_int_equal(midge_cancel(p->w->client, p->id), MIDGE_OK);
    return MIDGE_OK;
}

static void canceled_in_rewind(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    open_at(&w, &p, &keeps_method);
    probe_source(&p, 5, 5);
    p.source.rewind = rewind_cancels;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.sends, 1);
    probe_ended(&p, MIDGE_ERR_CANCELED);
    world_close(&w);
}

/* --- the application decides --- */

struct decision {
    struct probe p; /* the request's ctx */
    struct midge_redirect seen, set;
    char url[64], method[8];
    int answer;
    void (*act)(struct probe *p);
    unsigned calls;
};

static int on_redirect(void *ctx, midge_id id, const struct midge_response *response,
                       struct midge_redirect *to)
{
    struct decision *d = ctx;
    assert_int_equal(id, d->p.id);
    assert_true(response->status >= 301 && response->status <= 308);
    d->calls++;
    d->seen = *to;
    (void)snprintf(d->url, sizeof d->url, "%s", to->url);
    (void)snprintf(d->method, sizeof d->method, "%s", to->method);
    to->connect_host = d->set.connect_host;
    to->connect_port = d->set.connect_port;
    to->servername = d->set.servername;
    if (d->act != NULL) {
        d->act(&d->p);
    }
    return d->answer;
}

static void open_decision(struct world *w, struct decision *d, const struct fake_script *server)
{
    memset(d, 0, sizeof *d);
    open_at(w, &d->p, server);
    d->p.request.on_redirect = on_redirect;
}

static void is_asked(void **state)
{
    static const struct fake_script server = {.steps = {REQUEST, LEADS("303", OTHER "x"), LOOP}};
    struct world w;
    struct decision d;
    (void)state;
    open_decision(&w, &d, &to_next);
    ends_well(&d.p, 1);
    assert_int_equal(d.calls, 1);
    assert_string_equal(d.url, "http://example.com/next?a");
    assert_string_equal(d.method, "GET");
    assert_int_equal(d.seen.drops_body, 0);
    assert_int_equal(d.seen.drops_credentials, 0);
    world_close(&w);
    open_decision(&w, &d, &server);
    d.p.request.body = "x";
    d.p.request.body_len = 1;
    ends_well(&d.p, 1);
    assert_string_equal(d.method, "GET");
    assert_int_equal(d.seen.drops_body, 1);
    assert_int_equal(d.seen.drops_credentials, 1);
    world_close(&w);
}

static void refuses(void **state)
{
    struct world w;
    struct decision d;
    (void)state;
    open_decision(&w, &d, &to_next);
    d.answer = MIDGE_ERR_INVALID;
    probe_start(&d.p);
    world_run(&w);
    assert_int_equal(d.p.sends, 1);
    assert_int_equal(d.p.responses, 0);
    probe_ended(&d.p, MIDGE_ERR_INVALID);
    world_close(&w);
}

static void cancels(struct probe *p)
{
    assert_int_equal(midge_cancel(p->w->client, p->id), MIDGE_OK);
}

static void closes(struct probe *p)
{
    midge_close(p->w->client);
    p->w->client = NULL;
}

static void ends_in_callback(void **state)
{
    struct world w;
    struct decision d;
    (void)state;
    open_decision(&w, &d, &to_other);
    d.act = cancels;
    probe_start(&d.p);
    world_run(&w);
    assert_int_equal(d.p.sends, 1);
    probe_ended(&d.p, MIDGE_ERR_CANCELED);
    world_close(&w);
    open_decision(&w, &d, &to_other);
    d.act = closes;
    probe_start(&d.p);
    while (w.client != NULL) {
        (void)midge_poll(w.client, -1);
    }
    assert_int_equal(d.p.sends, 1);
    probe_ended(&d.p, MIDGE_ERR_CLOSED);
    world_close(&w);
}

/* They hold for this hop only, whether the origin of the URL is the same or not. */
static void connects_elsewhere(void **state)
{
    static const struct fake_script again = {.steps = {REQUEST, LEADS("302", "/last"), LOOP}};
    struct world w;
    struct decision d;
    (void)state;
    for (unsigned by_host = 0; by_host < 2; by_host++) {
        open_decision(&w, &d, &fake_hello);
        fake_next(&w.fake, &to_next);
        d.set.connect_port = by_host ? 0 : 81;
        d.set.connect_host = by_host ? "10.9.8.7" : NULL;
        ends_well(&d.p, 1);
        assert_int_equal(w.fake.n_socks, 2);
        assert_int_equal(w.fake.socks[1].port, by_host ? 80 : 81);
        assert_int_equal(w.fake.socks[1].addr.bytes[0], 10);
        assert_int_equal(w.fake.socks[1].addr.bytes[1], by_host ? 9 : 0);
        assert_true(has(&w, 1, 0, "GET /next"));
        assert_true(has(&w, 1, 0, "\r\nHost: example.com\r\n"));
        world_close(&w);
    }
    open_decision(&w, &d, &again);
    d.set.servername = "name.test"; /* another identity: not the kept connection */
    fake_next(&w.fake, &again);
    fake_next(&w.fake, &fake_hello);
    ends_well(&d.p, 1);
    assert_int_equal(w.fake.n_socks, 2);
    world_close(&w);
}

/* --- answers that lead nowhere --- */

static void fails(const struct fake_script *server, int err, const char *detail)
{
    struct world w;
    struct probe p;
    open_at(&w, &p, server);
    p.request.redirect_rules = MIDGE_REDIRECT_NO_HTTP;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.sends, 1);
    assert_int_equal(p.responses, 1); /* the application sees which one it was */
    assert_int_equal(p.writes, 0);
    assert_int_equal(p.result.status, 302);
    assert_int_equal(p.result.redirects, 0);
    assert_string_equal(p.result.detail, detail);
    probe_ended(&p, err);
    world_close(&w);
}

static void leads_nowhere(void **state)
{
    static const struct fake_script malformed = {.steps = {REQUEST, LEADS("302", "http://:x/")}};
    static const struct fake_script scheme = {.steps = {REQUEST, LEADS("302", "ftp://a/")}};
    (void)state;
    fails(&malformed, MIDGE_ERR_URL, "redirect to a malformed URL");
    fails(&scheme, MIDGE_ERR_SCHEME, "redirect to a scheme that is not allowed");
    fails(&to_other, MIDGE_ERR_SCHEME, "redirect to a scheme that is not allowed");
}

static void too_many(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    open_at(&w, &p, &always);
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.sends, 3);
    assert_int_equal(p.responses, 1);
    assert_int_equal(p.result.redirects, 2);
    assert_int_equal(p.result.status, 302);
    assert_string_equal(p.result.detail, "");
    probe_ended(&p, MIDGE_ERR_REDIRECTS);
    world_close(&w);
}

/* 0: each answer is final. So is one without Location, or with another status. */
static void final_answers(void **state)
{
    static const struct fake_script bare = {
        .steps = {REQUEST, SAY("HTTP/1.1 302 x\r\nContent-Length: 5\r\n\r\nhello"), LOOP}};
    static const struct fake_script choices = {.steps = {REQUEST, LEADS("300", "/x"), LOOP}};
    static const struct fake_script *const servers[] = {&always, &bare, &choices};
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        open_at(&w, &p, servers[i]);
        p.request.max_redirects = i > 0;
        probe_start(&p);
        world_run(&w);
        assert_int_equal(p.sends, 1);
        assert_int_equal(p.responses, 1);
        assert_int_equal(p.result.status, servers[i] == &choices ? 300 : 302);
        assert_int_equal(p.len, 5);
        probe_ended(&p, MIDGE_OK);
        world_close(&w);
    }
}

/* The memory that is left is enough for the answer, but not for a hop. */
static void no_memory(void **state)
{
    static const struct fake_script late = {
        .steps = {REQUEST, WAIT(100), LEADS("302", "/next"), REQUEST, SAY(HELLO), LOOP}};
    struct world w;
    struct probe p;
    void *eaten[64];
    unsigned n = 0;
    (void)state;
    open_at(&w, &p, &late);
    probe_start(&p);
    world_pass(&w, 50);
    while (n < 64 && (eaten[n] = midge_alloc(
                          w.client, midge__memory_largest_free(&w.client->memory))) != NULL) {
        n++;
    }
    world_run(&w);
    assert_int_equal(p.sends, 1);
    assert_int_equal(p.result.redirects, 0);
    probe_ended(&p, MIDGE_ERR_NO_MEMORY);
    while (n > 0) {
        midge_free(w.client, eaten[--n]);
    }
    world_close(&w);
}

/* --- the answer that leads on --- */

/* Its connection is not kept, and the request does not wait for the end of the body. */
static void long_bodies(void **state)
{
    static const struct fake_script announced = {
        .steps = {REQUEST,
                  SAY("HTTP/1.1 302 x\r\nLocation: /next\r\nContent-Length: 999999\r\n\r\n")}};
    static const struct fake_script until_close = {
        .steps = {REQUEST, SAY("HTTP/1.1 302 x\r\nLocation: /next\r\n\r\nx")}};
    static const struct fake_script chunks = {
        .steps = {REQUEST,
                  SAY("HTTP/1.1 302 x\r\nLocation: /next\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "fffff\r\n"),
                  FILL(MIDGE_REDIRECT_BODY), WAIT(100), FILL(1)}};
    static const struct fake_script *const servers[] = {&announced, &until_close, &chunks};
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        open_at(&w, &p, &fake_hello);
        fake_next(&w.fake, servers[i]);
        ends_well(&p, 1);
        assert_int_equal(w.fake.now_ms, servers[i] == &chunks ? 1100 : 1000);
        assert_false(w.fake.socks[0].open);
        assert_true(begins(&w, 1, 0, "GET /next "));
        world_close(&w);
    }
}

/* The longest body that is read, then the connection is kept. */
static void short_bodies(void **state)
{
    static char head[128];
    static struct fake_script server = {
        .steps = {
            REQUEST, {FAKE_SAY, head, 0}, FILL(MIDGE_REDIRECT_BODY), REQUEST, SAY(HELLO), LOOP}};
    struct world w;
    struct probe p;
    (void)state;
    server.steps[1].n = (size_t)snprintf(head, sizeof head,
                                         "HTTP/1.1 302 x\r\nLocation: /next\r\n"
                                         "Content-Length: %u\r\n\r\n",
                                         (unsigned)MIDGE_REDIRECT_BODY);
    open_at(&w, &p, &server);
    ends_well(&p, 1);
    assert_int_equal(w.fake.n_socks, 1);
    world_close(&w);
}

static void cut_body(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, SAY("HTTP/1.1 302 x\r\nLocation: /next\r\nContent-Length: 5\r\n\r\nmo"),
                  FIN}};
    struct world w;
    struct probe p;
    (void)state;
    open_at(&w, &p, &fake_hello);
    fake_next(&w.fake, &server);
    ends_well(&p, 1);
    assert_int_equal(p.result.retries, 0);
    world_close(&w);
}

/* While its body is under way: the next origin is no longer needed. */
static void canceled_before_the_end(void **state)
{
    static const struct fake_script stops = {
        .steps = {REQUEST,
                  SAY("HTTP/1.1 302 x\r\nLocation: " OTHER "\r\nContent-Length: 5\r\n\r\nmo")}};
    static const struct fake_script closes_then = {.steps = {REQUEST, LEADS("302", "/x"), FIN}};
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned before = 0; before < 2; before++) {
        open_at(&w, &p, &stops);
        if (before == 1) {
            fake_next(&w.fake, &closes_then);
        }
        probe_start(&p);
        world_pass(&w, 50);
        assert_int_equal(midge_cancel(w.client, p.id), MIDGE_OK);
        world_run(&w);
        assert_int_equal(p.result.redirects, before);
        probe_ended(&p, MIDGE_ERR_CANCELED);
        world_close(&w);
    }
}

/* The source has nothing yet, and the answer comes all the same. Then the limits count again. */
static void early_answer(void **state)
{
    static const struct fake_script server = {
        .steps = {SENT(40), LEADS("303", "/next"), REQUEST, SAY(HELLO_LEN("5") "h")}};
    static const struct fake_script stops = {.steps = {REQUEST, SAY(HELLO_LEN("5") "h")}};
    struct world w;
    struct probe p;
    (void)state;
    open_at(&w, &p, &stops);
    fake_next(&w.fake, &server);
    probe_source(&p, 5, -1);
    p.hunger = 1;
    p.request.timeouts.idle_ms = 100;
    p.request.timeouts.total_ms = 100000;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.redirects, 1);
    assert_true(w.fake.now_ms <= 1000 + MIDGE_EARLY_ANSWER_MS + 100);
    assert_int_equal(p.result.phase, MIDGE_PHASE_BODY);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    world_close(&w);
}

/* --- from one to the next --- */

/* It goes before those that were started later; with the one connection that is allowed. */
static void before_others(void **state)
{
    static const struct fake_script moved = {
        .steps = {REQUEST, LEADS("302", "/x"), REQUEST, SAY(HELLO), REQUEST, SAY(HELLO)}};
    struct world w;
    struct probe p, later, last;
    (void)state;
    for (unsigned foreign = 0; foreign < 2; foreign++) {
        world_open(&w, &(struct midge_config){.max_connections = 1});
        fake_next(&w.fake, foreign ? &to_other : &moved);
        fake_listen(&w.fake, 80, &fake_hello);
        fake_listen(&w.fake, 81, &fake_hello);
        probe_init(&p, &w, URL);
        p.request.max_redirects = 1;
        probe_start(&p);
        probe_get(&later, &w, foreign ? OTHER : URL);
        probe_get(&last, &w, OTHER);
        while (p.dones == 0) {
            world_turn(&w, -1);
        }
        assert_int_equal(later.dones + last.dones, 0);
        probe_is_hello(&p);
        world_run(&w);
        probe_is_hello(&later);
        probe_is_hello(&last);
        world_close(&w);
    }
}

static void limits(void **state)
{
    static const struct fake_script slow = {
        .connect_ms = 70, .steps = {REQUEST, WAIT(20), LEADS("302", OTHER), LOOP}};
    static const struct fake_script slow_hello = {.connect_ms = 70,
                                                  .steps = {REQUEST, WAIT(20), SAY(HELLO), LOOP}};
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned total = 179; total < 182; total++) {
        world_open(&w, NULL);
        fake_listen(&w.fake, 80, &slow);
        fake_listen(&w.fake, 81, &slow_hello);
        probe_init(&p, &w, URL);
        p.request.max_redirects = 1;
        p.request.timeouts.open_ms = 100; /* of each connection */
        p.request.timeouts.total_ms = total;
        probe_start(&p);
        world_run(&w);
        assert_int_equal(w.fake.now_ms, 1000 + (total < 180 ? total : 180));
        if (total > 180) {
            probe_is_hello(&p);
        } else if (total < 180) {
            probe_ended(&p, MIDGE_ERR_TIMEOUT);
        }
        free(p.body);
        world_close(&w);
    }
}

/* Nothing of the answer before is in the result of a hop that fails. */
static void next_fails(void **state)
{
    static const struct fake_script none = {.connect = FAKE_REFUSES};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &to_other);
    fake_listen(&w.fake, 81, &none);
    probe_init(&p, &w, URL);
    p.request.max_redirects = 1;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.redirects, 1);
    assert_int_equal(p.result.status, 0);
    assert_int_equal(p.result.native, 111);
    probe_ended(&p, MIDGE_ERR_CONNECT);
    world_close(&w);
}

/* A request that needed a new connection, since a kept one was stale, may use it for its next hop.
 */
static void fresh_only_once(void **state)
{
    static const struct fake_script stale = {.steps = {REQUEST, SAY(HELLO), REQUEST, RESET}};
    struct world w;
    struct probe p, before;
    (void)state;
    open_at(&w, &p, &to_next);
    fake_next(&w.fake, &stale);
    probe_get(&before, &w, URL);
    world_run(&w);
    probe_is_hello(&before);
    ends_well(&p, 1);
    assert_int_equal(p.result.retries, 1);
    assert_int_equal(w.fake.n_socks, 2);
    world_close(&w);
}

/* Each start of a prepared request is the first hop again. */
static void prepared(void **state)
{
    static const struct fake_script server = {.steps = {REQUEST, LEADS("303", "/longer/than/first"),
                                                        REQUEST, LEADS("302", "/b"), REQUEST,
                                                        SAY(HELLO), LOOP}};
    struct world w;
    struct probe p;
    struct midge_prepared *again;
    (void)state;
    open_at(&w, &p, &server);
    p.request.url = URL "first?x";
    p.request.body = "12345";
    p.request.body_len = 5;
    assert_int_equal(midge_prepare(w.client, &p.request, &again), MIDGE_OK);
    for (unsigned i = 0; i < 3; i++) {
        p.id = 0;
        p.len = p.cap = 0;
        p.dones = p.sink_finishes = p.source_finishes = 0;
        size_t n = i == 1 ? 0 : 5; /* a POST says that its body is empty */
        assert_int_equal(midge_start_prepared(w.client, again, "12345", n, &p.id), MIDGE_OK);
        world_run(&w);
        probe_is_hello(&p);
        assert_int_equal(p.result.redirects, 2);
        assert_true(begins(&w, 0, 3 * i, "POST /first?x HTTP/1.1\r\n"));
        assert_true(
            has(&w, 0, 3 * i,
                i == 1 ? "\r\nContent-Length: 0\r\n\r\n" : "\r\nContent-Length: 5\r\n\r\n12345"));
        assert_true(begins(&w, 0, 3 * i + 1, "GET /longer/than/first HTTP/1.1\r\n"));
        assert_true(begins(&w, 0, 3 * i + 2, "GET /b HTTP/1.1\r\n"));
    }
    midge_prepared_free(w.client, again);
    world_close(&w);
}

/* Its method is the first one again too: a POST is not sent twice, though a GET was the last. */
static void prepared_post(void **state)
{
    static const struct fake_script server = {.steps = {REQUEST, LEADS("303", "/a"), REQUEST,
                                                        LEADS("302", "/b"), REQUEST, SAY(HELLO),
                                                        REQUEST, RESET}};
    struct world w;
    struct probe p;
    struct midge_prepared *again;
    (void)state;
    open_at(&w, &p, &server);
    p.request.body = "12345";
    p.request.body_len = 5;
    assert_int_equal(midge_prepare(w.client, &p.request, &again), MIDGE_OK);
    assert_int_equal(midge_start_prepared(w.client, again, NULL, 0, &p.id), MIDGE_OK);
    world_run(&w);
    probe_is_hello(&p);
    p.id = 0;
    p.dones = p.sink_finishes = 0;
    assert_int_equal(midge_start_prepared(w.client, again, NULL, 0, &p.id), MIDGE_OK);
    world_run(&w);
    assert_int_equal(p.sends, 4);
    probe_ended(&p, MIDGE_ERR_RECV);
    midge_prepared_free(w.client, again);
    world_close(&w);
}

/* The URL of the last hop stays until the result was taken. */
static void url_of_result(void **state)
{
    struct world w;
    struct probe p;
    struct midge_result result;
    (void)state;
    open_at(&w, &p, &to_next);
    p.request.on_done = NULL;
    probe_start(&p);
    world_turns(&w, 20);
    assert_int_equal(midge_done(w.client, p.id), 1);
    assert_int_equal(midge_take(w.client, p.id, &result), MIDGE_OK);
    assert_string_equal(result.url, "http://example.com/next?a");
    assert_int_equal(result.redirects, 1);
    free(p.body);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_origin),      cmocka_unit_test(other_origin),
        cmocka_unit_test(settings_go_on),   cmocka_unit_test(becomes_get),
        cmocka_unit_test(head_stays),       cmocka_unit_test(body_again),
        cmocka_unit_test(cannot_rewind),    cmocka_unit_test(canceled_in_rewind),
        cmocka_unit_test(is_asked),         cmocka_unit_test(refuses),
        cmocka_unit_test(ends_in_callback), cmocka_unit_test(connects_elsewhere),
        cmocka_unit_test(leads_nowhere),    cmocka_unit_test(too_many),
        cmocka_unit_test(final_answers),    cmocka_unit_test(no_memory),
        cmocka_unit_test(long_bodies),      cmocka_unit_test(short_bodies),
        cmocka_unit_test(cut_body),         cmocka_unit_test(canceled_before_the_end),
        cmocka_unit_test(early_answer),     cmocka_unit_test(before_others),
        cmocka_unit_test(limits),           cmocka_unit_test(next_fails),
        cmocka_unit_test(fresh_only_once),  cmocka_unit_test(prepared),
        cmocka_unit_test(prepared_post),    cmocka_unit_test(url_of_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
