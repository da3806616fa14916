/* SPDX-License-Identifier: MIT */
/*
 * Hostile servers of HTTP/2: each row of unit/h2_hostile.h, beside 31 other requests. Three of them
 * are on the same connection: they get their answers there if the row is an error of its stream
 * only, and else on another connection. 28 are on servers of their own, and as fast as without it.
 * The work for a hostile server is bounded (turns), and its memory is all freed.
 *
 * Where each case is, of those that a client must pass ("u" unit/test_h2.c, "v"
 * unit/test_h2_frame.c, test_hpack.c and their vectors, "r" a row of unit/h2_hostile.h, which runs
 * here and in u):
 *
 *     CONTINUATION flood, empty ones too      r CONTINUATION, CONTINUATION with fields
 *     PING and SETTINGS floods                r PING, SETTINGS; answers not read: unread_answers
 *     empty DATA, padding only                r empty DATA, padding; its credit: u
 *                                             padding_is_credited
 *     1xx flood, with END_STREAM, 101         r 1xx, 1xx with END_STREAM, 101
 *     PUSH_PROMISE                            r
 *     more than the window                    u windows_are_kept
 *     send window that overflows              r window of the stream, of the connection, initial
 *     content-length: more, less, two         r
 *     upper case, fields of the connection,
 *     :status missing, twice, late            r
 *     index 0, 62; integers; size update
 *     above 0, late; cut block                r, v
 *     Huffman: EOS, padding                   r, v
 *     trailers, malformed ones                r
 *     RST_STREAM after END_STREAM; NO_ERROR   r
 *     REFUSED_STREAM                          u refused_is_sent_again, refused_ends
 *     GOAWAY: last 0; with debug data;
 *     with an error; during an upload         u goaway_x
 *     frames on closed and reset streams      r; u cancel_resets, closed_is_credited
 *     frames on idle, even, no stream         r
 *     frames that are too long; wrong lengths r, v
 *     unknown frames, ALTSVC, PRIORITY,
 *     PRIORITY_UPDATE                         r
 *     FIN in the body                         u fin_in_the_body, closed_at_once
 *     an answer of HTTP/1.1                   r HTTP/1.1
 *     ALPN absent; HTTP_1_1_REQUIRED          test_tls_http2.c
 *     421; Expect                             u misdirected; expects_nothing
 *     SETTINGS: a stalled upload, below 0     u upload_waits_for_windows, r initial window
 *     silence                                 u silence_ends_it; unread_answers
 */
#include <midge/config.h>

#include "h2_scan.h"
#include "http.h"
#include "sim_world.h"
#include "tls_peer.h"

#include "unit/h2_hostile.h"

#if MIDGE_WITH_HTTP2

enum { SAME = 3, OTHERS = 28, HOSTS = 7, LIMIT_MS = 60000 };

/* --- the server --- */

struct config {
    const struct h2_row *row; /* NULL: good */
    bool holds;               /* reads no more when it has begun to say the row */
};

struct hostile {
    struct h2_scan scan;
    unsigned n; /* streams that have begun */
    bool said;
};

static struct config hostile_config;
static unsigned connections;
static uint64_t taken; /* bytes of the flood that were sent */

static void say(struct sim_peer *peer, const char *bytes, size_t len)
{
    (void)sim_peer_send(peer, bytes, len);
}

static void hello(struct sim_peer *peer, uint32_t id)
{
    char text[] = HELLO_2("\0");
    text[8] = (char)id;
    text[9 + 1 + 8] = (char)id;
    say(peer, text, sizeof text - 1);
}

static bool is_hostile(const struct sim_peer *peer)
{
    const struct config *config = peer->config;
    return peer->connection == 1 && config->row != NULL;
}

/* What is said again and again. */
static void flood(struct sim_peer *peer)
{
    const struct h2_row *row = ((const struct config *)peer->config)->row;
    while (sim_peer_queued(peer) < 4096) {
        say(peer, row->text + row->len - row->fill, row->fill);
        taken += row->fill;
    }
}

