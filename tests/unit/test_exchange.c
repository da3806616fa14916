/* SPDX-License-Identifier: MIT */
/*
 * The seam to the protocols, by a carrier of many exchanges on one connection over the real core.
 *
 * The client sends a line for each exchange, "1 GET http://a.test/\n", with numbers from 1 on each
 * connection, and the bytes of a source as "1 <bytes\n". The server's lines:
 *
 *     1h      head, status 200        1e   the end          1r   refused: not processed
 *     1btext  a piece of the body     1x   an error         G    no new exchanges (drain)
 *                                                           C3   so many exchanges at once
 */
#include "fake_port.h"
#include "codec/h1_parse.h"

#define URL    "http://a.test/"
#define PLACES 4U

/* --- the carrier --- */

struct place {
    struct midge__exchange x;
    unsigned number; /* 0: free */
    bool sent, ends;
    char kept[32]; /* of the body, while its sink pauses */
};

struct mux {
    struct midge__conn *conn;
    unsigned numbers, limit, used;
    bool drains;
    char line[80];
    size_t len;
    struct place places[PLACES];
};

static unsigned steps_of_idle; /* steps of connections that carry nothing */

static struct mux *mux_of(const struct midge__conn *conn)
{
    return midge__conn_state(conn);
}

static unsigned limit_of(const struct mux *mux)
{
    return mux->drains ? 0 : mux->limit != 0 ? mux->limit : 3;
}

static unsigned mux_capacity(const struct midge__conn *conn)
{
    const struct mux *mux = mux_of(conn);
    return limit_of(mux) > mux->used ? limit_of(mux) - mux->used : 0;
}

static int mux_attach(struct midge__conn *conn, struct midge__transfer *t)
{
    struct mux *mux = mux_of(conn);
    struct place *place = mux->places;
    while (place->number != 0) {
        place++;
    }
    *place = (struct place){.number = ++mux->numbers};
    mux->conn = conn;
    mux->used++;
    midge__exchange_begin(&place->x, conn, t);
    return MIDGE_OK;
}

/* After a report: the place is free if the exchange is over. */
static void release(struct mux *mux, struct place *place)
{
    if (place->number != 0 && place->x.transfer == NULL) {
        place->number = 0;
        mux->used--;
        midge__conn_offer(mux->conn);
    }
}

static bool mux_drop(struct midge__exchange *x)
{
    struct place *place = (struct place *)x;
    struct mux *mux = mux_of(x->conn);
    place->number = 0;
    mux->used--;
    midge__conn_offer(x->conn);
    return true;
}

static void mux_send(struct mux *mux, const char *text)
{
    size_t n = 0;
    struct midge__stream *s = mux->conn->stream;
    if (s->ops->send(s, (const uint8_t *)text, strlen(text), &n) == MIDGE_OK) {
        assert_int_equal(n, strlen(text));
    }
}

static void send_of(struct mux *mux, struct place *place)
{
    const struct midge__transfer *t = place->x.transfer;
    char text[160];
    uint8_t bytes[8];
    size_t n = 0;
    if (!place->sent) {
        (void)snprintf(text, sizeof text, "%u %s %s\n", place->number,
                       midge__request_method(t->request), t->request->url);
        mux_send(mux, text);
        midge__exchange_sent(&place->x, strlen(text));
        place->sent = true;
    }
    while (t->request->source != NULL && place->x.transfer == t &&
           midge__exchange_read(&place->x, bytes, sizeof bytes, &n) == MIDGE_OK) {
        (void)snprintf(text, sizeof text, "%u <%.*s\n", place->number, (int)n, (char *)bytes);
        mux_send(mux, text);
    }
    if (place->x.transfer == t && place->x.waits == 0) {
        midge__exchange_request_done(&place->x);
    }
}

static void give_body(struct place *place, const char *text)
{
    bool waits = (place->x.waits & MIDGE__RECV_WAITS) != 0;
    if (waits) { /* the others go on */
        size_t at = strlen(place->kept);
        (void)snprintf(place->kept + at, sizeof place->kept - at, "%s", text);
    } else {
        (void)midge__exchange_body(&place->x, (const uint8_t *)text, strlen(text));
    }
}

