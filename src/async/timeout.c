/* SPDX-License-Identifier: MIT */
/*
 * Timeout: a future that watches another awaitable and a sleep; the first one that ends decides.
 *
 * After the time is over it waits until the canceled awaitable has ended: its buffers and sinks are
 * in use until then. (asyncio.wait_for does the same.)
 */
#include "midge/gather.h"

#if MIDGE_WITH_TIMEOUT

struct timeout {
    struct midge_client *client;
    midge_id id;
    midge_id of;
    midge_id timer; /* 0 once ended */
    uint8_t expired;
};

static void drop_timer(struct timeout *timeout)
{
    midge_id timer = timeout->timer;
    timeout->timer = 0;
    if (timer != 0) {
        (void)midge_watch(timeout->client, timer, NULL, NULL);
        (void)midge_cancel(timeout->client, timer);
        (void)midge_detach(timeout->client, timer);
    }
}

/* It watches and holds nothing any more. */
static void timeout_free(struct timeout *timeout)
{
    (void)midge_watch(timeout->client, timeout->of, NULL, NULL); /* STALE where `of` was taken */
    drop_timer(timeout);
    midge_free(timeout->client, timeout);
}

/* Completes the future with the result of `of` and frees timeout. The caller must not use it
   afterwards. */
static void pass_on(struct timeout *timeout, struct midge_result *result)
{
    struct midge_client *client = timeout->client;
    midge_id id = timeout->id;
    if (timeout->expired) {
        result->error = MIDGE_ERR_TIMEOUT;
    }
    timeout_free(timeout);
    (void)midge__future_complete(client, id, result);
}

static void of_ended(void *ctx, midge_id id, const struct midge_result *ended)
{
    struct timeout *timeout = ctx;
    struct midge_result result = *ended;
    (void)midge_take(timeout->client, id, &result);
    pass_on(timeout, &result);
}

static void timer_ended(void *ctx, midge_id id, const struct midge_result *result)
{
    struct timeout *timeout = ctx;
    int error = result->error;
    timeout->timer = 0;
    (void)midge_detach(timeout->client, id);
    /* A sleep fails only when the client closes; then `of` ends with CLOSED too. If `of` has ended
       in this turn, it was in time: its watcher will run. */
    if (error != MIDGE_OK || midge_done(timeout->client, timeout->of) != 0) {
        return;
    }
    timeout->expired = 1;
    (void)midge_cancel(timeout->client, timeout->of); /* may end and free timeout */
}

static void timeout_canceled(void *ctx, midge_id id)
{
    struct timeout *timeout = ctx;
    struct midge_client *client = timeout->client;
    midge_id of = timeout->of;
    struct midge_result result;
    (void)id;
    (void)midge_watch(client, of, NULL, NULL);
    if (midge_take(client, of, &result) == MIDGE_OK) {
        /* It has ended in this turn; its result, a permit for example, must not get lost. */
        pass_on(timeout, &result);
        return;
    }
    timeout_free(timeout);
    (void)midge_cancel(client, of);
    (void)midge_detach(client, of); /* the caller gave it to us, so no one else takes it */
}

int midge_timeout(struct midge_client *client, midge_id of, uint32_t ms, midge_id *id)
{
    if (id == NULL) {
        return MIDGE_ERR_INVALID;
    }
    struct timeout *timeout = midge_alloc(client, sizeof *timeout);
    if (timeout == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    *timeout = (struct timeout){.client = client, .of = of};
    int err = midge_watch(client, of, of_ended, timeout);
    if (err != MIDGE_OK) {
        midge_free(client, timeout);
        return err;
    }
    err = midge_sleep(client, ms, &timeout->timer);
    if (err == MIDGE_OK) {
        err = midge_watch(client, timeout->timer, timer_ended, timeout);
    }
    if (err == MIDGE_OK) {
        err = midge__future(client, timeout_canceled, timeout, &timeout->id);
    }
    if (err != MIDGE_OK) {
        timeout_free(timeout);
        return err;
    }
    *id = timeout->id;
    return MIDGE_OK;
}

#endif
