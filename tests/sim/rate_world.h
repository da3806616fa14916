/* SPDX-License-Identifier: MIT */
/* What the tests of rates and holds share: hosts whose servers note when they are asked, and many
   requests. Time is virtual. */
#ifndef RATE_WORLD_H
#define RATE_WORLD_H

#include "sim_world.h"

enum { MOST = 60 };

struct asked {
    char host; /* the first letter of its name */
    uint64_t ms;
};

struct ask {
    struct sim_get get;
    midge_id id;
    char url[64];
};

static struct sim_world w;
static struct ask asks[MOST];
static unsigned n_asks;
static struct asked log_[4 * MOST]; /* of the requests that were sent, in order */
static unsigned n_log;

/* --- the world --- */

static inline void on_request(void *ctx, const struct midge_sim_request *request,
                              struct midge_sim_reply *reply)
{
    (void)request, (void)reply;
    if (n_log < sizeof log_ / sizeof log_[0]) {
        log_[n_log++] = (struct asked){*(const char *)ctx, midge_sim_now_ms(w.sim)};
    }
}

static inline struct midge_sim_host *host(const char *name)
{
    return midge_sim_add_host(w.sim, name);
}

static inline void reply(const char *name, const char *path, const struct midge_sim_reply *with)
{
    struct midge_sim_reply logged = *with;
    logged.on_request = on_request;
    logged.ctx = (void *)(uintptr_t)name;
    midge_sim_add_reply(host(name), 80, path, &logged);
}

static inline void open_at(uint32_t clock_ms, const struct midge_config *config)
{
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1, .clock_start_ms = clock_ms}, config);
    n_asks = n_log = 0;
    for (const char *const *name = (const char *const[]){"a.test", "b.test", "c.test", NULL};
         *name != NULL; name++) {
        reply(*name, "/", &(struct midge_sim_reply){.body = "ok"});
    }
}

static inline void open_with(const struct midge_config *config)
{
    open_at(0, config);
}

static inline int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

/* --- requests --- */

static inline struct ask *prepare(const char *url)
{
    struct ask *a = &asks[n_asks++];
    assert_true(n_asks <= MOST);
    (void)snprintf(a->url, sizeof a->url, "http://%s", url);
    sim_get_init(&w, &a->get, a->url);
    return a;
}

static inline void start(struct ask *a)
{
    assert_int_equal(midge_start(w.client, &a->get.request, &a->id), MIDGE_OK);
}

static inline void start_all(const char *url, unsigned n)
{
    while (n-- > 0) {
        start(prepare(url));
    }
}

static inline void run_for(uint32_t ms)
{
    assert_true(midge_sim_run(w.sim, w.client, ms) >= 0);
}

static inline void all_ok(void)
{
    sim_world_run(&w);
    for (unsigned i = 0; i < n_asks; i++) {
        sim_get_ended(&asks[i].get, MIDGE_OK, 200, "ok");
    }
}

static inline void sent_at(unsigned nth, uint64_t ms)
{
    assert_in_range(log_[nth].ms, ms, ms + 1);
}

static inline void sent_evenly(unsigned n, unsigned ms)
{
    assert_int_equal(n_log, n);
    for (unsigned k = 0; k < n; k++) {
        sent_at(k, ms * k);
    }
}

static const struct midge_rate ten = {.requests = 10};

#endif