static void give_kept(struct place *place)
{
    char text[sizeof place->kept];
    bool waits = (place->x.waits & MIDGE__RECV_WAITS) != 0;
    if (place->x.transfer != NULL && !waits && place->kept[0] != '\0') {
        memcpy(text, place->kept, sizeof text);
        place->kept[0] = '\0';
        give_body(place, text);
        waits = (place->x.waits & MIDGE__RECV_WAITS) != 0;
    }
    if (place->x.transfer != NULL && !waits && place->ends) {
        midge__exchange_ended(&place->x, MIDGE_COMPLETE_YES);
    }
}

static void on_line(struct mux *mux, const char *line)
{
    static const struct midge__fault fault = {.detail = "told so"};
    static const struct midge__h1_parse no_fields;
    struct midge_response head = {.status = 200, .http_minor = 1, .reason = "", .impl = &no_fields};
    struct place *place = mux->places;
    if (line[0] == 'G' || line[0] == 'C') {
        mux->drains = mux->drains || line[0] == 'G';
        mux->limit = (unsigned)(line[0] == 'C' ? line[1] - '0' : 0);
        midge__conn_offer(mux->conn);
        return;
    }
    while (place < mux->places + PLACES && place->number != (unsigned)(line[0] - '0')) {
        place++;
    }
    if (place == mux->places + PLACES) {
        return; /* it was dropped */
    }
    if (line[1] != 'r') {
        midge__exchange_received(&place->x, strlen(line));
    }
    switch (line[1]) {
    case 'h':
        head.framing = MIDGE_FRAMING_CHUNKED;
        (void)midge__exchange_head(&place->x, &head);
        break;
    case 'b':
        give_body(place, line + 2);
        break;
    case 'e':
        place->ends = true;
        give_kept(place);
        break;
    case 'r':
        midge__exchange_broken(&place->x, MIDGE_ERR_CLOSED, &fault, MIDGE__REPLAY_SAFE);
        break;
    default:
        midge__exchange_broken(&place->x, MIDGE_ERR_PROTOCOL, &fault, MIDGE__REPLAY_NEVER);
        break;
    }
    release(mux, place);
}

/* The connection breaks: each exchange that is still there then. Callbacks may drop others. */
static enum midge__step break_all(struct mux *mux, int err)
{
    mux->drains = true;
    for (unsigned i = 0; i < PLACES; i++) {
        struct place *place = &mux->places[i];
        if (place->number != 0) {
            midge__exchange_broken(&place->x, err, &mux->conn->stream->fault,
                                   midge__exchange_replay(&place->x));
            release(mux, place);
        }
    }
    return MIDGE__STEP_OVER;
}

static enum midge__step mux_recv(struct mux *mux)
{
    uint8_t buf[32];
    size_t n = 0;
    int err = midge__conn_recv(mux->conn, buf, sizeof buf, &n);
    if (err == MIDGE_ERR_AGAIN) {
        return MIDGE__STEP_WAIT;
    }
    if (err != MIDGE_OK) {
        return break_all(mux, err == MIDGE_ERR_EOF ? MIDGE_ERR_PARTIAL : err);
    }
    for (size_t i = 0; i < n && mux->conn->state == MIDGE__CONN_READY; i++) {
        assert_true(mux->len < sizeof mux->line);
        mux->line[mux->len++] = (char)buf[i];
        if (buf[i] == '\n') {
            mux->line[mux->len - 1] = '\0';
            mux->len = 0;
            on_line(mux, mux->line);
        }
    }
    return MIDGE__STEP_MORE;
}

static enum midge__step mux_step(struct midge__conn *conn)
{
    struct mux *mux = mux_of(conn);
    steps_of_idle += conn->exchanges == 0;
    for (unsigned i = 0; i < PLACES; i++) {
        struct place *place = &mux->places[i];
        if (place->number != 0) {
            send_of(mux, place);
            release(mux, place);
        }
        if (place->number != 0) {
            give_kept(place);
            release(mux, place);
        }
    }
    enum midge__step next = mux_recv(mux);
    for (unsigned i = 0; i < PLACES; i++) {
        if (mux->places[i].number != 0) {
            midge__exchange_stepped(&mux->places[i].x);
        }
    }
    return next;
}

static unsigned mux_want(const struct midge__conn *conn)
{
    return conn->stream->ops->interest(conn->stream, true, false);
}

static void mux_detach(struct midge__conn *conn)
{
    (void)conn;
}

