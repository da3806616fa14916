/* SPDX-License-Identifier: MIT */
/*
 * The picture's file, robot_dog_journey_N.jpg in --output-dir; without a folder (`compare`) a sink
 * that only counts takes its place. It is open from before the API is asked, so that no paid answer
 * is lost for want of a file, until its last byte is written.
 */
#include "images.h"

#include <stdio.h>
#include <string.h>

struct midge_sink *image_picture_sink(struct image *image)
{
    return image->item.app->output_dir != NULL ? &image->picture.file.sink
                                               : &image->picture.none.sink;
}

uint64_t image_picture_bytes(const struct image *image)
{
    return image->item.app->output_dir != NULL ? image->picture.file.len : image->picture.none.len;
}

void image_fail_write(struct image *image)
{
    const int native = image->picture.file.native;
    const char *words = app_native_text(image->item.app, native);
    app_fail(&image->item, app_error_class(MIDGE_ERR_WRITE), "can't write %s%s%s", image->path,
             *words != '\0' ? ": " : "", words);
}

bool image_set_path(struct image *image)
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

int image_open_picture(struct image *image)
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
        image_fail_write(image);
    }
    return err;
}

void image_drop_picture(struct image *image)
{
    struct midge_sink *picture = image_picture_sink(image);
    if (image->open) {
        (void)picture->finish(picture, MIDGE_ERR_CANCELED, MIDGE_COMPLETE_NO);
    }
    image->open = false;
}
