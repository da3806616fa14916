/* SPDX-License-Identifier: MIT */
/*
 * images: a picture for each prompt, two prompts at a time; then the same, one after another.
 *
 * A picture is never in memory as a whole. The filter reports the base64 in pieces, which are
 * decoded into the file as they arrive; a download goes into the file directly.
 */
#include "lessons.h"

#include <string.h>

static const char *const prompts[] = {"robot dog in a lab", "robot dog exploring the city",
                                      "robot dog watching the sunset"};
#define PROMPTS (sizeof prompts / sizeof prompts[0])

enum { AT_URL, AT_BASE64 };
static const char *const paths[] = {"data[0].url", "data[0].b64_json"};

struct image {
    unsigned number;
    const struct lesson_api *api;
    struct midge_semaphore *slots;
    char question[256], name[32], url[512], piece[512], why[160];
    struct midge_json_filter answer;
    struct midge_base64_sink base64;
    struct midge_file_sink file;
    midge_id id;
    int err;
    struct midge_result result;
};

static int on_value(void *ctx, const struct midge_json_value *value)
{
    struct image *image = ctx;
    struct midge_sink *base64 = &image->base64.sink;
    if (value->type != MIDGE_JSON_STRING || value->len == 0) {
        return MIDGE_OK; /* null: the other one came. Or the last, empty piece */
    }
    if (value->path == AT_BASE64) {
        return base64->write(base64, (const uint8_t *)value->text, value->len);
    }
    int len = snprintf(image->url, sizeof image->url, "%s", value->text);
    return !value->more && len < (int)sizeof image->url ? MIDGE_OK : MIDGE_ERR_TOO_LARGE;
}

static int write_question(struct image *image, size_t *len)
{
    struct midge_json_writer w;
    midge_json_write_begin(&w, image->question, sizeof image->question);
    midge_json_begin_object(&w);
    midge_json_put_key(&w, "model");
    midge_json_put_string(&w, image->api->model);
    midge_json_put_key(&w, "prompt");
    midge_json_put_string(&w, prompts[image->number - 1]);
    midge_json_put_key(&w, "size");
    midge_json_put_string(&w, "1024x1024");
    midge_json_end_object(&w);
    return midge_json_write_end(&w, len);
}

static int ask(struct midge_client *client, struct image *image)
{
    size_t len = 0;
    int err = write_question(image, &len);
    (void)snprintf(image->name, sizeof image->name, "robot_dog_journey_%u.jpg", image->number);
    midge_file_sink_init(&image->file, midge_client_port(client), image->name);
    midge_base64_sink_init(&image->base64, &image->file.sink);
    (void)midge_json_filter_init(&image->answer, paths, 2, image->piece, sizeof image->piece,
                                 on_value, image); /* these paths are good */
    image->answer.pieces = 1;
    const struct midge_request post = {.url = "/v1/images/generations",
                                       .bearer = image->api->key,
                                       .content_type = "application/json",
                                       .body = image->question,
                                       .body_len = len,
                                       .sink = &image->answer.sink,
                                       .on_response = lesson_raise};
    return err == MIDGE_OK ? midge_start(client, &post, &image->id) : err;
}

static int download(struct midge_client *client, struct image *image)
{
    const struct midge_request get = {
        .url = image->url, .sink = &image->file.sink, .on_response = lesson_raise};
    return midge_start(client, &get, &image->id);
}

/* The file appears under its name if the whole answer was good. */
static void end_answer(struct image *image)
{
    struct midge_sink *base64 = &image->base64.sink;
    image->err = midge_raise_for_status(&image->result, image->why, sizeof image->why);
    if (image->base64.offset > 0) {
        int finished = base64->finish(base64, image->err, image->result.complete);
        image->err = image->err == MIDGE_OK ? finished : image->err;
    } else if (image->err == MIDGE_OK && image->url[0] == '\0') {
        image->err = MIDGE_ERR_JSON; /* neither of the two */
    }
}

static int make(struct midge_task *task, void *state)
{
    struct image *image = state;
    struct midge_client *client = midge_task_client(task);
    MIDGE_BEGIN(task);
    MIDGE_AWAIT_ROOM(task, image->err, midge_acquire(client, image->slots, &image->id));
    if (image->err != MIDGE_OK) {
        return midge_task_return(task, image->err, 0);
    }
    MIDGE_AWAIT(task, image->id, &image->result);
    MIDGE_AWAIT_ROOM(task, image->err, ask(client, image));
    if (image->err == MIDGE_OK) {
        MIDGE_AWAIT(task, image->id, &image->result);
        end_answer(image);
    }
    if (image->err == MIDGE_OK && image->url[0] != '\0') {
        MIDGE_AWAIT_ROOM(task, image->err, download(client, image));
        if (image->err == MIDGE_OK) {
            MIDGE_AWAIT(task, image->id, &image->result);
            image->err = midge_raise_for_status(&image->result, image->why, sizeof image->why);
        }
    }
    midge_release(client, image->slots);
    MIDGE_END(task);
}

static int all_of_them(struct midge_client *client, const struct lesson_api *api, uint16_t at_once)
{
    struct image images[PROMPTS];
    struct midge_semaphore slots;
    uint64_t began = midge_now_ms(client);
    int failed = 0;
    midge_semaphore_init(&slots, at_once);
    for (unsigned i = 0; i < PROMPTS; i++) {
        images[i] =
            (struct image){.number = i + 1, .api = api, .slots = &slots, .err = LESSON_NOT_RUN};
    }
    lesson_gather(client, make, images, sizeof images[0], PROMPTS);
    for (unsigned i = 0; i < PROMPTS; i++) {
        if (images[i].err != MIDGE_OK) {
            printf("%s\n", lesson_why(images[i].err, images[i].why));
            failed++;
        } else {
            printf("%s: %lu bytes\n", images[i].name, (unsigned long)images[i].file.len);
        }
    }
    printf("%u at once: %.2f s\n", at_once, lesson_seconds(client, began));
    return failed;
}

int lesson_images(struct midge_client *client, const struct lesson_api *api)
{
    int failed = all_of_them(client, api, 2);
    return failed + all_of_them(client, api, 1);
}
