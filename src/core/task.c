/* SPDX-License-Identifier: MIT */
/* Tasks of the application. A task is stepped at most once in a turn, when the awaitable that it
   waits for has ended: a watcher puts it on client->tasks. A task that waits for room
   (MIDGE_AWAIT_ROOM) is on client->roomless and tries again when something has ended or was
   freed. */
#include "core/task.h"
#include "base/check.h"
#include "base/list.h"
#include "core/future.h"
#include "core/client.h"
#include "midge/config.h"
#include "midge/task.h"

#if MIDGE_WITH_TASKS

struct task {
    struct midge__simple simple; /* first: shares result and destroy */
    struct midge_task task;
    struct midge__list ready; /* client->tasks while it can run; or client->roomless */
    midge_task_fn fn;
    void *state;
    bool started, running;
};

static struct task *task_of(struct midge__awaitable *aw)
{
    return MIDGE_CONTAINER_OF(aw, struct task, simple.aw);
}

static void make_ready(struct task *task)
{
    if (midge__list_empty(&task->ready) && !task->running) {
        midge__list_push_tail(&task->task.client->tasks, &task->ready);
    }
}

static void end(struct task *task, int err)
{
    midge__list_remove(&task->ready);
    task->simple.error = err;
    task->simple.value = task->task.value;
    midge__awaitable_end(&task->simple.aw);
}

static void woken(void *ctx, midge_id id, const struct midge_result *result)
{
    struct task *task = ctx;
    struct midge__awaitable *aw = midge__awaitable_find(task->task.client, id);
    (void)result;
    if (aw != NULL) {
        midge__awaitable_keep(aw); /* this task takes it, when it runs */
    }
    make_ready(task);
}

/* A task that never ran has nothing to clean up. Others notice it at their await. A second cancel
   does nothing, which ends the recursion if tasks await each other. */
static void cancel(struct midge__awaitable *aw, int err)
{
    struct task *task = task_of(aw);
    if (task->task.canceled) {
        return;
    }
    task->task.canceled = 1;
    if (!task->started) {
        end(task, err);
    } else if (task->task.waiting != 0) {
        (void)midge_cancel(aw->client, task->task.waiting);
    } else {
        midge__list_remove(&task->ready); /* it stops waiting for room */
        make_ready(task);
    }
}

static void destroy(struct midge__awaitable *aw)
{
    struct task *task = task_of(aw);
    if (task->task.waiting != 0) {
        (void)midge_watch(aw->client, task->task.waiting, NULL, NULL);
    }
    midge__list_remove(&task->ready);
    midge__memory_free(&aw->client->memory, task);
}

static const struct midge__awaitable_ops task_ops = {
    .cancel = cancel,
    .result = midge__simple_result,
    .destroy = destroy,
};

/* A task waits for room again and has freed only the memory that its try took: then nothing has
   changed for others or for itself. */
static void forget_try(const struct task *task, bool due, size_t free_bytes, uint32_t requests)
{
    struct midge_client *client = task->task.client;
    if (!midge__list_empty(&task->ready) && client->n_requests == requests &&
        midge__memory_free_bytes(&client->memory) == free_bytes) {
        client->admission_due = due;
    }
}

static void step(struct task *task)
{
    struct midge_client *client = task->task.client;
    const bool due = client->admission_due;
    const size_t free_bytes = midge__memory_free_bytes(&client->memory);
    const uint32_t requests = client->n_requests;
    task->started = true;
    task->running = true;
    int answer = task->fn(&task->task, task->state);
    task->running = false;
    forget_try(task, due, free_bytes, requests);
    if (answer == MIDGE_TASK_ENDED) {
        int err = task->task.error;
        end(task, err == MIDGE_OK && task->task.canceled ? MIDGE_ERR_CANCELED : err);
    } else if (midge_done(client, task->task.waiting) != 0) {
        make_ready(task); /* it waits for nothing live: it runs in the next turn */
    }
}

