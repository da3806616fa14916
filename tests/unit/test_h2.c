/* SPDX-License-Identifier: MIT */
/*
 * HTTP/2's carrier against scripted servers: a table of bytes, most of them hostile. Two GETs begin
 * together; the script concerns the first one (stream 1). If it harms the stream only, the second
 * one (stream 3) is answered on the same connection; else it is sent again on another one.
 */
#include "h2_peer.h"

#define URL "http://example.com/"

static const struct fake_script good = {
    .steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1") HELLO_2("\3"))}};

struct row {
    const char *name;
    const char *text;
    size_t len;
    int err;          /* of the first request */
    bool same;        /* the second one is answered on the same connection */
    const char *sent; /* the client sends this: RST_STREAM or GOAWAY with a code */
    size_t sent_len;
    unsigned fills; /* the last `fill` bytes of the text are said so many times */
    size_t fill;
};

#define TEXT(text)   (text), sizeof(text) - 1
#define RESET_1(n)   TEXT("\0\0\4\3\0\0\0\0\1\0\0\0" n)
#define FAREWELL(n)  TEXT("\0\0\10\7\0\0\0\0\0\0\0\0\0\0\0\0" n)
#define NOTHING      NULL, 0
#define STREAM_ERROR MIDGE_ERR_PROTOCOL, true
#define CONN_ERROR   MIDGE_ERR_PROTOCOL, false
#define FINE         MIDGE_OK, true

/* --- what a client must pass (RFC 9113) --- */

static const struct row rows[] = {
    /* good and tolerated */
    {"in one piece", TEXT(HELLO_2("\1")), FINE, NOTHING, 0, 0},
    {"empty DATA at the end",
     TEXT(H2_HEADERS("\1", EOH_, "\1")
              OK_200 H2_DATA("\5", NONE_, "\1") "hello" H2_DATA("\0", END_, "\1")),
     FINE, NOTHING, 0, 0},
    {"padded",
     TEXT(H2_HEADERS("\4", "\14", "\1") "\2" OK_200
                                        "\0\0" H2_DATA("\11", "\11", "\1") "\3hello\0\0\0"),
     FINE, NOTHING, 0, 0},
    {"padding only",
     TEXT(H2_HEADERS("\1", EOH_, "\1")
              OK_200 H2_DATA("\3", "\10", "\1") "\2\0\0" H2_DATA("\5", END_, "\1") "hello"),
     FINE, NOTHING, 0, 0},
    {"with priority",
     TEXT(H2_HEADERS("\6", "\44", "\1") "\0\0\0\0\1" OK_200 H2_DATA("\5", END_, "\1") "hello"),
     FINE, NOTHING, 0, 0},
    {"in CONTINUATION",
     TEXT(H2_HEADERS("\0", NONE_, "\1") H2_MORE("\1", EOH_, "\1")
              OK_200 H2_DATA("\5", END_, "\1") "hello"),
     FINE, NOTHING, 0, 0},
    {"content-length",
     TEXT(H2_HEADERS("\5", EOH_, "\1") OK_200 LENGTH_("5") H2_DATA("\5", END_, "\1") "hello"), FINE,
     NOTHING, 0, 0},
    {"unknown frames, PRIORITY, ALTSVC, PRIORITY_UPDATE",
     TEXT(H2_FRAME("\1", "\60", "\377", "\1") "x" H2_FRAME(
         "\5", "\2", NONE_,
         "\1") "\0\0\0\0\1" H2_FRAME("\2", "\12", NONE_,
                                     "\0") "\0\0" H2_FRAME("\4", "\20", NONE_,
                                                           "\0") "\0\0\0\1" HELLO_2("\1")),
     FINE, NOTHING, 0, 0},
    {"1xx",
     TEXT(H2_HEADERS("\5", EOH_, "\1") "\x08\3"
                                       "103" HELLO_2("\1")),
     FINE, NOTHING, 0, 0},
    {"trailers",
     TEXT(H2_HEADERS("\1", EOH_, "\1") OK_200 H2_DATA("\5", NONE_, "\1") "hello" H2_HEADERS(
         "\12", BOTH_, "\1") "\0\6x-test\1v"),
     FINE, NOTHING, 0, 0},
    {"RST_STREAM after END_STREAM", TEXT(HELLO_2("\1") H2_RST("\1", "\0")), FINE, NOTHING, 0, 0},
    {"WINDOW_UPDATE after END_STREAM", TEXT(HELLO_2("\1") H2_UPDATE("\1", "\0\0\0\5")), FINE,
     NOTHING, 0, 0},
    {"HEADERS and DATA on a closed stream",
     TEXT(HELLO_2("\1") H2_HEADERS("\1", EOH_, "\1") OK_200 H2_DATA("\5", END_, "\1") "again"),
     FINE, NOTHING, 0, 0},
    {"PING", TEXT(H2_PING HELLO_2("\1")), FINE,
     TEXT("\0\0\10\6\1\0\0\0\0"
          "12345678"),
     0, 0},
    {"SETTINGS of all kinds",
     TEXT(H2_SETTING("\1", "\0\0\20\0") H2_SETTING("\3", "\0\0\0\144") H2_SETTING("\4", "\0\0\0\0")
              H2_SETTING("\5", "\0\1\0\0") H2_SETTING("\6", "\0\0\0\1") HELLO_2("\1")),
     FINE, NOTHING, 0, 0},
    {"initial window up and below 0",
     TEXT(H2_SETTING("\4", "\177\377\377\377") H2_SETTING("\4", "\0\0\0\0") HELLO_2("\1")), FINE,
     NOTHING, 0, 0},
    {"size update to 0",
     TEXT(H2_HEADERS("\2", EOH_, "\1") "\x20" OK_200 H2_DATA("\5", END_, "\1") "hello"), FINE,
     NOTHING, 0, 0},

    /* errors of the stream */
    {"cut by RST_STREAM",
     TEXT(H2_HEADERS("\1", EOH_, "\1") OK_200 H2_DATA("\2", NONE_, "\1") "he" H2_RST("\1", "\2")),
     MIDGE_ERR_PARTIAL, true, NOTHING, 0, 0},
    {"NO_ERROR in the body",
     TEXT(H2_HEADERS("\1", EOH_, "\1") OK_200 H2_DATA("\2", NONE_, "\1") "he" H2_RST("\1", "\0")),
     MIDGE_ERR_PARTIAL, true, NOTHING, 0, 0},
    {"reset before the head", TEXT(H2_RST("\1", "\2")), MIDGE_ERR_RECV, true, NOTHING, 0, 0},
    {"DATA before the head", TEXT(H2_DATA("\5", END_, "\1") "hello"), STREAM_ERROR, RESET_1("\1"),
     0, 0},
    {"more than content-length",
     TEXT(H2_HEADERS("\5", EOH_, "\1") OK_200 LENGTH_("4") H2_DATA("\5", END_, "\1") "hello"),
     STREAM_ERROR, RESET_1("\1"), 0, 0},
    {"less than content-length",
     TEXT(H2_HEADERS("\5", EOH_, "\1") OK_200 LENGTH_("6") H2_DATA("\5", END_, "\1") "hello"),
     MIDGE_ERR_PARTIAL, true, NOTHING, 0, 0},
    {"two content-lengths", TEXT(H2_HEADERS("\11", EOH_, "\1") OK_200 LENGTH_("5") LENGTH_("6")),
     STREAM_ERROR, RESET_1("\1"), 0, 0},
    {"upper case", TEXT(H2_HEADERS("\5", EOH_, "\1") OK_200 "\0\1X\0"), STREAM_ERROR, RESET_1("\1"),
     0, 0},
    {"connection field", TEXT(H2_HEADERS("\17", BOTH_, "\1") OK_200 "\0\12connection\1x"),
     STREAM_ERROR, NOTHING, 0, 0},
    {"no :status", TEXT(H2_HEADERS("\4", EOH_, "\1") LENGTH_("5")), STREAM_ERROR, RESET_1("\1"), 0,
     0},
    {"two :status", TEXT(H2_HEADERS("\2", EOH_, "\1") OK_200 OK_200), STREAM_ERROR, RESET_1("\1"),
     0, 0},
    {"late :status", TEXT(H2_HEADERS("\5", EOH_, "\1") LENGTH_("5") OK_200), STREAM_ERROR,
     RESET_1("\1"), 0, 0},
    {"101",
     TEXT(H2_HEADERS("\5", EOH_, "\1") "\x08\3"
                                       "101"),
     STREAM_ERROR, RESET_1("\1"), 0, 0},
    {"1xx with END_STREAM",
     TEXT(H2_HEADERS("\5", BOTH_, "\1") "\x08\3"
                                        "103"),
     STREAM_ERROR, NOTHING, 0, 0},
    {"trailers without END_STREAM",
     TEXT(H2_HEADERS("\1", EOH_, "\1") OK_200 H2_HEADERS("\12", EOH_, "\1") "\0\6x-test\1v"),
     STREAM_ERROR, RESET_1("\1"), 0, 0},
    {"trailers with a pseudo-field",
     TEXT(H2_HEADERS("\1", EOH_, "\1") OK_200 H2_HEADERS("\1", BOTH_, "\1") OK_200), STREAM_ERROR,
     NOTHING, 0, 0},
    {"increment of 0", TEXT(H2_UPDATE("\1", "\0\0\0\0")), STREAM_ERROR, RESET_1("\1"), 0, 0},
    {"window of the stream beyond 2^31 - 1", TEXT(H2_UPDATE("\1", "\177\377\377\377")),
     STREAM_ERROR, RESET_1("\3"), 0, 0},

    /* errors of the connection */
    {"HTTP/1.1", TEXT(HELLO), CONN_ERROR, FAREWELL("\1"), 0, 0},
    {"PUSH_PROMISE", TEXT(H2_FRAME("\5", "\5", EOH_, "\1") "\0\0\0\2" OK_200), CONN_ERROR,
     FAREWELL("\1"), 0, 0},
    {"idle stream", TEXT(H2_HEADERS("\1", EOH_, "\11") OK_200), CONN_ERROR, FAREWELL("\1"), 0, 0},
    {"even stream", TEXT(H2_HEADERS("\1", EOH_, "\2") OK_200), CONN_ERROR, FAREWELL("\1"), 0, 0},
    {"DATA on stream 0", TEXT(H2_DATA("\1", NONE_, "\0") "x"), CONN_ERROR, FAREWELL("\1"), 0, 0},
    {"SETTINGS on a stream", TEXT(H2_FRAME("\0", "\4", NONE_, "\1")), CONN_ERROR, FAREWELL("\1"), 0,
     0},
    {"PING of 7 bytes", TEXT(H2_FRAME("\7", "\6", NONE_, "\0") "1234567"), CONN_ERROR,
     FAREWELL("\6"), 0, 0},
    {"frame of 16,385 bytes", TEXT("\0\100\1\0\0\0\0\0\1"), CONN_ERROR, FAREWELL("\6"), 0, 0},
    {"index 0", TEXT(H2_HEADERS("\1", EOH_, "\1") "\x80"), CONN_ERROR, FAREWELL("\11"), 0, 0},
    {"index 62", TEXT(H2_HEADERS("\1", EOH_, "\1") "\xbe"), CONN_ERROR, FAREWELL("\11"), 0, 0},
    {"cut block", TEXT(H2_HEADERS("\3", EOH_, "\1") OK_200 "\0\6"), CONN_ERROR, FAREWELL("\11"), 0,
     0},
    {"another frame in a block", TEXT(H2_HEADERS("\1", NONE_, "\1") OK_200 H2_PING), CONN_ERROR,
     FAREWELL("\1"), 0, 0},
    {"window of the connection beyond 2^31 - 1", TEXT(H2_UPDATE("\0", "\177\377\377\377")),
     CONN_ERROR, FAREWELL("\3"), 0, 0},
    {"initial window beyond 2^31 - 1", TEXT(H2_SETTING("\4", "\200\0\0\0")), CONN_ERROR,
     FAREWELL("\3"), 0, 0},

    /* floods */
    {"PING", TEXT(H2_PING), CONN_ERROR, FAREWELL("\13"), 1100, 17},
    {"SETTINGS", TEXT(H2_SETTINGS), CONN_ERROR, FAREWELL("\13"), 1100, 9},
    {"empty DATA", TEXT(H2_HEADERS("\1", EOH_, "\1") OK_200 H2_DATA("\0", NONE_, "\1")), CONN_ERROR,
     FAREWELL("\13"), 1100, 9},
    {"padding", TEXT(H2_HEADERS("\1", EOH_, "\1") OK_200 H2_DATA("\1", "\10", "\1") "\0"),
     CONN_ERROR, FAREWELL("\13"), 1100, 10},
    {"CONTINUATION", TEXT(H2_HEADERS("\1", NONE_, "\1") OK_200 H2_MORE("\0", NONE_, "\1")),
     CONN_ERROR, NOTHING, 1100, 9},
    {"1xx",
     TEXT(H2_HEADERS("\5", EOH_, "\1") "\x08\3"
                                       "103"),
     CONN_ERROR, FAREWELL("\13"), 1100, 14},
    {"WINDOW_UPDATE", TEXT(H2_UPDATE("\1", "\0\0\0\1")), CONN_ERROR, FAREWELL("\13"), 1100, 13},
};

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
static char *compose(const struct row *row, size_t *len)
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

static void play(const struct row *row, size_t slice)
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
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(rows); i++) {
        play(&rows[i], 0);
        if (rows[i].fills == 0) {
            play(&rows[i], 1);
            play(&rows[i], 7);
        }
    }
}

