/* SPDX-License-Identifier: MIT */
/*
 * images: a picture for each prompt, as many at once as there is room for. One task per prompt:
 *
 *     async def image(i, prompt):
 *         file = open(f"robot_dog_journey_{i}.jpg", "wb")
 *         answer = await post("/v1/images/generations", {"prompt": prompt, …})
 *         if "b64_json" in answer["data"][0]:
 *             file.write(b64decode(answer["data"][0]["b64_json"]))
 *         else:
 *             await save(answer["data"][0]["url"], file)
 *
 * Each request to the API costs money. So the file is opened before the API is asked, the picture
 * in an answer is written to it as it arrives, and a later failure for lack of memory does not ask
 * again: only the failed step is repeated.
 */
#include "images.h"

#include <stdio.h>
#include <string.h>

#define MODEL        "gpt-image-1"
#define SIZE         "1024x1024"
#define REQUEST_PATH "/v1/images/generations"
#define MORE_BYTES   1536 /* of the block, for an item: task, the request's copy */

/* --- step 1: ask the API --- */

static int ask(struct app_item *item)
{
    struct image *image = image_of(item);
    char url[APP_URL];
    if ((item->app->output_dir != NULL && !image_set_path(image)) ||
        !app_url(item, url, sizeof url, REQUEST_PATH)) {
        return MIDGE_ERR_URL;
    }
    int err = image_open_picture(image);
    if (err != MIDGE_OK) {
        return err;
    }
    image->open = true;
    image_prepare_question(image);
    image_prepare_answer(image);
    const struct midge_request post = {.url = url,
                                       .bearer = item->app->key,
                                       .content_type = "application/json",
                                       .source = &image->question.source,
                                       .sink = &image->sink,
                                       .keep_headers = APP_REQUEST_ID,
                                       .kept = image->kept,
                                       .kept_size = sizeof image->kept,
                                       .ctx = image,
                                       .on_response = image_on_response,
                                       .max_redirects = APP_REDIRECTS};
    item->kept = image->kept;
    err = app_start(item, &post);
    if (err != MIDGE_OK) {
        image_drop_picture(image);
    }
    return err;
}

static void tell_nothing_came(struct image *image)
{
    char text[200];
    if (app_message(image->says.text, image->says.len, false, text, sizeof text)) {
        app_fail(&image->item, app_error_class(MIDGE_ERR_HTTP_STATUS), "%u from %s; it says: %s",
                 image->item.result.status, app_asked(&image->item), text);
    } else {
        app_fail(&image->item, app_error_class(MIDGE_ERR_JSON),
                 "no data[0].url or data[0].b64_json in the answer of %s", app_asked(&image->item));
    }
}

static void tell_saved(const struct image *image)
{
    const struct app *app = image->item.app;
    if (app->output_dir != NULL && !app->quiet) {
        app_print(app, "%s: %lu bytes for \"%s\"\n", image->path,
                  (unsigned long)image_picture_bytes(image), image->prompt);
    }
}

/* True: the answer has a URL to be loaded. */
static bool got_url(struct image *image)
{
    image_tell_what_is_wrong(image);
    if (!app_answered_with(&image->item, image->says.text, image->says.len)) {
        return false;
    }
    if (image->base64_ended) {
        tell_saved(image);
    } else if (!image->url_ended) {
        tell_nothing_came(image);
    }
    return image->url_ended && !image->base64_ended;
}

/* --- step 2: download the picture --- */

/* No bearer here: the key belongs to the API, and the URL may lead to another host. */
static int download(struct app_item *item)
{
    struct image *image = image_of(item);
    int err = image_open_picture(image); /* again, if an earlier try has closed it */
    item->kept = NULL;                   /* this server is another one */
    image->get = (struct midge_request){.url = image->url,
                                        .sink = image_picture_sink(image),
                                        .ctx = image,
                                        .on_response = app_only_200,
                                        .max_redirects = APP_REDIRECTS,
                                        .borrow = 1};
    err = err == MIDGE_OK ? app_start(item, &image->get) : err;
    image->open = err != MIDGE_OK; /* else the request closes it */
    return err;
}

