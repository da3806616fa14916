/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the simulation share: a simulation with a client, and requests that remember
 * their end.
 *
 *     struct sim_world w;
 *     sim_world_open(&w, 1);
 *     struct midge_sim_host *host = midge_sim_add_host(w.sim, "a.test");
 *     midge_sim_add_reply(host, 80, "/", &(struct midge_sim_reply){.body = "hello"});
 *     struct sim_get get;
 *     sim_get(&w, &get, "http://a.test/");
 *     sim_world_run(&w);
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <midge/midge.h>
#include <midge/sim.h>

struct sim_world {
    struct midge_sim *sim;
    struct midge_client *client;
    void *block;
    const char *wanted; /* a text that the trace must have */
    unsigned found;     /* so many lines had it */
};

static inline void sim_world_line(void *ctx, const char *line)
{
    struct sim_world *w = ctx;
    if (getenv("MIDGE_SIM_TRACE") != NULL) {
        (void)fprintf(stderr, "%s\n", line);
    }
    w->found += w->wanted != NULL && strstr(line, w->wanted) != NULL;
}

/* The client of a simulation that is open. */
static inline void sim_world_client(struct sim_world *w, const struct midge_config *client)
{
    struct midge_config config = client != NULL ? *client : (struct midge_config){0};
    config.port = midge_sim_port(w->sim);
    if (config.tls.ca == NULL) {
        config.tls.ca = midge_sim_root(&config.tls.ca_len);
    }
    config.memory_size = config.memory_size > 0 ? config.memory_size : midge_memory_needed(&config);
    config.memory = w->block = malloc(config.memory_size);
    assert_non_null(w->block);
    assert_int_equal(midge_open(&w->client, &config), MIDGE_OK);
}

static inline void sim_world_start(struct sim_world *w, const struct midge_sim_config *sim,
                                   const struct midge_config *client)
{
    struct midge_sim_config sim_config = *sim;
    *w = (struct sim_world){0};
    sim_config.trace = sim_world_line;
    sim_config.ctx = w;
    assert_int_equal(midge_sim_open(&w->sim, &sim_config), MIDGE_OK);
    sim_world_client(w, client);
}

static inline void sim_world_open(struct sim_world *w, uint64_t number)
{
    sim_world_start(w, &(struct midge_sim_config){.seed = number}, NULL);
}

/* Until nothing lives: at most a day of virtual time. */
static inline void sim_world_run(struct sim_world *w)
{
    assert_int_equal(midge_sim_run(w->sim, w->client, 86400000), 0);
}

static inline void sim_world_close(struct sim_world *w)
{
    midge_close(w->client);
    assert_int_equal(midge_sim_close(w->sim), 0);
    free(w->block);
}

/* The value of a field of a request's head, NULL: it has none. HTTP/2's names are in lower case. */
static inline const char *sim_field(const char *head, const char *name)
{
    const size_t n = strlen(name);
    for (const char *at = strstr(head, "\r\n"); at != NULL; at = strstr(at, "\r\n")) {
        at += 2;
        if (strncasecmp(at, name, n) == 0 && at[n] == ':') {
            return at + n + 1 + (at[n + 1] == ' ');
        }
    }
    return NULL;
}

static inline bool sim_field_is(const char *head, const char *name, const char *value)
{
    const char *at = sim_field(head, name);
    return at != NULL && strncmp(at, value, strlen(value)) == 0 && at[strlen(value)] == '\r';
}

/* --- requests --- */

struct sim_get {
    struct midge_result result;
    unsigned dones;
    struct midge_blob body;
    struct midge_request request;
};

static inline void sim_get_done(void *ctx, const struct midge_result *result)
{
    struct sim_get *get = ctx;
    get->result = *result;
    get->dones++;
}

static inline void sim_get_init(struct sim_world *w, struct sim_get *get, const char *url)
{
    memset(get, 0, sizeof *get);
    midge_blob_init(&get->body, w->client, 1 << 20);
    get->request = (struct midge_request){
        .url = url, .sink = &get->body.sink, .ctx = get, .on_done = sim_get_done};
}

static inline void sim_get_start(struct sim_world *w, struct sim_get *get)
{
    assert_int_equal(midge_start(w->client, &get->request, NULL), MIDGE_OK);
}

static inline void sim_get(struct sim_world *w, struct sim_get *get, const char *url)
{
    sim_get_init(w, get, url);
    sim_get_start(w, get);
}

static inline void sim_get_free(struct sim_get *get)
{
    midge_blob_free(&get->body);
}

/* Ended once, with that error and status; text: the body, NULL any. Frees it. */
static inline void sim_get_ended(struct sim_get *get, int error, int status, const char *text)
{
    assert_int_equal(get->dones, 1);
    if (get->result.error != error) {
        print_error("%s: %s (%s)\n", get->request.url, midge_err_name(get->result.error),
                    get->result.detail);
    }
    assert_int_equal(get->result.error, error);
    assert_int_equal(get->result.status, status);
    if (text != NULL) {
        assert_int_equal(get->body.len, strlen(text));
        assert_memory_equal(get->body.data, text, strlen(text));
    }
    sim_get_free(get);
}

#define SIM_GOOD_HOSTS 8 /* at most */

/* Adds n servers, good0.test and so on, 20 ms away, whose answer on port 80 has 50,000 bytes. */
static inline void sim_world_add_good(struct sim_world *w, unsigned n, bool http2)
{
    static char names[SIM_GOOD_HOSTS][16];
    assert_true(n <= SIM_GOOD_HOSTS);
    for (unsigned i = 0; i < n; i++) {
        (void)snprintf(names[i], sizeof names[i], "good%u.test", i);
        struct midge_sim_host *host = midge_sim_add_host(w->sim, names[i]);
        midge_sim_set_host_path(
            host, &(struct midge_sim_path){.latency_us = 20000, .bytes_per_s = 1000000});
        if (http2) {
            assert_int_equal(midge_sim_use_http2(host, 80), MIDGE_OK);
        }
        midge_sim_add_reply(host, 80, "/",
                            &(struct midge_sim_reply){.fill = 50000, .delay_ms = 200});
    }
}

#endif
