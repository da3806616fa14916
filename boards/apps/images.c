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
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "prompts.h"

#define MODEL         "gpt-image-1"
#define SIZE          "1024x1024"
#define PIECE_BYTES   256  /* of base64 at a time */
#define URL_BYTES     2048 /* a signed URL is long */
#define PATH_BYTES    192
#define REQUEST_PATH  "/v1/images/generations"
#define MORE_BYTES    1536 /* of the block, for an item: task, the request's copy */
#define ESCAPED_BYTES 9    /* a byte in a JSON string, with quotes and NUL */
#define WORD_MAX      64   /* characters of a model's name or a size */

/* In the order of `paths`. */
enum { AT_URL, AT_BASE64 };
static const char *const paths[] = {"data[0].url", "data[0].b64_json"};

/* Common to all items. */
struct images {
    struct prompts prompts;
    char head[6 * WORD_MAX + 32], tail[6 * WORD_MAX + 64]; /* of each question, around the prompt */
};

struct image {
    struct app_item item;
    char *prompt;
    /* The POST's body is written while it is sent: a long prompt is in memory once. */
    struct midge_source question;
    const char *question_at; /* in the head, the prompt or the tail */
    uint8_t question_part;
    uint8_t escaped_used, escaped_len;
    char escaped[ESCAPED_BYTES];
    /* The answer: its beginning is kept, its JSON filtered, its picture decoded. */
    struct midge_sink sink;
    struct app_says says;
    struct midge_json_filter filter;
    struct midge_base64_sink base64;
    char piece[PIECE_BYTES];
    char url[URL_BYTES];
    size_t url_len;
    bool url_ended, base64_ended, base64_bad;
    /* The picture. */
    bool open;
    union {
        struct midge_file_sink file;
        struct midge_null_sink none; /* pictures are not kept */
    } picture;
    char path[PATH_BYTES];
    struct midge_request get; /* borrowed, as a URL would be copied up to three times */
};

static struct image *image_of(struct app_item *item)
{
    return (struct image *)(void *)item;
}

/* --- the picture's file --- */

static struct midge_sink *picture_sink(struct image *image)
{
    return image->item.app->output_dir != NULL ? &image->picture.file.sink
                                               : &image->picture.none.sink;
}

static uint64_t picture_bytes(const struct image *image)
{
    return image->item.app->output_dir != NULL ? image->picture.file.len : image->picture.none.len;
}

static void fail_write(struct image *image)
{
    const int native = image->picture.file.native;
    const char *words = app_native_text(image->item.app, native);
    app_fail(&image->item, app_error_class(MIDGE_ERR_WRITE), "can't write %s%s%s", image->path,
             *words != '\0' ? ": " : "", words);
}

static bool set_path(struct image *image)
{
    const char *dir = image->item.app->output_dir;
    bool here = *dir == '\0' || strcmp(dir, ".") == 0; /* file stores of boards have no folders */
    int len = snprintf(image->path, sizeof image->path, "%s%srobot_dog_journey_%u.jpg",
                       here ? "" : dir, here ? "" : "/", image->item.number);
    if (len < 0 || (size_t)len >= sizeof image->path) {
        app_fail(&image->item, app_error_class(MIDGE_ERR_WRITE), "too long a name: %s", dir);
        return false;
    }
    return true;
}

/* The file appears under its name only when it is whole; before, it has a temporary name. */
static int open_picture(struct image *image)
{
    const struct app *app = image->item.app;
    if (app->output_dir == NULL) {
        midge_null_sink_init(&image->picture.none);
        return MIDGE_OK;
    }
    if (image->picture.file.file != NULL) {
        return MIDGE_OK;
    }
    midge_file_sink_init(&image->picture.file, app->board->port, image->path);
    image->picture.file.strict = 1;
    int err = midge_file_sink_open(&image->picture.file);
    if (err == MIDGE_ERR_WRITE) {
        fail_write(image);
    }
    return err;
}

