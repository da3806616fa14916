/* SPDX-License-Identifier: MIT */
/* The POST's body: the head, the prompt as in a JSON string, the tail. */
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

static const char *question_part(void *ctx, unsigned n, bool *quoted)
{
    const struct image *image = ctx;
    const struct images *all = image->item.app->run.work->ctx;
    *quoted = n == IN_PROMPT;
    return n == IN_HEAD     ? all->question
           : n == IN_PROMPT ? image->prompt
           : n == IN_TAIL   ? all->question + all->prompt_at + 1
                            : NULL;
}

void image_prepare_question(struct image *image)
{
    app_parts_init(&image->question, question_part, image);
}
