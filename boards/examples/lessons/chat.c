/* SPDX-License-Identifier: MIT */
/* chat: the answer of a language model, token by token as it comes. */
#include "lessons.h"

#include <string.h>

#define QUESTION "What are hops and streams?"

struct chat {
    struct midge_client *client;
    char question[256];
    struct midge_sse events;
    char event[1024]; /* the longest event: a token and what stands around it */
};

static int on_event(void *ctx, const struct midge_sse_event *event)
{
    struct chat *chat = ctx;
    struct cJSON *json;
    if (strcmp(event->data, "[DONE]") == 0) {
        return MIDGE_OK;
    }
    int err = midge_json_parse(chat->client, event->data, event->data_len, 8, &json, NULL);
    if (err == MIDGE_OK) {
        const char *token = midge_json_string(json, "choices[0].delta.content");
        printf("%s", token != NULL ? token : "");
        (void)fflush(stdout);
        midge_json_free(chat->client, json);
    }
    return err;
}

static int write_question(char *text, size_t cap, size_t *len, const char *model)
{
    struct midge_json_writer w;
    midge_json_write_begin(&w, text, cap);
    midge_json_begin_object(&w);
    midge_json_put_key(&w, "model");
    midge_json_put_string(&w, model);
    midge_json_put_key(&w, "stream");
    midge_json_put_bool(&w, true);
    midge_json_put_key(&w, "messages");
    midge_json_begin_array(&w);
    midge_json_begin_object(&w);
    midge_json_put_key(&w, "role");
    midge_json_put_string(&w, "user");
    midge_json_put_key(&w, "content");
    midge_json_put_string(&w, QUESTION);
    midge_json_end_object(&w);
    midge_json_end_array(&w);
    midge_json_end_object(&w);
    return midge_json_write_end(&w, len);
}

static int start(struct chat *chat, const struct lesson_api *api, midge_id *id)
{
    size_t len = 0;
    int err = write_question(chat->question, sizeof chat->question, &len, api->model);
    midge_sse_init(&chat->events, chat->event, sizeof chat->event, on_event, chat);
    const struct midge_request post = {.url = "/v1/chat/completions",
                                       .bearer = api->key,
                                       .content_type = "application/json",
                                       .body = chat->question,
                                       .body_len = len,
                                       .sink = &chat->events.sink,
                                       .on_response = lesson_raise};
    return err == MIDGE_OK ? midge_start(chat->client, &post, id) : err;
}

int lesson_chat(struct midge_client *client, const struct lesson_api *api)
{
    struct chat chat = {.client = client};
    struct midge_result result;
    char why[160] = "";
    midge_id id;
    int err = start(&chat, api, &id);
    if (err == MIDGE_OK) {
        (void)midge_wait(client, id, &result);
        err = midge_raise_for_status(&result, why, sizeof why);
    }
    printf("%s\n", err == MIDGE_OK ? "" : lesson_why(err, why));
    return err != MIDGE_OK;
}