static const struct midge__protocol_ops mux_ops = {
    .state_size = sizeof(struct mux),
    .capacity = mux_capacity,
    .attach = mux_attach,
    .step = mux_step,
    .want = mux_want,
    .drop = mux_drop,
    .detach = mux_detach,
    .idles = true,
};

/* In place of the library's own table. */
const struct midge__protocol_ops *const midge__protocols[MIDGE__PROTOCOLS] = {
    [MIDGE__PROTOCOL_H1] = &mux_ops,
#if MIDGE_WITH_HTTP2
    [MIDGE__PROTOCOL_H2] = &mux_ops,
#endif
};

/* --- worlds --- */

#define N 3U

/* One connection at most, unless the test wants more; the script for the first one. */
static void open_mux(struct world *w, struct probe *p, const struct fake_script *script,
                     unsigned per_origin)
{
    world_open(w, &(struct midge_config){.max_connections = 4,
                                         .max_per_origin = (uint16_t)per_origin,
                                         .max_transfers = 16});
    fake_next(&w->fake, script);
    for (unsigned i = 0; i < N; i++) {
        probe_init(&p[i], w, URL);
    }
}

/* The others when the first one's connection is open: before, its protocol is not known. */
static void start_all(struct world *w, struct probe *p)
{
    probe_start(&p[0]);
    world_turns(w, 2);
    for (unsigned i = 1; i < N; i++) {
        probe_start(&p[i]);
    }
}

static void is_text(struct probe *p, const char *text)
{
    assert_int_equal(p->len, strlen(text));
    assert_memory_equal(p->body, text, p->len);
    assert_int_equal(p->result.body_len, p->len);
    assert_int_equal(p->result.complete, MIDGE_COMPLETE_YES);
    probe_ended(p, MIDGE_OK);
}

static unsigned open_now(const struct world *w)
{
    return world_stats(w).open_connections;
}

#define ALL_HEADS WAIT(10), SAY("1h\n2h\n3h\n")

static void side_by_side(void **state)
{
    static const struct fake_script server = {
        .steps = {ALL_HEADS, SAY("2bto\n1bone\n3bthr\n"), WAIT(5), SAY("3bee\n2e\n3e\n1e\n")}};
    struct world w;
    struct probe p[N];
    (void)state;
    open_mux(&w, p, &server, 1);
    start_all(&w, p);
    world_run(&w);
    assert_int_equal(world_stats(&w).connections, 1);
    assert_int_equal(open_now(&w), 1);
    is_text(&p[0], "one");
    is_text(&p[1], "to");
    is_text(&p[2], "three");
    assert_int_equal(p[0].result.reused, 0);
    assert_int_equal(p[1].result.reused, 1);
    world_close(&w);
}

/* One pauses, and its rest is kept; the others end. Its idle deadline stands still. */
static void one_pauses(void **state)
{
    static const struct fake_script server = {
        .steps = {ALL_HEADS, SAY("1ba\n2bto\n1bb\n1bc\n1e\n2e\n3e\n")}};
    struct world w;
    struct probe p[N];
    (void)state;
    open_mux(&w, p, &server, 1);
    p[0].pause = true;
    p[0].request.timeouts.idle_ms = 1000;
    start_all(&w, p);
    world_pass(&w, 5000);
    assert_int_equal(p[0].dones, 0);
    assert_int_equal(p[0].len, 1);
    is_text(&p[1], "to");
    is_text(&p[2], "");
    p[0].pause = false;
    assert_int_equal(midge_resume(w.client, p[0].id), MIDGE_OK);
    world_run(&w);
    is_text(&p[0], "abc");
    assert_int_equal(open_now(&w), 1);
    world_close(&w);
}

/* One ends from outside; the connection stays, and carries another one. */
static void one_leaves(void **state)
{
    static const struct fake_script server = {.steps = {ALL_HEADS, WAIT(500), SAY("2bto\n1e\n2e\n"),
                                                        SAY("3e\n4h\n"), WAIT(500), SAY("4e\n")}};
    (void)state;
    for (unsigned late = 0; late < 2; late++) {
        struct world w;
        struct probe p[N], more;
        open_mux(&w, p, &server, 1);
        p[0].request.timeouts.total_ms = late ? 100 : 0;
        start_all(&w, p);
        world_pass(&w, 100);
        if (!late) {
            assert_int_equal(midge_cancel(w.client, p[0].id), MIDGE_OK);
        }
        world_pass(&w, 10);
        probe_ended(&p[0], late ? MIDGE_ERR_TIMEOUT : MIDGE_ERR_CANCELED);
        probe_get(&more, &w, URL);
        world_run(&w);
        is_text(&p[1], "to");
        is_text(&p[2], "");
        is_text(&more, "");
        assert_int_equal(more.result.connection, 1);
        assert_int_equal(open_now(&w), 1);
        world_close(&w);
    }
}

