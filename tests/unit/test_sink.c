/* SPDX-License-Identifier: MIT */
/* Sinks and sources against a file store in memory, whose nth call can fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_core.h"

#include "../../src/body/sink.c"
#include "../../src/body/source.c"

/* --- a file store that holds one file --- */

struct midge_open_file {
    enum midge_file_mode mode;
    size_t at;
};

static struct store {
    struct midge_open_file file;
    char target[64], beside[64]; /* NUL-terminated text */
    bool exists, pipe;
    unsigned opened, finished, committed;
    unsigned fail;  /* the nth call from now fails with errno 28 */
    int open_error; /* of an open that fails */
} store;

static void set_target(const char *text)
{
    size_t len = strlen(text);
    assert_true(len < sizeof store.target);
    memcpy(store.target, text, len + 1);
}

static int store_fails(int err, int *native)
{
    if (store.fail > 0 && --store.fail == 0) {
        *native = 28;
        return err;
    }
    *native = 0;
    return MIDGE_OK;
}

static int store_open(void *ctx, const char *path, enum midge_file_mode mode, midge_file *file,
                      int *native)
{
    (void)ctx;
    assert_string_equal(path, "a.png");
    int err = store_fails(store.open_error, native);
    *file = &store.file; /* of no meaning with an error */
    if (err == MIDGE_OK) {
        store.file = (struct midge_open_file){.mode = mode};
        store.beside[0] = '\0';
        store.opened++;
    }
    return err;
}

static int store_size(void *ctx, midge_file file, uint64_t *size)
{
    int native;
    (void)ctx;
    (void)file;
    *size = store.pipe ? 0 : strlen(store.target);
    return store.pipe ? MIDGE_ERR_UNSUPPORTED : store_fails(MIDGE_ERR_PORT, &native);
}

static int store_seek(void *ctx, midge_file file, uint64_t offset)
{
    (void)ctx;
    file->at = (size_t)offset;
    return MIDGE_OK;
}

static int store_read(void *ctx, midge_file file, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    (void)ctx;
    int err = store_fails(MIDGE_ERR_PORT, native);
    size_t left = strlen(store.target) - file->at;
    *n = left < cap ? left : cap;
    memcpy(buf, store.target + file->at, *n);
    file->at += *n;
    return err != MIDGE_OK ? err : *n == 0 ? MIDGE_ERR_EOF : MIDGE_OK;
}

static int store_write(void *ctx, midge_file file, const uint8_t *buf, size_t len, int *native)
{
    (void)ctx;
    int err = store_fails(MIDGE_ERR_PORT, native);
    memcpy(store.beside + file->at, buf, len);
    file->at += len;
    store.beside[file->at] = '\0';
    return err;
}

static int store_finish(void *ctx, midge_file file, int commit, int *native)
{
    (void)ctx;
    assert_ptr_equal(file, &store.file);
    store.finished++;
    int err = store_fails(MIDGE_ERR_PORT, native);
    if (commit && err == MIDGE_OK) {
        memcpy(store.target, store.beside, sizeof store.target);
        store.exists = true;
        store.committed++;
    }
    return err;
}

static const struct midge_port port = {
    .file_open = store_open,
    .file_size = store_size,
    .file_seek = store_seek,
    .file_read = store_read,
    .file_write = store_write,
    .file_finish = store_finish,
};
static const struct midge_port bare_port;
static struct midge_client core;

static int setup(void **state)
{
    (void)state;
    memset(&store, 0, sizeof store);
    store.open_error = MIDGE_ERR_PORT;
    memset(&core, 0, sizeof core);
    return 0;
}

static int put(struct midge_sink *sink, const char *text)
{
    return sink->write(sink, (const uint8_t *)text, strlen(text));
}

/* --- buffer --- */