/* --- several connections, several requests --- */

static void open_h2(struct world *w, struct midge_config config)
{
    config.http = MIDGE_HTTP_2_PRIOR;
    world_open(w, &config);
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

/* None was processed; all go to one new connection. */
static void goaway_0_replays_all(void **state)
{
    static const struct fake_script first = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS H2_GOAWAY("\0", "\0")), FIN}};
    static const struct fake_script second = {
        .steps = {H2_BEGUN,
                  SAY(H2_SETTINGS HELLO_2("\1") HELLO_2("\3") HELLO_2("\5") HELLO_2("\7"))}};
    struct world w;
    struct probe p[4];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &first);
    fake_next(&w.fake, &second);
    for (unsigned i = 0; i < 4; i++) {
        probe_init(&p[i], &w, URL);
        p[i].request.method = "POST";
        probe_start(&p[i]);
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
   again, also on the first connection; a POST is not. */
static void table_is_replayed(void **state)
{
    static const struct fake_script first = {
        .steps = {H2_BEGUN, SAY(H2_SETTINGS H2_HEADERS("\1", EOH_, "\1") "\xbe"), WAIT(1)}};
    static const struct fake_script second = {.steps = {H2_BEGUN, SAY(H2_SETTINGS HELLO_2("\1"))}};
    struct world w;
    struct probe p[2];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &first);
    fake_next(&w.fake, &second);
    probe_get(&p[0], &w, URL);
    probe_init(&p[1], &w, URL);
    p[1].request.method = "POST";
    probe_start(&p[1]);
    world_run(&w);
    assert_int_equal(p[0].result.retries, 1);
    probe_is_hello(&p[0]);
    probe_ended(&p[1], MIDGE_ERR_PROTOCOL);
    assert_int_equal(w.fake.n_socks, 2);
    world_close(&w);
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

/* The end of the connection: what had no answer is sent again if that is safe. */
static void fin_in_the_body(void **state)
{
    static const struct fake_script first = {
        .steps = {
            H2_BEGUN,
            SAY(H2_SETTINGS H2_HEADERS("\1", EOH_, "\1") OK_200 H2_DATA("\2", NONE_, "\1") "he"),
            FIN}};
    struct world w;
    struct probe p[3];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &first);
    fake_next(&w.fake, &good);
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

/* A PING is asked, then the connection is given up. */
static void silence_ends_it(void **state)
{
    static const struct fake_script silent = {.steps = {H2_BEGUN, SAY(H2_SETTINGS)}};
    struct world w;
    struct probe p[2];
    (void)state;
    open_h2(&w, (struct midge_config){0});
    fake_next(&w.fake, &silent);
    fake_next(&w.fake, &good);
    probe_get(&p[0], &w, URL);
    probe_get(&p[1], &w, URL);
    const uint64_t before = w.fake.now_ms;
    world_run(&w);
    assert_in_range(w.fake.now_ms - before, MIDGE_HTTP2_PING_MS + MIDGE_HTTP2_PONG_MS,
                    MIDGE_HTTP2_PING_MS + MIDGE_HTTP2_PONG_MS + 100);
    assert_true(has_sent(&w.fake, 0, "\0\0\10\6\0\0\0\0\0midge", 14));
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
        OK_200 H2_DATA("\2", NONE_, "\1") "he" H2_DATA("\3", END_, "\1") "llo" HELLO_2("\3")
            HELLO_2("\5");
    const struct fake_script script = {.steps = {H2_BEGUN, SAY(text), WAIT(10), FIN}};
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
        cmocka_unit_test(refused_is_sent_again),
        cmocka_unit_test(refused_ends),
        cmocka_unit_test(goaway_drains),
        cmocka_unit_test(goaway_0_replays_all),
        cmocka_unit_test(table_is_replayed),
        cmocka_unit_test(begun_answer_ends),
        cmocka_unit_test(fin_in_the_body),
        cmocka_unit_test(cancel_resets),
        cmocka_unit_test(cancel_in_callbacks),
        cmocka_unit_test(pause_withholds_credit),
        cmocka_unit_test(upload_waits_for_windows),
        cmocka_unit_test(uploads_share_the_window),
        cmocka_unit_test(early_answer),
        cmocka_unit_test(capacity_is_waited_for),
        cmocka_unit_test(silence_ends_it),
        cmocka_unit_test(idle_is_read),
        cmocka_unit_test(long_head),
        cmocka_unit_test(no_reuse_is_alone),
        cmocka_unit_test(windows_are_kept),
        cmocka_unit_test(cancel_while_paused),
        cmocka_unit_test(close_in_callbacks),
        cmocka_unit_test(memory_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
