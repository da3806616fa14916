/* SPDX-License-Identifier: MIT */
/*
 * The programs of an asyncio course in C, each beside its original: NAME.c and NAME.py print the
 * same lines. The guide is README.md.
 *
 * They use the public API only, so they run on a desktop and in a firmware. The client has a
 * base_url, as aiohttp.ClientSession(api) has.
 */
#ifndef LESSONS_H
#define LESSONS_H

#include <midge/midge.h>
#include <stdio.h>

/* For images and chat: the key of the API, "" none, and the model. */
struct lesson_api {
    const char *key, *model;
};

/* Each returns how many of its requests failed. */
typedef int lesson_fn(struct midge_client *client, const struct lesson_api *api);
lesson_fn lesson_posts, lesson_itunes, lesson_images, lesson_tour, lesson_chat;

/* asyncio.gather(…, return_exceptions=True): runs fn as n tasks at once, one for each element of
   the array `states`, and returns when all have ended. A task for which there is no memory does not
   run: the err in its state stays LESSON_NOT_RUN. */
#define LESSON_NOT_RUN MIDGE_ERR_NO_MEMORY
void lesson_gather(struct midge_client *client, midge_task_fn fn, void *states, size_t size,
                   size_t n);

/* response.raise_for_status(), as a request's on_response: the body of a refusal is dropped. */
int lesson_raise(void *ctx, midge_id id, const struct midge_response *response);

/* One line for an error: `why` if the request said it, or else the error's text. */
const char *lesson_why(int err, const char *why);

/* Since `began_ms`, a time of midge_now_ms. */
double lesson_seconds(const struct midge_client *client, uint64_t began_ms);

#endif
