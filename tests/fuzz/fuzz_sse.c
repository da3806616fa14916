/* SPDX-License-Identifier: MIT */
/*
 * Server-sent events and lines, beside a second reader that was written for this test alone, over
 * the whole text: first it finds the lines, then it does for each what WHATWG HTML 9.2.6 says. Any
 * split gives the same events, ids, retry times and verdict, with memory of any size; a cut and a
 * second connection too; and so does a callback that pauses each time.
 */
#include "fuzz.h"

#include "base/span.h"
#include "midge/err.h"
#include "midge/sse.h"

struct stream {
    struct midge_span parts[2]; /* of two connections */
    size_t cap;
    int answer; /* of each callback */
};

static void log_event(struct fuzz_text *log, const char *type, const char *data, size_t len,
                      const char *id)
{
    fuzz_puts(log, type);
    fuzz_puts(log, "|");
    fuzz_add(log, data, len);
    fuzz_puts(log, "|");
    fuzz_puts(log, id);
    fuzz_puts(log, "\n");
}

/* --- the second reader --- */

struct reader {
    size_t cap;
    struct fuzz_text *log;
    struct fuzz_text data, type, next_id, id; /* each with a NUL */
    uint32_t retry_ms;
};

static void set(struct fuzz_text *text, struct midge_span value)
{
    text->len = 0;
    fuzz_add(text, value.ptr, value.len);
}

static int set_short(struct fuzz_text *text, struct midge_span value, size_t size)
{
    if (value.len >= size) {
        return MIDGE_ERR_TOO_LARGE;
    }
    set(text, value);
    return MIDGE_OK;
}

static void read_retry(struct reader *r, struct midge_span value)
{
    enum { LONGEST = 1 << 30, ROUNDED = LONGEST / 10 * 10 };
    uint64_t ms = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9') {
            return;
        }
        ms = ms * 10 + (uint64_t)(value.ptr[i] - '0');
        ms = ms < LONGEST ? ms : LONGEST;
    }
    if (value.len > 0) {
        r->retry_ms = (uint32_t)(ms >= ROUNDED ? LONGEST : ms);
    }
}

static bool is(struct midge_span a, const char *text)
{
    return a.len == strlen(text) && memcmp(a.ptr, text, a.len) == 0;
}

static bool is_known(struct midge_span name)
{
    return is(name, "data") || is(name, "event") || is(name, "id") || is(name, "retry");
}

static int field(struct reader *r, struct midge_span name, struct midge_span value)
{
    if (is(name, "data")) {
        fuzz_add(&r->data, value.ptr, value.len);
        if (r->data.len == r->cap) {
            return MIDGE_ERR_TOO_LARGE;
        }
        fuzz_add(&r->data, "\n", 1);
    } else if (is(name, "event")) {
        return set_short(&r->type, value, MIDGE_SSE_TYPE_BYTES);
    } else if (is(name, "id") && (value.len == 0 || memchr(value.ptr, 0, value.len) == NULL)) {
        return set_short(&r->next_id, value, MIDGE_SSE_ID_BYTES);
    } else if (is(name, "retry")) {
        read_retry(r, value);
    }
    return MIDGE_OK;
}

static void dispatch(struct reader *r)
{
    set(&r->id, midge__span(r->next_id.ptr, r->next_id.len));
    if (r->data.len > 0) {
        log_event(r->log, r->type.ptr[0] != '\0' ? r->type.ptr : "message", r->data.ptr,
                  r->data.len - 1, r->id.ptr);
    }
    set(&r->data, MIDGE__LIT(""));
    set(&r->type, MIDGE__LIT(""));
}

