/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "snippets.h"

struct last_kb {
    struct midge_content_range range;
    char validator[MIDGE_VALIDATOR_BYTES];
};

static int on_part(void *ctx, midge_id id, const struct midge_response *response)
{
    struct last_kb *last = (struct last_kb *)ctx;
    (void)id;
    if (response->status != 206) {
        return MIDGE_ERR_RANGE; /* the server gives no parts, or there is no such part */
    }
    (void)midge_validator(response,
                          last->validator); /* for If-Range, to ask for more of it later */
    return midge_response_range(response, &last->range);
}

/* The last 1024 bytes of a file, by a request with a Range of its own; *total: its length. */
int part_last_kb(struct midge_client *client, const char *url, struct midge_sink *sink,
                 uint64_t *total)
{
    static const struct midge_header last_bytes = {"Range", "bytes=-1024"};
    struct last_kb last;
    struct midge_request get = {.url = url,
                                .headers = &last_bytes,
                                .n_headers = 1,
                                .keep_headers = MIDGE_VALIDATOR_HEADERS,
                                .sink = sink,
                                .ctx = &last,
                                .on_response = on_part};
    midge_id id;
    int err = midge_start(client, &get, &id);
    if (err == MIDGE_OK) {
        err = midge_wait(client, id, NULL);
        *total = last.range.total;
    }
    return err;
}

/* A file in answers of 512 bytes, for a client with small buffers. */
int part_in_slices(struct midge_client *client, const char *url, const char *path)
{
    struct midge_file_sink file;
    struct midge_request get = {.url = url, .sink = &file.sink};
    struct midge_slices slices;
    midge_id id;
    int err;

    midge_file_sink_init(&file, midge_client_port(client), path);
    memset(&slices, 0, sizeof slices);
    slices.request = &get;
    slices.slice = 512;
    err = midge_slices_start(client, &slices, &id);
    return err == MIDGE_OK ? midge_wait(client, id, NULL) : err;
}

/* A download that goes on where it was cut, up to three times. */
int part_resumed(struct midge_client *client, const char *url, const char *path)
{
    struct midge_retry retry = {.max = 3};
    struct midge_file_sink file;
    struct midge_download download;
    struct midge_request get = {.url = url, .sink = &download.sink, .retry = &retry};
    midge_id id;
    int err;

    midge_file_sink_init(&file, midge_client_port(client), path);
    midge_download_init(&download, &file.sink);
    get.hooks = &download.hook;
    err = midge_start(client, &get, &id);
    return err == MIDGE_OK ? midge_wait(client, id, NULL) : err;
}
