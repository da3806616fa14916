/* SPDX-License-Identifier: MIT */
/*
 * posts: /posts/1 to /posts/3 at once. One that fails never hurts the others.
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

/* What the Python function keeps in its locals. */
struct post {
    struct app_item item;
    char url[APP_URL];
    struct midge_blob body;
    struct cJSON *json;
};

static bool get_post(struct post *post)
{
    char path[32];
    (void)snprintf(path, sizeof path, "/posts/%u", post->item.number);
    midge_blob_init(&post->body, post->item.app->client, POST_BYTES);
    const struct midge_request get = {.url = post->url, .sink = &post->body.sink};
    return app_url(&post->item, post->url, sizeof post->url, path) && app_start(&post->item, &get);
}

static void parse_post(struct post *post)
{
    if (app_answered(&post->item, post->url, &post->body)) {
        post->json = app_json(&post->item, post->url, &post->body, POST_DEPTH);
    }
}

static int post_task(struct midge_task *task, void *state)
{
    struct post *post = state;
    MIDGE_BEGIN(task);
    if (get_post(post)) {
        MIDGE_AWAIT(task, post->item.id, &post->item.result);
        parse_post(post);
    }
    midge_blob_free(&post->body); /* on every path */
    MIDGE_END(task);
}

static void show_post(const struct post *post)
{
    const char *title = midge_json_string(post->json, "title");
    const char *body = midge_json_string(post->json, "body");
    app_print(post->item.app, "post %u: ", post->item.number);
    app_text(post->item.app, "", title != NULL ? title : "(no title)");
    app_text(post->item.app, "    ", body != NULL ? body : "(no body)");
}

void posts_work(struct app *app)
{
    struct post *posts = app_items(app, "post", POSTS, sizeof *posts);
    if (posts == NULL) {
        return;
    }
    app_each(app, post_task, posts, POSTS, sizeof *posts);
    for (size_t i = 0; i < POSTS; i++) {
        if (posts[i].json != NULL && !app->quiet) {
            show_post(&posts[i]);
        }
        midge_json_free(app->client, posts[i].json);
    }
    app_free(app, posts);
}

/* State, answer, and the tree made from it. */
size_t posts_bytes(void)
{
    return POSTS * (sizeof(struct post) + 4 * POST_BYTES);
}

int app_posts(struct board *board, int argc, char **argv)
{
    static const struct app_option options[] = {APP_OPTIONS, {.name = NULL}};
    static const struct app_usage usage = {
        NULL, "Gets three posts at once and shows their titles and bodies.", options};
    struct app app = {.board = board, .name = "posts", .api = POSTS_API};
    int code;
    if (!app_options(&app, &usage, argc, argv, &code)) {
        return code;
    }
    if (!app_open(&app, posts_bytes())) {
        return BOARD_EXIT_FAILED;
    }
    posts_work(&app);
    app_summary(&app, POSTS, "posts");
    return app_close(&app);
}