/* An item that waits and has cost nothing yet keeps no file open: others may need it. */
static void drop_picture(struct image *image)
{
    struct midge_sink *picture = picture_sink(image);
    if (image->open) {
        (void)picture->finish(picture, MIDGE_ERR_CANCELED, MIDGE_COMPLETE_NO);
    }
    image->open = false;
}

/* --- reading the answer --- */

/* If there are two, the first string counts, as with cJSON. */
static int take_url(struct image *image, const struct midge_json_value *value)
{
    if (image->url_ended) {
        return MIDGE_OK;
    }
    if (value->len >= sizeof image->url - image->url_len) {
        return MIDGE_ERR_TOO_LARGE;
    }
    memcpy(image->url + image->url_len, value->text, value->len);
    image->url_len += value->len;
    image->url[image->url_len] = '\0';
    image->url_ended = !value->more && image->url_len > 0;
    return MIDGE_OK;
}

static int take_base64(struct image *image, const struct midge_json_value *value)
{
    struct midge_sink *sink = &image->base64.sink;
    if (image->base64_ended || (value->len == 0 && image->base64.offset == 0)) {
        return MIDGE_OK;
    }
    image->base64_ended = !value->more;
    if (value->len == 0) {
        return MIDGE_OK;
    }
    int err = sink->write(sink, (const uint8_t *)value->text, value->len);
    image->base64_bad = err == MIDGE_ERR_PROTOCOL;
    return err;
}

static int on_value(void *ctx, const struct midge_json_value *value)
{
    struct image *image = ctx;
    if (value->type != MIDGE_JSON_STRING || image->filter.optional) {
        return MIDGE_OK; /* null: the other one came; or an error answer */
    }
    return value->path == AT_URL ? take_url(image, value) : take_base64(image, value);
}

/* The body of an error may be anything. */
static int on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    struct image *image = ctx;
    (void)id;
    image->filter.optional = response->status < 200 || response->status >= 300;
    return MIDGE_OK;
}

static struct image *image_of_sink(struct midge_sink *sink)
{
    return (struct image *)(void *)((char *)sink - offsetof(struct image, sink));
}

static int answer_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct midge_sink *says = &image_of_sink(sink)->says.sink;
    return says->write(says, data, len);
}

/* The picture is good if the whole answer was. If it holds no picture, the file waits for the
   URL. */
static int answer_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    struct image *image = image_of_sink(sink);
    struct midge_sink *says = &image->says.sink, *base64 = &image->base64.sink;
    int finished = says->finish(says, err, complete);
    err = err == MIDGE_OK ? finished : err;
    if (image->base64.offset > 0) {
        finished = base64->finish(base64, err, complete);
        image->base64_bad =
            image->base64_bad || (err == MIDGE_OK && finished == MIDGE_ERR_PROTOCOL);
        err = err == MIDGE_OK ? finished : err;
        image->open = false;
    }
    if (err == MIDGE_ERR_NO_MEMORY) {
        drop_picture(image);
    }
    return err;
}

static void prepare_answer(struct image *image)
{
    app_says_init(&image->says, &image->filter.sink);
    (void)midge_json_filter_init(&image->filter, paths, sizeof paths / sizeof paths[0],
                                 image->piece, sizeof image->piece, on_value, image);
    image->filter.pieces = 1;
    midge_base64_sink_init(&image->base64, picture_sink(image));
    image->sink = (struct midge_sink){.write = answer_write, .finish = answer_finish};
    image->url_len = 0;
    image->url_ended = image->base64_ended = image->base64_bad = false;
}

/* --- step 1: ask the API --- */

/* {"model":"gpt-image-1","prompt":"…","n":1,"size":"1024x1024","output_format":"jpeg"} */
enum { IN_HEAD, IN_PROMPT, IN_TAIL };

static const char *part_of(const struct image *image, unsigned part)
{
    const struct images *all = image->item.app->run.work->ctx;
    return part == IN_HEAD ? all->head : part == IN_PROMPT ? image->prompt : all->tail;
}