static void say_row(struct sim_peer *peer)
{
    const struct config *config = peer->config;
    const struct h2_row *row = config->row;
    struct hostile *h = peer->state;
    h->said = true;
    if (row->text[0] != 'H') {
        say(peer, H2_SETTINGS, 9);
    }
    say(peer, row->text, row->len);
    if (config->holds) {
        sim_peer_hold(peer, true);
    }
    if (row->fills > 0) {
        flood(peer);
        return;
    }
    for (uint32_t i = 1; i <= SAME; i++) {
        hello(peer, 1 + 2 * i);
    }
}

static void on_request(struct sim_peer *peer)
{
    struct hostile *h = peer->state;
    h->n++;
    if (!is_hostile(peer)) {
        hello(peer, h2_scan_stream(&h->scan));
    } else if (h->n == SAME + 1) {
        say_row(peer);
    }
}

static void on_bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    struct hostile *h = peer->state;
    for (size_t i = 0; i < len; i++) {
        if (h2_scan(&h->scan, data[i]) && h2_scan_type(&h->scan) == H2_SCAN_HEADERS) {
            on_request(peer);
        }
    }
}

static void on_drained(struct sim_peer *peer)
{
    const struct hostile *h = peer->state;
    if (is_hostile(peer) && h->said && ((const struct config *)peer->config)->row->fills > 0) {
        flood(peer);
    }
}

static void on_opened(struct sim_peer *peer)
{
    connections++;
    if (!is_hostile(peer)) {
        say(peer, H2_SETTINGS, 9);
    }
}

static const struct sim_peer_type hostile_type = {.name = "hostile",
                                                  .size = sizeof(struct hostile),
                                                  .opened = on_opened,
                                                  .bytes = on_bytes,
                                                  .drained = on_drained};

/* --- 32 requests --- */

static struct sim_world w;
static struct midge_stats at_close;
static struct sim_get bad, same[SAME], others[OTHERS];
static uint64_t ended_ms[OTHERS];
static unsigned turns, most_turns;

static void start(struct sim_get *get, const char *url)
{
    sim_get_init(&w, get, url);
    get->request.sink = NULL;
    get->request.timeouts.total_ms = LIMIT_MS;
    sim_get_start(&w, get);
}

/* First, so that its connection is the first one, and its stream. */
static void start_bad(const struct h2_row *row, bool holds)
{
    struct midge_sim_host *host = midge_sim_add_host(w.sim, "bad.test");
    midge_sim_set_host_path(host, &(struct midge_sim_path){.latency_us = 1000,
                                                           .bytes_per_s = 300000,
                                                           .send_buffer = holds ? 512 : 0});
    hostile_config = (struct config){row, holds};
    assert_int_equal(midge__sim_listen(w.sim, "bad.test", 80, &hostile_type, &hostile_config),
                     MIDGE_OK);
    sim_get_init(&w, &bad, "http://bad.test/");
    bad.request.method = row->same ? "GET" : "POST"; /* which is not sent again */
    bad.request.sink = NULL;
    bad.request.timeouts.total_ms = LIMIT_MS;
    sim_get_start(&w, &bad);
    for (unsigned i = 0; i < SAME; i++) {
        start(&same[i], "http://bad.test/");
    }
}

static void crowd(const struct h2_row *row, bool holds, uint64_t ms[OTHERS])
{
    static char urls[OTHERS][32];
    const struct midge_config config = {.http = MIDGE_HTTP_2_PRIOR,
                                        .max_connections = 16,
                                        .max_awaitables = 64,
                                        .stats_at_close = &at_close};
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1}, &config);
    sim_world_add_good(&w, HOSTS, true);
    turns = connections = 0;
    taken = 0;
    if (row != NULL) {
        start_bad(row, holds);
    }
    for (unsigned i = 0; i < OTHERS; i++) {
        (void)snprintf(urls[i], sizeof urls[i], "http://good%u.test/", i % HOSTS);
        start(&others[i], urls[i]);
    }
    memset(ms, 0, OTHERS * sizeof *ms);
    for (int live = 1; live > 0; turns++) {
        live = midge_poll(w.client, -1);
        assert_true(live >= 0 && turns < 100000);
        for (unsigned i = 0; i < OTHERS; i++) {
            ms[i] = others[i].dones > 0 && ms[i] == 0 ? midge_sim_now_ms(w.sim) : ms[i];
        }
    }
}

