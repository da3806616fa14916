/* SPDX-License-Identifier: MIT */
/*
 * Servers that misuse a connection: they send when nothing was asked, close or reset it when it is
 * used again, answer before the request, or do not read. The first connection to the server follows
 * the script of the row; later ones are served well. The row says how two requests end, the second
 * one a while after the first.
 */
#include "sim_world.h"

#include "peer.h"

#define URL "http://a.test/"

/* --- scripts --- */

enum op {
    END,
    ASKED, /* waits for a request's head */
    SAY,
    WAIT,
    FIN,
    RESET,
    HOLD /* takes no bytes any more */
};
struct step {
    enum op op;
    uint32_t ms;
    const char *text;
};

#define ANSWER(text) "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" text
#define NO_TIME      "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
#define A                                                                                          \
    {                                                                                              \
        ASKED, 0, NULL                                                                             \
    }
#define TELL(text)                                                                                 \
    {                                                                                              \
        SAY, 0, text                                                                               \
    }
#define PAUSE(ms)                                                                                  \
    {                                                                                              \
        WAIT, ms, NULL                                                                             \
    }
#define CLOSE                                                                                      \
    {                                                                                              \
        FIN, 0, NULL                                                                               \
    }
#define ABORT                                                                                      \
    {                                                                                              \
        RESET, 0, NULL                                                                             \
    }
#define STOP                                                                                       \
    {                                                                                              \
        HOLD, 0, NULL                                                                              \
    }
#define OK TELL(ANSWER("first"))

enum { STEPS = 10, UPLOAD = 300000 };

struct ending {
    int error, status;
    const char *body;
};
#define FIRST                                                                                      \
    {                                                                                              \
        MIDGE_OK, 200, "first"                                                                     \
    }
#define GOOD                                                                                       \
    {                                                                                              \
        MIDGE_OK, 200, "again"                                                                     \
    }

struct row {
    const char *name;
    const char *methods[2]; /* POST: 300,000 bytes from a source; PUT, PATCH: 4 bytes */
    struct step steps[STEPS];
    uint32_t pause_ms; /* between the two requests */
    struct ending endings[2];
    unsigned connections, retries; /* in the end */
};

