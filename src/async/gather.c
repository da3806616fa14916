/* SPDX-License-Identifier: MIT */
/*
 * Gather: a future that watches its children.
 *
 * Within midge_cancel or midge_future_complete another object's watcher or on_cancel may run and
 * call functions of this file. Therefore a gather in its cancel loop (busy) is neither ended nor
 * freed by such calls, and it is freed before its future is completed.
 */
#include <stdbool.h>

#include "base/check.h"
#include "midge/gather.h"

#if MIDGE_WITH_GATHER

struct gather_child {
    midge_id id;    /* 0 once ended: its watcher was called and is no longer ours */
    uint32_t index; /* to find the gather from the watcher's context */
};

struct gather {
    struct midge_client *client;
    midge_id id;
    midge_id child; /* the first that failed; FIRST: the first that ended */
    int error;      /* FAIL_FAST: of that child */
    size_t n, left;
    uint8_t mode; /* enum midge_gather_mode */
    uint8_t busy; /* number of cancel loops up the stack */
    uint8_t canceled;
    struct gather_child children[];
};

static struct gather *gather_of(struct gather_child *child)
{
    return MIDGE_CONTAINER_OF(child - child->index, struct gather, children);
}

/* Cancels those that have not ended, or only takes our watcher away. */
static void leave_children(struct gather *gather, bool cancel)
{
    gather->busy++;
    for (size_t i = 0; i < gather->n; i++) {
        midge_id id = gather->children[i].id;
        if (id != 0 && cancel) {
            (void)midge_cancel(gather->client, id);
        } else if (id != 0) {
            (void)midge_watch(gather->client, id, NULL, NULL);
        }
    }
    gather->busy--;
}

/* Ends and frees the gather if it is due and no cancel loop up the stack uses it. The caller must
   not use it afterwards. */
static void settle(struct gather *gather)
{
    if (gather->busy || (gather->left > 0 && !gather->canceled)) {
        return;
    }
    struct midge_client *client = gather->client;
    midge_id id = gather->canceled ? 0 : gather->id; /* canceled: the core completes it */
    struct midge_result result = {.error = gather->error, .child = gather->child};
    midge_free(client, gather);
    if (id != 0) {
        (void)midge__future_complete(client, id, &result);
    }
}

static void child_ended(void *ctx, midge_id id, const struct midge_result *result)
{
    struct gather_child *child = ctx;
    struct gather *gather = gather_of(child);
    int failed = result->error != MIDGE_OK && gather->child == 0;
    child->id = 0;
    gather->left--;
    if (failed || gather->mode == MIDGE_GATHER_FIRST) {
        gather->child = id;
    }
    if (gather->mode == MIDGE_GATHER_FIRST) {
        leave_children(gather, false);
        gather->left = 0;
    } else if (failed && gather->mode == MIDGE_GATHER_FAIL_FAST) {
        gather->error = result->error;
        leave_children(gather, true);
    }
    settle(gather);
}

static void gather_canceled(void *ctx, midge_id id)
{
    struct gather *gather = ctx;
    (void)id;
    gather->canceled = 1;
    leave_children(gather, false); /* their results stay until they are taken */
    if (gather->mode != MIDGE_GATHER_FIRST) {
        leave_children(gather, true);
    }
    settle(gather);
}

static struct gather *gather_new(struct midge_client *client, const midge_id *ids, size_t n,
                                 enum midge_gather_mode mode)
{
    struct gather *gather = midge_alloc(client, sizeof *gather + n * sizeof(struct gather_child));
    if (gather == NULL) {
        return NULL;
    }
    *gather = (struct gather){.client = client, .n = n, .left = n, .mode = (uint8_t)mode};
    for (size_t i = 0; i < n; i++) {
        gather->children[i] = (struct gather_child){.id = ids[i], .index = (uint32_t)i};
    }
    return gather;
}

/* Watches all or none. A child that is listed twice has a watcher at the second time: BUSY, too. */
static int watch_children(struct gather *gather)
{
    for (size_t i = 0; i < gather->n; i++) {
        struct gather_child *child = &gather->children[i];
        int err = midge_watch(gather->client, child->id, child_ended, child);
        if (err != MIDGE_OK) {
            gather->n = i; /* only these have our watcher */
            leave_children(gather, false);
            return err;
        }
    }
    return MIDGE_OK;
}

int midge_gather(struct midge_client *client, const midge_id *ids, size_t n,
                 enum midge_gather_mode mode, midge_id *id)
{
    /* There are never so many ids; the bound protects the size computed from n. */
    if (ids == NULL || id == NULL || n == 0 || n > UINT16_MAX || mode > MIDGE_GATHER_FIRST) {
        return MIDGE_ERR_INVALID;
    }
    struct gather *gather = gather_new(client, ids, n, mode);
    if (gather == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    int err = watch_children(gather);
    if (err == MIDGE_OK) {
        /* The future is made last, since it cannot be removed again. No watcher has run yet. */
        err = midge__future(client, gather_canceled, gather, &gather->id);
        if (err != MIDGE_OK) {
            leave_children(gather, false);
        }
    }
    if (err != MIDGE_OK) {
        midge_free(client, gather);
        return err;
    }
    *id = gather->id;
    return MIDGE_OK;
}

#endif
