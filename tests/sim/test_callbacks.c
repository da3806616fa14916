/* SPDX-License-Identifier: MIT */
/*
 * Three requests at once, an upload and a chunked answer among them. In each callback of each of
 * them, in turn, requests are canceled: this one, the others, all; or the client is closed. Each
 * request ends once, each sink and source finishes once, nothing leaks, and the next request works.
 */
#include "sim_world.h"

enum { JOBS = 3, UPLOAD_BYTES = 2000 };
enum deed { NOTHING, CANCEL_SELF, CANCEL_OTHERS, CANCEL_ALL, CLOSE, DEEDS };

struct job {
    struct midge_sink sink;
    struct midge_source source;
    size_t left; /* of the upload */
    unsigned dones, sinks, sources;
    int error;
    midge_id id;
};

static struct sim_world w;
static struct midge_stats at_close;
static struct job jobs[JOBS];
static unsigned calls, wanted; /* callbacks so far; the one in which the deed is done */
static enum deed deed;
static bool closed;

static void came(const struct job *job)
{
    if (++calls != wanted || closed) {
        return;
    }
    if (deed == CLOSE) {
        closed = true;
        midge_close(w.client);
        return;
    }
    for (unsigned i = 0; i < JOBS; i++) {
        bool self = &jobs[i] == job;
        if (deed == CANCEL_ALL || (deed == CANCEL_SELF && self) ||
            (deed == CANCEL_OTHERS && !self)) {
            (void)midge_cancel(w.client, jobs[i].id);
        }
    }
}

/* --- callbacks --- */

static void on_send(void *ctx, midge_id id, const char *method, const char *url)
{
    (void)id;
    (void)method;
    (void)url;
    came(ctx);
}

static int on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)id;
    (void)response;
    came(ctx);
    return MIDGE_OK;
}

static void on_interim(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)on_response(ctx, id, response);
}

static void on_trailer(void *ctx, midge_id id, const char *name, size_t name_len, const char *value,
                       size_t value_len)
{
    (void)id;
    (void)name;
    (void)name_len;
    (void)value;
    (void)value_len;
    came(ctx);
}

static void on_done(void *ctx, const struct midge_result *result)
{
    struct job *job = ctx;
    job->dones++;
    job->error = result->error;
    came(job);
}

static int sink_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    (void)data;
    (void)len;
    came((struct job *)(void *)sink);
    return MIDGE_OK;
}

static int sink_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    struct job *job = (struct job *)(void *)sink;
    (void)err;
    (void)complete;
    job->sinks++;
    came(job);
    return MIDGE_OK;
}

static struct job *job_of(struct midge_source *source)
{
    return (struct job *)(void *)((char *)source - offsetof(struct job, source));
}

static int source_read(struct midge_source *source, uint8_t *buf, size_t cap, size_t *n)
{
    struct job *job = job_of(source);
    *n = cap < job->left ? cap : job->left;
    job->left -= *n;
    memset(buf, 'u', *n);
    came(job);
    return *n > 0 ? MIDGE_OK : MIDGE_ERR_EOF;
}

static void source_finish(struct midge_source *source)
{
    struct job *job = job_of(source);
    job->sources++;
    came(job);
}

/* --- a world, and three requests in it --- */

static const char trailers[] =
    "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n5\r\nagain\r\n0\r\nX: 1\r\n\r\n";

static void open_world(bool secure)
{
    uint16_t port = secure ? 443 : 80;
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1},
                    &(struct midge_config){.max_connections = 2, .stats_at_close = &at_close});
    struct midge_sim_host *host = midge_sim_add_host(w.sim, "a.test");
    midge_sim_add_reply(host, port, "/0", &(struct midge_sim_reply){.raw = trailers});
    midge_sim_add_reply(host, port, "/1", &(struct midge_sim_reply){.status = 201, .body = "up"});
    midge_sim_add_reply(host, port, "/2", &(struct midge_sim_reply){.fill = 3000});
    midge_sim_set_path(w.sim, &(struct midge_sim_path){.latency_us = 1000});
    assert_true(!secure || midge_sim_use_tls(host, 443, NULL) == MIDGE_OK);
}

/* Closed by a callback: the others are not started. */
static void start(bool secure, unsigned i)
{
    char url[32];
    struct job *job = &jobs[i];
    *job = (struct job){.sink = {.write = sink_write, .finish = sink_finish},
                        .source = {.read = source_read, .finish = source_finish, .length = -1},
                        .left = UPLOAD_BYTES};
    (void)snprintf(url, sizeof url, "%s://a.test/%u", secure ? "https" : "http", i);
    const struct midge_request request = {.url = url,
                                          .sink = &job->sink,
                                          .source = i == 1 ? &job->source : NULL,
                                          .ctx = job,
                                          .on_send = on_send,
                                          .on_interim = on_interim,
                                          .on_response = on_response,
                                          .on_trailer = on_trailer,
                                          .on_done = on_done};
    assert_int_equal(midge_start(w.client, &request, &job->id), MIDGE_OK);
}

static void check(bool secure)
{
    for (unsigned i = 0; i < JOBS; i++) {
        const struct job *job = &jobs[i];
        bool good = job->error == MIDGE_OK || job->error == MIDGE_ERR_CANCELED ||
                    job->error == MIDGE_ERR_CLOSED;
        if (job->dones != 1 || job->sinks != 1 || job->sources != (i == 1) || !good) {
            fail_msg("%s, deed %d in callback %u: request %u ended %u times, sink %u, source %u, "
                     "%s",
                     secure ? "TLS" : "plain", (int)deed, wanted, i, job->dones, job->sinks,
                     job->sources, midge_err_name(job->error));
        }
    }
}

/* Done in that callback; how many there were. */
static unsigned try(bool secure, enum deed what, unsigned callback)
{
    struct sim_get get;
    calls = 0;
    wanted = callback;
    deed = what;
    closed = false;
    open_world(secure);
    for (unsigned i = 0; i < JOBS; i++) {
        start(secure, i);
    }
    int live = midge_sim_run(w.sim, w.client, 86400000);
    assert_true(live == 0 || (closed && live == MIDGE_ERR_CLOSED));
    check(secure);
    unsigned n = calls;
    if (!closed) {
        sim_get(&w, &get, secure ? "https://a.test/2" : "http://a.test/2");
        sim_world_run(&w);
        assert_int_equal(get.body.len, 3000);
        sim_get_ended(&get, MIDGE_OK, 200, NULL);
        midge_close(w.client);
    }
    assert_int_equal(at_close.alloc_live, 0);
    assert_int_equal(midge_sim_close(w.sim), 0);
    free(w.block);
    return n;
}

static void each(bool secure)
{
    unsigned n = try(secure, NOTHING, 0);
    for (unsigned i = 0; i < JOBS; i++) {
        assert_int_equal(jobs[i].error, MIDGE_OK);
    }
    for (unsigned callback = 1; callback <= n; callback++) {
        for (int what = CANCEL_SELF; what < DEEDS; what++) {
            (void)try(secure, (enum deed)what, callback);
        }
    }
    print_message("%s: %u callbacks, %d deeds in each\n", secure ? "TLS" : "plain", n, DEEDS - 1);
}

static void plain(void **state)
{
    (void)state;
    each(false);
}

static void in_tls(void **state)
{
    size_t len;
    (void)state;
    if (midge_sim_root(&len) != NULL) {
        each(true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain), cmocka_unit_test(in_tls)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
