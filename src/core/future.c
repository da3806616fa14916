/* SPDX-License-Identifier: MIT */
/* Sleeps and futures: awaitables with a small result. A sleep is one whose timer fires, with or
   without a callback; a future is completed by the application. */
#include "core/future.h"
#include "base/check.h"
#include "base/millis.h"
#include "core/admission.h"
#include "core/client.h"
#include "midge/config.h"
#include <string.h>

#if MIDGE__FUTURES

static void end_simple(struct midge__awaitable *aw, int err)
{
    MIDGE_CONTAINER_OF(aw, struct midge__simple, aw)->error = err;
    midge__awaitable_end(aw);
}

/* The callback may complete the future itself, so that a granted permit is not lost. */
static void simple_cancel(struct midge__awaitable *aw, int err)
{
    struct midge__simple *simple = MIDGE_CONTAINER_OF(aw, struct midge__simple, aw);
    struct midge_client *client = aw->client;
    void (*on_cancel)(void *ctx, midge_id id) = simple->on_cancel;
    midge_id id = aw->id;
    simple->on_cancel = NULL;
    if (on_cancel != NULL) {
        on_cancel(simple->ctx, id);
    }
    if (midge__awaitable_find(client, id) == aw && !midge__awaitable_ended(aw)) {
        end_simple(aw, err);
    }
}

void midge__simple_result(const struct midge__awaitable *aw, struct midge_result *result)
{
    const struct midge__simple *simple =
        (const struct midge__simple *)(const void *)((const char *)aw -
                                                     offsetof(struct midge__simple, aw));
    if (simple->full != NULL) {
        *result = *simple->full;
    }
    result->error = simple->error;
    result->child = simple->child;
    result->value = simple->value;
}

void midge__simple_destroy(struct midge__awaitable *aw)
{
    struct midge__simple *simple = MIDGE_CONTAINER_OF(aw, struct midge__simple, aw);
    midge__memory_free(&aw->client->memory, simple->full);
    midge__memory_free(&aw->client->memory, simple);
}

const struct midge__awaitable_ops midge__simple_ops = {
    .cancel = simple_cancel,
    .result = midge__simple_result,
    .destroy = midge__simple_destroy,
};

int midge__simple_add(struct midge_client *client, struct midge__simple *simple,
                      const struct midge__awaitable_ops *ops)
{
    simple->aw.ops = ops;
    int err = midge__memory_spares(&client->memory) ? midge__awaitable_add(client, &simple->aw)
                                                    : MIDGE_ERR_NO_MEMORY;
    if (err != MIDGE_OK) {
        midge__memory_free(&client->memory, simple);
    }
    return err;
}

static int simple_new(struct midge_client *client, const struct midge__awaitable_ops *ops,
                      struct midge__simple **out)
{
    midge__awaitables_forget(client);
    *out = midge__memory_calloc(&client->memory, 0, 1, sizeof **out);
    return *out != NULL ? midge__simple_add(client, *out, ops) : MIDGE_ERR_NO_MEMORY;
}

/* --- sleeps --- */

static void sleep_over(struct midge__timer *timer)
{
    midge__awaitable_end(MIDGE_CONTAINER_OF(timer, struct midge__awaitable, timer));
}

static int sleep_new(struct midge_client *client, uint32_t ms,
                     const struct midge__awaitable_ops *ops, struct midge__simple **out)
{
    int err = simple_new(client, ops, out);
    if (err != MIDGE_OK) {
        return err;
    }
    struct midge__timer *timer = &(*out)->aw.timer;
    timer->fire = sleep_over;
    midge__client_tick(client);
    if (ms != MIDGE_NO_TIMEOUT) {
        (void)midge__timer_arm(&client->timers, timer, client->now_ms + ms);
    }
    return MIDGE_OK;
}

int midge_sleep(struct midge_client *client, uint32_t ms, midge_id *id)
{
    struct midge__simple *simple;
    if (client == NULL || id == NULL || !midge__millis_valid(ms)) {
        return MIDGE_ERR_INVALID;
    }
    int err = sleep_new(client, ms, &midge__simple_ops, &simple);
    if (err == MIDGE_OK) {
        *id = simple->aw.id;
    }
    return err;
}

static void call_back(void *ctx, const struct midge_result *result)
{
    const struct midge__simple *simple = ctx;
    if (result->error == MIDGE_OK) {
        simple->call(simple->ctx);
    }
}

