/* SPDX-License-Identifier: MIT */
#include "prompts.h"

#include <string.h>

static const char *const journey[] = {"robot dog in a lab", "robot dog exploring the city",
                                      "robot dog watching the sunset"};

/* --- the file --- */

static int read_all(const struct midge_port *port, midge_file file, char *text, size_t cap,
                    size_t *len)
{
    int err = MIDGE_OK, native;
    *len = 0;
    while (err == MIDGE_OK && *len < cap) {
        size_t n = 0;
        err = port->file_read(port->ctx, file, (uint8_t *)text + *len, cap - *len, &n, &native);
        *len += n;
    }
    if (err == MIDGE_OK) {
        return MIDGE_ERR_TOO_LARGE;
    }
    return err == MIDGE_ERR_EOF ? MIDGE_OK : err;
}

/* At most cap - 1 bytes, and a NUL behind them. */
static int read_file(const struct midge_port *port, const char *path, char *text, size_t cap)
{
    midge_file file;
    size_t len;
    int native;
    if (port->file_open == NULL) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    int err = port->file_open(port->ctx, path, MIDGE_FILE_READ, &file, &native);
    if (err != MIDGE_OK) {
        return err;
    }
    err = read_all(port, file, text, cap, &len);
    (void)port->file_finish(port->ctx, file, 0, &native);
    if (err == MIDGE_OK) {
        text[len] = '\0';
    }
    return err;
}

/* --- its lines --- */

/* Empty lines are no prompts. False: there are more than PROMPTS_MAX. */
static bool split(struct prompts *prompts)
{
    for (char *at = prompts->text; *at != '\0';) {
        size_t len = strcspn(at, "\r\n");
        char *next = at + len + (at[len] != '\0');
        at[len] = '\0';
        if (len > 0 && prompts->n == PROMPTS_MAX) {
            return false;
        }
        if (len > 0) {
            prompts->lines[prompts->n++] = at;
        }
        at = next;
    }
    return true;
}

static bool refuse(struct app *app, const char *what, const char *why)
{
    app_error(app, "%s: file error: %s: %s\n", app->name, what, why);
    app->failed++;
    return false;
}

static bool open_file(struct prompts *prompts, struct app *app)
{
    prompts->text = midge_alloc(app->client, PROMPTS_BYTES);
    prompts->lines = midge_alloc(app->client, PROMPTS_MAX * sizeof *prompts->lines);
    if (prompts->text == NULL || prompts->lines == NULL) {
        return refuse(app, app->prompts, midge_err_text(MIDGE_ERR_NO_MEMORY));
    }
    int err = read_file(app->board->port, app->prompts, prompts->text, PROMPTS_BYTES);
    if (err != MIDGE_OK) {
        return refuse(app, app->prompts,
                      err == MIDGE_ERR_READ ? "can't be read" : midge_err_text(err));
    }
    if (!split(prompts)) {
        return refuse(app, app->prompts, "too many prompts for the awaitables of this build");
    }
    prompts->at = prompts->lines;
    return prompts->n > 0 || refuse(app, app->prompts, "no prompt in it");
}

bool prompts_open(struct prompts *prompts, struct app *app)
{
    *prompts = (struct prompts){.at = journey, .n = sizeof journey / sizeof journey[0]};
    if (app->prompts == NULL) {
        return true;
    }
    prompts->n = 0;
    return open_file(prompts, app);
}

void prompts_close(struct prompts *prompts, struct app *app)
{
    app_free(app, prompts->text);
    app_free(app, prompts->lines);
}