static void buffer_takes_what_fits(void **state)
{
    (void)state;
    char storage[8];
    struct midge_buffer buffer;
    midge_buffer_init(&buffer, storage, sizeof storage);
    assert_string_equal(storage, "");
    assert_int_equal(put(&buffer.sink, "abc"), MIDGE_OK);
    assert_string_equal(storage, "abc");
    assert_int_equal(put(&buffer.sink, "defg"), MIDGE_OK);
    assert_string_equal(storage, "abcdefg");
    assert_int_equal(put(&buffer.sink, "h"), MIDGE_ERR_TOO_LARGE);
    assert_string_equal(storage, "abcdefg");
    assert_int_equal(buffer.len, 7);
    assert_int_equal(buffer.sink.finish(&buffer.sink, MIDGE_OK, MIDGE_COMPLETE_YES), MIDGE_OK);
    assert_int_equal(buffer.sink.reset(&buffer.sink), MIDGE_OK);
    assert_string_equal(storage, "");
    assert_int_equal(put(&buffer.sink, "12345678"), MIDGE_ERR_TOO_LARGE);
    assert_int_equal(put(&buffer.sink, "1234567"), MIDGE_OK);
}

static void buffer_without_room(void **state)
{
    (void)state;
    struct midge_buffer buffer;
    midge_buffer_init(&buffer, NULL, 0);
    assert_int_equal(put(&buffer.sink, "a"), MIDGE_ERR_TOO_LARGE);
    assert_int_equal(buffer.sink.reset(&buffer.sink), MIDGE_OK);
    midge_buffer_init(&buffer, NULL, 10);
    assert_int_equal(put(&buffer.sink, "a"), MIDGE_ERR_TOO_LARGE);
}

/* --- blob --- */

static void blob_doubles_up_to_max(void **state)
{
    (void)state;
    struct midge_blob blob;
    midge_blob_init(&blob, &core, 10001);
    assert_null(blob.data);
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(put(&blob.sink, "0123456789"), MIDGE_OK);
    }
    assert_int_equal(blob.len, 10000);
    assert_int_equal(strlen((char *)blob.data), 10000);
    assert_true(core.allocs <= 8);
    assert_int_equal(blob.cap, 10001);
    assert_int_equal(put(&blob.sink, "x"), MIDGE_ERR_TOO_LARGE);
    assert_int_equal(memcmp(blob.data + 9990, "0123456789", 11), 0);
    midge_blob_free(&blob);
    assert_null(blob.data);
    assert_int_equal(core.live_bytes, 0);
}

static void blob_in_scarce_memory(void **state)
{
    (void)state;
    struct midge_blob blob;
    char piece[201];
    memset(piece, 'x', 200);
    piece[200] = '\0';
    midge_blob_init(&blob, &core, SIZE_MAX);
    assert_int_equal(put(&blob.sink, piece), MIDGE_OK); /* 256 */
    core.limit = 256 + 401;                             /* 512 do not fit, 401 do */
    assert_int_equal(put(&blob.sink, piece), MIDGE_OK);
    assert_int_equal(blob.cap, 401);
    assert_int_equal(put(&blob.sink, piece), MIDGE_ERR_NO_MEMORY);
    assert_int_equal(blob.len, 400); /* what it had is still there */
    assert_int_equal(blob.data[399], 'x');
    assert_int_equal(blob.sink.reset(&blob.sink), MIDGE_OK);
    assert_null(blob.data);
    assert_int_equal(put(&blob.sink, "a"), MIDGE_OK);
    assert_string_equal((char *)blob.data, "a");
    midge_blob_free(&blob);
    midge_blob_free(&blob);
    assert_int_equal(core.allocs, core.frees);
    midge_blob_init(&blob, &core, 0);
    assert_int_equal(put(&blob.sink, "a"), MIDGE_ERR_TOO_LARGE);
}

/* --- file sink --- */

static struct midge_file_sink file_sink(void)
{
    struct midge_file_sink sink;
    midge_file_sink_init(&sink, &port, "a.png");
    return sink;
}

static void file_is_renamed_when_complete(void **state)
{
    (void)state;
    struct midge_file_sink sink = file_sink();
    assert_int_equal(store.opened, 0);
    assert_int_equal(put(&sink.sink, "PNG"), MIDGE_OK);
    assert_int_equal(put(&sink.sink, "data"), MIDGE_OK);
    assert_false(store.exists);
    assert_int_equal(sink.sink.finish(&sink.sink, MIDGE_OK, MIDGE_COMPLETE_YES), MIDGE_OK);
    assert_string_equal(store.target, "PNGdata");
    assert_int_equal(sink.len, 7);
    assert_int_equal(store.finished, 1);
}