/* All leave: the connection idles. */
static void all_leave(void **state)
{
    static const struct fake_script server = {.steps = {ALL_HEADS, WAIT(60000)}};
    struct world w;
    struct probe p[N];
    (void)state;
    open_mux(&w, p, &server, 1);
    start_all(&w, p);
    world_pass(&w, 100);
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(midge_cancel(w.client, p[i].id), MIDGE_OK);
    }
    world_turns(&w, 3);
    for (unsigned i = 0; i < N; i++) {
        probe_ended(&p[i], MIDGE_ERR_CANCELED);
    }
    assert_int_equal(open_now(&w), 1);
    assert_false(midge__list_empty(&w.client->idle));
    world_close(&w);
}

static void one_breaks(void **state)
{
    static const struct fake_script server = {.steps = {ALL_HEADS, SAY("1x\n2e\n3e\n")}};
    struct world w;
    struct probe p[N];
    (void)state;
    open_mux(&w, p, &server, 1);
    start_all(&w, p);
    world_run(&w);
    assert_string_equal(p[0].result.detail, "told so");
    probe_ended(&p[0], MIDGE_ERR_PROTOCOL);
    is_text(&p[1], "");
    is_text(&p[2], "");
    assert_int_equal(open_now(&w), 1);
    world_close(&w);
}

/* The peer has not processed one, with a body from a source: it is sent again, on the same
   connection, which is alive; not without end. */
static void one_is_refused(void **state)
{
    static const struct fake_script once = {
        .steps = {WAIT(10), SAY("1r\n2h\n3h\n2e\n3e\n"), WAIT(10), SAY("4h\n4e\n")}};
    static const struct fake_script always = {.steps = {WAIT(10), SAY("1r\n2h\n3h\n2e\n3e\n"),
                                                        WAIT(10), SAY("4r\n"), WAIT(10),
                                                        SAY("5r\n"), WAIT(10), SAY("6r\n")}};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct world w;
        struct probe p[N];
        open_mux(&w, p, i ? &always : &once, 1);
        p[0].request.method = "POST";
        probe_source(&p[0], 5, -1);
        start_all(&w, p);
        world_run(&w);
        assert_int_equal(p[0].result.retries, i ? 3 : 1);
        assert_int_equal(p[0].rewinds, i ? 3 : 1);
        assert_true(fake_sent_has(&w.fake, 0, "1 <abcde\n"));
        assert_true(fake_sent_has(&w.fake, 0, "4 <abcde\n"));
        if (i) {
            probe_ended(&p[0], MIDGE_ERR_CLOSED);
        } else {
            is_text(&p[0], "");
        }
        is_text(&p[1], "");
        is_text(&p[2], "");
        assert_int_equal(world_stats(&w).connections, 1);
        world_close(&w);
    }
}

/* It takes no more, lives until its last exchange, and then closes; beside it opens another. */
static void drains(void **state)
{
    static const struct fake_script server = {
        .steps = {ALL_HEADS, SAY("G\n1e\n"), WAIT(500), SAY("2e\n3blast\n3e\n")}};
    static const struct fake_script second = {.steps = {WAIT(10), SAY("1h\n1e\n")}};
    struct world w;
    struct probe p[N], more;
    (void)state;
    open_mux(&w, p, &server, 2);
    fake_next(&w.fake, &second);
    start_all(&w, p);
    world_pass(&w, 100);
    is_text(&p[0], "");
    probe_get(&more, &w, URL);
    world_pass(&w, 100);
    is_text(&more, "");
    assert_int_equal(more.result.connection, 2);
    assert_int_equal(open_now(&w), 2);
    world_run(&w);
    is_text(&p[1], "");
    is_text(&p[2], "last");
    world_turns(&w, 3);
    assert_int_equal(open_now(&w), 1);
    world_close(&w);
}

/* --- a connection that breaks --- */

static void cancels_other(struct probe *p)
{
    (void)midge_cancel(p->w->client, p->other->id);
}

