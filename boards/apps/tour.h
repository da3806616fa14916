/* SPDX-License-Identifier: MIT */
/* The lessons of `tour`. Each shows one idea on its own and says what it saw. */
#ifndef MIDGE_APPS_TOUR_H
#define MIDGE_APPS_TOUR_H

#include "app.h"

struct tour {
    struct app app;
    const char *key_api; /* an API that answers 401 without a key */
};

/* Runs a task to its end, as asyncio.run does. */
struct midge_result tour_run(struct tour *tour, midge_task_fn fn, void *state);
/* Reports an error of a call that must not fail; returns true then. */
bool tour_failed(struct tour *tour, const char *what, int err);

/* tour_tasks.c: without a network */
void lesson_coroutine(struct tour *tour);
void lesson_task(struct tour *tour);
void lesson_gather(struct tour *tour);
void lesson_sleep(struct tour *tour);
void lesson_cleanup(struct tour *tour);
/* tour_requests.c */
void lesson_stream(struct tour *tour);
void lesson_many(struct tour *tour);
void lesson_catch(struct tour *tour);
void lesson_log(struct tour *tour);
/* tour_errors.c */
void lesson_errors_returned(struct tour *tour);
void lesson_fail_fast(struct tour *tour);
void lesson_as_completed(struct tour *tour);

/* An address where no server listens. */
#define TOUR_REFUSED "https://127.0.0.1:1/"

#endif