static void end(void)
{
    midge_close(w.client);
    assert_int_equal(at_close.alloc_live, 0);
    assert_int_equal(midge_sim_close(w.sim), 0);
    free(w.block);
}

static void judge_others(const char *name, const uint64_t alone[OTHERS])
{
    for (unsigned i = 0; i < OTHERS; i++) {
        if (others[i].result.error != MIDGE_OK || others[i].result.body_len != 50000) {
            fail_msg("%s: another request failed: %s", name,
                     midge_err_name(others[i].result.error));
        }
        if (ended_ms[i] > alone[i] + 20) {
            fail_msg("%s: request %u took %u ms, alone %u", name, i, (unsigned)ended_ms[i],
                     (unsigned)alone[i]);
        }
    }
}

static void judge_same(const char *name, bool on_the_same)
{
    for (unsigned i = 0; i < SAME; i++) {
        const struct midge_result *r = &same[i].result;
        if (r->error != MIDGE_OK || r->body_len != 5 || r->retries != (on_the_same ? 0 : 1)) {
            fail_msg("%s: request %u of the connection: %s, %u bytes, %u retries", name, i,
                     midge_err_name(r->error), (unsigned)r->body_len, (unsigned)r->retries);
        }
    }
    assert_int_equal(connections, on_the_same ? 1 : 2);
}

static void rows(void **state)
{
    uint64_t alone[OTHERS];
    (void)state;
    crowd(NULL, false, alone);
    const unsigned turns_alone = turns;
    end();
    for (size_t i = 0; i < sizeof h2_rows / sizeof h2_rows[0]; i++) {
        const struct h2_row *row = &h2_rows[i];
        crowd(row, false, ended_ms);
        if (bad.dones != 1 || bad.result.error != row->err) {
            fail_msg("%s: %s (%s)", row->name, midge_err_name(bad.result.error), bad.result.detail);
        }
        judge_others(row->name, alone);
        judge_same(row->name, row->same);
        most_turns = turns - turns_alone > most_turns ? turns - turns_alone : most_turns;
        assert_true(turns < turns_alone + (row->fills > 0 ? 1100 : 20) && taken < 100000);
        end();
    }
    print_message("%u rows, each beside %d others; %u turns, %u more at most\n",
                  (unsigned)(sizeof h2_rows / sizeof h2_rows[0]), SAME + OTHERS, turns_alone,
                  most_turns);
}

/* Floods of a peer that reads no answers: the client stops to receive, and gives it up in silence.
 */
static void unread_answers(void **state)
{
    static const char *const names[] = {"PING", "SETTINGS"};
    uint64_t alone[OTHERS];
    (void)state;
    crowd(NULL, false, alone);
    end();
    for (size_t i = 0; i < sizeof h2_rows / sizeof h2_rows[0]; i++) {
        const struct h2_row *row = &h2_rows[i];
        if (row->fills == 0 ||
            (strcmp(row->name, names[0]) != 0 && strcmp(row->name, names[1]) != 0)) {
            continue;
        }
        crowd(row, true, ended_ms);
        judge_others(row->name, alone);
        judge_same(row->name, false);
        assert_int_equal(bad.result.error, MIDGE_ERR_TIMEOUT);
        print_message("%s: %s (%s), %u bytes said\n", row->name, midge_err_name(bad.result.error),
                      bad.result.detail, (unsigned)taken);
        assert_true(taken < 200000); /* most of them are on the way */
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(unread_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0;
}

#endif
