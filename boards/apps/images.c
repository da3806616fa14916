/* SPDX-License-Identifier: MIT */
/*
 * images: a picture for each prompt, all prompts at once. One task per prompt, that awaits twice:
 *
 *     async def image(i, prompt):
 *         async with permits:
 *             answer = await post("/v1/images/generations", {"prompt": prompt, …})
 *             await save(answer["data"][0]["url"], f"robot_dog_journey_{i}.jpg")
 */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "prompts.h"

#define ANSWER_BYTES 8192 /* of the API's answer: a signed URL is long */
#define ANSWER_DEPTH 8
#define PATH_BYTES   256
#define REQUEST_PATH "/v1/images/generations"

struct image {
    struct app_item item;
    const char *prompt;
    struct midge_semaphore *permits;
    bool permitted;
    char api_url[APP_URL];
    char *question;           /* the POST's body */
    struct midge_blob answer; /* in JSON: */
    struct cJSON *json;
    const char *url; /* data[0].url in it */
    char path[PATH_BYTES];
    union {
        struct midge_file_sink file;
        struct midge_null_sink none; /* pictures are not kept */
    } picture;
};

/* --- step 1: a permit, so that no more than --limit prompts are in work --- */

static bool wanted_permit(struct image *image)
{
    int err = midge_acquire(image->item.app->client, image->permits, &image->item.id);
    if (err != MIDGE_OK) {
        app_fail(&image->item, app_error_class(err), "%s", midge_err_text(err));
    }
    return err == MIDGE_OK;
}

static void leave(struct image *image)
{
    struct midge_client *client = image->item.app->client;
    if (image->permitted) {
        midge_release(client, image->permits);
    }
    midge_json_free(client, image->json);
    midge_blob_free(&image->answer);
    midge_free(client, image->question);
}

/* --- step 2: ask the API --- */

/* {"prompt":…,"n":1,"size":"256x256"}, in memory that the prompt's length decides. */
static bool write_question(struct image *image)
{
    static const char head[] = "{\"prompt\":", tail[] = ",\"n\":1,\"size\":\"256x256\"}";
    size_t quoted_cap = 6 * strlen(image->prompt) + sizeof "\"\"", quoted_len;
    size_t cap = sizeof head + quoted_cap + sizeof tail;
    char *text = midge_alloc(image->item.app->client, cap);
    if (text == NULL) {
        app_fail(&image->item, app_error_class(MIDGE_ERR_NO_MEMORY), "%s",
                 midge_err_text(MIDGE_ERR_NO_MEMORY));
        return false;
    }
    memcpy(text, head, sizeof head - 1);
    char *at = text + sizeof head - 1;
    (void)midge_json_quote(at, quoted_cap, &quoted_len, image->prompt);
    memcpy(at + quoted_len, tail, sizeof tail);
    image->question = text;
    return true;
}

static bool ask(struct image *image)
{
    struct app *app = image->item.app;
    if (!app_url(&image->item, image->api_url, sizeof image->api_url, REQUEST_PATH) ||
        !write_question(image)) {
        return false;
    }
    midge_blob_init(&image->answer, app->client, ANSWER_BYTES);
    const struct midge_request post = {.url = image->api_url,
                                       .bearer = app->key,
                                       .content_type = "application/json",
                                       .body = image->question,
                                       .body_len = strlen(image->question),
                                       .sink = &image->answer.sink};
    return app_start(&image->item, &post);
}

static bool got_url(struct image *image)
{
    if (!app_answered(&image->item, image->api_url, &image->answer)) {
        return false;
    }
    image->json = app_json(&image->item, image->api_url, &image->answer, ANSWER_DEPTH);
    image->url = image->json != NULL ? midge_json_string(image->json, "data[0].url") : NULL;
    if (image->json != NULL && image->url == NULL) {
        app_fail(&image->item, app_error_class(MIDGE_ERR_JSON),
                 "no data[0].url in the answer of %s", image->api_url);
    }
    return image->url != NULL;
}

/* --- step 3: download what it made --- */

static bool set_path(struct image *image)
{
    const char *dir = image->item.app->output_dir;
    bool here = *dir == '\0' || strcmp(dir, ".") == 0; /* boards' file stores know no folders */
    int len = snprintf(image->path, sizeof image->path, "%s%srobot_dog_journey_%u.jpg",
                       here ? "" : dir, here ? "" : "/", image->item.number);
    if (len < 0 || (size_t)len >= sizeof image->path) {
        app_fail(&image->item, app_error_class(MIDGE_ERR_WRITE), "too long a name: %s", dir);
        return false;
    }
    return true;
}

