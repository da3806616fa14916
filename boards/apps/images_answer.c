/* SPDX-License-Identifier: MIT */
/*
 * The answer passes through three sinks: `says` keeps its beginning for an error message, the JSON
 * filter finds the URL or the base64 of the picture, and the base64 sink writes the picture to its
 * file as it arrives.
 */
#include "images.h"

#include <string.h>

/* In the order of `paths`. */
enum { AT_URL, AT_BASE64 };
static const char *const paths[] = {"data[0].url", "data[0].b64_json"};

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
int image_on_response(void *ctx, midge_id id, const struct midge_response *response)
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
        image_drop_picture(image);
    }
    return err;
}

void image_prepare_answer(struct image *image)
{
    app_says_init(&image->says, &image->filter.sink);
    (void)midge_json_filter_init(&image->filter, paths, sizeof paths / sizeof paths[0],
                                 image->piece, sizeof image->piece, on_value, image);
    image->filter.pieces = 1;
    midge_base64_sink_init(&image->base64, image_picture_sink(image));
    image->sink = (struct midge_sink){.write = answer_write, .finish = answer_finish};
    image->url_len = 0;
    image->url_ended = image->base64_ended = image->base64_bad = false;
}

/* --- its errors --- */

/* If the answer begins like text that is not JSON, for example a proxy's HTML page, its message is
   shown. */
static void tell_no_json(struct image *image)
{
    char text[160];
    bool said = image->filter.offset < 8 &&
                app_message(image->says.text, image->says.len, true, text, sizeof text);
    app_fail(&image->item, app_error_class(MIDGE_ERR_JSON),
             "malformed or too deep at byte %u from %s%s%s", (unsigned)image->filter.offset,
             app_asked(&image->item), said ? "; it says: " : "", said ? text : "");
}

void image_tell_what_is_wrong(struct image *image)
{
    const int error = image->item.result.error;
    const char *json = app_error_class(MIDGE_ERR_JSON);
    if (image->base64_bad) {
        app_fail(&image->item, json, "data[0].b64_json is no base64 at character %u from %s",
                 (unsigned)image->base64.offset, app_asked(&image->item));
    } else if (error == MIDGE_ERR_JSON) {
        tell_no_json(image);
    } else if (error == MIDGE_ERR_TOO_LARGE && image->url_len > 0 && !image->url_ended) {
        app_fail(&image->item, json, "data[0].url has more than %u bytes from %s",
                 IMAGE_URL_BYTES - 1, app_asked(&image->item));
    } else if (error == MIDGE_ERR_WRITE) {
        image_fail_write(image);
    }
}
