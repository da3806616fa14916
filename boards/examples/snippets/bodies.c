/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "snippets.h"

static int start_and_wait(struct midge_client *client, const struct midge_request *request)
{
    midge_id id;
    int err = midge_start(client, request, &id);
    if (err == MIDGE_OK) {
        return midge_wait(client, id, NULL);
    }
    if (request->source) {
        request->source->finish(request->source); /* no request has got it */
    }
    return err;
}

/* Uploads a file as it is read: no more than a send buffer of it is in memory. */
int body_put_file(struct midge_client *client, const char *url, const char *path)
{
    struct midge_file_source file;
    struct midge_request put = {.method = "PUT", .url = url, .source = &file.source};
    int err = midge_file_source_init(&file, midge_client_port(client), path);
    return err == MIDGE_OK ? start_and_wait(client, &put) : err;
}

/* A form with a text and a picture from memory. */
int body_send_form(struct midge_client *client, const char *url, const char *picture)
{
    struct midge_buffer_source bytes;
    struct midge_part parts[2] = {
        {.name = "title", .text = "The roof"},
        {.name = "file", .filename = "roof.png", .type = "image/png", .source = &bytes.source}};
    struct midge_multipart form;
    struct midge_request post = {.url = url, .source = &form.source};
    int err;

    midge_buffer_source_init(&bytes, picture, strlen(picture));
    err = midge_multipart_init(&form, midge_client_port(client), parts, 2);
    if (err != MIDGE_OK) {
        return err;
    }
    post.content_type = form.content_type;
    return start_and_wait(client, &post);
}

/* An answer line by line, as NDJSON is, with memory for one line. */
int body_read_lines(struct midge_client *client, const char *url, midge_line_fn *on_line, void *ctx)
{
    char line[128];
    struct midge_lines lines;
    struct midge_request get = {.url = url, .sink = &lines.sink};
    midge_lines_init(&lines, line, sizeof line, on_line, ctx);
    return start_and_wait(client, &get);
}

static int hash_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct body_hash *body = (struct body_hash *)sink;
    midge_sha256_update(&body->hash, data, len);
    return MIDGE_OK;
}

static int hash_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    struct body_hash *body = (struct body_hash *)sink;
    (void)err;
    midge_sha256_final(&body->hash, body->digest);
    return complete == MIDGE_COMPLETE_YES ? MIDGE_OK : MIDGE_ERR_PARTIAL;
}

static int hash_reset(struct midge_sink *sink)
{
    midge_sha256_init(&((struct body_hash *)sink)->hash);
    return MIDGE_OK;
}

/* A sink of one's own: the SHA-256 of a body of any length. */
int body_hash(struct midge_client *client, const char *url, uint8_t digest[32])
{
    struct body_hash body;
    struct midge_request get = {.url = url, .sink = &body.sink};
    int err;
    memset(&body, 0, sizeof body);
    body.sink.write = hash_write;
    body.sink.finish = hash_finish;
    body.sink.reset = hash_reset;
    (void)hash_reset(&body.sink);
    err = start_and_wait(client, &get);
    memcpy(digest, body.digest, 32);
    return err;
}

/* Is that digest signed with the vendor's key? */
int body_is_signed(struct midge_client *client, const uint8_t digest[32], const uint8_t *key,
                   size_t key_len, const uint8_t *signature, size_t signature_len)
{
    return midge_verify_p256(client, key, key_len, digest, signature, signature_len);
}