/* The file appears under its name only when it is whole; until then it lies beside it. */
static struct midge_sink *open_picture(struct image *image)
{
    const struct app *app = image->item.app;
    if (app->output_dir == NULL) {
        midge_null_sink_init(&image->picture.none);
        return &image->picture.none.sink;
    }
    midge_file_sink_init(&image->picture.file, app->board->port, image->path);
    image->picture.file.strict = 1;
    return &image->picture.file.sink;
}

/* No bearer here: the key is the API's, and the URL may lead anywhere. */
static bool download(struct image *image)
{
    if (image->item.app->output_dir != NULL && !set_path(image)) {
        return false;
    }
    const struct midge_request get = {
        .url = image->url, .sink = open_picture(image), .on_response = app_only_200};
    return app_start(&image->item, &get);
}

static void tell_saved(struct image *image)
{
    const struct app *app = image->item.app;
    if (image->item.result.error == MIDGE_ERR_WRITE) { /* about the file, the URL did its part */
        app_fail(&image->item, app_error_class(MIDGE_ERR_WRITE), "can't write %s (code %d)",
                 image->path, image->picture.file.native);
    }
    if (app_answered(&image->item, image->url, NULL) && app->output_dir != NULL && !app->quiet) {
        app_print(app, "%s: %u bytes for \"%s\"\n", image->path,
                  (unsigned)image->item.result.body_len, image->prompt);
    }
}

/* --- the task --- */

static int image_task(struct midge_task *task, void *state)
{
    struct image *image = state;
    MIDGE_BEGIN(task);
    if (wanted_permit(image)) {
        MIDGE_AWAIT(task, image->item.id, &image->item.result);
        image->permitted = image->item.result.error == MIDGE_OK;
    }
    if (image->permitted && ask(image)) {
        MIDGE_AWAIT(task, image->item.id, &image->item.result);
        if (got_url(image) && download(image)) {
            MIDGE_AWAIT(task, image->item.id, &image->item.result);
            tell_saved(image);
        }
    }
    leave(image); /* on every path */
    MIDGE_END(task);
}

/* --- the program --- */

static void run_prompts(struct app *app, const struct prompts *prompts)
{
    static struct midge_semaphore permits; /* may outlive this: app->stuck */
    struct image *images = app_items(app, "prompt", prompts->n, sizeof *images);
    if (images == NULL) {
        return;
    }
    midge_semaphore_init(
        &permits, (uint16_t)(app->limit > 0 && app->limit < prompts->n ? app->limit : prompts->n));
    for (size_t i = 0; i < prompts->n; i++) {
        images[i].prompt = prompts->at[i];
        images[i].permits = &permits;
    }
    app_each(app, image_task, images, prompts->n, sizeof *images);
    if (!app->quiet) {
        app_summary(app, prompts->n, "prompts");
    }
    app_free(app, images);
}

void images_work(struct app *app)
{
    struct prompts prompts;
    if (prompts_open(&prompts, app)) {
        run_prompts(app, &prompts);
    }
    prompts_close(&prompts, app);
}

size_t images_bytes(void)
{
    return PROMPTS_BYTES + PROMPTS_MAX * (sizeof(struct image) + 2 * ANSWER_BYTES);
}

int app_images(struct board *board, int argc, char **argv)
{
    static const struct app_option options[] = {
        APP_OPTIONS,
        APP_TEXT("--prompts", "FILE", prompts, "one prompt a line [the robot dog's journey]"),
        APP_NUMBER("--limit", "N", limit,
                   "prompts in work at once, for APIs with a rate limit [all]"),
        APP_TEXT("--output-dir", "DIR", output_dir, "where the files go [.]"),
        {.name = NULL}};
    static const struct app_usage usage = {
        NULL,
        "Has a picture made for each prompt and saves robot_dog_journey_N.jpg.\n"
        "The API's key comes from OPENAI_API_KEY.",
        options};
    struct app app = {.board = board, .name = "images", .api = IMAGES_API, .output_dir = "."};
    int code;
    if (!app_options(&app, &usage, argc, argv, &code)) {
        return code;
    }
    app.key = board_env(board, "OPENAI_API_KEY");
    if (app.key == NULL || app.key[0] == '\0') {
        app_error(&app, "images: OPENAI_API_KEY is not set: the API wants a key\n");
        return BOARD_EXIT_USAGE;
    }
    if (!app_open(&app, images_bytes())) {
        return BOARD_EXIT_FAILED;
    }
    images_work(&app);
    return app_close(&app);
}