static void starts_other(struct probe *p)
{
    probe_start(p->other);
}

static void closes(struct probe *p)
{
    midge_close(p->w->client);
}

static const struct fake_script breaks = {.steps = {ALL_HEADS, WAIT(10), RESET}};

/* Its exchanges end one after the other; callbacks cancel others, start, and close the client. */
static void all_break(void **state)
{
    static const struct fake_script second = {.steps = {WAIT(10), SAY("1h\n1e\n")}};
    (void)state;
    for (enum where where = SINK_FINISH; where <= ON_DONE; where++) {
        struct world w;
        struct probe p[N], more;
        open_mux(&w, p, &breaks, 2);
        fake_next(&w.fake, &second);
        probe_init(&more, &w, URL);
        p[0].at = p[1].at = where;
        p[0].act = cancels_other;
        p[0].other = &p[2];
        p[1].act = starts_other;
        p[1].other = &more;
        start_all(&w, p);
        world_run(&w);
        probe_ended(&p[0], MIDGE_ERR_RECV);
        probe_ended(&p[1], MIDGE_ERR_RECV);
        probe_ended(&p[2], where == SINK_FINISH ? MIDGE_ERR_CANCELED : MIDGE_ERR_RECV);
        is_text(&more, "");
        world_close(&w);
        if (where == SINK_FINISH) {
            where = ON_DONE - 1;
        }
    }
}

static void closed_while_it_breaks(void **state)
{
    (void)state;
    for (unsigned done = 0; done < 2; done++) {
        struct world w;
        struct probe p[N];
        open_mux(&w, p, &breaks, 1);
        p[0].at = done ? ON_DONE : SINK_FINISH;
        p[0].act = closes;
        start_all(&w, p);
        world_run(&w);
        for (unsigned i = 0; i < N; i++) {
            probe_ended(&p[i], MIDGE_ERR_RECV);
        }
        world_close(&w);
    }
}

/* --- capacity --- */

/* It shrinks to one: the fourth and fifth wait; grown, it admits them without another cause. */
static void capacity_changes(void **state)
{
    static const struct fake_script server = {
        .steps = {WAIT(10), SAY("C1\n1h\n1e\n"), WAIT(100), SAY("2h\n2e\n"), WAIT(100), SAY("C4\n"),
                  WAIT(100), SAY("3h\n3e\n4h\n4e\n5h\n5e\n")}};
    struct world w;
    struct probe p[N], more[2];
    (void)state;
    open_mux(&w, p, &server, 1);
    start_all(&w, p);
    world_pass(&w, 50);
    is_text(&p[0], "");
    probe_get(&more[0], &w, URL);
    probe_get(&more[1], &w, URL);
    world_pass(&w, 100);
    is_text(&p[1], "");
    world_pass(&w, 50);
    assert_false(fake_sent_has(&w.fake, 0, "4 GET"));
    world_pass(&w, 30);
    assert_true(fake_sent_has(&w.fake, 0, "5 GET"));
    world_run(&w);
    is_text(&p[2], "");
    is_text(&more[0], "");
    is_text(&more[1], "");
    assert_int_equal(world_stats(&w).connections, 1);
    world_close(&w);
}

/* Without exchanges it is read by its carrier: it may drain, which closes it. */
static void idle_is_read(void **state)
{
    static const struct fake_script server = {
        .steps = {ALL_HEADS, SAY("1e\n2e\n3e\n"), WAIT(1000), SAY("G\n")}};
    struct world w;
    struct probe p[N];
    (void)state;
    open_mux(&w, p, &server, 1);
    start_all(&w, p);
    world_run(&w);
    for (unsigned i = 0; i < N; i++) {
        is_text(&p[i], "");
    }
    steps_of_idle = 0;
    assert_int_equal(open_now(&w), 1);
    world_pass(&w, 1100);
    assert_true(steps_of_idle > 0);
    world_turns(&w, 3);
    assert_int_equal(open_now(&w), 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(side_by_side),     cmocka_unit_test(one_pauses),
        cmocka_unit_test(one_leaves),       cmocka_unit_test(all_leave),
        cmocka_unit_test(one_breaks),       cmocka_unit_test(one_is_refused),
        cmocka_unit_test(drains),           cmocka_unit_test(all_break),
        cmocka_unit_test(capacity_changes), cmocka_unit_test(closed_while_it_breaks),
        cmocka_unit_test(idle_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
