/* SPDX-License-Identifier: MIT */
/* The requests of bodies.c. Each prepares one and uses one feature. */
#include <stdlib.h>
#include <string.h>

#include "bodies.h"

/* --- answers --- */

static int gunzip(struct bodies *b, char **values)
{
    (void)values;
    midge_gunzip_init(&b->gunzip, b->client, &b->sum.sink);
    b->header = (struct midge_header){"Accept-Encoding", "gzip, deflate"};
    b->request.headers = &b->header;
    b->request.n_headers = 1;
    b->request.sink = &b->gunzip.sink;
    return MIDGE_OK;
}

static int on_value(void *ctx, const struct midge_json_value *value)
{
    struct bodies *b = ctx;
    (void)value;
    b->values++;
    return MIDGE_OK;
}

static int json(struct bodies *b, char **values)
{
    static const char *const paths[] = {"[*].id", "id"};
    (void)gunzip(b, values);
    b->gunzip.next = &b->filter.sink;
    return midge_json_filter_init(&b->filter, paths, 2, b->value, sizeof b->value, on_value, b);
}

static int read_range(void *ctx, midge_id id, const struct midge_response *response)
{
    struct bodies *b = ctx;
    (void)id;
    const int err = midge_response_range(response, &b->range);
    return err == MIDGE_ERR_EOF ? MIDGE_OK : err;
}

static int range(struct bodies *b, char **values)
{
    b->header = (struct midge_header){"Range", values[0]};
    b->request.headers = &b->header;
    b->request.n_headers = 1;
    b->request.on_response = read_range;
    return MIDGE_OK;
}

static int resume(struct bodies *b, char **values)
{
    (void)values;
    midge_download_init(&b->download, &b->sum.sink);
    b->download.hook.next = b->request.hooks;
    b->retry = (struct midge_retry){.max = 3, .first_ms = 1};
    b->request.retry = &b->retry;
    b->request.sink = &b->download.sink;
    b->request.hooks = &b->download.hook;
    return MIDGE_OK;
}

static int slices(struct bodies *b, char **values)
{
    b->slices.slice = (uint32_t)strtoul(values[0], NULL, 10);
    b->slices.request = &b->request;
    return MIDGE_OK;
}

static int load(void *ctx, const char *url, struct midge_validators *validators)
{
    const struct bodies *b = ctx;
    if (strcmp(url, b->stored_url) == 0) {
        *validators = b->stored;
    }
    return MIDGE_OK;
}

static int store(void *ctx, const char *url, const struct midge_validators *validators)
{
    struct bodies *b = ctx;
    b->stored = *validators;
    b->stored_url[0] = '\0';
    if (strlen(url) < sizeof b->stored_url) {
        memcpy(b->stored_url, url, strlen(url) + 1);
    }
    return MIDGE_OK;
}

static int if_changed(struct bodies *b, char **values)
{
    (void)values;
    midge_conditional_init(&b->conditional, &b->sum.sink);
    b->conditional.load = load;
    b->conditional.store = store;
    b->conditional.ctx = b;
    b->conditional.hook.next = b->request.hooks;
    b->request.sink = &b->conditional.sink;
    b->request.hooks = &b->conditional.hook;
    return MIDGE_OK;
}

/* --- bodies that are sent --- */

static int pattern_read(struct midge_source *source, uint8_t *buf, size_t cap, size_t *n)
{
    struct pattern *p = (struct pattern *)source;
    if (p->at == p->len) {
        return MIDGE_ERR_EOF;
    }
    for (*n = 0; *n < cap && p->at < p->len; p->at++) {
        buf[(*n)++] = (uint8_t)('a' + p->at % 26);
    }
    return MIDGE_OK;
}

static int pattern_rewind(struct midge_source *source)
{
    ((struct pattern *)source)->at = 0;
    return MIDGE_OK;
}

/* What /echo has read is the text of the answer. */
static int on_echo(void *ctx, const struct midge_json_value *value)
{
    struct bodies *b = ctx;
    memcpy(b->sum.text, value->text, value->len + 1);
    return MIDGE_OK;
}

static int put(struct bodies *b, char **values)
{
    static const char *const path = "body_sha256";
    b->pattern =
        (struct pattern){.source = {.read = pattern_read, .rewind = pattern_rewind, .length = -1},
                         .len = strtoul(values[0], NULL, 10)};
    b->request.method = "PUT";
    b->request.source = &b->pattern.source;
    b->request.sink = &b->filter.sink;
    return midge_json_filter_init(&b->filter, &path, 1, b->value, sizeof b->value, on_echo, b);
}

static int expect(struct bodies *b, char **values)
{
    b->request.expect_ms = 1000;
    return put(b, values);
}

/* A text, and a file of the board's file store. */
static int form(struct bodies *b, char **values)
{
    const struct midge_port *port = b->board->port;
    int err = midge_file_source_init(&b->file, port, values[0]);
    if (err != MIDGE_OK) {
        return err;
    }
    b->parts[0] = (struct midge_part){.name = "title", .text = "A \"dog\""};
    b->parts[1] = (struct midge_part){.name = "file",
                                      .filename = values[0],
                                      .type = "application/octet-stream",
                                      .source = &b->file.source};
    err = midge_multipart_init(&b->form, port, b->parts, 2);
    b->header = (struct midge_header){"Content-Type", b->form.content_type};
    b->request.headers = &b->header;
    b->request.n_headers = 1;
    b->request.source = &b->form.source;
    return err;
}

/* --- credentials --- */

static int authorize(struct bodies *b, char **values, unsigned schemes)
{
    midge_auth_init(&b->auth, b->board->port, schemes, b->request.url, values[0], values[1]);
    b->auth.hook.next = b->request.hooks;
    b->request.hooks = &b->auth.hook;
    return MIDGE_OK;
}

static int basic(struct bodies *b, char **values)
{
    return authorize(b, values, MIDGE_AUTH_BASIC);
}

static int digest(struct bodies *b, char **values)
{
    return authorize(b, values, MIDGE_AUTH_DIGEST);
}

/* --- the table --- */

const struct how *how_find(const char *name)
{
    static const struct how all[] = {
        {"get", 0, NULL},      {"gunzip", 0, gunzip}, {"json", 0, json},     {"range", 1, range},
        {"resume", 0, resume}, {"slices", 1, slices}, {"if", 0, if_changed}, {"put", 1, put},
        {"expect", 1, expect}, {"form", 1, form},     {"basic", 2, basic},   {"digest", 2, digest},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(all[i].name, name) == 0) {
            return &all[i];
        }
    }
    return NULL;
}
