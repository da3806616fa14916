/* SPDX-License-Identifier: MIT */
/* Events: the whole list of each path, good and bad, with its values. event_check.h holds those of
   all other tests against the rules. */
#include "fake_tls.h"
#include "midge/events.h"

#define URL "http://me:secret@a.test/path?query#fragment"

static struct {
    char text[2000];
    size_t len;
    struct midge_event last[MIDGE_EVENTS];
    char url[100];
    struct midge_addr address;
    struct event_check check;
} seen;

static void note(void *ctx, const struct midge_event *event, const struct midge_event_about *about)
{
    assert_ptr_equal(ctx, &seen);
    event_check(&seen.check, event, about);
    seen.len += (size_t)snprintf(seen.text + seen.len, sizeof seen.text - seen.len, "%s%s",
                                 seen.len > 0 ? " " : "", midge_event_name(event->kind));
    assert_true(seen.len < sizeof seen.text);
    seen.last[event->kind] = *event;
    if (about->url != NULL) {
        (void)snprintf(seen.url, sizeof seen.url, "%s %s", about->method, about->url);
    }
    if (about->address != NULL) {
        seen.address = *about->address;
    }
}

static void open_noted(struct world *w, const struct midge_config *from)
{
    struct midge_config config = from != NULL ? *from : (struct midge_config){0};
    memset(&seen, 0, sizeof seen);
    config.on_event = note;
    config.event_ctx = &seen;
    tls_world_open(w, &config);
}

static void close_noted(struct world *w)
{
    tls_world_close(w);
    event_check_over(&seen.check);
}

static void saw(const char *text)
{
    assert_string_equal(seen.text, text);
    seen.len = 0;
}

/* A request, to its end. */
static void run_one(struct world *w, struct probe *p, const char *url)
{
    probe_init(p, w, url);
    p->request.allow_userinfo = 1;
    p->request.dangerously_skip_verification = 1;
    probe_start(p);
    world_run(w);
}

static void ended(int err, uint32_t value)
{
    assert_int_equal(seen.last[MIDGE_EVENT_ENDED].detail, -err);
    assert_int_equal(seen.last[MIDGE_EVENT_ENDED].value, value);
}

/* --- good ways --- */

#define OPENING "opened dns resolved connect trying connected "
#define ANSWER  "wait body head ended"

static void a_request_and_another(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    open_noted(&w, NULL);
    fake_listen(&w.fake, 80, &fake_hello);
    run_one(&w, &p, URL);
    probe_is_hello(&p);
    saw("start " OPENING "send " ANSWER " idle");
    assert_string_equal(seen.url, "GET http://me:secret@a.test/path?query#fragment");
    assert_int_equal(seen.address.bytes[0], 10);
    assert_int_equal(seen.last[MIDGE_EVENT_RESOLVED].value, 1);
    assert_int_equal(seen.last[MIDGE_EVENT_TRYING].value, 80);
    assert_int_equal(seen.last[MIDGE_EVENT_TRYING].detail, 4);
    assert_int_equal(seen.last[MIDGE_EVENT_TRYING].connection, 1);
    assert_int_equal(seen.last[MIDGE_EVENT_HEAD].value, 200);
    assert_int_equal(seen.last[MIDGE_EVENT_SEND].detail, 0);
    assert_int_equal(seen.last[MIDGE_EVENT_START].request, p.result.id);
    assert_int_equal(seen.last[MIDGE_EVENT_ENDED].connection, 1);
    assert_int_equal(seen.last[MIDGE_EVENT_IDLE].request, 0);
    ended(MIDGE_OK, 5);
    run_one(&w, &p, URL);
    probe_is_hello(&p);
    saw("start send " ANSWER " idle");
    assert_int_equal(seen.last[MIDGE_EVENT_SEND].detail, 1);
    world_pass(&w, 2 * MIDGE_KEEP_ALIVE_MS);
    saw("closing closed");
    close_noted(&w);
}

