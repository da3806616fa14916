/* SPDX-License-Identifier: MIT */
/* HTTP/2's carrier against scripted servers: those of h2_hostile.h, and others. */
#include "h2_hostile.h"
#include "h2_peer.h"

#define URL "http://example.com/"

static const struct fake_script good = {
    .steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1") HELLO_2("\3"))}};

static bool has_sent(const struct fake *f, unsigned sock, const char *bytes, size_t n)
{
    const struct fake_sock *s = &f->socks[sock];
    for (size_t i = 0; i + n <= s->sent_len; i++) {
        if (memcmp(s->sent + i, bytes, n) == 0) {
            return true;
        }
    }
    return false;
}

/* The text, its last part many times, then the answer of stream 3. */
static char *compose(const struct h2_row *row, size_t *len)
{
    static const char before[] = H2_SETTINGS, after[] = HELLO_2("\3");
    char *text = malloc(64 + row->len + row->fills * row->fill + sizeof after), *at = text;
    memcpy(at, before, row->err == MIDGE_ERR_PROTOCOL && row->text[0] == 'H' ? 0 : 9);
    at += row->text[0] == 'H' ? 0 : 9;
    memcpy(at, row->text, row->len);
    at += row->len;
    for (unsigned i = 0; i < row->fills; i++, at += row->fill) {
        memcpy(at, row->text + row->len - row->fill, row->fill);
    }
    memcpy(at, after, sizeof after - 1);
    *len = (size_t)(at - text) + sizeof after - 1;
    return text;
}

static void play(const struct h2_row *row, size_t slice)
{
    struct world w;
    struct probe p[2];
    size_t len;
    char *text = compose(row, &len);
    const struct fake_script script = {.recv_slice = slice,
                                       .steps = {H2_BEGUN, {FAKE_SAY, text, len}}};
    print_message("%s, by %zu\n", row->name, slice);
    world_open(&w, &(struct midge_config){.http = MIDGE_HTTP_2_PRIOR});
    fake_next(&w.fake, &script);
    fake_next(&w.fake, &good);
    probe_init(&p[0], &w, URL);
    p[0].request.method = row->same ? "GET" : "POST"; /* which is not sent again */
    probe_start(&p[0]);
    probe_get(&p[1], &w, URL);
    world_run(&w);
    if (row->err == MIDGE_OK) {
        probe_is_hello(&p[0]);
    } else {
        probe_ended(&p[0], row->err);
    }
    probe_is_hello(&p[1]);
    assert_int_equal(w.fake.n_socks, row->same ? 1 : 2);
    assert_int_equal(p[1].result.retries, row->same ? 0 : 1);
    if (row->sent != NULL) {
        assert_true(has_sent(&w.fake, 0, row->sent, row->sent_len));
    }
    world_close(&w);
    free(text);
}

static void a_client_must_pass(void **state)
{
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(h2_rows); i++) {
        play(&h2_rows[i], 0);
        if (h2_rows[i].fills == 0) {
            play(&h2_rows[i], 1);
            play(&h2_rows[i], 7);
        }
    }
}

/* --- several connections, several requests --- */

static void open_h2(struct world *w, struct midge_config config)
{
    config.http = MIDGE_HTTP_2_PRIOR;
    world_open(w, &config);
}

/* The first connection goes as the script says, the second one well. */
static void open_with_second(struct world *w, const struct fake_script *first)
{
    open_h2(w, (struct midge_config){0});
    fake_next(&w->fake, first);
    fake_next(&w->fake, &good);
}

/* --- events --- */

static struct {
    char text[200];
    size_t len;
    struct event_check check;
} told;

/* "w1" for WAIT on stream 1, "b1" for BODY. */
static void tell(void *ctx, const struct midge_event *event, const struct midge_event_about *about)
{
    event_check(ctx, event, about);
    if (event->kind == MIDGE_EVENT_WAIT || event->kind == MIDGE_EVENT_BODY) {
        told.len += (size_t)snprintf(told.text + told.len, sizeof told.text - told.len, "%c%u ",
                                     midge_event_name(event->kind)[0], (unsigned)event->value);
        assert_true(told.len < sizeof told.text);
    }
}

/* The first stream is refused: its request has another one. */
static void events_name_streams(void **state)
{
    static const struct fake_script script = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\3") H2_RST("\1", "\7")), WAIT(1),
                  SAY(HELLO_2("\5"))}};
    struct world w;
    struct probe p[2];
    (void)state;
    memset(&told, 0, sizeof told);
    world_open(&w, &(struct midge_config){
                       .http = MIDGE_HTTP_2_PRIOR, .on_event = tell, .event_ctx = &told.check});
    fake_next(&w.fake, &script);
    probe_get(&p[0], &w, URL);
    probe_get(&p[1], &w, URL);
    world_run(&w);
    assert_string_equal(told.text, "w1 w3 b3 w5 b5 ");
    assert_int_equal(p[0].result.stream_id, 5);
    assert_int_equal(p[1].result.stream_id, 3);
    probe_is_hello(&p[0]);
    probe_is_hello(&p[1]);
    world_close(&w);
    event_check_over(&told.check);
}

/* A POST too: the server says that it has not processed it. */
static void refused_is_sent_again(void **state)
{
    static const struct fake_script script = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS H2_RST("\1", "\7")), WAIT(1), SAY(HELLO_2("\3"))}};
    struct world w;
    struct probe p;
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    probe_init(&p, &w, URL);
    probe_source(&p, 3000, -1);
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.rewinds, 1);
    assert_int_equal(p.result.retries, 1);
    assert_int_equal(p.result.stream_id, 3);
    probe_is_hello(&p);
    assert_int_equal(w.fake.n_socks, 1);
    world_close(&w);
}

/* But not for ever. */
static void refused_ends(void **state)
{
    static const struct fake_script script = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS H2_RST("\1", "\7")), WAIT(1), SAY(H2_RST("\3", "\7")),
                  WAIT(1), SAY(H2_RST("\5", "\7")), WAIT(1), SAY(H2_RST("\7", "\7"))}};
    struct world w;
    struct probe p;
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    probe_get(&p, &w, URL);
    world_run(&w);
    assert_int_equal(p.result.retries, 3);
    probe_ended(&p, MIDGE_ERR_RECV);
    world_close(&w);
}

/* Stream 1 is answered after it, stream 3 on another connection beside. */
static void goaway_drains(void **state)
{
    static const struct fake_script first = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS H2_GOAWAY("\1", "\0") "debug"), WAIT(50),
                  SAY(HELLO_2("\1"))}};
    static const struct fake_script second = {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1"))}};
    struct fake_script with_debug = first;
    static const char goaway[] = H2_SETTINGS "\0\0\15\7\0\0\0\0\0\0\0\0\1\0\0\0\0debug";
    struct world w;
    struct probe p[2];
    (void)state;
    with_debug.steps[2] = (struct fake_step)SAY(goaway);
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &with_debug);
    fake_next(&w.fake, &second);
    probe_get(&p[0], &w, URL);
    probe_init(&p[1], &w, URL);
    p[1].request.body = "x";
    p[1].request.body_len = 1;
    probe_start(&p[1]);
    world_run(&w);
    assert_int_equal(p[0].result.retries, 0);
    assert_int_equal(p[1].result.retries, 1);
    assert_true(p[0].result.connection != p[1].result.connection);
    probe_is_hello(&p[0]);
    probe_is_hello(&p[1]);
    assert_int_equal(w.fake.n_socks, 2);
    assert_int_equal(w.fake.peak_open, 2);
    world_close(&w);
}

