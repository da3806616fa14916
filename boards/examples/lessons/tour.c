/* SPDX-License-Identifier: MIT */
/* tour: tasks, sleep, gather, fail-fast, as-completed, a time limit, cleanup, a stream, many URLs,
   errors. */
#include "lessons.h"

struct say {
    uint32_t ms;
    const char *what;
    int err; /* that it fails with, in place of saying it */
    midge_id nap;
    struct midge_result result;
};

static int say_after(struct midge_task *task, void *state)
{
    struct say *say = state;
    MIDGE_BEGIN(task);
    (void)midge_sleep(midge_task_client(task), say->ms, &say->nap);
    MIDGE_AWAIT(task, say->nap, &say->result);
    if (say->result.error != MIDGE_OK) { /* canceled */
        return midge_task_return(task, say->result.error, 0);
    }
    if (say->err == MIDGE_OK) {
        printf("%s\n", say->what);
    }
    return midge_task_return(task, say->err, 0);
    MIDGE_END(task);
}

static void tasks(struct midge_client *client)
{
    struct say says[] = {{.ms = 200, .what = "slow"}, {.ms = 100, .what = "fast"}};
    midge_id slow, fast;
    if (midge_spawn(client, say_after, &says[0], &slow) == MIDGE_OK) {
        if (midge_spawn(client, say_after, &says[1], &fast) == MIDGE_OK) {
            (void)midge_wait(client, fast, NULL);
        }
        (void)midge_wait(client, slow, NULL);
    }
}

/* Spawns one task for each of `says`. */
static size_t spawn(struct midge_client *client, struct say *says, midge_id *ids, size_t n)
{
    size_t spawned = 0;
    while (spawned < n &&
           midge_spawn(client, say_after, &says[spawned], &ids[spawned]) == MIDGE_OK) {
        spawned++;
    }
    return spawned;
}

static void fail_fast(struct midge_client *client)
{
    struct say says[] = {{.ms = 60000, .what = "never said"}, {.ms = 50, .err = MIDGE_ERR_JSON}};
    midge_id ids[2], all;
    size_t n = spawn(client, says, ids, 2);
    if (midge_gather(client, ids, n, MIDGE_GATHER_FAIL_FAST, &all) == MIDGE_OK) {
        printf("failed fast: %s\n", midge_err_text(midge_wait(client, all, NULL)));
    }
    for (size_t i = 0; i < n; i++) {
        (void)midge_wait(client, ids[i], NULL);
    }
}

static void as_completed(struct midge_client *client)
{
    struct say says[] = {
        {.ms = 150, .what = "third"}, {.ms = 50, .what = "first"}, {.ms = 100, .what = "second"}};
    midge_id ids[3], first;
    size_t n = spawn(client, says, ids, 3);
    while (n > 0 && midge_gather(client, ids, n, MIDGE_GATHER_FIRST, &first) == MIDGE_OK) {
        struct midge_result result;
        (void)midge_wait(client, first, &result);
        for (size_t i = 0; i < n; i++) {
            if (ids[i] == result.child) {
                (void)midge_wait(client, ids[i], NULL);
                ids[i] = ids[--n];
            }
        }
    }
    printf("all completed\n");
}

static int hold(struct midge_task *task, void *state)
{
    struct say *say = state;
    MIDGE_BEGIN(task);
    printf("held\n");
    (void)midge_sleep(midge_task_client(task), 60000, &say->nap);
    MIDGE_AWAIT(task, say->nap, &say->result);
    printf("cleaned up\n"); /* after an await that fails, the function goes on here */
    return midge_task_return(task, say->result.error, 0);
    MIDGE_END(task);
}

static void time_limit(struct midge_client *client)
{
    struct say say = {0};
    midge_id holding, bounded;
    if (midge_spawn(client, hold, &say, &holding) == MIDGE_OK &&
        midge_timeout(client, holding, 50, &bounded) == MIDGE_OK) {
        printf("%s\n", midge_err_text(midge_wait(client, bounded, NULL)));
    }
}

struct count {
    struct midge_sink sink;
    size_t total;
};

static int count_chunk(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    (void)data;
    ((struct count *)(void *)sink)->total += len; /* never whole in memory */
    return MIDGE_OK;
}

static int count_end(struct midge_sink *sink, int err, enum midge_complete complete)
{
    (void)sink;
    (void)complete;
    return err;
}

static void stream(struct midge_client *client)
{
    struct count count = {.sink = {.write = count_chunk, .finish = count_end}};
    const struct midge_request get = {.url = "/posts", .sink = &count.sink};
    midge_id id;
    if (midge_start(client, &get, &id) == MIDGE_OK) {
        (void)midge_wait(client, id, NULL);
    }
    printf("%lu bytes\n", (unsigned long)count.total);
}

static void many(struct midge_client *client)
{
    midge_id ids[5];
    struct midge_result result;
    unsigned n = 0;
    int err = MIDGE_OK;
    while (n < 5 && err == MIDGE_OK) {
        char url[32];
        (void)snprintf(url, sizeof url, "/posts/%u", n + 1);
        const struct midge_request get = {.url = url}; /* copied */
        err = midge_start(client, &get, &ids[n]);
        n += err == MIDGE_OK;
    }
    for (unsigned i = 0; i < n; i++) { /* all run while one is waited for */
        (void)midge_wait(client, ids[i], &result);
        printf("%u\n", result.status);
    }
}

static void errors(struct midge_client *client)
{
    const struct midge_request post = {.url = "/v1/images/generations",
                                       .content_type = "application/json",
                                       .body = "{}",
                                       .body_len = 2};
    struct midge_result result;
    char why[160];
    midge_id id;
    int err = midge_start(client, &post, &id);
    if (err == MIDGE_OK) {
        (void)midge_wait(client, id, &result);
        if (midge_raise_for_status(&result, why, sizeof why) != MIDGE_OK) {
            printf("ERROR %s\n", why);
        }
    }
    printf("and the program goes on\n");
}

int lesson_tour(struct midge_client *client, const struct lesson_api *api)
{
    (void)api;
    tasks(client);
    fail_fast(client);
    as_completed(client);
    time_limit(client);
    stream(client);
    many(client);
    errors(client);
    return 0;
}
