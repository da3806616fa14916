/* SPDX-License-Identifier: MIT */
/* posts: three posts one after another, then all at once. One that fails never hurts the others. */
#include "lessons.h"

struct post {
    unsigned number;
    char url[32];
    struct midge_blob body;
    midge_id get;
    int err;
    struct midge_result result;
    struct cJSON *json;
    char why[160];
};

static int start(struct midge_client *client, struct post *post)
{
    (void)snprintf(post->url, sizeof post->url, "/posts/%u", post->number);
    midge_blob_init(&post->body, client, 4096);
    const struct midge_request get = {
        .url = post->url, .sink = &post->body.sink, .on_response = lesson_raise};
    return midge_start(client, &get, &post->get);
}

static int get_post(struct midge_task *task, void *state)
{
    struct post *post = state;
    struct midge_client *client = midge_task_client(task);
    MIDGE_BEGIN(task);
    MIDGE_AWAIT_ROOM(task, post->err, start(client, post));
    if (post->err == MIDGE_OK) {
        MIDGE_AWAIT(task, post->get, &post->result);
        post->err = midge_raise_for_status(&post->result, post->why, sizeof post->why);
    }
    if (post->err == MIDGE_OK) {
        post->err = midge_json_parse(client, post->body.data, post->body.len, 8, &post->json, NULL);
    }
    midge_blob_free(&post->body); /* in any case */
    MIDGE_END(task);
}

static int show(struct midge_client *client, struct post *post)
{
    if (post->err != MIDGE_OK) {
        printf("%s\n", lesson_why(post->err, post->why));
        return 1;
    }
    printf("Title: %s\n", midge_json_string(post->json, "title"));
    printf("Body: %s\n", midge_json_string(post->json, "body"));
    midge_json_free(client, post->json);
    return 0;
}

int lesson_posts(struct midge_client *client, const struct lesson_api *api)
{
    struct post posts[3] = {{.number = 1, .err = LESSON_NOT_RUN},
                            {.number = 2, .err = LESSON_NOT_RUN},
                            {.number = 3, .err = LESSON_NOT_RUN}};
    uint64_t began = midge_now_ms(client);
    int failed = 0;
    (void)api;

    for (unsigned i = 0; i < 3; i++) {
        struct post post = {.number = i + 1, .err = LESSON_NOT_RUN};
        lesson_gather(client, get_post, &post, sizeof post, 1);
        failed += show(client, &post);
    }
    printf("one after another: %.2f s\n", lesson_seconds(client, began));

    began = midge_now_ms(client);
    lesson_gather(client, get_post, posts, sizeof posts[0], 3);
    for (unsigned i = 0; i < 3; i++) {
        failed += show(client, &posts[i]);
    }
    printf("all at once: %.2f s\n", lesson_seconds(client, began));
    return failed;
}