static void fill_data(char *to, unsigned id, size_t len, bool end)
{
    to[0] = '\0';
    to[1] = (char)(len >> 8);
    to[2] = (char)(len & 255);
    to[3] = '\0';
    to[4] = end ? 1 : 0;
    to[5] = to[6] = to[7] = '\0';
    to[8] = (char)id;
    memset(to + 9, 'x', len);
}

static void start_post(struct probe *p, struct world *w)
{
    probe_init(p, w, URL);
    p->request.method = "POST";
    probe_start(p);
}

/* None was processed; all go to one new connection. */
static void goaway_0_replays_all(void **state)
{
    static const struct fake_script first = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS H2_GOAWAY("\0", "\0")), FIN}};
    static const struct fake_script second = {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1")),
                                                        WAIT(1), SAY(HELLO_2("\3")), WAIT(1),
                                                        SAY(HELLO_2("\5") HELLO_2("\7"))}};
    struct world w;
    struct probe p[4];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &first);
    fake_next(&w.fake, &second);
    for (unsigned i = 0; i < 4; i++) {
        start_post(&p[i], &w);
    }
    world_run(&w);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(p[i].result.retries, 1);
        probe_is_hello(&p[i]);
    }
    assert_int_equal(w.fake.n_socks, 2);
    world_close(&w);
}

/* A server with a dynamic table (h2o up to 2.2.5): the answer that cannot be read is asked for
   again, also on the first connection. A POST beside it has not been sent, so it is not lost. */
static void table_is_replayed(void **state)
{
    static const struct fake_script first = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS H2_HEADERS("\1", EOH_, "\1") "\xbe"), WAIT(1)}};
    static const struct fake_script second = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1")), WAIT(1), SAY(HELLO_2("\3"))}};
    struct world w;
    struct probe p[2];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &first);
    fake_next(&w.fake, &second);
    probe_get(&p[0], &w, URL);
    start_post(&p[1], &w);
    world_run(&w);
    assert_int_equal(p[0].result.retries, 1);
    probe_is_hello(&p[0]);
    assert_int_equal(p[1].result.retries, 1);
    probe_is_hello(&p[1]);
    assert_int_equal(w.fake.n_socks, 2);
    world_close(&w);
}

/* A POST behind the first answer, whose own answer needs the table: the server may have acted on
   it, so it is not sent again. The next one goes to another connection. */
static void table_ends_a_later_post(void **state)
{
    static const struct fake_script first = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1")), SENT(1),
                  SAY(H2_HEADERS("\1", EOH_, "\3") "\xbe"), WAIT(1)}};
    struct world w;
    struct probe p[3];
    (void)state;
    open_with_second(&w, &first);
    probe_get(&p[0], &w, URL);
    world_run(&w);
    probe_is_hello(&p[0]);
    start_post(&p[1], &w);
    world_run(&w);
    assert_int_equal(p[1].result.retries, 0);
    assert_int_equal(p[1].result.complete, MIDGE_COMPLETE_NO);
    assert_string_equal(p[1].result.detail, "malformed header block");
    probe_ended(&p[1], MIDGE_ERR_PROTOCOL);
    start_post(&p[2], &w);
    world_run(&w);
    assert_int_equal(w.fake.n_socks, 2);
    probe_is_hello(&p[2]);
    world_close(&w);
}

/* Until the server has shown that it uses no table, POSTs go one by one: each is sent when no head
   is awaited. A second head shows it, or a size update. */
static void posts_go_one_by_one(void **state)
{
    static const struct fake_script by_heads = {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1")),
                                                          WAIT(1), SAY(HELLO_2("\3")), WAIT(1),
                                                          SAY(HELLO_2("\7") HELLO_2("\5"))}};
    static const struct fake_script by_update = {
        .steps = {H2_BEGUN,
                  SAY(H2_SETTINGS H2_HEADERS("\2", EOH_, "\1") "\x20" OK_200 H2_DATA("\5", END_,
                                                                                     "\1") "hello"),
                  WAIT(1), SAY(HELLO_2("\7") HELLO_2("\5") HELLO_2("\3"))}};
    const struct fake_script *const scripts[] = {&by_heads, &by_update};
    static const uint32_t ids[] = {1, 3, 5, 7};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(scripts); i++) {
        struct world w;
        struct probe p[5];
        open_h2(&w, (struct midge_config){0});
        fake_next(&w.fake, scripts[i]);
        for (unsigned n = 0; n < 4; n++) {
            start_post(&p[n], &w);
        }
        world_run(&w);
        for (unsigned n = 0; n < 4; n++) {
            assert_int_equal(p[n].result.stream_id, ids[n]);
            probe_is_hello(&p[n]);
        }
        world_close(&w);
    }
}

/* Another connection to the same server need not show it again: streams 7 and 9 of the first one
   are 1 and 3 of the second one, and both are sent at once. */
static void trust_is_kept(void **state)
{
    static const struct fake_script first = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1")), WAIT(1), SAY(HELLO_2("\3")), WAIT(1),
                  SAY(H2_GOAWAY("\5", "\0")), WAIT(100), SAY(HELLO_2("\5"))}};
    static const struct fake_script second = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\3") HELLO_2("\1"))}};
    struct world w;
    struct probe p[5];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &first);
    fake_next(&w.fake, &second);
    for (unsigned n = 0; n < 5; n++) {
        start_post(&p[n], &w);
    }
    world_run(&w);
    for (unsigned n = 0; n < 5; n++) {
        assert_int_equal(p[n].result.retries, n < 3 ? 0 : 1);
        probe_is_hello(&p[n]);
    }
    assert_int_equal(w.fake.n_socks, 2);
    world_close(&w);
}

/* A head that takes long holds a POST for half a second only. */
static void hold_is_short(void **state)
{
    static const struct fake_script script = {.steps = {H2_BEGUN, SAY(H2_SETTINGS), WAIT(700),
                                                        SAY(HELLO_2("\3")), WAIT(10000),
                                                        SAY(HELLO_2("\1"))}};
    static const char post[] = "\1\5\0\0\0\3"; /* HEADERS of stream 3, its end */
    struct world w;
    struct probe p[2];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    probe_get(&p[0], &w, URL);
    start_post(&p[1], &w);
    world_pass(&w, 400);
    assert_false(has_sent(&w.fake, 0, post, sizeof post - 1));
    world_pass(&w, 400);
    assert_true(has_sent(&w.fake, 0, post, sizeof post - 1));
    probe_is_hello(&p[1]);
    assert_int_equal(p[0].dones, 0);
    world_run(&w);
    probe_is_hello(&p[0]);
    world_close(&w);
}

/* A POST that is held is canceled; or the request that it waits for is. */
static void held_and_canceled(void **state)
{
    static const struct fake_script script = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS), WAIT(50), SAY(HELLO_2("\3")), WAIT(1000), FIN}};
    static const struct fake_script other = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS), WAIT(50), SAY(HELLO_2("\1")), WAIT(1000), FIN}};
    (void)state;
    for (unsigned which = 0; which < 2; which++) {
        struct world w;
        struct probe p[2];
        open_h2(&w, (struct midge_config){0});
        fake_next(&w.fake, which == 0 ? &script : &other);
        probe_get(&p[0], &w, URL);
        start_post(&p[1], &w);
        world_pass(&w, 20);
        assert_int_equal(midge_cancel(w.client, p[which].id), MIDGE_OK);
        world_run(&w);
        probe_ended(&p[which], MIDGE_ERR_CANCELED);
        probe_is_hello(&p[1 - which]);
        assert_int_equal(w.fake.n_socks, 1);
        world_close(&w);
    }
}

