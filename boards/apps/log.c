/* SPDX-License-Identifier: MIT */
/*
 * The setting MIDGE_LOG=FILE: a log of all that a program's requests do (midge/event_log.h), for
 * `midge log FILE`. The file is written when a client closes; "-": it is printed in base64.
 */
#include <stdio.h>
#include <string.h>

#include "app.h"

#if MIDGE_WITH_EVENTS

/* Cells of the log: the newest events are kept. */
#ifndef APP_LOG_CELLS
#define APP_LOG_CELLS 256
#endif

static uint64_t block[MIDGE_EVENT_LOG_SIZE(APP_LOG_CELLS) / sizeof(uint64_t)];
static bool is_open; /* compare and posts open one client after the other */

void app_log_open(const struct app *app, struct midge_config *config)
{
    if (board_env(app->board, "MIDGE_LOG") == NULL) {
        return;
    }
    if (!is_open) {
        is_open = midge_event_log_init(block, sizeof block, app->board->port) != NULL;
    }
    config->on_event = midge_event_log_add;
    config->event_ctx = block;
}

/* Cells that were not written yet are not needed. */
static size_t used(void)
{
    const struct midge_event_log *log = (const void *)block;
    return MIDGE_EVENT_LOG_SIZE(log->written < log->cells ? log->written : log->cells);
}

static void print(const struct app *app)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *bytes = (const uint8_t *)block;
    char line[65];
    const size_t size = used();
    app_print(app, "-----BEGIN MIDGE LOG-----\n");
    for (size_t at = 0; at < size;) {
        size_t n = 0;
        for (; n < sizeof line - 1 && at < size; at += 3) {
            uint32_t three = 0;
            for (size_t i = 0; i < 3; i++) {
                three = three << 8 | (at + i < size ? bytes[at + i] : 0U);
            }
            for (unsigned shift = 24; shift > 0; shift -= 6) {
                line[n++] = digits[three >> (shift - 6) & 63];
            }
        }
        line[n] = '\0';
        app_print(app, "%s\n", line);
    }
    app_print(app, "-----END MIDGE LOG-----\n");
}

static void save(const struct app *app, const char *path)
{
    const struct midge_port *port = app->board->port;
    midge_file file;
    int native = 0;
    int err = port->file_open != NULL
                  ? port->file_open(port->ctx, path, MIDGE_FILE_REPLACE, &file, &native)
                  : MIDGE_ERR_UNSUPPORTED;
    if (err == MIDGE_OK) {
        err = port->file_write(port->ctx, file, (const uint8_t *)block, used(), &native);
        const int end = port->file_finish(port->ctx, file, err == MIDGE_OK, &native);
        err = err == MIDGE_OK ? end : err;
    }
    if (err != MIDGE_OK) {
        app_error(app, "%s: the log %s: %s\n", app->name, path, midge_err_text(err));
    }
}

void app_log_close(const struct app *app)
{
    const char *path = board_env(app->board, "MIDGE_LOG");
    if (path == NULL) {
        return;
    }
    if (strcmp(path, "-") == 0) {
        print(app);
    } else {
        save(app, path);
    }
}

#endif