static void end_download(struct image *image)
{
    if (image->item.result.error == MIDGE_ERR_WRITE) { /* of the file, not the URL */
        image_fail_write(image);
    }
    if (app_answered(&image->item, NULL)) {
        tell_saved(image);
    }
}

/* --- the task --- */

static void leave(struct image *image)
{
    image_drop_picture(image);
    midge_free(image->item.app->client, image->prompt);
}

static int image_task(struct midge_task *task, void *state)
{
    struct image *image = state;
    MIDGE_BEGIN(task);
    APP_AWAIT(task, &image->item, ask);
    if (got_url(image)) {
        APP_AWAIT(task, &image->item, download);
        end_download(image);
    }
    leave(image); /* in any case */
    MIDGE_END(task);
}

/* --- the program --- */

static int begin(struct app_item *item)
{
    struct images *images = item->app->run.work->ctx;
    return prompts_next(&images->prompts, item, &image_of(item)->prompt);
}

void images_work(struct app *app)
{
    struct images images;
    const struct app_work work = {.what = "prompt",
                                  .size = sizeof(struct image),
                                  .more = MORE_BYTES,
                                  .fn = image_task,
                                  .ctx = &images,
                                  .begin = begin};
    images_write_question(&images, app->model != NULL ? app->model : MODEL,
                          app->size != NULL ? app->size : SIZE);
    if (prompts_open(&images.prompts, app)) {
        size_t n = app_each(app, &work);
        if (!app->quiet) {
            app_summary(app, n, "prompts");
        }
    }
    prompts_close(&images.prompts);
}

/* Bytes for as many items as there are awaitables, and for prompts from a pipe. */
size_t images_bytes(const struct app *app)
{
    return MIDGE_MAX_AWAITABLES / 3 * (sizeof(struct image) + MORE_BYTES) +
           (app->prompts != NULL ? 2 * PROMPTS_PIPE : 0);
}

static bool is_good_word(const struct app *app, const char *option, const char *word)
{
    if (word == NULL || (word[0] != '\0' && strlen(word) <= IMAGE_WORD_MAX && app_is_utf8(word))) {
        return true;
    }
    app_error(app, "images: %s: 1 to %u characters in UTF-8\n", option, IMAGE_WORD_MAX);
    return false;
}

int app_images(struct board *board, int argc, char **argv)
{
    static const struct app_option options[] = {
        APP_API_OPTIONS,
        APP_TEXT("--prompts", "FILE", prompts,
                 "one prompt a line, - for standard input [the robot dog's journey]"),
        APP_NUMBER("--limit", "N", limit,
                   "prompts in work at once, for APIs with a rate limit [all]"),
        APP_TEXT("--model", "NAME", model, "who makes them [" MODEL "]"),
        APP_TEXT("--size", "WxH", size, "of a picture [" SIZE "]"),
        APP_TEXT("--output-dir", "DIR", output_dir, "where the files go [.]"),
        {.name = NULL}};
    static const struct app_usage usage = {
        NULL,
        "Has a picture made for each prompt and saves robot_dog_journey_N.jpg.\n"
        "The API's key comes from OPENAI_API_KEY.",
        options};
    struct app app = {.board = board,
                      .name = "images",
                      .api = IMAGES_API,
                      .output_dir = ".",
                      .retries = APP_RETRIES_USUAL};
    int code;
    if (!app_options(&app, &usage, argc, argv, &code)) {
        return code;
    }
    if (!is_good_word(&app, "--model", app.model) || !is_good_word(&app, "--size", app.size)) {
        return BOARD_EXIT_USAGE;
    }
    app.key = board_env(board, "OPENAI_API_KEY");
    if (app.key == NULL || app.key[0] == '\0') {
        app_error(&app, "images: OPENAI_API_KEY is not set: the API wants a key\n");
        return BOARD_EXIT_USAGE;
    }
    if (!app_open(&app, images_bytes(&app), 0)) {
        return BOARD_EXIT_FAILED;
    }
    images_work(&app);
    return app_close(&app);
}
