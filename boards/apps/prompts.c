/* SPDX-License-Identifier: MIT */
/*
 * The file is opened for each buffer and closed again: if only a few files can be open, the
 * pictures need them. Input that can be read only once (a pipe, standard input) is read whole at
 * the start.
 */
#include "prompts.h"

#include <string.h>

static const char *const journey[] = {"robot dog in a lab", "robot dog exploring the city",
                                      "robot dog watching the sunset"};

#define JOURNEY (sizeof journey / sizeof journey[0])

static int refuse(const struct prompts *prompts, int err, const char *why, const char *native)
{
    struct app *app = prompts->app;
    app_error(app, "%s: file error: %s: %s%s%s\n", app->name, prompts->path, why,
              *native != '\0' ? ": " : "", native);
    app->failed++;
    return err;
}

static int refuse_line(const struct prompts *prompts, const char *why)
{
    struct app *app = prompts->app;
    app_error(app, "%s: file error: %s: line %u %s\n", app->name, prompts->path, prompts->line + 1,
              why);
    app->failed++;
    return MIDGE_ERR_INVALID;
}

/* --- the file --- */

static int open_file(const struct prompts *prompts, midge_file *file)
{
    const struct midge_port *port = prompts->app->board->port;
    const bool in = strcmp(prompts->path, "-") == 0;
    int native = 0;
    int err = port->file_open == NULL
                  ? MIDGE_ERR_UNSUPPORTED
                  : port->file_open(port->ctx, in ? "/dev/stdin" : prompts->path, MIDGE_FILE_READ,
                                    file, &native);
    if (err == MIDGE_OK || err == MIDGE_ERR_NO_MEMORY) {
        return err;
    }
    return refuse(prompts, err, err == MIDGE_ERR_READ ? "can't be read" : midge_err_text(err),
                  app_native_text(prompts->app, native));
}

static void close_file(const struct prompts *prompts, midge_file file)
{
    const struct midge_port *port = prompts->app->board->port;
    int ignored;
    (void)port->file_finish(port->ctx, file, 0, &ignored);
}

/* MIDGE_OK with *n > 0, EOF, or an error that was reported. */
static int read_file(const struct prompts *prompts, midge_file file, char *to, size_t cap,
                     size_t *n)
{
    const struct midge_port *port = prompts->app->board->port;
    int native;
    int err = port->file_read(port->ctx, file, (uint8_t *)to, cap, n, &native);
    if (err == MIDGE_OK || err == MIDGE_ERR_EOF) {
        return err;
    }
    return refuse(prompts, MIDGE_ERR_READ, "can't be read", app_native_text(prompts->app, native));
}

static int read_there(struct prompts *prompts, midge_file file)
{
    const struct midge_port *port = prompts->app->board->port;
    if (port->file_seek(port->ctx, file, prompts->at) != MIDGE_OK) {
        return refuse(prompts, MIDGE_ERR_READ, "can't be read", "");
    }
    return read_file(prompts, file, prompts->buffer, sizeof prompts->buffer, &prompts->len);
}

static int copy_text(struct prompts *prompts)
{
    size_t left = prompts->text.len - (size_t)prompts->at;
    prompts->len = left < sizeof prompts->buffer ? left : sizeof prompts->buffer;
    if (left == 0) {
        return MIDGE_ERR_EOF;
    }
    memcpy(prompts->buffer, prompts->text.data + prompts->at, prompts->len);
    return MIDGE_OK;
}

/* Fills the buffer from prompts->at on. */
static int fill(struct prompts *prompts)
{
    midge_file file;
    prompts->used = prompts->len = 0;
    int err = prompts->pipe ? copy_text(prompts) : open_file(prompts, &file);
    if (err == MIDGE_OK && !prompts->pipe) {
        err = read_there(prompts, file);
        close_file(prompts, file);
    }
    prompts->at += err == MIDGE_OK ? prompts->len : 0;
    return err;
}

static int next_byte(struct prompts *prompts, char *c)
{
    int err = prompts->used == prompts->len ? fill(prompts) : MIDGE_OK;
    *c = err == MIDGE_OK ? prompts->buffer[prompts->used++] : '\0';
    return err;
}

/* The place of the next byte. */
static uint64_t tell(const struct prompts *prompts)
{
    return prompts->at - (prompts->len - prompts->used);
}

static void go_to(struct prompts *prompts, uint64_t at)
{
    uint64_t from = prompts->at - prompts->len;
    if (at >= from && at <= prompts->at) {
        prompts->used = (size_t)(at - from);
    } else {
        prompts->at = at;
        prompts->used = prompts->len = 0;
    }
}

/* --- lines --- */

static bool is_end(char c)
{
    return c == '\n' || c == '\r';
}

/* Goes to the end of the line that begins here, past its line end. *len: its length without the
   line end; *blank: it has no text. EOF: there are no more lines. */
static int skip_line(struct prompts *prompts, size_t *len, bool *blank)
{
    char c;
    int err;
    *len = 0;
    *blank = true;
    while ((err = next_byte(prompts, &c)) == MIDGE_OK && !is_end(c)) {
        if (c == '\0') {
            return refuse_line(prompts, "has a NUL byte: it is no UTF-8 text");
        }
        if (++*len > PROMPT_MAX) {
            return refuse_line(prompts, "is too long for a prompt");
        }
        *blank = *blank && (c == ' ' || c == '\t');
    }
    prompts->line += c == '\n' || (err == MIDGE_ERR_EOF && *len > 0);
    return err == MIDGE_ERR_EOF && *len > 0 ? MIDGE_OK : err;
}