/* A server that accepts a connection and closes it (apache, while it reloads): what is idempotent
   is asked for once more, the request that has opened the connection too. */
static void closed_at_once(void **state)
{
    static const struct fake_script closes = {.steps = {H2_BEGUN, SAY(H2_SETTINGS), FIN}};
    static const struct fake_script one = {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1"))}};
    static const char *const methods[] = {"GET", "POST", "GET"};
    (void)state;
    for (unsigned i = 0; i < 3; i++) { /* the third one: the next connection ends so, too */
        struct world w;
        struct probe p;
        open_h2(&w, (struct midge_config){0});
        fake_next(&w.fake, &closes);
        fake_next(&w.fake, i == 2 ? &closes : &one);
        fake_next(&w.fake, &one);
        probe_init(&p, &w, URL);
        p.request.method = methods[i];
        probe_start(&p);
        world_run(&w);
        assert_int_equal(p.result.retries, i == 1 ? 0 : 1);
        if (i == 0) {
            probe_is_hello(&p);
        } else {
            probe_ended(&p, MIDGE_ERR_EMPTY_REPLY);
        }
        assert_int_equal(w.fake.n_socks, i == 1 ? 1 : 2);
        world_close(&w);
    }
}

/* An answer that has begun ends well, though the next one cannot be decoded; its trailers are not
   read. */
static void begun_answer_ends(void **state)
{
    static const struct fake_script first = {
        .steps = {H2_BEGUN,
                  SAY(H2_SETTINGS H2_HEADERS("\1", EOH_, "\1")
                          OK_200 H2_HEADERS("\1", BOTH_, "\3") "\xbe" H2_DATA(
                              "\5", NONE_, "\1") "hello" H2_HEADERS("\1", BOTH_, "\1") "\xbe"),
                  WAIT(1)}};
    static const struct fake_script second = {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1"))}};
    struct world w;
    struct probe p[2];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &first);
    fake_next(&w.fake, &second);
    probe_get(&p[0], &w, URL);
    probe_get(&p[1], &w, URL);
    world_run(&w);
    assert_int_equal(p[0].result.retries, 0);
    assert_int_equal(p[1].result.retries, 1);
    probe_is_hello(&p[0]);
    probe_is_hello(&p[1]);
    assert_int_equal(w.fake.n_socks, 2);
    world_close(&w);
}

/* 421 is an answer: a connection carries requests of one origin only, so another one would not help
   (RFC 9110 15.5.20). */
static void misdirected(void **state)
{
    static const struct fake_script script = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS H2_HEADERS(
                                "\5", EOH_, "\1") "\x08\3"
                                                  "421" H2_DATA("\5", END_, "\1") "hello")}};
    struct world w;
    struct probe p;
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    probe_get(&p, &w, URL);
    world_run(&w);
    assert_int_equal(p.result.status, 421);
    assert_int_equal(p.result.retries, 0);
    assert_int_equal(p.len, 5);
    probe_ended(&p, MIDGE_OK);
    assert_int_equal(world_stats(&w).open_connections, 1);
    world_close(&w);
}

/* Expect is not sent: the server's window bounds what is sent in vain. */
static void expects_nothing(void **state)
{
    static const struct fake_script script = {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1"))}};
    struct world w;
    struct probe p;
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    probe_init(&p, &w, URL);
    p.request.body = "x";
    p.request.body_len = 1;
    p.request.expect_ms = 5000;
    probe_start(&p);
    const uint64_t before = w.fake.now_ms;
    world_run(&w);
    probe_is_hello(&p);
    assert_true(w.fake.now_ms - before < 100);
    assert_true(has_sent(&w.fake, 0, TEXT("\0\0\1\0\1\0\0\0\1x")));
    assert_false(has_sent(&w.fake, 0, TEXT("expect")));
    world_close(&w);
}

/* GOAWAY with an error: what the server has not processed is sent again, the rest goes on. */
static void goaway_with_error(void **state)
{
    static const struct fake_script first = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS H2_GOAWAY("\1", "\2")), WAIT(20), SAY(HELLO_2("\1"))}};
    static const struct fake_script second = {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1"))}};
    struct world w;
    struct probe p[2];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &first);
    fake_next(&w.fake, &second);
    probe_get(&p[0], &w, URL);
    probe_get(&p[1], &w, URL);
    world_run(&w);
    assert_int_equal(p[0].result.retries, 0);
    assert_int_equal(p[1].result.retries, 1);
    probe_is_hello(&p[0]);
    probe_is_hello(&p[1]);
    world_close(&w);
}

/* GOAWAY says that it has not processed a request whose answer has begun: it is not sent again, or
   the sink would get two beginnings. */
static void goaway_in_an_answer(void **state)
{
    static const struct fake_script first = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS H2_HEADERS("\1", EOH_, "\1")
                                    OK_200 H2_DATA("\2", NONE_, "\1") "he" H2_GOAWAY("\0", "\0"))}};
    static const struct fake_script second = {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1"))}};
    struct world w;
    struct probe p[2];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &first);
    fake_next(&w.fake, &second);
    probe_get(&p[0], &w, URL);
    probe_get(&p[1], &w, URL);
    world_run(&w);
    assert_int_equal(p[0].len, 2);
    probe_ended(&p[0], MIDGE_ERR_PARTIAL);
    probe_is_hello(&p[1]);
    world_close(&w);
}

/* An upload of so many bytes, whose connection goes as the first script says; the next one is
 * there. */
static void run_upload(struct world *w, struct probe *p, size_t size,
                       const struct fake_script *first, const struct fake_script *second)
{
    open_h2(w, (struct midge_config){0});
    fake_next(&w->fake, first);
    fake_next(&w->fake, second);
    probe_init(p, w, URL);
    probe_source(p, size, (int64_t)size);
    probe_start(p);
    world_run(w);
}

/* GOAWAY while a body is sent: it is sent to its end, or rewound and sent to another connection. */
static void goaway_in_an_upload(void **state)
{
    enum { SIZE = 100000 };
    static const struct fake_script goes_on = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS), SENT(65000), SAY(H2_GOAWAY("\1", "\0")), WAIT(5),
                  SAY(H2_UPDATE("\0", "\0\1\0\0") H2_UPDATE("\1", "\0\1\0\0")), SENT(SIZE), WAIT(1),
                  SAY(HELLO_2("\1"))}};
    static const struct fake_script refuses = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS), SENT(65000), SAY(H2_GOAWAY("\0", "\0"))}};
    static const struct fake_script second = {
        .steps = {H2_BEGUN,
                  SAY(H2_SETTINGS H2_UPDATE("\0", "\0\1\0\0") H2_UPDATE("\1", "\0\1\0\0")),
                  SENT(SIZE), WAIT(1), SAY(HELLO_2("\1"))}};
    (void)state;
    for (unsigned again = 0; again < 2; again++) {
        struct world w;
        struct probe p;
        run_upload(&w, &p, SIZE, again ? &refuses : &goes_on, &second);
        assert_int_equal(p.rewinds, again);
        assert_int_equal(p.result.retries, again);
        probe_is_hello(&p);
        assert_int_equal(w.fake.n_socks, 1 + again);
        world_close(&w);
    }
}