static const struct row rows[] = {
    {"nothing odd", {"GET", "GET"}, {A, OK, A, OK}, 1000, {FIRST, FIRST}, 1, 0},

    /* On an idle connection. */
    {"a byte", {"GET", "GET"}, {A, OK, PAUSE(100), TELL("x"), A, OK}, 1000, {FIRST, GOOD}, 2, 0},
    {"a line end",
     {"GET", "GET"},
     {A, OK, PAUSE(100), TELL("\r\n"), A, OK},
     1000,
     {FIRST, GOOD},
     2,
     0},
    {"a whole answer",
     {"GET", "GET"},
     {A, OK, PAUSE(100), TELL(ANSWER("evil!"))},
     1000,
     {FIRST, GOOD},
     2,
     0},
    {"1xx",
     {"GET", "GET"},
     {A, OK, PAUSE(100), TELL("HTTP/1.1 100 Continue\r\n\r\n"), A, OK},
     1000,
     {FIRST, GOOD},
     2,
     0},
    {"408 and close",
     {"GET", "GET"},
     {A, OK, PAUSE(5000), TELL(NO_TIME), CLOSE},
     8000,
     {FIRST, GOOD},
     2,
     0},
    {"408, kept open",
     {"GET", "GET"},
     {A, OK, PAUSE(5000), TELL(NO_TIME)},
     8000,
     {FIRST, GOOD},
     2,
     0},
    {"408 and reset",
     {"GET", "GET"},
     {A, OK, PAUSE(5000), TELL(NO_TIME), ABORT},
     8000,
     {FIRST, GOOD},
     2,
     0},
    {"408 behind the answer",
     {"GET", "GET"},
     {A, TELL(ANSWER("first") NO_TIME), CLOSE},
     1000,
     {FIRST, GOOD},
     2,
     0},
    {"408 before POST",
     {"GET", "POST"},
     {A, OK, PAUSE(5000), TELL(NO_TIME), CLOSE},
     8000,
     {FIRST, GOOD},
     2,
     0},
    {"close", {"GET", "GET"}, {A, OK, PAUSE(100), CLOSE}, 1000, {FIRST, GOOD}, 2, 0},
    {"reset", {"GET", "GET"}, {A, OK, PAUSE(100), ABORT}, 1000, {FIRST, GOOD}, 2, 0},
    {"close before POST", {"GET", "PUT"}, {A, OK, PAUSE(100), CLOSE}, 1000, {FIRST, GOOD}, 2, 0},

    /* At the moment of reuse: RFC 9112 9.3.1, RFC 9110 9.2.2. */
    {"closes at GET", {"GET", "GET"}, {A, OK, A, CLOSE}, 1000, {FIRST, GOOD}, 2, 1},
    {"resets at GET", {"GET", "GET"}, {A, OK, A, ABORT}, 1000, {FIRST, GOOD}, 2, 1},
    {"closes at PUT", {"GET", "PUT"}, {A, OK, A, CLOSE}, 1000, {FIRST, GOOD}, 2, 1},
    {"closes at PATCH",
     {"GET", "PATCH"},
     {A, OK, A, CLOSE},
     1000,
     {FIRST, {MIDGE_ERR_EMPTY_REPLY, 0, ""}},
     1,
     0},
    {"resets at PATCH",
     {"GET", "PATCH"},
     {A, OK, A, ABORT},
     1000,
     {FIRST, {MIDGE_ERR_RECV, 0, ""}},
     1,
     0},
    {"closes at POST",
     {"GET", "POST"},
     {A, OK, A, CLOSE},
     1000,
     {FIRST, {MIDGE_ERR_EMPTY_REPLY, 0, ""}},
     1,
     0},
    {"resets at POST",
     {"GET", "POST"},
     {A, OK, A, ABORT},
     1000,
     {FIRST, {MIDGE_ERR_SEND, 0, ""}},
     1,
     0},
    {"408 at GET",
     {"GET", "GET"},
     {A, OK, A, TELL(NO_TIME), CLOSE},
     1000,
     {FIRST, {MIDGE_OK, 408, ""}},
     1,
     0},
    {"a part of an answer at GET",
     {"GET", "GET"},
     {A, OK, A, TELL("HTTP/1.1 2"), CLOSE},
     1000,
     {FIRST, {MIDGE_ERR_PROTOCOL, 0, ""}},
     1,
     0},
    {"1xx at GET",
     {"GET", "GET"},
     {A, OK, A, TELL("HTTP/1.1 100 Continue\r\n\r\n"), CLOSE},
     1000,
     {FIRST, {MIDGE_ERR_PROTOCOL, 0, ""}},
     1,
     0},
    {"silence at GET", {"GET", "GET"}, {A, OK, A}, 1000, {FIRST, {MIDGE_ERR_TIMEOUT, 0, ""}}, 1, 0},

    /* The first request on a connection is not sent again. */
    {"closes at once", {"GET", "GET"}, {CLOSE}, 0, {{MIDGE_ERR_EMPTY_REPLY, 0, ""}, GOOD}, 2, 0},
    {"resets at once", {"GET", "GET"}, {ABORT}, 0, {{MIDGE_ERR_CONNECT, 0, ""}, GOOD}, 2, 0},
    {"closes at the first GET",
     {"GET", "GET"},
     {A, CLOSE},
     0,
     {{MIDGE_ERR_EMPTY_REPLY, 0, ""}, GOOD},
     2,
     0},
    {"resets at the first GET",
     {"GET", "GET"},
     {A, ABORT},
     0,
     {{MIDGE_ERR_RECV, 0, ""}, GOOD},
     2,
     0},

    /* Half open. */
    {"half close behind the answer", {"GET", "GET"}, {A, OK, CLOSE, A}, 1000, {FIRST, GOOD}, 2, 0},
    {"an answer in parts",
     {"GET", "GET"},
     {A, TELL("HTTP/1.1 200 OK\r\nContent-"), PAUSE(59000), TELL("Length: 5\r\n\r"), PAUSE(59000),
      TELL("\nfirs"), PAUSE(59000), TELL("t"), A, OK},
     1000,
     {FIRST, FIRST},
     1,
     0},
    {"each part too late",
     {"GET", "GET"},
     {A, TELL("HTTP/1.1 200 OK\r\nContent-"), PAUSE(61000), TELL("Length: 5\r\n\r")},
     1000,
     {{MIDGE_ERR_TIMEOUT, 0, ""}, GOOD},
     2,
     0},

    /* Uploads that are not read. */
    {"zero window", {"POST", "GET"}, {STOP}, 0, {{MIDGE_ERR_TIMEOUT, 0, ""}, GOOD}, 2, 0},
    {"zero window, an answer",
     {"POST", "GET"},
     {A, STOP, PAUSE(1000), TELL("HTTP/1.1 413 Large\r\nContent-Length: 5\r\n\r\nlarge")},
     0,
     {{MIDGE_OK, 413, "large"}, GOOD},
     2,
     0},
    {"zero window, half an answer",
     {"POST", "GET"},
     {A, STOP, TELL("HTTP/1.1 413 Large\r\nContent-Length: 5\r\n\r\nlar")},
     0,
     {{MIDGE_ERR_TIMEOUT, 413, "lar"}, GOOD},
     2,
     0},
    {"zero window, then reset",
     {"POST", "GET"},
     {A, STOP, PAUSE(1000), ABORT},
     0,
     {{MIDGE_ERR_SEND, 0, ""}, GOOD},
     2,
     0},
    {"zero window, then close",
     {"POST", "GET"},
     {A, STOP, PAUSE(1000), CLOSE},
     0,
     {{MIDGE_ERR_EMPTY_REPLY, 0, ""}, GOOD},
     2,
     0},

    /* Before the request. The answer belongs to this server's origin, but its connection is not
       used again once more bytes come. */
    {"an answer before the request",
     {"GET", "GET"},
     {OK, A, TELL(ANSWER("evil!"))},
     1000,
     {FIRST, GOOD},
     2,
     0},
    {"408 before the request",
     {"GET", "GET"},
     {TELL(NO_TIME), CLOSE},
     1000,
     {{MIDGE_OK, 408, ""}, GOOD},
     2,
     0},
};