static void handshakes(void **state)
{
    static const struct fake_script server = {.steps = {CH, SAY("pS"), REQUEST, SAY(HELLO), FIN}};
    struct world w;
    struct probe p;
    (void)state;
    open_noted(&w, NULL);
    fake_listen(&w.fake, 443, &server);
    for (unsigned i = 0; i < 2; i++) {
        run_one(&w, &p, "https://a.test/");
        probe_is_hello(&p);
        assert_int_equal(seen.last[MIDGE_EVENT_SECURE].value, i);
        assert_int_equal(seen.last[MIDGE_EVENT_SECURE].detail, MIDGE_TLS_1_2);
        assert_int_equal(seen.last[MIDGE_EVENT_MEMORY].value, 0);
        world_pass(&w, 1000);
        saw(i == 0 ? "start " OPENING "queue memory memory end tls secure session send " ANSWER
                     " idle closing closed"
                   : "start opened connect trying connected queue memory memory end tls secure "
                     "session send " ANSWER " idle closing closed");
    }
    close_noted(&w);
}

static void redirects(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST,
                  SAY("HTTP/1.1 307 x\r\nLocation: /next?b=c\r\nContent-Length: 5\r\n\r\nmoved"),
                  REQUEST, SAY(HELLO)}};
    struct world w;
    struct probe p;
    (void)state;
    open_noted(&w, NULL);
    fake_listen(&w.fake, 80, &server);
    probe_init(&p, &w, "http://a.test/");
    p.request.max_redirects = 2;
    probe_start(&p);
    world_run(&w);
    probe_is_hello(&p);
    saw("start " OPENING "send wait body head queue redirect idle send " ANSWER " idle");
    assert_string_equal(seen.url, "GET http://a.test/next?b=c");
    assert_int_equal(seen.last[MIDGE_EVENT_REDIRECT].detail, 1);
    close_noted(&w);
}

static void repeats(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, SAY("HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n"), REQUEST,
                  SAY(HELLO)}};
    static const struct midge_retry rules = {.max = 1, .fixed_ms = 700};
    struct world w;
    struct probe p;
    (void)state;
    open_noted(&w, NULL);
    fake_listen(&w.fake, 80, &server);
    probe_init(&p, &w, "http://a.test/");
    p.request.retry = &rules;
    probe_start(&p);
    world_run(&w);
    probe_is_hello(&p);
    saw("start " OPENING "send wait body head queue repeat idle send " ANSWER " idle");
    assert_int_equal(seen.last[MIDGE_EVENT_REPEAT].value, 700);
    assert_int_equal(seen.last[MIDGE_EVENT_REPEAT].detail, 1);
    assert_int_equal(seen.last[MIDGE_EVENT_SEND].time_ms - seen.last[MIDGE_EVENT_REPEAT].time_ms,
                     700);
    close_noted(&w);
}

/* The server closes a kept connection while the next request is on its way. */
static void a_stale_connection(void **state)
{
    static const struct fake_script server = {.steps = {REQUEST, SAY(HELLO), REQUEST, RESET}};
    struct world w;
    struct probe p;
    (void)state;
    open_noted(&w, NULL);
    fake_listen(&w.fake, 80, &fake_hello);
    fake_next(&w.fake, &server);
    run_one(&w, &p, "http://a.test/");
    probe_is_hello(&p);
    seen.len = 0;
    run_one(&w, &p, "http://a.test/");
    probe_is_hello(&p);
    saw("start send wait queue repeat closing closed opened connect trying connected send " ANSWER
        " idle");
    assert_int_equal(seen.last[MIDGE_EVENT_REPEAT].value, 0);
    close_noted(&w);
}

/* --- bad ways --- */

static void no_address_answers(void **state)
{
    static const struct fake_script refuses = {.connect = FAKE_REFUSES};
    struct world w;
    struct probe p;
    (void)state;
    open_noted(&w, NULL);
    w.fake.names[0].host = "a.test";
    w.fake.names[0].count = 2;
    w.fake.n_names = 1;
    fake_listen(&w.fake, 80, &refuses);
    run_one(&w, &p, "http://a.test/");
    probe_ended(&p, MIDGE_ERR_CONNECT);
    saw("start opened dns resolved connect trying failed trying failed closed ended");
    assert_int_equal(seen.last[MIDGE_EVENT_FAILED].value, 111);
    assert_int_equal(seen.last[MIDGE_EVENT_RESOLVED].value, 2);
    ended(MIDGE_ERR_CONNECT, 111);
    w.fake.names[0].err = MIDGE_ERR_RESOLVE;
    run_one(&w, &p, "http://a.test/");
    probe_ended(&p, MIDGE_ERR_RESOLVE);
    saw("start opened dns resolved closed ended");
    assert_int_equal(seen.last[MIDGE_EVENT_RESOLVED].value, 0);
    ended(MIDGE_ERR_RESOLVE, 4);
    close_noted(&w);
}