/* The server says GOAWAY and goes: what it said is read, though sending fails before that. */
static void goaway_before_a_broken_send(void **state)
{
    enum { SIZE = 60000, BREAK = 20000 };
    static const struct fake_script refuses = {
        .send_breaks = BREAK,
        .steps = {SENT(58), SAY(H2_SETTINGS), SENT(BREAK), SAY(H2_GOAWAY("\0", "\0"))}};
    static const struct fake_script silent = {.send_breaks = BREAK,
                                              .steps = {SENT(58), SAY(H2_SETTINGS)}};
    static const struct fake_script second = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS), SENT(SIZE), WAIT(1), SAY(HELLO_2("\1"))}};
    (void)state;
    for (unsigned says = 0; says < 2; says++) {
        struct world w;
        struct probe p;
        run_upload(&w, &p, SIZE, says ? &refuses : &silent, &second);
        assert_int_equal(p.result.retries, says);
        if (says) {
            probe_is_hello(&p);
        } else {
            probe_ended(&p, MIDGE_ERR_SEND);
        }
        world_close(&w);
    }
}

/* All credit that the client has given to stream 1. */
static uint32_t credit_of_1(const struct fake *f)
{
    const struct fake_sock *s = &f->socks[0];
    uint32_t sum = 0;
    for (size_t at = 24; at + 13 <= s->sent_len;) {
        const uint8_t *frame = (const uint8_t *)s->sent + at;
        const uint32_t len = (uint32_t)(frame[0] << 16 | frame[1] << 8 | frame[2]);
        if (frame[3] == 8 && frame[8] == 1) {
            sum += (uint32_t)(frame[9] << 24 | frame[10] << 16 | frame[11] << 8 | frame[12]);
        }
        at += 9 + len;
    }
    return sum;
}

/* Padding uses windows up as bytes do: it gets credit. */
static void padding_is_credited(void **state)
{
    enum { FRAME = 9 + 255, ONCE = 120, TIMES = 6 };
    static const char frame[9] = "\0\0\377\0\10\0\0\0\1";
    static const char head[] = H2_SETTINGS H2_HEADERS("\1", EOH_, "\1") OK_200;
    char *text = calloc(ONCE, FRAME);
    struct world w;
    struct probe p[2];
    (void)state;
    for (unsigned i = 0; i < ONCE; i++) {
        memcpy(text + i * FRAME, frame, 9);
        text[i * FRAME + 9] = (char)253; /* one byte of the body, then padding */
        text[i * FRAME + 10] = 'x';
    }
    struct fake_script script = {.steps = {H2_BEGUN, SAY(head)}};
    for (unsigned i = 0; i < TIMES; i++) {
        script.steps[3 + 2 * i] = (struct fake_step){FAKE_SAY, text, ONCE * FRAME};
        script.steps[4 + 2 * i] = (struct fake_step)WAIT(1);
    }
    script.steps[3 + 2 * TIMES] = (struct fake_step)SAY(H2_DATA("\0", END_, "\1") HELLO_2("\3"));
    assert_true(TIMES * ONCE * 255 > MIDGE_HTTP2_WINDOW);
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    probe_get(&p[0], &w, URL);
    probe_get(&p[1], &w, URL);
    world_run(&w);
    assert_int_equal(p[0].len, TIMES * ONCE);
    assert_true(credit_of_1(&w.fake) >= TIMES * ONCE * 255 - MIDGE_HTTP2_WINDOW);
    probe_ended(&p[0], MIDGE_OK);
    probe_is_hello(&p[1]);
    world_close(&w);
    free(text);
}

/* DATA of a stream that is over use up the connection's window, which gets credit. */
static void closed_is_credited(void **state)
{
    enum { ONE = 9 + 16000, N = MIDGE_HTTP2_CONN_WINDOW / 8 / 16000 + 1 };
    static const char hello[] = H2_SETTINGS HELLO_2("\1");
    char *text = malloc(sizeof hello + (size_t)N * ONE), *at = text + sizeof hello - 1;
    struct world w;
    struct probe p[2];
    (void)state;
    memcpy(text, hello, sizeof hello - 1);
    for (unsigned i = 0; i < N; i++, at += ONE) {
        fill_data(at, 1, 16000, false);
    }
    const struct fake_script script = {
        .steps = {H2_BEGUN, {FAKE_SAY, text, (size_t)(at - text)}, WAIT(1), SAY(HELLO_2("\3"))}};
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    probe_get(&p[0], &w, URL);
    probe_get(&p[1], &w, URL);
    world_run(&w);
    probe_is_hello(&p[0]);
    probe_is_hello(&p[1]);
    assert_true(has_sent(&w.fake, 0, TEXT("\0\0\4\10\0\0\0\0\0\0\2"))); /* 131,072 or more */
    world_close(&w);
    free(text);
}

/* The end of the connection: what had no answer is sent again if that is safe. The size update lets
   the POST go. */
static void fin_in_the_body(void **state)
{
    static const struct fake_script first = {
        .steps = {H2_BEGUN,
                  SAY(H2_SETTINGS H2_HEADERS("\2", EOH_, "\1") "\x20" OK_200 H2_DATA("\2", NONE_,
                                                                                     "\1") "he"),
                  WAIT(1), FIN}};
    struct world w;
    struct probe p[3];
    (void)state;
    open_with_second(&w, &first);
    for (unsigned i = 0; i < 3; i++) {
        probe_init(&p[i], &w, URL);
        p[i].request.method = i == 2 ? "POST" : "GET";
        probe_start(&p[i]);
    }
    world_run(&w);
    probe_ended(&p[0], MIDGE_ERR_PARTIAL);
    probe_is_hello(&p[1]);
    probe_ended(&p[2], MIDGE_ERR_EMPTY_REPLY);
    world_close(&w);
}

/* --- cancel, pause --- */

static void cancel_other(struct probe *p)
{
    assert_int_equal(midge_cancel(p->w->client, p->other->id), MIDGE_OK);
}

/* The connection is kept, and used again. */
static void cancel_resets(void **state)
{
    static const struct fake_script script = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\3")), WAIT(1),
                  SAY(H2_HEADERS("\1", EOH_, "\1") OK_200 H2_DATA("\5", NONE_, "\1") "hello"),
                  WAIT(5), SAY(HELLO_2("\5"))}};
    struct world w;
    struct probe p[3];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    probe_get(&p[0], &w, URL);
    probe_init(&p[1], &w, URL);
    p[1].at = SINK_WRITE;
    p[1].act = cancel_other;
    p[1].other = &p[0];
    probe_start(&p[1]);
    world_run(&w);
    probe_ended(&p[0], MIDGE_ERR_CANCELED);
    probe_is_hello(&p[1]);
    assert_true(has_sent(&w.fake, 0, RESET_1("\10")));
    probe_get(&p[2], &w, URL);
    world_run(&w);
    probe_is_hello(&p[2]);
    assert_int_equal(w.fake.n_socks, 1);
    world_close(&w);
}

static void cancel_self(struct probe *p)
{
    assert_int_equal(midge_cancel(p->w->client, p->id), MIDGE_OK);
}

static void cancel_in_callbacks(void **state)
{
    static const enum where places[] = {ON_SEND, ON_RESPONSE, SINK_WRITE, ON_TRAILER, SOURCE_READ};
    static const struct fake_script script = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS H2_HEADERS("\1", EOH_, "\1")
                                    OK_200 H2_DATA("\5", NONE_, "\1") "hello" H2_HEADERS(
                                        "\12", BOTH_, "\1") "\0\6x-test\1v" HELLO_2("\3"))}};
    static const struct fake_script of_second = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1"))}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(places); i++) {
        struct world w;
        struct probe p[2];
        open_h2(&w, (struct midge_config){0});
        fake_next(&w.fake, places[i] == ON_SEND ? &of_second : &script);
        probe_init(&p[0], &w, URL);
        if (places[i] == SOURCE_READ) {
            probe_source(&p[0], 5000, 5000);
        }
        p[0].at = places[i];
        p[0].act = cancel_self;
        probe_start(&p[0]);
        probe_get(&p[1], &w, URL);
        world_run(&w);
        probe_ended(&p[0], MIDGE_ERR_CANCELED);
        probe_is_hello(&p[1]);
        assert_int_equal(w.fake.n_socks, 1);
        world_close(&w);
    }
}