/* --- the server --- */

struct script {
    const struct step *at;
    char tail[4]; /* the last bytes that came */
    unsigned asked;
    bool good;
};

static const struct row *row;
static unsigned connections;

static void run_script(struct sim_peer *peer)
{
    struct script *s = peer->state;
    for (;; s->at++) {
        const struct step *step = s->at;
        if (step->op == ASKED) {
            if (s->asked == 0) {
                return;
            }
            s->asked--;
        } else if (step->op == SAY) {
            (void)sim_peer_send(peer, step->text, strlen(step->text));
        } else if (step->op == WAIT) {
            sim_peer_after(peer, step->ms);
            return;
        } else if (step->op == FIN) {
            sim_peer_shutdown(peer);
        } else if (step->op == RESET) {
            sim_peer_reset(peer);
        } else if (step->op == HOLD) {
            sim_peer_hold(peer, true);
        } else {
            return;
        }
    }
}

static void opened(struct sim_peer *peer)
{
    struct script *s = peer->state;
    s->at = row->steps;
    s->good = connections++ > 0;
    if (!s->good) {
        run_script(peer);
    }
}

static void bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    struct script *s = peer->state;
    for (size_t i = 0; i < len; i++) {
        memmove(s->tail, s->tail + 1, 3);
        s->tail[3] = (char)data[i];
        s->asked += memcmp(s->tail, "\r\n\r\n", 4) == 0;
    }
    if (!s->good && s->at->op == ASKED) {
        run_script(peer);
    }
    for (; s->good && s->asked > 0; s->asked--) {
        (void)sim_peer_send(peer, ANSWER("again"), strlen(ANSWER("again")));
    }
}

static void timer(struct sim_peer *peer)
{
    struct script *s = peer->state;
    s->at++;
    run_script(peer);
}

static const struct sim_peer_type scripted = {.name = "script",
                                              .size = sizeof(struct script),
                                              .opened = opened,
                                              .bytes = bytes,
                                              .timer = timer};

/* --- the client --- */

static struct sim_world w;
static unsigned failures;
static uint8_t upload[UPLOAD];

static void request(struct sim_get *get, const char *method)
{
    static struct midge_buffer_source source;
    sim_get_init(&w, get, URL);
    get->request.method = method;
    if (strcmp(method, "GET") != 0) {
        midge_buffer_source_init(&source, upload, strcmp(method, "POST") == 0 ? sizeof upload : 4);
        get->request.source = &source.source;
    }
    sim_get_start(&w, get);
    sim_world_run(&w);
}

static void check(unsigned n, const struct sim_get *get)
{
    const struct ending *want = &row->endings[n];
    const struct midge_result *r = &get->result;
    size_t len = strlen(want->body);
    if (get->dones != 1 || r->error != want->error || r->status != want->status ||
        get->body.len != len || (len > 0 && memcmp(get->body.data, want->body, len) != 0) ||
        (n == 1 && r->retries != row->retries)) {
        failures++;
        print_error("%s: request %u: %u times %s, %d, %.*s, %u retries\n", row->name, n + 1,
                    get->dones, midge_err_name(r->error), r->status, (int)get->body.len,
                    get->body.data != NULL ? (const char *)get->body.data : "", r->retries);
    }
}

/* Time passes in the client's loop, so that it sees what comes. */
static void rest(uint32_t ms)
{
    midge_id id;
    if (ms > 0) {
        assert_int_equal(midge_sleep(w.client, ms, &id), MIDGE_OK);
        assert_int_equal(midge_wait(w.client, id, NULL), MIDGE_OK);
    }
}

/* looks: the client polls in the pause. If not, it sees all that came only when it sends. */
static void try_row(bool looks)
{
    struct sim_get gets[2];
    connections = 0;
    sim_world_open(&w, 1);
    midge_sim_set_path(w.sim, &(struct midge_sim_path){.latency_us = 10000, .send_buffer = 20000});
    (void)midge_sim_add_host(w.sim, "a.test");
    assert_int_equal(midge__sim_listen(w.sim, "a.test", 80, &scripted, NULL), MIDGE_OK);
    request(&gets[0], row->methods[0]);
    check(0, &gets[0]);
    if (looks) {
        rest(row->pause_ms);
    } else {
        midge_sim_advance(w.sim, row->pause_ms);
    }
    request(&gets[1], row->methods[1]);
    check(1, &gets[1]);
    if (connections != row->connections) {
        failures++;
        print_error("%s: %u connections\n", row->name, connections);
    }
    sim_get_free(&gets[0]);
    sim_get_free(&gets[1]);
    sim_world_close(&w);
}

static void each(bool looks)
{
    failures = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        row = &rows[i];
        try_row(looks);
    }
    assert_int_equal(failures, 0);
}

static void while_it_polls(void **state)
{
    (void)state;
    each(true);
}

static void while_it_sleeps(void **state)
{
    (void)state;
    each(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(while_it_polls),
        cmocka_unit_test(while_it_sleeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