static void run(struct midge_client *client)
{
    /* Tasks that become ready now run in the next turn. */
    midge__list_splice_tail(&client->running, &client->tasks);
    struct midge__list *link;
    while ((link = midge__list_pop(&client->running)) != NULL) {
        step(MIDGE_CONTAINER_OF(link, struct task, ready));
    }
}

static void room(struct midge_client *client, bool came)
{
    if (came) {
        client->room_tries = 0;
        MIDGE__LIST_FOR_EACH(it, &client->roomless)
        {
            client->room_tries++;
        }
    }
    struct midge__list *link = client->room_tries > 0 ? midge__list_pop(&client->roomless) : NULL;
    client->room_tries = link != NULL ? client->room_tries - 1 : 0;
    if (link != NULL) {
        midge__list_push_tail(&client->tasks, link);
    }
}

static const struct midge__task_ops turn_ops = {.run = run, .room = room};

int midge_spawn(struct midge_client *client, midge_task_fn fn, void *state, midge_id *id)
{
    if (client == NULL || fn == NULL || id == NULL) {
        return MIDGE_ERR_INVALID;
    }
    midge__awaitables_forget(client);
    struct task *task = midge__memory_calloc(&client->memory, 0, 1, sizeof *task);
    if (task == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    int err = midge__simple_add(client, &task->simple, &task_ops);
    if (err != MIDGE_OK) {
        return err;
    }
    task->fn = fn;
    task->state = state;
    task->task.client = client;
    client->task_ops = &turn_ops;
    midge__list_init(&task->ready);
    task->task.id = *id = task->simple.aw.id;
    make_ready(task);
    return MIDGE_OK;
}

/* Ends the await at once with err. */
static int ended_with(struct midge_result *result, midge_id id, int err)
{
    midge__result_failed(result, id, err);
    return 1;
}

int midge__await(struct midge_task *public, midge_id id, struct midge_result *result)
{
    struct midge_client *client = public->client;
    struct task *task = MIDGE_CONTAINER_OF(public, struct task, task);
    if (id == public->id) {
        return ended_with(result, id, MIDGE_ERR_INVALID); /* itself: it would never end */
    }
    if (public->canceled && midge_done(client, id) == 0) {
        (void)midge_cancel(client, id);
    }
    if (midge_done(client, id) != 0) {
        int err = midge_take(client, id, result);
        return err == MIDGE_OK ? 1 : ended_with(result, id, err);
    }
    int err = midge_watch(client, id, woken, task);
    if (err != MIDGE_OK) {
        return ended_with(result, id, err);
    }
    public->waiting = id;
    return 0;
}

int midge__awaited(struct midge_task *public, struct midge_result *result)
{
    midge_id id = public->waiting;
    int err = midge_take(public->client, id, result);
    if (err == MIDGE_ERR_AGAIN) {
        return 0;
    }
    public->waiting = 0;
    return err == MIDGE_OK ? 1 : ended_with(result, id, err);
}

/* Is anything under way that ends by itself? Futures, and other tasks that wait for room, do
   not. */
static bool others_give_room(const struct midge_client *client)
{
    return client->queued > 0 || client->transfers > 0 || !midge__list_empty(&client->ended) ||
           !midge__list_empty(&client->tasks) || !midge__list_empty(&client->running) ||
           midge__timer_heap_left(&client->timers) != MIDGE__TIMER_NEVER;
}

int midge__await_room(struct midge_task *public, int err)
{
    struct midge_client *client = public->client;
    struct task *task = MIDGE_CONTAINER_OF(public, struct task, task);
    if ((err != MIDGE_ERR_NO_MEMORY && err != MIDGE_ERR_NO_SLOT) || public->canceled ||
        !others_give_room(client)) {
        return 0;
    }
    midge__list_remove(&task->ready);
    midge__list_push_tail(&client->roomless, &task->ready);
    return 1;
}

#endif