/* A sink that pauses gets no credit; what comes is kept for it; the other goes on. */
static void pause_withholds_credit(void **state)
{
    static const char update_1[] = "\0\0\4\10\0\0\0\0\1", update_3[] = "\0\0\4\10\0\0\0\0\3";
    const size_t one = 9 + 16000, window = MIDGE_HTTP2_WINDOW / 16000;
    char *text = malloc(64 + 2 * window * one), *at = text;
    struct world w;
    struct probe p[2];
    (void)state;
    static const char heads[] =
        H2_SETTINGS H2_HEADERS("\1", EOH_, "\1") OK_200 H2_HEADERS("\1", EOH_, "\3") OK_200;
    memcpy(at, heads, sizeof heads - 1);
    at += sizeof heads - 1;
    for (size_t i = 0; i < window; i++) {
        fill_data(at, 1, 16000, i + 1 == window);
        fill_data(at + one, 3, 16000, i + 1 == window);
        at += 2 * one;
    }
    const struct fake_script script = {.steps = {H2_BEGUN, {FAKE_SAY, text, (size_t)(at - text)}}};
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    probe_init(&p[0], &w, URL);
    p[0].pause = true;
    probe_start(&p[0]);
    probe_get(&p[1], &w, URL);
    world_pass(&w, 100);
    assert_int_equal(p[1].dones, 1);
    assert_int_equal(p[1].len, window * 16000);
    assert_int_equal(p[0].dones, 0);
    assert_int_equal(p[0].writes, 1);
    assert_false(has_sent(&w.fake, 0, update_1, 9));
    assert_true(has_sent(&w.fake, 0, update_3, 9));
    p[0].pause = false;
    midge_resume(w.client, p[0].id);
    world_run(&w);
    assert_int_equal(p[0].len, window * 16000);
    probe_ended(&p[0], MIDGE_OK);
    probe_ended(&p[1], MIDGE_OK);
    world_close(&w);
    free(text);
}

/* --- uploads --- */

/* The server's window is 0, then 100, then enough. */
static void upload_waits_for_windows(void **state)
{
    static const struct fake_script script = {
        .steps = {WAIT(1), SAY(H2_SETTING("\4", "\0\0\0\0")), SENT(58), WAIT(10),
                  SAY(H2_SETTING("\4", "\0\0\0\144")), WAIT(10), SAY(H2_SETTING("\4", "\0\0\0\12")),
                  WAIT(10), SAY(H2_UPDATE("\1", "\0\1\0\0")), WAIT(10),
                  SAY(H2_UPDATE("\0", "\0\1\0\0") H2_UPDATE("\1", "\0\1\0\0")), SENT(100000),
                  WAIT(1), SAY(HELLO_2("\1"))}};
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++) {
        static uint8_t body[100000];
        open_h2(&w, (struct midge_config){0});
        fake_next(&w.fake, &script);
        probe_init(&p, &w, URL);
        if (kind == 0) {
            p.request.body = body;
            p.request.body_len = sizeof body;
        } else {
            probe_source(&p, sizeof body, kind == 1 ? (int64_t)sizeof body : -1);
        }
        probe_start(&p);
        world_run(&w);
        probe_is_hello(&p);
        world_close(&w);
    }
}

/* All SETTINGS are answered before DATA that use their windows: a server may go by its answers (RFC
   9113 6.5.3). */
static void settings_are_answered_first(void **state)
{
    static const struct fake_script script = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS H2_UPDATE("\0", "\0\1\0\0")), SENT(65535), WAIT(10),
                  SAY(H2_SETTING("\4", "\0\1\0\11") H2_SETTING("\4", "\0\1\0\307")), WAIT(10),
                  SAY(HELLO_2("\1"))}};
    static uint8_t body[65535 + 200];
    struct world w;
    struct probe p;
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    probe_init(&p, &w, URL);
    p.request.body = body;
    p.request.body_len = sizeof body;
    probe_start(&p);
    world_run(&w);
    probe_is_hello(&p);
    assert_true(has_sent(&w.fake, 0,
                         TEXT("\0\0\0\4\1\0\0\0\0"
                              "\0\0\0\4\1\0\0\0\0"
                              "\0\0\0\4\1\0\0\0\0"
                              "\0\0\310\0\1\0\0\0\1")));
    world_close(&w);
}

/* Two uploads, and the connection's window is the narrow one: both go on with each update. */
static void uploads_share_the_window(void **state)
{
    static const struct fake_script script = {
        .steps = {H2_BEGUN, SAY(H2_SETTING("\4", "\0\20\0\0")), WAIT(10),
                  SAY(H2_UPDATE("\0", "\0\0\100\0")), WAIT(10), SAY(H2_UPDATE("\0", "\0\2\0\0")),
                  SENT(120000), WAIT(1), SAY(HELLO_2("\1") HELLO_2("\3"))}};
    static uint8_t body[60000];
    struct world w;
    struct probe p[2];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    for (unsigned i = 0; i < 2; i++) {
        probe_init(&p[i], &w, URL);
        p[i].request.body = body;
        p[i].request.body_len = sizeof body;
        probe_start(&p[i]);
    }
    world_run(&w);
    probe_is_hello(&p[0]);
    probe_is_hello(&p[1]);
    world_close(&w);
}

/* An answer before the end of the upload: the rest is not sent (RFC 9113 8.1). */
static void early_answer(void **state)
{
    static const struct fake_script script = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1") H2_RST("\1", "\0"))}};
    static const struct fake_script second = {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1"))}};
    struct world w;
    struct probe p;
    static uint8_t body[100000];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    fake_next(&w.fake, &second);
    probe_init(&p, &w, URL);
    p.request.body = body;
    p.request.body_len = sizeof body;
    probe_start(&p);
    world_run(&w);
    probe_is_hello(&p);
    assert_true(w.fake.socks[0].sent_len < 80000);
    world_close(&w);
}

/* --- capacity, silence, idleness --- */

/* The server allows one stream: the others wait, and no other connection opens. */
static void capacity_is_waited_for(void **state)
{
    static const struct fake_script script = {
        .steps = {WAIT(1), SAY(H2_SETTING("\3", "\0\0\0\1")), SENT(58), WAIT(5), SAY(HELLO_2("\1")),
                  WAIT(5), SAY(HELLO_2("\3")), WAIT(5), SAY(HELLO_2("\5"))}};
    struct world w;
    struct probe p[3];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    probe_get(&p[0], &w, URL);
    world_pass(&w, 3);
    probe_get(&p[1], &w, URL);
    probe_get(&p[2], &w, URL);
    world_run(&w);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(p[i].result.stream_id, 2 * i + 1);
        probe_is_hello(&p[i]);
    }
    assert_int_equal(w.fake.n_socks, 1);
    world_close(&w);
}

/* One stream is allowed, and one that is over still has to be reset: its connection is kept, since
   the next request may use it then. */
