/* SPDX-License-Identifier: MIT */
/*
 * The program images by its parts: the question to the API (images_question.c), the reading of its
 * answer (images_answer.c), the picture's file (images_picture.c), and the task (images.c).
 */
#ifndef MIDGE_APPS_IMAGES_H
#define MIDGE_APPS_IMAGES_H

#include "app.h"
#include "prompts.h"

#define IMAGE_PIECE_BYTES 256  /* of base64 at a time */
#define IMAGE_URL_BYTES   2048 /* a signed URL is long */
#define IMAGE_PATH_BYTES  192
#define IMAGE_KEPT_BYTES  80 /* the header x-request-id */
#define IMAGE_WORD_MAX    64 /* characters of a model's name or a size */

/* Common to all items. */
struct images {
    struct prompts prompts;
    /* Each question: its text up to the prompt, a NUL, its text after the prompt. */
    char question[2 * 6 * IMAGE_WORD_MAX + 96];
    size_t prompt_at; /* where the NUL is */
};

struct image {
    struct app_item item;
    char *prompt;
    struct app_parts question;
    /* The answer: its beginning is kept, its JSON filtered, its picture decoded. */
    struct midge_sink sink;
    struct app_says says;
    struct midge_json_filter filter;
    struct midge_base64_sink base64;
    char piece[IMAGE_PIECE_BYTES];
    char url[IMAGE_URL_BYTES];
    size_t url_len;
    bool url_ended, base64_ended, base64_bad;
    char kept[IMAGE_KEPT_BYTES];
    /* The picture. */
    bool open;
    union {
        struct midge_file_sink file;
        struct midge_null_sink none; /* pictures are not kept */
    } picture;
    char path[IMAGE_PATH_BYTES];
    struct midge_request get; /* borrowed, as a URL would be copied up to three times */
};

static inline struct image *image_of(struct app_item *item)
{
    return (struct image *)(void *)item;
}

/* --- the question (images_question.c) --- */

/* Writes the text that all questions share. */
void images_write_question(struct images *images, const char *model, const char *size);

/* Sets image->question, the POST's body. */
void image_prepare_question(struct image *image);

/* --- the answer (images_answer.c) --- */

/* Sets image->sink, the sink of the API's answer. */
void image_prepare_answer(struct image *image);
/* The request's on_response. */
int image_on_response(void *ctx, midge_id id, const struct midge_response *response);
/* Reports the errors found by the answer's own sinks. Call it first: only the first failure of an
   item is reported. */
void image_tell_what_is_wrong(struct image *image);

/* --- the picture (images_picture.c) --- */

/* The sink of the open picture. */
struct midge_sink *image_picture_sink(struct image *image);
uint64_t image_picture_bytes(const struct image *image);
/* Sets the name of the file. False: failed, and reported. */
bool image_set_path(struct image *image);
/* The file appears under its name only when it is whole; before, it has a temporary name.
   MIDGE_OK, also if it is open; MIDGE_ERR_WRITE, which is reported; or another error. */
int image_open_picture(struct image *image);
/* An item that waits and has cost nothing yet keeps no file open: others may need it. */
void image_drop_picture(struct image *image);
/* Reports that the file can't be written. */
void image_fail_write(struct image *image);

#endif
