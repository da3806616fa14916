/* SPDX-License-Identifier: MIT */
/*
 * Tasks: functions that read like async/await. Stackless: variables that must survive an await are
 * in the task's state, not in locals.
 *
 *     struct fetch { midge_id get; struct midge_result r; };
 *     static int fetch_task(struct midge_task *task, void *state)
 *     {
 *         struct fetch *f = state;
 *         MIDGE_BEGIN(task);
 *         midge_start(midge_task_client(task), &request, &f->get);
 *         MIDGE_AWAIT(task, f->get, &f->r);
 *         printf("%d\n", f->r.status);
 *         MIDGE_END(task);
 *     }
 *
 * MIDGE_BEGIN and MIDGE_END are the braces of a switch: each MIDGE_AWAIT is a case of it. Declare
 * variables of the whole function before MIDGE_BEGIN. In C++ a local with an initialiser after
 * MIDGE_BEGIN needs a block of its own without an await in it, since a case may not jump over it.
 *
 * A canceled task still runs to its end: its current await ends with CANCELED (the awaited thing is
 * canceled too), and the rest of the function can clean up; further awaits end at once.
 */
#ifndef MIDGE_TASK_H
#define MIDGE_TASK_H

#include <midge/client.h>
#include <midge/config.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A task under way; midge's own, a task's function only passes it on. */
struct midge_task {
    struct midge_client *client; /* that runs it */
    midge_id id;                 /* the task's own id */
    midge_id waiting;            /* the awaited id */
    unsigned at;                 /* the line to continue at */
    int error;                   /* the task's outcome, see midge_task_return */
    intptr_t value;              /* the same */
    uint8_t canceled;            /* 1: each further await ends with CANCELED */
};

/* How a task's function returns. */
enum {
    MIDGE_TASK_ENDED = 0, /* it is done */
    MIDGE_TASK_WAITS = 1  /* it waits, and is called again */
};
/* A task's function: runs from one await to the next. Returns one of these two, which the macros
   and midge_task_return do. */
typedef int (*midge_task_fn)(struct midge_task *task, void *state);

#if MIDGE_WITH_TASKS

/* Run fn from the next turn on. state must live until the task has ended. NO_SLOT, NO_MEMORY. */
int midge_spawn(struct midge_client *client, midge_task_fn fn, void *state, midge_id *id);

/* 1 when the awaited thing has ended (result filled), 0 when the task must return and wait. A
   stale id ends at once with STALE. For MIDGE_AWAIT. */
int midge__await(struct midge_task *task, midge_id id, struct midge_result *result);
int midge__awaited(struct midge_task *task, struct midge_result *result);

/* The first statement of a task's function. */
#define MIDGE_BEGIN(task)                                                                          \
    switch ((task)->at) {                                                                          \
    case 0:

/* result: a struct midge_result * that is valid before and after. */
#define MIDGE_AWAIT(task, awaited, result)                                                         \
    do {                                                                                           \
        (task)->at = __LINE__;                                                                     \
        if (!midge__await((task), (awaited), (result)))                                            \
            return MIDGE_TASK_WAITS;                                                               \
        if (0) {                                                                                   \
        case __LINE__:                                                                             \
            if (!midge__awaited((task), (result)))                                                 \
                return MIDGE_TASK_WAITS;                                                           \
        }                                                                                          \
    } while (0)

/* For MIDGE_AWAIT_ROOM. */
int midge__await_room(struct midge_task *task, int err);

/* Waits for room. Sets err (an int in the task's state) to the value of call, an expression that
   starts something: midge_start, midge_spawn, midge_sleep, or a function of the application that
   builds a request and starts it. While call returns NO_MEMORY or NO_SLOT, and requests, sleeps or
   other tasks are under way that can free memory or slots, the task waits, which takes no memory;
   call is evaluated again when something has ended or was freed. Afterwards err is final: MIDGE_OK,
   another error, or NO_MEMORY and NO_SLOT when nothing else is under way or the task is canceled.

       static int start_get(struct fetch *f)
       {
           const struct midge_request get = {.url = f->url, .sink = &f->sink};
           return midge_start(f->client, &get, &f->get);
       }
       ...
       MIDGE_AWAIT_ROOM(task, f->err, start_get(f));
       if (f->err == MIDGE_OK) {
           MIDGE_AWAIT(task, f->get, &f->r);
       }

   A task that spawns the others in this way starts any number of them, as many at a time as the
   block holds. max_awaitables must be larger than the number of tasks, since each task needs a
   second slot for the thing that it awaits. */
#define MIDGE_AWAIT_ROOM(task, err, call)                                                          \
    do {                                                                                           \
        (task)->at = __LINE__;                                                                     \
        if (0) {                                                                                   \
        case __LINE__:;                                                                            \
        }                                                                                          \
        (err) = (call);                                                                            \
        if (midge__await_room((task), (err)))                                                      \
            return MIDGE_TASK_WAITS;                                                               \
    } while (0)

/* The last one: the task ends with MIDGE_OK. */
#define MIDGE_END(task)                                                                            \
    }                                                                                              \
    return MIDGE_TASK_ENDED

/* Sets error and value of the task's result; returns MIDGE_TASK_ENDED, for the task to return. */
static inline int midge_task_return(struct midge_task *task, int error, intptr_t value)
{
    task->error = error;
    task->value = value;
    return MIDGE_TASK_ENDED;
}

/* The client that runs the task. */
static inline struct midge_client *midge_task_client(const struct midge_task *task)
{
    return task->client;
}

#endif

#ifdef __cplusplus
}
#endif
#endif