static midge__done_fn later_done(const struct midge__awaitable *aw, void **ctx)
{
    *ctx = (void *)(uintptr_t)aw; /* the first field of the object */
    return call_back;
}

int midge_call_later(struct midge_client *client, uint32_t ms, void (*fn)(void *ctx), void *ctx,
                     midge_id *id)
{
    static const struct midge__awaitable_ops ops = {
        .cancel = end_simple,
        .result = midge__simple_result,
        .done = later_done,
        .destroy = midge__simple_destroy,
    };
    struct midge__simple *simple;
    if (client == NULL || fn == NULL || !midge__millis_valid(ms)) {
        return MIDGE_ERR_INVALID;
    }
    int err = sleep_new(client, ms, &ops, &simple);
    if (err != MIDGE_OK) {
        return err;
    }
    simple->call = fn;
    simple->ctx = ctx;
    if (id != NULL) {
        *id = simple->aw.id;
    }
    return MIDGE_OK;
}

/* --- futures --- */

static int future_new(struct midge_client *client, void (*on_cancel)(void *ctx, midge_id id),
                      void *ctx, bool inner, midge_id *id)
{
    struct midge__simple *simple;
    if (client == NULL || id == NULL) {
        return MIDGE_ERR_INVALID;
    }
    int err = simple_new(client, &midge__simple_ops, &simple);
    if (err != MIDGE_OK) {
        return err;
    }
    simple->aw.inner = inner;
    simple->on_cancel = on_cancel;
    simple->ctx = ctx;
    *id = simple->aw.id;
    return MIDGE_OK;
}

int midge_future(struct midge_client *client, void (*on_cancel)(void *ctx, midge_id id), void *ctx,
                 midge_id *id)
{
    return future_new(client, on_cancel, ctx, false, id);
}

int midge__future(struct midge_client *client, void (*on_cancel)(void *ctx, midge_id id), void *ctx,
                  midge_id *id)
{
    return future_new(client, on_cancel, ctx, true, id);
}

static void future_time(struct midge__timer *timer)
{
    struct midge__simple *simple = MIDGE_CONTAINER_OF(
        MIDGE_CONTAINER_OF(timer, struct midge__awaitable, timer), struct midge__simple, aw);
    simple->on_cancel(simple->ctx, 0);
}

void midge__future_after(struct midge_client *client, midge_id id, uint32_t ms)
{
    struct midge__timer *timer = &midge__awaitable_find(client, id)->timer;
    timer->fire = future_time;
    midge__client_tick(client);
    (void)midge__timer_arm(&client->timers, timer, client->now_ms + ms);
}

/* A request's result that is passed on (midge_timeout) is copied whole, its URL behind it. If there
   is no memory for the copy, its error is still passed on; a success becomes NO_MEMORY, so that it
   is not taken for a success without status. */
static void keep_full(struct midge__simple *simple, const struct midge_result *result)
{
    if (!result->is_request) {
        return;
    }
    size_t url_size = result->url != NULL ? strlen(result->url) + 1 : 0;
    simple->full =
        midge__memory_alloc(&simple->aw.client->memory, 0, sizeof *simple->full + url_size);
    if (simple->full != NULL) {
        *simple->full = *result;
        if (url_size > 0) {
            simple->full->url = memcpy(simple->full + 1, result->url, url_size);
        }
    } else if (simple->error == MIDGE_OK) {
        simple->error = MIDGE_ERR_NO_MEMORY;
    }
}

static int complete(struct midge_client *client, midge_id id, bool inner,
                    const struct midge_result *result)
{
    struct midge__awaitable *aw = midge__awaitable_find(client, id);
    if (aw == NULL || midge__awaitable_ended(aw) || aw->ops != &midge__simple_ops ||
        aw->inner != inner || aw->timer.fire == sleep_over) {
        return MIDGE_ERR_STALE;
    }
    struct midge__simple *simple = MIDGE_CONTAINER_OF(aw, struct midge__simple, aw);
    simple->error = result->error;
    simple->child = result->child;
    simple->value = result->value;
    keep_full(simple, result);
    midge__awaitable_end(aw);
    return MIDGE_OK;
}

int midge_future_complete(struct midge_client *client, midge_id id,
                          const struct midge_result *result)
{
    return complete(client, id, false, result);
}

int midge__future_complete(struct midge_client *client, midge_id id,
                           const struct midge_result *result)
{
    return complete(client, id, true, result);
}

#endif