/* Of a line whose end has not come only the length of its value counts. */
static int line(struct reader *r, struct midge_span text, bool has_end)
{
    struct midge_span name = {text.ptr, midge__span_find(text, ':')};
    struct midge_span value = {text.ptr + name.len, text.len - name.len};
    const size_t skip = value.len > 1 && value.ptr[1] == ' ' ? 2 : value.len > 0;
    value = midge__span(value.ptr + skip, value.len - skip);
    if (text.len == 0 && has_end) {
        dispatch(r);
        return MIDGE_OK;
    }
    if (!is_known(name)) { /* a comment has an empty name */
        return MIDGE_OK;
    }
    if (value.len > 0 && r->data.len + value.len >= r->cap) {
        return MIDGE_ERR_TOO_LARGE;
    }
    return has_end ? field(r, name, value) : MIDGE_OK;
}

static size_t line_end(struct midge_span text)
{
    const size_t cr = midge__span_find(text, '\r'), lf = midge__span_find(text, '\n');
    return cr < lf ? cr : lf;
}

/* One connection: an event that it did not end is dropped. */
static int read_stream(struct reader *r, struct midge_span text)
{
    int err = MIDGE_OK;
    set(&r->data, MIDGE__LIT(""));
    set(&r->type, MIDGE__LIT(""));
    set(&r->next_id, midge__span(r->id.ptr, r->id.len));
    if (text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0) {
        text = midge__span(text.ptr + 3, text.len - 3);
    }
    while (text.len > 0 && err == MIDGE_OK) {
        size_t len = line_end(text);
        const bool has_end = len < text.len;
        err = line(r, midge__span(text.ptr, len), has_end);
        len += has_end + (text.len - len >= 2 && memcmp(text.ptr + len, "\r\n", 2) == 0);
        text = midge__span(text.ptr + len, text.len - len);
    }
    return err;
}

static void log_state(struct fuzz_text *log, int err, const char *id, uint32_t retry_ms)
{
    fuzz_printf(log, "%d, retry %u, id %s", err, (unsigned)retry_ms, id);
}

static void read_second(const struct stream *stream, struct fuzz_text *log)
{
    struct reader r = {.cap = stream->cap, .log = log, .retry_ms = UINT32_MAX};
    int err;
    fuzz_puts(&r.id, "");
    err = read_stream(&r, stream->parts[0]);
    err = err == MIDGE_OK ? read_stream(&r, stream->parts[1]) : err;
    log_state(log, err, r.id.ptr, r.retry_ms);
    fuzz_free(&r.data);
    fuzz_free(&r.type);
    fuzz_free(&r.next_id);
    fuzz_free(&r.id);
}

/* --- midge's --- */

struct reports {
    struct fuzz_text *log;
    int answer;
    uint64_t n;
    size_t cap;
};

static int on_event(void *ctx, const struct midge_sse_event *event)
{
    struct reports *reports = ctx;
    FUZZ_CHECK(event->data[event->data_len] == '\0' && event->data_len < reports->cap);
    log_event(reports->log, event->type, event->data, event->data_len, event->id);
    reports->n++;
    return reports->answer;
}

static int on_line(void *ctx, const char *text, size_t len)
{
    struct reports *reports = ctx;
    FUZZ_CHECK(text[len] == '\0' && len < reports->cap);
    log_event(reports->log, "", text, len, "");
    reports->n++;
    return reports->answer;
}

static int put(struct midge_sink *sink, struct midge_span text, struct fuzz_splits splits)
{
    int err = MIDGE_OK;
    while (text.len > 0 && (err == MIDGE_OK || err == MIDGE_ERR_PAUSE)) {
        const size_t size = fuzz_next(&splits, text.len);
        uint8_t *piece = fuzz_copy(text.ptr, size);
        err = sink->write(sink, piece, size);
        text = midge__span(text.ptr + size, text.len - size);
        free(piece);
    }
    return err == MIDGE_ERR_PAUSE ? MIDGE_OK : err;
}

