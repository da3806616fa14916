/* SPDX-License-Identifier: MIT */
/*
 * The file is removed before the first request, since a ticket is to be used once (sessions.h of
 * midge); a run that is killed leaves none, and the next one makes full handshakes.
 */
#include "sessions.h"

#if MIDGE_WITH_SESSION_STORE

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <midge/err.h>
#include <midge/sessions.h>

#include "data.h"
#include "descriptor.h"
#include "failure.h"

static int device_key(void *ctx, uint8_t key[SHIM_KEY])
{
    const struct shim *shim = ctx;

    memcpy(key, shim->key, SHIM_KEY);
    return MIDGE_OK;
}

int sessions_open(struct run *run)
{
    const struct options *options = run->options;
    struct text key = {.keep = run->keep};
    int native;

    if ((options->ssl_sessions == NULL) != (options->session_key == NULL)) {
        return usage_error("options --ssl-sessions and --session-key need each other");
    }
    if (options->session_key == NULL) {
        return 0;
    }
    native = data_read_file(options->session_key, &key);
    if (native != 0) {
        fprintf(stderr, "midge: (26) can't read %s: %s\n", options->session_key, strerror(native));
        return EXIT_READ;
    }
    if (key.len != SHIM_KEY) {
        return usage_error("option --session-key: %s has %zu bytes, 32 are needed",
                           options->session_key, key.len);
    }
    memcpy(run->shim.key, key.data, SHIM_KEY);
    run->shim.port.device_key = device_key;
    return 0;
}

static void warn(const struct run *run, const char *what)
{
    if (!run->options->silent || run->options->show_error) {
        fprintf(stderr, "midge: the sessions in %s are not used: %s\n", run->options->ssl_sessions,
                what);
    }
}

void sessions_import(struct run *run)
{
    const char *path = run->options->ssl_sessions;
    struct text block = {.keep = run->keep};
    int native, err;

    if (path == NULL) {
        return;
    }
    native = data_read_file(path, &block);
    if (native == ENOENT) {
        return;
    }
    if (native == 0 && unlink(path) != 0) {
        native = errno;
    }
    if (native != 0) {
        warn(run, strerror(native));
        return;
    }
    err = midge_sessions_import(run->client, block.data, block.len);
    if (err != MIDGE_OK) {
        warn(run, midge_err_text(err));
    }
}

void sessions_export(struct run *run)
{
    size_t size, len;
    void *block;

    if (run->options->ssl_sessions == NULL) {
        return;
    }
    size = midge_sessions_size(run->client);
    block = keep_alloc(run->keep, size);
    run->sessions_error = midge_sessions_export(run->client, block, size, &len);
    if (run->sessions_error == MIDGE_OK) {
        run->sessions = (struct text){.keep = run->keep};
        text_add(&run->sessions, block, len);
    }
}

int sessions_save(struct run *run, int code)
{
    const char *path = run->options->ssl_sessions, *why = NULL;

    if (path == NULL || (run->sessions.len == 0 && run->sessions_error == MIDGE_OK)) {
        return code; /* there was no client */
    }
    if (run->sessions_error != MIDGE_OK) {
        why = midge_err_text(run->sessions_error);
    } else {
        int native = descriptor_replace(run->keep, path, &run->sessions);
        why = native != 0 ? strerror(native) : NULL;
    }
    if (why == NULL) {
        return code;
    }
    fprintf(stderr, "midge: (23) can't write %s: %s\n", path, why);
    return code != 0 ? code : EXIT_WRITE;
}

#endif