/* Writes a byte as in a JSON string, without the quotes; returns the number of bytes. */
static uint8_t escape(char c, char escaped[ESCAPED_BYTES])
{
    const char text[] = {c, '\0'};
    size_t len;
    (void)midge_json_quote(escaped, ESCAPED_BYTES, &len, text);
    memmove(escaped, escaped + 1, len - 2);
    return (uint8_t)(len - 2);
}

/* Takes the next byte: head and tail unchanged, the prompt escaped. False: the end. */
static bool refill(struct image *image)
{
    while (*image->question_at == '\0' && image->question_part < IN_TAIL) {
        image->question_at = part_of(image, ++image->question_part);
    }
    if (*image->question_at == '\0') {
        return false;
    }
    image->escaped_used = 0;
    image->escaped_len = 1;
    image->escaped[0] = *image->question_at;
    if (image->question_part == IN_PROMPT) {
        image->escaped_len = escape(*image->question_at, image->escaped);
    }
    image->question_at++;
    return true;
}

static struct image *image_of_question(struct midge_source *source)
{
    return (struct image *)(void *)((char *)source - offsetof(struct image, question));
}

static int question_read(struct midge_source *source, uint8_t *buf, size_t cap, size_t *n)
{
    struct image *image = image_of_question(source);
    for (*n = 0; *n < cap; ++*n) {
        if (image->escaped_used == image->escaped_len && !refill(image)) {
            break;
        }
        buf[*n] = (uint8_t)image->escaped[image->escaped_used++];
    }
    return *n > 0 ? MIDGE_OK : MIDGE_ERR_EOF;
}

static int question_rewind(struct midge_source *source)
{
    struct image *image = image_of_question(source);
    image->question_part = IN_HEAD;
    image->question_at = part_of(image, IN_HEAD);
    image->escaped_used = image->escaped_len = 0;
    return MIDGE_OK;
}

static void prepare_question(struct image *image)
{
    size_t len = strlen(part_of(image, IN_HEAD)) + strlen(part_of(image, IN_TAIL));
    for (const char *at = image->prompt; *at != '\0'; at++) {
        len += escape(*at, image->escaped);
    }
    image->question = (struct midge_source){
        .read = question_read, .rewind = question_rewind, .length = (int64_t)len};
    (void)question_rewind(&image->question);
}

static int ask(struct app_item *item)
{
    struct image *image = image_of(item);
    char url[APP_URL];
    if ((item->app->output_dir != NULL && !set_path(image)) ||
        !app_url(item, url, sizeof url, REQUEST_PATH)) {
        return MIDGE_ERR_URL;
    }
    int err = open_picture(image);
    if (err != MIDGE_OK) {
        return err;
    }
    image->open = true;
    prepare_question(image);
    prepare_answer(image);
    const struct midge_request post = {.url = url,
                                       .bearer = item->app->key,
                                       .content_type = "application/json",
                                       .source = &image->question,
                                       .sink = &image->sink,
                                       .ctx = image,
                                       .on_response = on_response};
    err = app_start(item, &post);
    if (err != MIDGE_OK) {
        drop_picture(image);
    }
    return err;
}

/* If the answer begins like text that is not JSON, for example a proxy's HTML page, its message is
   shown. */
static void tell_no_json(struct image *image, const char *url)
{
    char text[160];
    bool said = image->filter.offset < 8 &&
                app_message(image->says.text, image->says.len, true, text, sizeof text);
    app_fail(&image->item, app_error_class(MIDGE_ERR_JSON),
             "malformed or too deep at byte %u from %s%s%s", (unsigned)image->filter.offset, url,
             said ? "; it says: " : "", said ? text : "");
}

/* Reports the errors found by the answer's own sinks. Call it first: only the first failure of an
   item is reported. */
static void tell_what_is_wrong(struct image *image, const char *url)
{
    const int error = image->item.result.error;
    const char *json = app_error_class(MIDGE_ERR_JSON);
    if (image->base64_bad) {
        app_fail(&image->item, json, "data[0].b64_json is no base64 at character %u from %s",
                 (unsigned)image->base64.offset, url);
    } else if (error == MIDGE_ERR_JSON) {
        tell_no_json(image, url);
    } else if (error == MIDGE_ERR_TOO_LARGE && image->url_len > 0 && !image->url_ended) {
        app_fail(&image->item, json, "data[0].url has more than %u bytes from %s", URL_BYTES - 1,
                 url);
    } else if (error == MIDGE_ERR_WRITE) {
        fail_write(image);
    }
}