static void file_when_empty(void **state)
{
    (void)state;
    struct midge_file_sink sink = file_sink();
    assert_int_equal(sink.sink.finish(&sink.sink, MIDGE_OK, MIDGE_COMPLETE_YES), MIDGE_OK);
    assert_true(store.exists);
    store.exists = false;
    sink = file_sink();
    assert_int_equal(sink.sink.finish(&sink.sink, MIDGE_ERR_CONNECT, MIDGE_COMPLETE_NO), MIDGE_OK);
    assert_int_equal(store.opened, 1); /* not for a request that failed */
    assert_int_equal(store.finished, 1);
}

struct ending {
    int err;
    enum midge_complete complete;
    uint8_t strict;
    int answer;
    bool kept;
};

static void file_by_how_it_ended(void **state)
{
    (void)state;
    static const struct ending endings[] = {
        {MIDGE_OK, MIDGE_COMPLETE_YES, 1, MIDGE_OK, true},
        {MIDGE_OK, MIDGE_COMPLETE_UNVERIFIED, 0, MIDGE_OK, true},
        {MIDGE_OK, MIDGE_COMPLETE_UNVERIFIED, 1, MIDGE_ERR_PARTIAL, false},
        {MIDGE_OK, MIDGE_COMPLETE_NO, 0, MIDGE_ERR_PARTIAL, false},
        {MIDGE_ERR_PARTIAL, MIDGE_COMPLETE_NO, 0, MIDGE_OK, false},
        {MIDGE_ERR_CANCELED, MIDGE_COMPLETE_YES, 0, MIDGE_OK, false},
    };
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        setup(NULL);
        struct midge_file_sink sink = file_sink();
        sink.strict = endings[i].strict;
        assert_int_equal(put(&sink.sink, "x"), MIDGE_OK);
        assert_int_equal(sink.sink.finish(&sink.sink, endings[i].err, endings[i].complete),
                         endings[i].answer);
        assert_int_equal(store.exists, endings[i].kept);
        assert_int_equal(store.finished, 1);
    }
}

/* open, write, write, commit: each can fail; the code stays, the file goes. */
static void file_with_every_failure(void **state)
{
    (void)state;
    for (unsigned nth = 1; nth <= 5; nth++) {
        setup(NULL);
        store.fail = nth;
        struct midge_file_sink sink = file_sink();
        int err = put(&sink.sink, "a");
        if (err == MIDGE_OK) {
            err = put(&sink.sink, "b");
        }
        int end = sink.sink.finish(&sink.sink, err, MIDGE_COMPLETE_YES);
        err = err != MIDGE_OK ? err : end;
        assert_int_equal(err, nth <= 4 ? MIDGE_ERR_WRITE : MIDGE_OK);
        assert_int_equal(sink.native, nth <= 4 ? 28 : 0);
        assert_int_equal(store.exists, nth > 4);
        assert_int_equal(store.opened, store.finished);
    }
}

static void file_opened_before_the_request(void **state)
{
    (void)state;
    struct midge_file_sink sink = file_sink();
    assert_int_equal(midge_file_sink_open(&sink), MIDGE_OK);
    assert_int_equal(midge_file_sink_open(&sink), MIDGE_OK); /* it is open */
    assert_int_equal(store.opened, 1);
    assert_int_equal(put(&sink.sink, "x"), MIDGE_OK);
    assert_int_equal(sink.sink.finish(&sink.sink, MIDGE_OK, MIDGE_COMPLETE_YES), MIDGE_OK);
    assert_int_equal(store.opened, 1);
    assert_int_equal(store.committed, 1);
    setup(NULL);
    sink = file_sink();
    assert_int_equal(midge_file_sink_open(&sink), MIDGE_OK); /* for a request that never began */
    assert_int_equal(sink.sink.finish(&sink.sink, MIDGE_ERR_CANCELED, MIDGE_COMPLETE_NO), MIDGE_OK);
    assert_false(store.exists);
    assert_int_equal(store.finished, 1);
    store.fail = 1;
    assert_int_equal(midge_file_sink_open(&sink), MIDGE_ERR_WRITE);
    assert_int_equal(sink.native, 28);
}