static void last_reset_keeps_it(void **state)
{
    static const struct fake_script script = {
        .steps = {WAIT(1), SAY(H2_SETTING("\3", "\0\0\0\1")), SENT(65000), WAIT(5),
                  SAY(HELLO_2("\1")), WAIT(5), SAY(HELLO_2("\3")), WAIT(20), SAY(HELLO_2("\5"))}};
    struct world w;
    struct probe p[3];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    probe_init(&p[0], &w, URL);
    probe_source(&p[0], 100000, 100000);
    probe_start(&p[0]);
    world_pass(&w, 3);
    probe_get(&p[1], &w, URL);
    world_pass(&w, 15);
    probe_is_hello(&p[0]);
    probe_is_hello(&p[1]);
    probe_get(&p[2], &w, URL);
    world_run(&w);
    probe_is_hello(&p[2]);
    assert_int_equal(w.fake.n_socks, 1);
    world_close(&w);
}

/* The server's SETTINGS come after requests were taken, and allow fewer streams: those that have
   not begun wait until they may (RFC 9113 5.1.2), the others go on. */
static void taken_ones_wait_too(void **state)
{
#define BEGINS(id) TEXT("\1\5\0\0\0" id)
    static const struct fake_script one = {
        .window = 800,
        .steps = {SENT(700), WAIT(5), SAY(H2_SETTING("\3", "\0\0\0\1")), OPEN(9000), WAIT(50),
                  SAY(HELLO_2("\1")), WAIT(5), SAY(HELLO_2("\3")), WAIT(50), SAY(HELLO_2("\5")),
                  WAIT(5), SAY(HELLO_2("\7"))}};
    static const struct fake_script none = {
        .window = 800,
        .steps = {SENT(700), WAIT(5), SAY(H2_SETTING("\3", "\0\0\0\0")), OPEN(9000), WAIT(50),
                  SAY(H2_SETTING("\3", "\0\0\0\3")), WAIT(50), SAY(HELLO_2("\5")), WAIT(5),
                  SAY(HELLO_2("\1") HELLO_2("\3") HELLO_2("\7"))}};
    static char value[600];
    const struct midge_header header = {"x-long", value};
    (void)state;
    memset(value, 'v', sizeof value - 1);
    for (unsigned all = 0; all < 2; all++) {
        struct world w;
        struct probe p[4];
        open_h2(&w, (struct midge_config){0});
        fake_next(&w.fake, all ? &none : &one);
        for (unsigned i = 0; i < 4; i++) {
            probe_init(&p[i], &w, URL);
            p[i].request.headers = &header;
            p[i].request.n_headers = 1;
            probe_start(&p[i]);
        }
        world_pass(&w, 20);
        assert_true(has_sent(&w.fake, 0, BEGINS("\3"))); /* before the SETTINGS came */
        assert_false(has_sent(&w.fake, 0, BEGINS("\5")));
        world_pass(&w, 60);
        assert_true(has_sent(&w.fake, 0, BEGINS("\5")));
        assert_false(has_sent(&w.fake, 0, BEGINS("\7")));
        world_run(&w);
        for (unsigned i = 0; i < 4; i++) {
            assert_int_equal(p[i].result.stream_id, 2 * i + 1);
            probe_is_hello(&p[i]);
        }
        assert_int_equal(w.fake.n_socks, 1);
        world_close(&w);
    }
}

/* A PING is asked, then the connection is given up. */
static void silence_ends_it(void **state)
{
    static const struct fake_script silent = {.steps = {H2_BEGUN, SAY(H2_SETTINGS)}};
    struct world w;
    struct probe p[2];
    (void)state;
    open_with_second(&w, &silent);
    probe_get(&p[0], &w, URL);
    probe_get(&p[1], &w, URL);
    const uint64_t before = w.fake.now_ms;
    world_run(&w);
    assert_in_range(w.fake.now_ms - before, MIDGE_HTTP2_PING_MS + MIDGE_HTTP2_PONG_MS,
                    MIDGE_HTTP2_PING_MS + MIDGE_HTTP2_PONG_MS + 100);
    assert_true(has_sent(&w.fake, 0, "\0\0\10\6\0\0\0\0\0", 9));
    probe_ended(&p[0], MIDGE_ERR_TIMEOUT);
    probe_is_hello(&p[1]);
    world_close(&w);
}

/* An idle connection answers PING, and closes after GOAWAY. */
static void idle_is_read(void **state)
{
    static const struct fake_script script = {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1")),
                                                        WAIT(100), SAY(H2_PING), WAIT(100),
                                                        SAY(H2_GOAWAY("\1", "\0"))}};
    static const struct fake_script second = {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1"))}};
    struct world w;
    struct probe p;
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    fake_next(&w.fake, &second);
    probe_get(&p, &w, URL);
    world_run(&w);
    probe_is_hello(&p);
    world_pass(&w, 150);
    assert_true(has_sent(&w.fake, 0,
                         TEXT("\0\0\10\6\1\0\0\0\0"
                              "12345678")));
    assert_int_equal(w.fake.open, 1);
    world_pass(&w, 150);
    assert_int_equal(w.fake.open, 0);
    probe_get(&p, &w, URL);
    world_run(&w);
    assert_int_equal(p.result.reused, 0);
    probe_is_hello(&p);
    world_close(&w);
}

/* The first header block begins with a size update to 0: a server that allows no table may demand
   it (RFC 7541 4.2; nghttp2). */
static void table_is_emptied(void **state)
{
    struct world w;
    struct probe p[2];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &good);
    probe_get(&p[0], &w, URL);
    probe_get(&p[1], &w, URL);
    world_run(&w);
    probe_is_hello(&p[0]);
    probe_is_hello(&p[1]);
    assert_true(has_sent(&w.fake, 0, TEXT("\1\5\0\0\0\1\40\2\3GET\206\4\1/")));
    assert_true(has_sent(&w.fake, 0, TEXT("\1\5\0\0\0\3\2\3GET\206\4\1/")));
    world_close(&w);
}

/* Several PINGs come at once, on a busy connection and on an idle one: each is answered. */
static void pings_are_answered(void **state)
{
#define PING_OF(byte) H2_FRAME("\10", "\6", "\0", "\0") byte "2345678"
#define PONG_OF(byte) TEXT("\0\0\10\6\1\0\0\0\0" byte "2345678")
    static const struct fake_script script = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS PING_OF("a") PING_OF("b") PING_OF("c") HELLO_2("\1")),
                  WAIT(5), SAY(PING_OF("d")), WAIT(5), SAY(PING_OF("e"))}};
    struct world w;
    struct probe p;
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    probe_get(&p, &w, URL);
    world_pass(&w, 100);
    probe_is_hello(&p);
    assert_true(has_sent(&w.fake, 0, PONG_OF("a")));
    assert_true(has_sent(&w.fake, 0, PONG_OF("b")));
    assert_true(has_sent(&w.fake, 0, PONG_OF("c")));
    assert_true(has_sent(&w.fake, 0, PONG_OF("d")));
    assert_true(has_sent(&w.fake, 0, PONG_OF("e")));
    assert_false(has_sent(&w.fake, 0, FAREWELL("\0")));
    world_pass(&w, 1000000); /* it is closed */
    assert_true(has_sent(&w.fake, 0, FAREWELL("\0")));
    world_close(&w);
}

/* max_head_total holds for all heads of an answer, as in HTTP/1.1. */
static void interim_heads_are_bounded(void **state)
{
#define HEAD_103                                                                                   \
    H2_HEADERS("\35", EOH_, "\1")                                                                  \
    "\x08\3"                                                                                       \
    "103"                                                                                          \
    "\0\1x\24"                                                                                     \
    "01234567890123456789"
#define HEADS_103 HEAD_103 HEAD_103 HEAD_103
    static const struct fake_script script = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS HEADS_103 HEADS_103 HEADS_103 HELLO_2("\1"))}};
    const uint32_t interim = 9 * 29;
    (void)state;
    for (unsigned fits = 0; fits < 2; fits++) {
        struct world w;
        struct probe p;
        open_h2(&w, (struct midge_config){.max_header = 256, .max_head_total = interim + fits});
        fake_next(&w.fake, &script);
        probe_get(&p, &w, URL);
        world_run(&w);
        if (fits) {
            probe_is_hello(&p);
        } else {
            probe_ended(&p, MIDGE_ERR_TOO_LARGE);
            assert_true(has_sent(&w.fake, 0, RESET_1("\10")));
        }
        world_close(&w);
    }
}

