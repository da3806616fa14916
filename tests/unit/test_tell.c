/* SPDX-License-Identifier: MIT */
/* What the client tells: traces, peers, sockets and times for loops of others, versions. */
#include "fake_port.h"

#define URL "http://a.test/"

/* --- traces and peers --- */

static char told[1000];
static size_t told_len;

static void tell(void *ctx, enum midge_trace_kind kind, midge_id id, const char *line)
{
    assert_ptr_equal(ctx, told);
    assert_int_equal(kind, MIDGE_TRACE_INFO);
    told_len += (size_t)snprintf(told + told_len, sizeof told - told_len, "%s%s|",
                                 id != 0 ? "" : "none: ", line);
}

static void a_connection_is_traced(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    told_len = 0;
    world_open(&w, &(struct midge_config){.trace = tell, .trace_ctx = told});
    fake_listen(&w.fake, 80, &fake_hello);
    probe_get(&p, &w, URL);
    world_run(&w);
    probe_is_hello(&p);
    world_pass(&w, 2 * MIDGE_KEEP_ALIVE_MS);
    static const char *const lines[] = {
        "connection 1: resolving (a.test)|", "connection 1: connecting (a.test)|",
        "connection 1: ready (a.test)|", "none: connection 1: closing (a.test)|",
        "none: connection 1: closed (a.test)|"};
    const char *at = told;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(lines); i++) {
        at = strstr(at, lines[i]);
        assert_non_null(at);
        at += strlen(lines[i]);
    }
    assert_int_equal(*at, '\0');
    world_close(&w);
}

/* A name that is longer than a line is cut. */
static void a_trace_is_cut(void **state)
{
    struct world w;
    struct probe p;
    char url[260] = "http://";
    (void)state;
    told_len = 0;
    for (unsigned i = 7; i < 230; i++) {
        url[i] = i % 50 == 49 ? '.' : 'a';
    }
    world_open(&w, &(struct midge_config){.trace = tell, .trace_ctx = told});
    fake_listen(&w.fake, 80, &fake_hello);
    probe_get(&p, &w, url);
    world_turn(&w, 0);
    const char *end = strchr(told, '|');
    assert_non_null(end);
    assert_in_range(end - told, 150, 199);
    midge_close(w.client);
    free(p.body);
    fake_deinit(&w.fake);
}

/* --- loops of others --- */

static unsigned asked_room;
static bool asked_fds;

static int port_wants(void *ctx, struct midge_pollfd *fds, size_t cap, size_t *n, int *timeout_ms)
{
    (void)ctx;
    asked_room = (unsigned)cap;
    asked_fds = fds != NULL;
    if (cap > 0) {
        fds[0] = (struct midge_pollfd){.sock = 777, .events = MIDGE_POLL_IN};
    }
    *n = 1;
    *timeout_ms = *timeout_ms < 0 || *timeout_ms > 5 ? 5 : *timeout_ms;
    return MIDGE_OK;
}

static void the_port_has_sockets_too(void **state)
{
    static const struct fake_script silent = {.steps = {REQUEST}};
    struct world w;
    struct probe p[2];
    struct midge_pollfd fds[4];
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &silent);
    probe_get(&p[0], &w, URL);
    probe_get(&p[1], &w, URL);
    world_turns(&w, 3);
    assert_int_equal(midge_interest(w.client, fds, 4), 2);
    w.fake.port.interest = port_wants;
    for (unsigned cap = 0; cap <= 4; cap++) {
        memset(fds, 0, sizeof fds);
        assert_int_equal(midge_interest(w.client, fds, cap), 3);
        assert_int_equal(asked_room, cap > 2 ? cap - 2 : 0);
        assert_int_equal(asked_fds, cap > 2);
        assert_int_equal(fds[2].sock, cap > 2 ? 777 : 0);
        assert_int_equal(fds[1].events, cap > 1 ? MIDGE_POLL_IN : 0);
        assert_int_equal(fds[0].events, cap > 0 ? MIDGE_POLL_IN : 0);
    }
    assert_int_equal(midge_next_timeout(w.client), 5);
    w.fake.port.interest = NULL;
    assert_true(midge_next_timeout(w.client) > 5);
    assert_int_equal(midge_cancel(w.client, p[0].id), MIDGE_OK);
    assert_int_equal(midge_next_timeout(w.client), 0); /* its completion is due */
    assert_int_equal(midge_cancel(w.client, p[1].id), MIDGE_OK);
    world_run(&w);
    probe_ended(&p[0], MIDGE_ERR_CANCELED);
    probe_ended(&p[1], MIDGE_ERR_CANCELED);
    world_close(&w);
}

/* --- versions of HTTP --- */

static int seen_minor;

static int note_minor(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)ctx;
    (void)id;
    seen_minor = response->http_minor;
    return MIDGE_OK;
}

static void minor_version(void **state)
{
    static const struct fake_script old = {
        .steps = {REQUEST, SAY("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"), FIN}};
    (void)state;
    for (int minor = 0; minor < 2; minor++) {
        struct world w;
        struct probe p;
        world_open(&w, NULL);
        fake_listen(&w.fake, 80, minor ? &fake_hello : &old);
        probe_init(&p, &w, URL);
        p.request.on_response = note_minor;
        seen_minor = -1;
        probe_start(&p);
        world_run(&w);
        probe_is_hello(&p);
        assert_int_equal(seen_minor, minor);
        assert_int_equal(world_stats(&w).open_connections, minor);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_traced),
        cmocka_unit_test(a_trace_is_cut),
        cmocka_unit_test(the_port_has_sockets_too),
        cmocka_unit_test(minor_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