static void a_handshake_fails(void **state)
{
    static const struct fake_script server = {.steps = {CH, WAIT(10), SAY("E")}};
    struct world w;
    struct probe p;
    (void)state;
    open_noted(&w, NULL);
    fake_listen(&w.fake, 443, &server);
    run_one(&w, &p, "https://a.test/");
    probe_ended(&p, MIDGE_ERR_TLS);
    saw("start " OPENING "queue memory memory end tls closed ended");
    ended(MIDGE_ERR_TLS, (uint32_t)p.result.native);
    close_noted(&w);
}

static void a_limit(void **state)
{
    static const struct fake_script silent = {.steps = {REQUEST}};
    struct world w;
    struct probe p;
    (void)state;
    open_noted(&w, &(struct midge_config){.timeouts = {.total_ms = 3000}});
    fake_listen(&w.fake, 80, &silent);
    run_one(&w, &p, "http://a.test/");
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    saw("start " OPENING "send wait closed ended");
    ended(MIDGE_ERR_TIMEOUT, 0);
    assert_int_equal(seen.last[MIDGE_EVENT_ENDED].time_ms - seen.last[MIDGE_EVENT_START].time_ms,
                     3000);
    close_noted(&w);
}

/* Canceled, or the client closed, after so many turns. */
static void ended_early(void **state)
{
    static const struct fake_script server = {
        .steps = {CH, WAIT(10), SAY("pS"), REQUEST, WAIT(10), SAY(HELLO)}};
    (void)state;
    for (unsigned turns = 0; turns < 40; turns++) {
        struct world w;
        struct probe p;
        open_noted(&w, NULL);
        fake_listen(&w.fake, 443, &server);
        probe_init(&p, &w, "https://a.test/");
        p.request.dangerously_skip_verification = 1;
        probe_start(&p);
        for (unsigned i = 0; i < turns / 2 && p.dones == 0; i++) {
            world_turn(&w, -1);
        }
        if (turns % 2 == 0) {
            if (p.dones == 0) {
                assert_int_equal(midge_cancel(w.client, p.id), MIDGE_OK);
            }
            close_noted(&w);
        } else {
            midge_close(w.client);
            event_check_over(&seen.check);
            fake_deinit(&w.fake);
        }
        assert_int_equal(p.dones, 1);
        assert_int_equal(seen.check.counts[MIDGE_EVENT_START], 1);
        free(p.body);
    }
}

/* --- the record --- */

static void own_errors(void **state)
{
    static const int errors[][2] = {{-255, 255}, {-256, 255}, {-100000, 255}, {-254, 254}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(errors); i++) {
        struct world w;
        struct probe p;
        open_noted(&w, NULL);
        fake_listen(&w.fake, 80, &fake_hello);
        probe_init(&p, &w, "http://a.test/");
        p.response_answer = errors[i][0];
        probe_start(&p);
        world_run(&w);
        assert_int_equal(p.result.error, errors[i][0]);
        assert_int_equal(seen.last[MIDGE_EVENT_ENDED].detail, errors[i][1]);
        close_noted(&w);
        free(p.body);
    }
}

static void names(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct midge_event), 16);
    assert_int_equal(MIDGE_EVENT_ENDED, MIDGE_PHASE_DONE);
    for (unsigned i = 0; i < MIDGE_PHASE_DONE; i++) {
        assert_string_equal(midge_event_name(i), midge_phase_name((enum midge_phase)i));
    }
    assert_string_equal(midge_event_name(MIDGE_EVENT_START), "start");
    assert_string_equal(midge_event_name(MIDGE_EVENT_CLOSED), "closed");
    assert_string_equal(midge_event_name(MIDGE_EVENTS), "unknown");
    assert_int_equal(MIDGE_EVENT_TRYING + (int)MIDGE_PEER_SECURE, MIDGE_EVENT_SECURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_and_another),
        cmocka_unit_test(handshakes),
        cmocka_unit_test(redirects),
        cmocka_unit_test(repeats),
        cmocka_unit_test(a_stale_connection),
        cmocka_unit_test(no_address_answers),
        cmocka_unit_test(a_handshake_fails),
        cmocka_unit_test(a_limit),
        cmocka_unit_test(ended_early),
        cmocka_unit_test(own_errors),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