/* RFC 3629 6: a byte order mark at the beginning is not text. */
static int skip_mark(struct prompts *prompts)
{
    static const char mark[] = "\xef\xbb\xbf";
    char c;
    for (size_t i = 0; i < sizeof mark - 1; i++) {
        int err = next_byte(prompts, &c);
        if (err != MIDGE_OK || c != mark[i]) {
            go_to(prompts, 0);
            return err == MIDGE_ERR_EOF ? MIDGE_OK : err;
        }
    }
    prompts->next = sizeof mark - 1;
    return MIDGE_OK;
}

/* Finds the next line with text: its place and its length. */
static int find_line(struct prompts *prompts, uint64_t *from, size_t *len)
{
    bool blank = true;
    int err = MIDGE_OK;
    while (err == MIDGE_OK && blank) {
        *from = tell(prompts);
        err = skip_line(prompts, len, &blank);
    }
    return err;
}

/* --- one by one --- */

/* Reads the line again, now with memory for it. */
static int take_line(struct prompts *prompts, uint64_t from, size_t len, char **prompt)
{
    uint64_t behind = tell(prompts);
    int err = MIDGE_OK;
    char *text = midge_alloc(prompts->app->client, len + 1);
    if (text == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    go_to(prompts, from);
    for (size_t i = 0; i < len && err == MIDGE_OK; i++) {
        err = next_byte(prompts, &text[i]);
    }
    if (err != MIDGE_OK) {
        app_free(prompts->app, text);
        return err;
    }
    text[len] = '\0';
    go_to(prompts, behind);
    *prompt = text;
    return MIDGE_OK;
}

static int take_step(struct prompts *prompts, char **prompt)
{
    const char *text = journey[prompts->n];
    *prompt = midge_alloc(prompts->app->client, strlen(text) + 1);
    if (*prompt != NULL) {
        memcpy(*prompt, text, strlen(text) + 1);
    }
    return *prompt != NULL ? MIDGE_OK : MIDGE_ERR_NO_MEMORY;
}

static int take_from_file(struct prompts *prompts, struct app_item *item, char **prompt)
{
    unsigned line = prompts->line;
    uint64_t from;
    size_t len;
    go_to(prompts, prompts->next);
    int err = find_line(prompts, &from, &len);
    if (err == MIDGE_OK) {
        err = app_reserve(item, len) ? take_line(prompts, from, len, prompt) : MIDGE_ERR_NO_MEMORY;
    }
    if (err == MIDGE_OK) {
        prompts->next = tell(prompts);
    } else {
        prompts->line = line; /* the same again */
        prompts->broken = err != MIDGE_ERR_NO_MEMORY;
    }
    return err;
}

int prompts_next(struct prompts *prompts, struct app_item *item, char **prompt)
{
    int err;
    if (prompts->broken) {
        err = MIDGE_ERR_EOF;
    } else if (prompts->path == NULL) {
        err = prompts->n < JOURNEY ? take_step(prompts, prompt) : MIDGE_ERR_EOF;
    } else {
        err = take_from_file(prompts, item, prompt);
    }
    prompts->n += err == MIDGE_OK;
    return err;
}

/* --- all of it, once --- */

static int read_whole(struct prompts *prompts, midge_file file)
{
    int err;
    size_t n;
    while ((err = read_file(prompts, file, prompts->buffer, sizeof prompts->buffer, &n)) ==
           MIDGE_OK) {
        int kept =
            prompts->text.sink.write(&prompts->text.sink, (const uint8_t *)prompts->buffer, n);
        if (kept != MIDGE_OK) {
            return refuse(prompts, kept, "too long for the client's block", "");
        }
    }
    return err == MIDGE_ERR_EOF ? MIDGE_OK : err;
}

static int look(struct prompts *prompts)
{
    const struct midge_port *port = prompts->app->board->port;
    midge_file file;
    uint64_t size;
    int err = open_file(prompts, &file);
    if (err != MIDGE_OK) {
        return err;
    }
    prompts->pipe =
        strcmp(prompts->path, "-") == 0 || port->file_size(port->ctx, file, &size) != MIDGE_OK;
    err = prompts->pipe ? read_whole(prompts, file) : MIDGE_OK;
    close_file(prompts, file);
    return err;
}

static bool check(struct prompts *prompts)
{
    uint64_t from;
    size_t len;
    unsigned found = 0;
    int err = look(prompts);
    if (err == MIDGE_OK) {
        err = skip_mark(prompts);
    }
    while (err == MIDGE_OK && (err = find_line(prompts, &from, &len)) == MIDGE_OK) {
        found++;
    }
    prompts->line = 0;
    if (err == MIDGE_ERR_NO_MEMORY) {
        return refuse(prompts, err, midge_err_text(err), "") == MIDGE_OK;
    }
    if (err == MIDGE_ERR_EOF && found == 0) {
        return refuse(prompts, err, "no prompt in it", "") == MIDGE_OK;
    }
    return err == MIDGE_ERR_EOF;
}

bool prompts_open(struct prompts *prompts, struct app *app)
{
    *prompts = (struct prompts){.app = app, .path = app->prompts};
    midge_blob_init(&prompts->text, app->client, PROMPTS_PIPE);
    return prompts->path == NULL || check(prompts);
}

void prompts_close(struct prompts *prompts)
{
    if (!prompts->app->stuck) {
        midge_blob_free(&prompts->text);
    }
}