static void read_first(const struct stream *stream, struct fuzz_splits splits,
                       struct fuzz_text *log)
{
    struct reports reports = {log, stream->answer, 0, stream->cap};
    char *memory = malloc(stream->cap);
    struct midge_sse sse;
    int err;
    FUZZ_CHECK(memory != NULL);
    midge_sse_init(&sse, memory, stream->cap, on_event, &reports);
    err = put(&sse.sink, stream->parts[0], splits);
    FUZZ_CHECK(sse.sink.finish(&sse.sink, err, MIDGE_COMPLETE_NO) == MIDGE_OK);
    if (err == MIDGE_OK) {
        midge_sse_again(&sse);
        err = put(&sse.sink, stream->parts[1], splits);
    }
    FUZZ_CHECK(sse.events == reports.n);
    log_state(log, err, sse.id, sse.retry_ms);
    free(memory);
}

static void check_events(const struct stream *stream, struct fuzz_splits splits)
{
    const struct fuzz_splits none = {NULL, 0, 0};
    struct fuzz_text whole = {NULL, 0, 0}, split = {NULL, 0, 0}, second = {NULL, 0, 0};
    read_first(stream, none, &whole);
    read_first(stream, splits, &split);
    read_second(stream, &second);
    fuzz_same(&whole, &second, "events of a second reader");
    fuzz_same(&whole, &split, "events in pieces");
    fuzz_free(&whole);
    fuzz_free(&split);
    fuzz_free(&second);
}

/* --- lines --- */

static int lines_first(const struct stream *stream, struct fuzz_splits splits,
                       struct fuzz_text *log)
{
    struct reports reports = {log, stream->answer, 0, stream->cap};
    char *memory = malloc(stream->cap);
    struct midge_lines lines;
    int err;
    FUZZ_CHECK(memory != NULL);
    midge_lines_init(&lines, memory, stream->cap, on_line, &reports);
    err = put(&lines.sink, stream->parts[0], splits);
    FUZZ_CHECK(lines.sink.finish(&lines.sink, err, MIDGE_COMPLETE_YES) == MIDGE_OK);
    FUZZ_CHECK(lines.lines == reports.n);
    free(memory);
    return err;
}

static int lines_second(const struct stream *stream, struct fuzz_text *log)
{
    struct midge_span rest = stream->parts[0];
    while (rest.len > 0) {
        struct midge_span one = {rest.ptr, midge__span_find(rest, '\n')};
        const size_t used = one.len + (one.len < rest.len);
        if (one.len >= stream->cap) {
            return MIDGE_ERR_TOO_LARGE;
        }
        one.len -= one.len > 0 && one.ptr[one.len - 1] == '\r';
        log_event(log, "", one.ptr, one.len, "");
        rest = midge__span(rest.ptr + used, rest.len - used);
    }
    return MIDGE_OK;
}

static void check_lines(const struct stream *stream, struct fuzz_splits splits)
{
    const struct fuzz_splits none = {NULL, 0, 0};
    struct fuzz_text whole = {NULL, 0, 0}, split = {NULL, 0, 0}, second = {NULL, 0, 0};
    const int err = lines_first(stream, none, &whole);
    FUZZ_CHECK(err == lines_first(stream, splits, &split));
    FUZZ_CHECK(err == lines_second(stream, &second));
    fuzz_same(&whole, &second, "lines of a second reader");
    fuzz_same(&whole, &split, "lines in pieces");
    fuzz_free(&whole);
    fuzz_free(&split);
    fuzz_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    const unsigned how = fuzz_choice(&in);
    const unsigned cap = 16 + fuzz_choice(&in), cut = fuzz_choice(&in);
    const struct fuzz_splits splits = fuzz_splits(&in);
    const size_t first = (how & 2) != 0 && cut < in.len ? cut : in.len;
    const char *text = (const char *)in.at;
    const struct stream stream = {
        .parts = {{text, first}, {text + first, in.len - first}},
        .cap = cap,
        .answer = (how & 4) != 0 ? MIDGE_ERR_PAUSE : MIDGE_OK,
    };
    if ((how & 1) != 0) {
        check_lines(&stream, splits);
    } else {
        check_events(&stream, splits);
    }
    return 0;
}