/* The server has closed an idle connection while the client was not polled: a POST does not go
   there. */
static void closed_while_asleep(void **state)
{
    static const struct fake_script closes[] = {
        {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1")), WAIT(100), SAY(H2_GOAWAY("\1", "\0")),
                   FIN}},
        {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1")), WAIT(100), FIN}},
        {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1")), WAIT(100), RESET}},
    };
    static const struct fake_script second = {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1"))}};
    (void)state;
    for (unsigned i = 0; i < MIDGE_ARRAY_LEN(closes); i++) {
        struct world w;
        struct probe p[2];
        print_message("end %u\n", i);
        open_h2(&w, (struct midge_config){0});
        fake_next(&w.fake, &closes[i]);
        fake_next(&w.fake, &second);
        probe_get(&p[0], &w, URL);
        world_pass(&w, 20);
        probe_is_hello(&p[0]);
        w.fake.now_ms += 1000;
        start_post(&p[1], &w);
        world_run(&w);
        probe_is_hello(&p[1]);
        assert_int_equal(w.fake.n_socks, 2);
        world_close(&w);
    }
}

/* A head of several frames: CONTINUATION, with nothing between. */
static void long_head(void **state)
{
    struct world w;
    struct probe p[2];
    static char value[6000];
    (void)state;
    memset(value, 'v', sizeof value - 1);
    const struct midge_header header = {"x-long", value};
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &good);
    for (unsigned i = 0; i < 2; i++) {
        probe_init(&p[i], &w, URL);
        p[i].request.headers = &header;
        p[i].request.n_headers = 1;
        probe_start(&p[i]);
    }
    world_run(&w);
    probe_is_hello(&p[0]);
    probe_is_hello(&p[1]);
    assert_int_equal(w.fake.n_socks, 1);
    assert_true(w.fake.socks[0].sent_len > 2 * sizeof value);
    world_close(&w);
}

/* What is sent to this server for one GET with a long head, and how much. */
static size_t send_long_head(const struct fake_script *script, uint8_t *sent, size_t cap)
{
    struct world w;
    struct probe p;
    static char value[6000];
    memset(value, 'v', sizeof value - 1);
    const struct midge_header header = {"x-long", value};
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, script);
    probe_init(&p, &w, URL);
    p.request.headers = &header;
    p.request.n_headers = 1;
    probe_start(&p);
    world_run(&w);
    probe_is_hello(&p);
    world_pass(&w, 10);
    const size_t len = w.fake.socks[0].sent_len;
    assert_in_range(len, sizeof value, cap);
    memcpy(sent, w.fake.socks[0].sent, len);
    world_close(&w);
    return len;
}

/* The answer comes in the middle of the request's head: the rest of the head is sent all the same,
   since the server's decoder needs it, then RST_STREAM. */
static void answer_in_the_head(void **state)
{
#define HELLO_5 H2_HEADERS("\5", EOH_, "\1") OK_200 LENGTH_("5") H2_DATA("\5", END_, "\1") "hello"
    static const struct fake_script late = {.window = 1000,
                                            .steps = {H2_BEGUN, SAY(H2_SETTINGS), SENT(1000),
                                                      WAIT(1), OPEN(9000), SENT(6000), WAIT(1),
                                                      SAY(HELLO_5)}};
    static const struct fake_script early = {
        .window = 1000,
        .steps = {H2_BEGUN, SAY(H2_SETTINGS), SENT(1000), SAY(HELLO_5), WAIT(1), OPEN(9000)}};
    static uint8_t sent[2][8000];
    (void)state;
    const size_t len = send_long_head(&late, sent[0], sizeof sent[0]);
    const size_t with_reset = send_long_head(&early, sent[1], sizeof sent[1]);
    assert_int_equal(with_reset, len + 13);
    assert_memory_equal(sent[1], sent[0], len);
    assert_memory_equal(sent[1] + len, "\0\0\4\3\0\0\0\0\1", 9);
}

/* A request with no_reuse is the last one on its connection; the other one opens its own. */
static void no_reuse_is_alone(void **state)
{
    static const struct fake_script one = {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1"))}};
    struct world w;
    struct probe p[2];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &one);
    fake_next(&w.fake, &one);
    probe_init(&p[0], &w, URL);
    p[0].request.no_reuse = 1;
    probe_start(&p[0]);
    probe_get(&p[1], &w, URL);
    world_run(&w);
    probe_is_hello(&p[0]);
    probe_is_hello(&p[1]);
    assert_true(p[0].result.connection != p[1].result.connection);
    assert_int_equal(p[1].result.reused, 0);
    world_turns(&w, 3);
    assert_int_equal(world_stats(&w).open_connections, 1);
    world_close(&w);
}

/* More DATA than the window of a sink that pauses, and than the connection's. */
static void windows_are_kept(void **state)
{
    const size_t one = 9 + 16000, n = MIDGE_HTTP2_WINDOW / 16000 + 1;
    static const char head[] = H2_SETTINGS H2_HEADERS("\1", EOH_, "\1") OK_200;
    char *text = malloc(sizeof head + n * one), *at = text + sizeof head - 1;
    struct world w;
    struct probe p[2];
    (void)state;
    memcpy(text, head, sizeof head - 1);
    for (size_t i = 0; i < n; i++, at += one) {
        fill_data(at, 1, 16000, false);
    }
    const struct fake_script script = {
        .steps = {H2_BEGUN, {FAKE_SAY, text, (size_t)(at - text)}, SAY(HELLO_2("\3"))}};
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &script);
    probe_init(&p[0], &w, URL);
    p[0].pause = true;
    probe_start(&p[0]);
    probe_get(&p[1], &w, URL);
    world_run(&w);
    probe_ended(&p[0], MIDGE_ERR_PROTOCOL);
    probe_is_hello(&p[1]);
    assert_true(has_sent(&w.fake, 0, RESET_1("\3")));
    world_close(&w);
    free(text);
}

/* Its sink pauses, all has come, and it is canceled: what was kept is freed. */
static void cancel_while_paused(void **state)
{
    static const struct fake_script script = {
        .steps = {H2_BEGUN,
                  SAY(H2_SETTINGS H2_HEADERS("\1", EOH_, "\1") OK_200 H2_DATA(
                      "\2", NONE_, "\1") "he" H2_DATA("\3", END_, "\1") "llo" HELLO_2("\3"))}};
    struct world w;
    struct probe p[2];
    (void)state;
    for (unsigned resumes = 0; resumes < 2; resumes++) {
        open_h2(&w, (struct midge_config){0});
        fake_next(&w.fake, &script);
        probe_init(&p[0], &w, URL);
        p[0].pause = true;
        probe_start(&p[0]);
        probe_get(&p[1], &w, URL);
        world_pass(&w, 100);
        probe_is_hello(&p[1]);
        assert_int_equal(p[0].len, 2);
        p[0].pause = false;
        if (resumes) {
            midge_resume(w.client, p[0].id);
            world_run(&w);
            probe_is_hello(&p[0]);
        } else {
            assert_int_equal(midge_cancel(w.client, p[0].id), MIDGE_OK);
            world_run(&w);
            probe_ended(&p[0], MIDGE_ERR_CANCELED);
        }
        assert_int_equal(w.fake.n_socks, 1);
        world_close(&w);
    }
}

