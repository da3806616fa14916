/* SPDX-License-Identifier: MIT */
/* The file store, where there is one. */
#include "check.h"

static const char *open_file(const struct check *c, enum midge_file_mode mode, midge_file *file)
{
    int native = -1;

    EXPECT(c->port->file_open(c->port->ctx, c->peer->file, mode, file, &native) == MIDGE_OK,
           mode == MIDGE_FILE_READ ? "the file does not open" : "the file cannot be written");
    EXPECT(native == 0, "native is not 0 though it opens");
    return NULL;
}

static const char *put(struct check *c, size_t len, int commit)
{
    midge_file file;
    int native;

    TRY(open_file(c, MIDGE_FILE_REPLACE, &file));
    for (size_t at = 0; at < len; at += 1000) {
        const size_t n = len - at < 1000 ? len - at : 1000;
        check_fill(c->buf, at, n);
        EXPECT(c->port->file_write(c->port->ctx, file, c->buf, n, &native) == MIDGE_OK,
               "file_write fails");
    }
    EXPECT(c->port->file_finish(c->port->ctx, file, commit, &native) == MIDGE_OK,
           "file_finish fails");
    return NULL;
}

/* The file has len bytes of the pattern from `from` on. */
static const char *get(struct check *c, midge_file file, size_t from, size_t len)
{
    size_t n = 0;
    int err, native;

    for (size_t at = from;; at += n) {
        err = c->port->file_read(c->port->ctx, file, c->buf, 700, &n, &native);
        if (err != MIDGE_OK) {
            EXPECT(err == MIDGE_ERR_EOF, "not EOF at the end");
            EXPECT(n == 0, "EOF with bytes");
            EXPECT(at == len, "EOF before all bytes");
            return NULL;
        }
        EXPECT(n > 0 && n <= 700, "OK with no or too many bytes");
        EXPECT(check_is_pattern(c->buf, at, n), "the bytes are not those that were written");
    }
}

static const char *holds(struct check *c, size_t len)
{
    midge_file file;
    uint64_t size = 0;
    const char *why;
    int native;

    TRY(open_file(c, MIDGE_FILE_READ, &file));
    why = get(c, file, 0, len);
    if (why == NULL && c->port->file_size(c->port->ctx, file, &size) == MIDGE_OK && size != len) {
        why = "file_size answers another size";
    }
    (void)c->port->file_finish(c->port->ctx, file, 0, &native);
    return why;
}

static bool no_files(const struct check *c)
{
    return c->port->file_open == NULL || c->peer->file == NULL;
}

static const char *missing(struct check *c)
{
    midge_file file;
    int native = 0;

    EXPECT(!no_files(c), SKIP("no file store"));
    EXPECT(c->port->file_open(c->port->ctx, c->peer->file, MIDGE_FILE_READ, &file, &native) ==
               MIDGE_ERR_READ,
           "not READ for a file that is not there");
    EXPECT(native != 0, "without the platform's code");
    return NULL;
}

static const char *replaced(struct check *c)
{
    EXPECT(!no_files(c), SKIP("no file store"));
    TRY(put(c, 5000, 1));
    TRY(holds(c, 5000));
    TRY(put(c, 300, 1));
    TRY(holds(c, 300));
    return NULL;
}

static const char *discarded(struct check *c)
{
    midge_file file;
    const char *why;
    int native;

    EXPECT(!no_files(c), SKIP("no file store"));
    TRY(put(c, 400, 1));
    TRY(put(c, 100, 0));
    TRY(holds(c, 400));
    TRY(open_file(c, MIDGE_FILE_REPLACE, &file));
    (void)c->port->file_write(c->port->ctx, file, c->buf, 10, &native);
    why = holds(c, 400); /* a reader sees the old one until the commit */
    (void)c->port->file_finish(c->port->ctx, file, 0, &native);
    return why;
}

static const char *seek(struct check *c)
{
    midge_file file;
    const char *why = NULL;
    int err, native;

    EXPECT(!no_files(c), SKIP("no file store"));
    TRY(put(c, 2000, 1));
    TRY(open_file(c, MIDGE_FILE_READ, &file));
    err = c->port->file_seek(c->port->ctx, file, 1500);
    if (err == MIDGE_OK) {
        why = get(c, file, 1500, 2000);
    } else if (err != MIDGE_ERR_UNSUPPORTED) {
        why = "another error than UNSUPPORTED";
    }
    (void)c->port->file_finish(c->port->ctx, file, 0, &native);
    return why;
}

const struct promise check_file_promises[] = {
    {"file_open: READ with the platform's code for a file that is not there", missing},
    {"files: what was committed is read, and replaced as a whole", replaced},
    {"files: what was not committed changes nothing", discarded},
    {"file_seek goes there, or is UNSUPPORTED", seek},
    {NULL, NULL},
};