static void tell_nothing_came(struct image *image, const char *url)
{
    char text[200];
    if (app_message(image->says.text, image->says.len, false, text, sizeof text)) {
        app_fail(&image->item, app_error_class(MIDGE_ERR_HTTP_STATUS), "%u from %s; it says: %s",
                 image->item.result.status, url, text);
    } else {
        app_fail(&image->item, app_error_class(MIDGE_ERR_JSON),
                 "no data[0].url or data[0].b64_json in the answer of %s", url);
    }
}

static void tell_saved(const struct image *image)
{
    const struct app *app = image->item.app;
    if (app->output_dir != NULL && !app->quiet) {
        app_print(app, "%s: %lu bytes for \"%s\"\n", image->path,
                  (unsigned long)picture_bytes(image), image->prompt);
    }
}

/* True: the answer has a URL to be loaded. */
static bool got_url(struct image *image)
{
    char url[APP_URL];
    if (image->item.failed || !app_url(&image->item, url, sizeof url, REQUEST_PATH)) {
        return false;
    }
    tell_what_is_wrong(image, url);
    if (!app_answered_with(&image->item, url, image->says.text, image->says.len)) {
        return false;
    }
    if (image->base64_ended) {
        tell_saved(image);
    } else if (!image->url_ended) {
        tell_nothing_came(image, url);
    }
    return image->url_ended && !image->base64_ended;
}

/* --- step 2: download the picture --- */

/* No bearer here: the key belongs to the API, and the URL may lead to another host. */
static int download(struct app_item *item)
{
    struct image *image = image_of(item);
    int err = open_picture(image); /* again, if an earlier try has closed it */
    image->get = (struct midge_request){
        .url = image->url, .sink = picture_sink(image), .on_response = app_only_200, .borrow = 1};
    err = err == MIDGE_OK ? app_start(item, &image->get) : err;
    image->open = err != MIDGE_OK; /* else the request closes it */
    return err;
}

static void end_download(struct image *image)
{
    if (image->item.result.error == MIDGE_ERR_WRITE) { /* of the file, not the URL */
        fail_write(image);
    }
    if (app_answered(&image->item, image->url, NULL)) {
        tell_saved(image);
    }
}

/* --- the task --- */

static void leave(struct image *image)
{
    drop_picture(image);
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

/* The files are named .jpg. Older models, and services that imitate them, choose the format
   themselves. */
static const char *format_of(const char *model)
{
    static const char family[] = "gpt-image";
    return strncmp(model, family, sizeof family - 1) == 0 ? ",\"output_format\":\"jpeg\"" : "";
}

static void write_question(struct images *images, const struct app *app)
{
    const char *model = app->model != NULL ? app->model : MODEL;
    char word[6 * WORD_MAX + 3];
    (void)midge_json_quote(word, sizeof word, NULL, model);
    (void)snprintf(images->head, sizeof images->head, "{\"model\":%s,\"prompt\":\"", word);
    (void)midge_json_quote(word, sizeof word, NULL, app->size != NULL ? app->size : SIZE);
    (void)snprintf(images->tail, sizeof images->tail, "\",\"n\":1,\"size\":%s%s}", word,
                   format_of(model));
}

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
    write_question(&images, app);
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
    if (word == NULL || (word[0] != '\0' && strlen(word) <= WORD_MAX)) {
        return true;
    }
    app_error(app, "images: %s: 1 to %u characters\n", option, WORD_MAX);
    return false;
}

int app_images(struct board *board, int argc, char **argv)
{
    static const struct app_option options[] = {
        APP_OPTIONS,
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
    struct app app = {.board = board, .name = "images", .api = IMAGES_API, .output_dir = "."};
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