/* Its sink pauses, all has come, and the connection ends: the rest is delivered all the same. What
   had no answer goes to another connection. */
static void answer_outlives_the_connection(void **state)
{
#define PAUSED                                                                                     \
    H2_SETTINGS H2_HEADERS("\1", EOH_, "\1")                                                       \
        OK_200 H2_DATA("\2", NONE_, "\1") "he" H2_DATA("\3", END_, "\1") "llo"
    static const struct fake_script ends[] = {
        {.steps = {H2_BEGUN, SAY(PAUSED), FIN}},
        {.steps = {H2_BEGUN, SAY(PAUSED), RESET}},
        {.steps = {H2_BEGUN, SAY(PAUSED H2_GOAWAY("\0", "\0")), FIN}},
        {.steps = {H2_BEGUN, SAY(PAUSED H2_FRAME("\0", "\5", NONE_, "\1"))}},
        {.steps = {H2_BEGUN, SAY(PAUSED), SEND_FAILS}},
        {.steps = {H2_BEGUN, SAY(PAUSED)}},
    };
    (void)state;
    for (unsigned i = 0; i < MIDGE_ARRAY_LEN(ends); i++) {
        struct world w;
        struct probe p[2];
        print_message("end %u\n", i);
        open_with_second(&w, &ends[i]);
        probe_init(&p[0], &w, URL);
        p[0].pause = true;
        probe_start(&p[0]);
        probe_get(&p[1], &w, URL);
        world_pass(&w, 200000);
        probe_is_hello(&p[1]);
        assert_int_equal(p[0].dones, 0);
        assert_int_equal(p[0].len, 2);
        p[0].pause = false;
        midge_resume(w.client, p[0].id);
        world_run(&w);
        assert_int_equal(p[0].result.retries, 0);
        probe_is_hello(&p[0]);
        assert_int_equal(w.fake.n_socks, 2);
        world_close(&w);
    }
}

static void close_client(struct probe *p)
{
    midge_close(p->w->client);
}

/* The client is closed within a callback. */
static void close_in_callbacks(void **state)
{
    static const enum where places[] = {ON_SEND,     ON_RESPONSE, SINK_WRITE,
                                        SINK_FINISH, ON_DONE,     ON_TRAILER};
    static const struct fake_script script = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS H2_HEADERS("\1", EOH_, "\1")
                                    OK_200 H2_DATA("\5", NONE_, "\1") "hello" H2_HEADERS(
                                        "\12", BOTH_, "\1") "\0\6x-test\1v" HELLO_2("\3"))}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(places); i++) {
        struct world w;
        struct probe p[2];
        open_h2(&w, (struct midge_config){0});
        fake_next(&w.fake, &script);
        probe_init(&p[0], &w, URL);
        p[0].at = places[i];
        p[0].act = close_client;
        probe_start(&p[0]);
        probe_get(&p[1], &w, URL);
        while (w.released == 0) {
            world_turn(&w, -1);
        }
        probe_ended(&p[0], p[0].result.error);
        probe_ended(&p[1], p[1].result.error);
        world_close(&w);
    }
}

/* --- memory --- */

/* Each allocation fails once, or all from there on: each request ends once, nothing is lost, and
   with one failure the others are good. */
static void memory_fails(void **state)
{
    static const char text[] = H2_SETTINGS H2_HEADERS("\1", EOH_, "\1")
        OK_200 H2_DATA("\2", NONE_, "\1") "he" H2_DATA("\3", END_, "\1") "llo" HELLO_2("\3");
    const struct fake_script script = {
        .steps = {H2_BEGUN, SAY(text), WAIT(1), SAY(HELLO_2("\5")), WAIT(10), FIN}};
    (void)state;
    for (unsigned sticky = 0; sticky < 2; sticky++) {
        bool failed = true;
        unsigned n;
        for (n = 1; failed; n++) {
            struct world w;
            struct probe p[3];
            unsigned good_ones = 0;
            open_h2(&w, (struct midge_config){0});
            for (unsigned i = 0; i < 8; i++) {
                fake_next(&w.fake, &script);
            }
            for (unsigned i = 0; i < 3; i++) {
                probe_init(&p[i], &w, URL);
                p[i].pause = i == 0;
                if (i == 2) {
                    probe_source(&p[i], 3000, -1);
                }
                probe_start(&p[i]);
            }
            midge__memory_fail_at(&w.client->memory, n, sticky != 0);
            while (midge_poll(w.client, -1) > 0) {
                assert_true(++w.turns < 10000);
                midge_resume(w.client, p[0].id);
            }
            failed = midge__memory_failed(&w.client->memory);
            midge__memory_fail_at(&w.client->memory, 0, false);
            for (unsigned i = 0; i < 3; i++) {
                good_ones += p[i].result.error == MIDGE_OK;
                probe_ended(&p[i], p[i].result.error);
            }
            assert_true(good_ones == 3 || (failed && (sticky || good_ones >= 2)));
            world_close(&w);
        }
        assert_true(n > 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_must_pass),
        cmocka_unit_test(events_name_streams),
        cmocka_unit_test(refused_is_sent_again),
        cmocka_unit_test(refused_ends),
        cmocka_unit_test(goaway_drains),
        cmocka_unit_test(goaway_0_replays_all),
        cmocka_unit_test(table_is_replayed),
        cmocka_unit_test(table_ends_a_later_post),
        cmocka_unit_test(posts_go_one_by_one),
        cmocka_unit_test(trust_is_kept),
        cmocka_unit_test(hold_is_short),
        cmocka_unit_test(held_and_canceled),
        cmocka_unit_test(closed_at_once),
        cmocka_unit_test(begun_answer_ends),
        cmocka_unit_test(misdirected),
        cmocka_unit_test(expects_nothing),
        cmocka_unit_test(goaway_with_error),
        cmocka_unit_test(goaway_in_an_answer),
        cmocka_unit_test(goaway_in_an_upload),
        cmocka_unit_test(goaway_before_a_broken_send),
        cmocka_unit_test(padding_is_credited),
        cmocka_unit_test(closed_is_credited),
        cmocka_unit_test(fin_in_the_body),
        cmocka_unit_test(cancel_resets),
        cmocka_unit_test(cancel_in_callbacks),
        cmocka_unit_test(pause_withholds_credit),
        cmocka_unit_test(upload_waits_for_windows),
        cmocka_unit_test(settings_are_answered_first),
        cmocka_unit_test(uploads_share_the_window),
        cmocka_unit_test(early_answer),
        cmocka_unit_test(capacity_is_waited_for),
        cmocka_unit_test(last_reset_keeps_it),
        cmocka_unit_test(taken_ones_wait_too),
        cmocka_unit_test(silence_ends_it),
        cmocka_unit_test(idle_is_read),
        cmocka_unit_test(table_is_emptied),
        cmocka_unit_test(pings_are_answered),
        cmocka_unit_test(interim_heads_are_bounded),
        cmocka_unit_test(closed_while_asleep),
        cmocka_unit_test(long_head),
        cmocka_unit_test(answer_in_the_head),
        cmocka_unit_test(no_reuse_is_alone),
        cmocka_unit_test(windows_are_kept),
        cmocka_unit_test(cancel_while_paused),
        cmocka_unit_test(answer_outlives_the_connection),
        cmocka_unit_test(close_in_callbacks),
        cmocka_unit_test(memory_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
