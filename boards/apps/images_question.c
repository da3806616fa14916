/* SPDX-License-Identifier: MIT */
/*
 * The POST's body is written while it is sent: the head, the prompt as a JSON string, the tail. So
 * a long prompt is in memory once.
 */
#include "images.h"

#include <string.h>

/* {"model":"gpt-image-1","prompt":"…","n":1,"size":"1024x1024","output_format":"jpeg"} */
enum { IN_HEAD, IN_PROMPT, IN_TAIL };

/* The files are named .jpg. Older models, and services that imitate them, choose the format
   themselves. */
static bool has_format(const char *model)
{
    static const char family[] = "gpt-image";
    return strncmp(model, family, sizeof family - 1) == 0;
}

/* The prompt is written as an empty string: its place is between the quotes. */
void images_write_question(struct images *images, const char *model, const char *size)
{
    struct midge_json_writer w;
    size_t len;
    midge_json_write_begin(&w, images->question, sizeof images->question - 1);
    midge_json_begin_object(&w);
    midge_json_put_key(&w, "model");
    midge_json_put_string(&w, model);
    midge_json_put_key(&w, "prompt");
    midge_json_put_string(&w, "");
    images->prompt_at = w.len - 1;
    midge_json_put_key(&w, "n");
    midge_json_put_int(&w, 1);
    midge_json_put_key(&w, "size");
    midge_json_put_string(&w, size);
    if (has_format(model)) {
        midge_json_put_key(&w, "output_format");
        midge_json_put_string(&w, "jpeg");
    }
    midge_json_end_object(&w);
    (void)midge_json_write_end(&w, &len); /* both words are short and UTF-8: is_good_word */
    char *rest = images->question + images->prompt_at;
    memmove(rest + 1, rest, strlen(rest) + 1);
    *rest = '\0';
}

static const char *part_of(const struct image *image, unsigned part)
{
    const struct images *all = image->item.app->run.work->ctx;
    return part == IN_HEAD     ? all->question
           : part == IN_PROMPT ? image->prompt
                               : all->question + all->prompt_at + 1;
}

/* Writes a byte as in a JSON string, without the quotes; returns the number of bytes. */
static uint8_t escape(char c, char escaped[IMAGE_ESCAPED_BYTES])
{
    const char text[] = {c, '\0'};
    size_t len;
    (void)midge_json_quote(escaped, IMAGE_ESCAPED_BYTES, &len, text);
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

void image_prepare_question(struct image *image)
{
    size_t len = strlen(part_of(image, IN_HEAD)) + strlen(part_of(image, IN_TAIL));
    for (const char *at = image->prompt; *at != '\0'; at++) {
        len += escape(*at, image->escaped);
    }
    image->question = (struct midge_source){
        .read = question_read, .rewind = question_rewind, .length = (int64_t)len};
    (void)question_rewind(&image->question);
}
