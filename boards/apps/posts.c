/* SPDX-License-Identifier: MIT */
/*
 * posts: /posts/1 to /posts/3, one after another and then at once, with both times. A failure of
 * one does not affect the others.
 *
 *     async def post(n):
 *         async with session.get(f"{api}/posts/{n}") as response:
 *             response.raise_for_status()
 *             return await response.json()
 *
 *     await asyncio.gather(post(1), post(2), post(3), return_exceptions=True)
 */
#include <stdio.h>

#include "app.h"

#define POSTS      3
#define POST_BYTES 4096 /* of one answer; they have some 300 */
#define POST_DEPTH 4
#define POST_MORE  3072 /* of the block, for an item: the request's copy, answer, tree */

/* The local variables of the Python function. */
struct post {
    struct app_item item;
    struct midge_blob body;
    struct cJSON *json;
};

static int get_post(struct app_item *item)
{
    struct post *post = (struct post *)(void *)item;
    char path[32], url[APP_URL];
    (void)snprintf(path, sizeof path, "/posts/%u", post->item.number);
    midge_blob_free(&post->body); /* left from an earlier try */
    midge_blob_init(&post->body, post->item.app->client, POST_BYTES);
    const struct midge_request get = {
        .url = url, .sink = &post->body.sink, .max_redirects = APP_REDIRECTS};
    return app_url(item, url, sizeof url, path) ? app_start(item, &get) : MIDGE_ERR_URL;
}

static void parse_post(struct post *post)
{
    if (app_answered(&post->item, &post->body)) {
        post->json = app_json(&post->item, &post->body, POST_DEPTH);
    }
}

static int post_task(struct midge_task *task, void *state)
{
    struct post *post = state;
    MIDGE_BEGIN(task);
    APP_AWAIT(task, &post->item, get_post);
    parse_post(post);
    midge_blob_free(&post->body); /* in any case */
    MIDGE_END(task);
}

static void show_post(struct app_item *item)
{
    const struct post *post = (struct post *)(void *)item;
    const char *title = midge_json_string(post->json, "title");
    const char *body = midge_json_string(post->json, "body");
    if (post->json != NULL && !item->app->quiet) {
        app_print(item->app, "Title: %s\n", title != NULL ? title : "No Title");
        app_print(item->app, "Body: ");
        app_text(item->app, "", body != NULL ? body : "No Body");
    }
    midge_json_free(item->app->client, post->json);
}

void posts_work(struct app *app)
{
    static const struct app_work work = {.what = "post",
                                         .size = sizeof(struct post),
                                         .more = POST_MORE,
                                         .n = POSTS,
                                         .fn = post_task,
                                         .end = show_post};
    (void)app_each(app, &work);
}

/* For the state, the answer, and the tree made from it. */
size_t posts_bytes(void)
{
    return POSTS * (sizeof(struct post) + 4 * POST_BYTES);
}

/* Each run has a client of its own: connections of the first run must not help the second. False:
   no client could be opened. */
static bool run(struct app *app, bool sync)
{
    app->sync = sync;
    if (!app_open(app, posts_bytes(), 0)) {
        app->failed++;
        return false;
    }
    posts_work(app);
    app_summary(app, POSTS, "posts");
    (void)app_close(app);
    return true;
}

int app_posts(struct board *board, int argc, char **argv)
{
    static const struct app_option options[] = {APP_OPTIONS, {.name = NULL}};
    static const struct app_usage usage = {
        NULL,
        "Gets three posts one after another, then all at once, and shows titles, bodies and times; "
        "with --sync the first only.",
        options};
    struct app app = {.board = board, .name = "posts", .api = POSTS_API};
    int code;
    if (!app_options(&app, &usage, argc, argv, &code)) {
        return code;
    }
    const bool only_sync = app.sync;
    if (run(&app, true) && !only_sync) {
        (void)run(&app, false);
    }
    return app.failed > 0 ? BOARD_EXIT_FAILED : BOARD_EXIT_OK;
}