/* The program learns about these two; all others are the file's failure. */
static void file_errors_that_stay(void **state)
{
    static const struct {
        int opened, written, read;
    } rows[] = {{MIDGE_ERR_UNSUPPORTED, MIDGE_ERR_UNSUPPORTED, MIDGE_ERR_UNSUPPORTED},
                {MIDGE_ERR_NO_MEMORY, MIDGE_ERR_NO_MEMORY, MIDGE_ERR_NO_MEMORY},
                {MIDGE_ERR_PORT, MIDGE_ERR_WRITE, MIDGE_ERR_READ}};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct midge_file_source source;
        struct midge_file_sink sink = file_sink();
        store.open_error = rows[i].opened;
        store.fail = 1;
        assert_int_equal(midge_file_sink_open(&sink), rows[i].written);
        assert_int_equal(sink.sink.finish(&sink.sink, MIDGE_ERR_SEND, MIDGE_COMPLETE_NO), MIDGE_OK);
        assert_int_equal(store.finished, 0);
        store.fail = 1;
        assert_int_equal(midge_file_source_init(&source, &port, "a.png"), rows[i].read);
    }
}

static void file_repeated(void **state)
{
    (void)state;
    struct midge_file_sink sink = file_sink();
    assert_int_equal(put(&sink.sink, "first try"), MIDGE_OK);
    assert_int_equal(sink.sink.reset(&sink.sink), MIDGE_OK);
    assert_int_equal(sink.len, 0);
    assert_int_equal(put(&sink.sink, "again"), MIDGE_OK);
    assert_int_equal(sink.sink.finish(&sink.sink, MIDGE_OK, MIDGE_COMPLETE_YES), MIDGE_OK);
    assert_string_equal(store.target, "again");
    assert_int_equal(store.committed, 1);
    assert_int_equal(store.opened, 2);
    assert_int_equal(store.finished, 2);
}

static void file_without_a_store(void **state)
{
    (void)state;
    struct midge_file_sink sink;
    struct midge_file_source source;
    midge_file_sink_init(&sink, &bare_port, "a.png");
    assert_int_equal(put(&sink.sink, "a"), MIDGE_ERR_UNSUPPORTED);
    assert_int_equal(sink.sink.finish(&sink.sink, MIDGE_ERR_UNSUPPORTED, MIDGE_COMPLETE_NO),
                     MIDGE_OK);
    assert_int_equal(midge_file_source_init(&source, &bare_port, "a.png"), MIDGE_ERR_UNSUPPORTED);
}

static void null_counts(void **state)
{
    (void)state;
    struct midge_null_sink sink;
    midge_null_sink_init(&sink);
    put(&sink.sink, "four");
    assert_int_equal(put(&sink.sink, "three"), MIDGE_OK);
    assert_int_equal(sink.len, 9);
    assert_int_equal(sink.sink.reset(&sink.sink), MIDGE_OK);
    assert_int_equal(sink.len, 0);
    assert_int_equal(sink.sink.finish(&sink.sink, MIDGE_OK, MIDGE_COMPLETE_YES), MIDGE_OK);
}

/* --- sources --- */

/* All of it in pieces of `cap`; the error at the end. */
static int drain(struct midge_source *source, size_t cap, char *out)
{
    uint8_t piece[16];
    size_t n;
    int err;
    while ((err = source->read(source, piece, cap, &n)) == MIDGE_OK) {
        assert_in_range(n, 1, cap);
        memcpy(out, piece, n);
        out += n;
    }
    *out = '\0';
    return err;
}

static void buffer_source(void **state)
{
    (void)state;
    struct midge_buffer_source source;
    char out[16];
    midge_buffer_source_init(&source, "0123456789", 10);
    assert_int_equal(source.source.length, 10);
    for (size_t cap = 1; cap <= 11; cap++) {
        assert_int_equal(drain(&source.source, cap, out), MIDGE_ERR_EOF);
        assert_string_equal(out, "0123456789");
        assert_int_equal(source.source.rewind(&source.source), MIDGE_OK);
    }
    midge_buffer_source_init(&source, NULL, 0);
    assert_int_equal(drain(&source.source, 4, out), MIDGE_ERR_EOF);
}

static void file_source(void **state)
{
    (void)state;
    struct midge_file_source source;
    char out[32];
    set_target("0123456789");
    assert_int_equal(midge_file_source_init(&source, &port, "a.png"), MIDGE_OK);
    assert_int_equal(source.source.length, 10);
    assert_int_equal(drain(&source.source, 3, out), MIDGE_ERR_EOF);
    assert_string_equal(out, "0123456789");
    assert_int_equal(source.source.rewind(&source.source), MIDGE_OK);
    set_target("0123456789 and more"); /* it grew: what was announced is sent */
    assert_int_equal(drain(&source.source, 4, out), MIDGE_ERR_EOF);
    assert_string_equal(out, "0123456789");
    assert_int_equal(source.source.rewind(&source.source), MIDGE_OK);
    set_target("0123456"); /* it shrank */
    assert_int_equal(drain(&source.source, 4, out), MIDGE_ERR_READ);
    source.source.finish(&source.source);
    source.source.finish(&source.source);
    assert_int_equal(store.finished, 1);
    assert_int_equal(drain(&source.source, 4, out), MIDGE_ERR_READ);
    assert_int_equal(source.source.rewind(&source.source), MIDGE_ERR_READ);
}

static void file_source_failures(void **state)
{
    (void)state;
    struct midge_file_source source;
    char out[32];
    set_target("0123456789");
    store.fail = 1;
    assert_int_equal(midge_file_source_init(&source, &port, "a.png"), MIDGE_ERR_READ);
    assert_int_equal(source.native, 28);
    store.fail = 2;
    assert_int_equal(midge_file_source_init(&source, &port, "a.png"), MIDGE_ERR_READ);
    assert_int_equal(store.finished, 1);
    store.fail = 4;
    assert_int_equal(midge_file_source_init(&source, &port, "a.png"), MIDGE_OK);
    assert_int_equal(drain(&source.source, 4, out), MIDGE_ERR_READ);
    assert_int_equal(source.native, 28);
    source.source.finish(&source.source);
}

static void file_source_of_a_pipe(void **state)
{
    (void)state;
    struct midge_file_source source;
    char out[32];
    set_target("0123456789");
    store.pipe = true;
    assert_int_equal(midge_file_source_init(&source, &port, "a.png"), MIDGE_OK);
    assert_int_equal(source.source.length, -1);
    assert_null(source.source.rewind);
    assert_int_equal(drain(&source.source, 4, out), MIDGE_ERR_EOF);
    assert_string_equal(out, "0123456789");
    source.source.finish(&source.source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(buffer_takes_what_fits, setup),
        cmocka_unit_test_setup(buffer_without_room, setup),
        cmocka_unit_test_setup(blob_doubles_up_to_max, setup),
        cmocka_unit_test_setup(blob_in_scarce_memory, setup),
        cmocka_unit_test_setup(file_is_renamed_when_complete, setup),
        cmocka_unit_test_setup(file_when_empty, setup),
        cmocka_unit_test_setup(file_by_how_it_ended, setup),
        cmocka_unit_test_setup(file_with_every_failure, setup),
        cmocka_unit_test_setup(file_opened_before_the_request, setup),
        cmocka_unit_test_setup(file_errors_that_stay, setup),
        cmocka_unit_test_setup(file_repeated, setup),
        cmocka_unit_test_setup(file_without_a_store, setup),
        cmocka_unit_test_setup(null_counts, setup),
        cmocka_unit_test_setup(buffer_source, setup),
        cmocka_unit_test_setup(file_source, setup),
        cmocka_unit_test_setup(file_source_failures, setup),
        cmocka_unit_test_setup(file_source_of_a_pipe, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
