/* SPDX-License-Identifier: MIT */
/* Runs tests/vectors/h1 at every split, and the table of design decision 8 at every cut. */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../vectors/vectors.h"
#include "base/span.h"
#include "codec/h1_parse.h"
#include "midge/err.h"

#define EOF_NONE (-1)

/* ---- one run of the parser, logged ---- */

/* Where pieces lie. */
enum place {
    APART,
    IN_PLACE,    /* in the head buffer, behind the kept text */
    ROOM_BEHIND, /* the same, and the buffer is longer: a whole head is parsed where it lies */
};

struct run {
    struct midge__h1_parse p;
    struct text log;
    struct text body; /* not logged yet */
    char *head;
    size_t cap;
    size_t max_cap;
    enum place place;
    bool by_one;        /* grow by single bytes, which finds every place where room is missing */
    bool kept, skipped; /* keep_alive and skipped at the head */
    bool over;          /* END or error seen */
    int err;
};

static const char *err_name(int err)
{
    switch (err) {
    case MIDGE_ERR_PROTOCOL:
        return "PROTOCOL";
    case MIDGE_ERR_PARTIAL:
        return "PARTIAL";
    case MIDGE_ERR_EMPTY_REPLY:
        return "EMPTY_REPLY";
    case MIDGE_ERR_TOO_LARGE:
        return "TOO_LARGE";
    default:
        return "UNEXPECTED";
    }
}

static void logf_(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void logf_(struct run *r, const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    text_puts(&r->log, line);
}

static void log_fields(struct run *r, const char *kind,
                       bool (*next)(const struct midge__h1_parse *, size_t *, struct midge_span *,
                                    struct midge_span *))
{
    struct midge_span name;
    struct midge_span value;
    size_t iter = 0;
    while (next(&r->p, &iter, &name, &value)) {
        assert_int_equal(name.ptr[name.len], 0);
        assert_int_equal(value.ptr[value.len], 0);
        logf_(r, "%s ", kind);
        text_add_escaped(&r->log, name.ptr, name.len);
        text_puts(&r->log, value.len != 0 ? ": " : ":");
        text_add_escaped(&r->log, value.ptr, value.len);
        text_puts(&r->log, "\n");
    }
}

static void log_head(struct run *r, bool final)
{
    static const char *const framing[] = {"none", "length", "chunked", "close"};
    struct midge_span reason = midge__h1_reason(&r->p);
    logf_(r, "%s 1.%u %u \"", final ? "head" : "info", r->p.minor, r->p.status);
    text_add_escaped(&r->log, reason.ptr, reason.len);
    text_puts(&r->log, "\"");
    if (final) {
        logf_(r, " framing=%s", framing[r->p.framing]);
        if (r->p.has_length)
            logf_(r, " length=%" PRIu64, r->p.content_length);
        logf_(r, " keep=%s", r->p.keep_alive ? "yes" : "no");
        r->kept = r->p.keep_alive;
        r->skipped = r->p.skipped;
    }
    if (r->p.skipped)
        text_puts(&r->log, " skipped");
    text_puts(&r->log, "\n");
    log_fields(r, "header", midge__h1_header_next);
}

static void flush_body(struct run *r)
{
    if (r->body.len == 0)
        return;
    text_puts(&r->log, "body ");
    text_add_escaped(&r->log, r->body.ptr, r->body.len);
    text_puts(&r->log, "\n");
    r->body.len = 0;
}

static void on_grow(struct run *r)
{
    size_t cap = r->by_one ? r->cap + 1 : r->cap * 2 + 1;
    if (cap > r->max_cap)
        cap = r->max_cap;
    if (r->place != APART) { /* the text moves down, so only a limit can be reached */
        assert_int_equal(r->cap, r->max_cap);
        cap = r->cap;
    }
    if (cap == r->cap) {
        if (!midge__h1_parse_skip(&r->p)) {
            text_puts(&r->log, "too large\n");
            r->over = true;
        }
        return;
    }
    char *head = malloc(cap);
    assert_non_null(head);
    if (r->p.fill != 0)
        memcpy(head, r->head, r->p.fill);
    free(r->head);
    r->head = head;
    r->cap = cap;
    midge__h1_parse_grow(&r->p, head, cap);
}

static void on_event(struct run *r, const struct midge__h1_event *event)
{
    if (event->kind == MIDGE__H1_BODY) {
        assert_int_not_equal(event->len, 0);
        text_add(&r->body, (const char *)event->data, event->len);
        return;
    }
    if (event->kind == MIDGE__H1_GROW) {
        on_grow(r);
        return;
    }
    if (event->kind == MIDGE__H1_NEED_MORE)
        return;
    flush_body(r);
    if (event->kind == MIDGE__H1_END) {
        log_fields(r, "trailer", midge__h1_trailer_next);
        logf_(r, "end%s%s\n", r->kept && !r->p.keep_alive ? " keep=no" : "",
              r->p.skipped && !r->skipped ? " skipped" : "");
        assert_int_equal(r->p.complete, MIDGE__H1_COMPLETE_YES);
        r->over = true;
    } else {
        log_head(r, event->kind == MIDGE__H1_HEAD);
    }
}

static void on_error(struct run *r, int err)
{
    flush_body(r);
    r->err = err;
    r->over = true;
    logf_(r, "error %s @%" PRIu32 " %s\n", err_name(err), r->p.offset, r->p.why);
}

/* An END or an error stays one. */
static void check_stays_over(struct run *r, const uint8_t *in, size_t len)
{
    struct midge__h1_event event;
    size_t used;
    int err = midge__h1_parse(&r->p, in, len, &used, &event);
    assert_int_equal(err, r->err);
    assert_int_equal(used, 0);
    if (err == MIDGE_OK)
        assert_int_equal(event.kind, MIDGE__H1_END);
}

static void parse_all(struct run *r, const uint8_t *in, size_t len)
{
    size_t at = 0;
    struct midge__h1_event event = {MIDGE__H1_BODY, NULL, 0};
    while (!r->over && event.kind != MIDGE__H1_NEED_MORE) {
        size_t used;
        int err = midge__h1_parse(&r->p, in + at, len - at, &used, &event);
        assert_true(used <= len - at);
        at += used;
        if (err != MIDGE_OK)
            on_error(r, err);
        else
            on_event(r, &event);
    }
    if (!r->over)
        assert_int_equal(at, len);
    else if (r->err != MIDGE_OK || r->p.complete == MIDGE__H1_COMPLETE_YES)
        check_stays_over(r, in + at, len - at);
}

static void feed_in_place(struct run *r, const char *piece, size_t len)
{
    size_t text = r->p.fill;
    size_t size = text + MIDGE__H1_GAP + len;
    const char behind[] = "behind the piece";
    char *head = malloc(size + sizeof behind);
    assert_non_null(head);
    if (r->place == IN_PLACE)
        head = realloc(head, size); /* so that a sanitizer sees every step outside */
    else
        memcpy(head + size, behind, sizeof behind);
    assert_non_null(head);
    if (text != 0)
        memcpy(head, r->head, text);
    memcpy(head + text + MIDGE__H1_GAP, piece, len);
    free(r->head);
    r->head = head;
    r->cap = size + (r->place == ROOM_BEHIND ? sizeof behind : 0);
    if (r->cap > r->max_cap)
        r->cap = r->max_cap;
    midge__h1_parse_grow(&r->p, head, r->cap);
    parse_all(r, (const uint8_t *)head + text + MIDGE__H1_GAP, len);
    midge__h1_parse_forget(&r->p);
    if (r->place == ROOM_BEHIND)
        assert_memory_equal(head + size, behind, sizeof behind);
}

/* Feeds one piece, from memory of just its size so that a sanitizer sees every step outside. */
static void feed(struct run *r, const char *piece, size_t len)
{
    uint8_t *in = malloc(len != 0 ? len : 1);
    assert_non_null(in);
    if (r->place != APART) {
        feed_in_place(r, piece, len);
    } else {
        memcpy(in, piece, len);
        parse_all(r, in, len);
    }
    free(in);
}

static void log_eof(struct run *r, int eof)
{
    static const char *const complete[] = {"no", "unverified", "yes"};
    int err = midge__h1_parse_eof(&r->p, (enum midge__h1_eof)eof);
    flush_body(r);
    if (err == MIDGE_OK) {
        logf_(r, "eof %s\n", complete[r->p.complete]);
    } else {
        assert_int_equal(r->p.complete, MIDGE__H1_COMPLETE_NO);
        logf_(r, "eof %s %s\n", err_name(err), r->p.why);
    }
}

static void run_begin(struct run *r, unsigned flags, size_t max_cap, bool by_one)
{
    *r = (struct run){.max_cap = max_cap, .by_one = by_one};
    text_add(&r->log, "", 0);
    midge__h1_parse_init(&r->p, NULL, 0, flags);
}

static void run_finish(struct run *r, struct text in, int eof)
{
    flush_body(r);
    if (r->p.complete == MIDGE__H1_COMPLETE_YES && r->p.received < in.len) {
        text_puts(&r->log, "rest ");
        text_add_escaped(&r->log, in.ptr + r->p.received, in.len - (size_t)r->p.received);
        text_puts(&r->log, "\n");
    }
    if (r->err == MIDGE_OK && eof != EOF_NONE)
        log_eof(r, eof);
}

static void run_free(struct run *r)
{
    free(r->head);
    free(r->log.ptr);
    free(r->body.ptr);
}

/* ---- cases from files ---- */

struct vector {
    char name[256]; /* "h1/file.txt: case" */
    unsigned flags;
    size_t cap;
    uint32_t budget;
    char *wanted;
    int eof;
    struct text in;
    struct text expected;
};

static struct vector vectors[512];
static size_t vector_count;

static void run_of(struct run *r, const struct vector *v, bool by_one)
{
    run_begin(r, v->flags, v->cap, by_one);
    r->p.budget = v->budget;
    r->p.wanted = v->wanted;
}

static void compare(const struct vector *v, const struct run *r, const char *how, size_t n)
{
    if (strcmp(v->expected.ptr, r->log.ptr) == 0)
        return;
    print_error("expected:\n%sgot:\n%s", v->expected.ptr, r->log.ptr);
    fail_msg("%s: %s %zu", v->name, how, n);
}

enum { LONG = 2000, STRIDE = 61 }; /* a long input is not cut everywhere */

static void run_pieces(const struct vector *v, size_t size, enum place place)
{
    struct run r;
    run_of(&r, v, v->in.len < LONG);
    r.place = place;
    for (size_t at = 0; at < v->in.len && !r.over; at += size)
        feed(&r, v->in.ptr + at, v->in.len - at < size ? v->in.len - at : size);
    run_finish(&r, v->in, v->eof);
    compare(v, &r, place != APART ? "in place, in pieces of" : "in pieces of", size);
    run_free(&r);
}

static void run_cut(const struct vector *v, size_t cut, enum place place)
{
    struct run r;
    run_of(&r, v, false);
    r.place = place;
    feed(&r, v->in.ptr, cut);
    if (!r.over)
        feed(&r, v->in.ptr + cut, v->in.len - cut);
    run_finish(&r, v->in, v->eof);
    compare(v, &r, place != APART ? "in place, cut in two at" : "cut in two at", cut);
    run_free(&r);
}

/* A cut far inside a run of one byte shows what the cut before it shows: of those one in STRIDE is
   tried. */
static bool cut_is_tried(const struct vector *v, size_t cut)
{
    const size_t far = 64;
    return v->in.len < LONG || cut % STRIDE == 0 || cut < far || v->in.len - cut < far ||
           memcmp(v->in.ptr + cut - far, v->in.ptr + cut - far + 1, 2 * far - 1) != 0;
}

/* Two pieces are a cut too. */
static bool size_is_tried(const struct vector *v, size_t size)
{
    return v->in.len < LONG || size <= 64 || size == v->in.len ||
           (size % STRIDE == 0 && size <= v->in.len / 2);
}

static void test_vector(void **state)
{
    const struct vector *v = *state;
    size_t last = v->in.len != 0 ? v->in.len : 1;
    for (size_t size = last; size >= 1; size--) {
        if (!size_is_tried(v, size))
            continue;
        run_pieces(v, size, APART);
        if (size <= 32 || (size == last && v->in.len < LONG)) {
            run_pieces(v, size, IN_PLACE);
            run_pieces(v, size, ROOM_BEHIND);
        }
    }
    for (size_t cut = 0; cut <= v->in.len; cut++) {
        if (cut_is_tried(v, cut))
            run_cut(v, cut, APART);
        if (v->in.len < LONG) {
            run_cut(v, cut, IN_PLACE);
            run_cut(v, cut, ROOM_BEHIND);
        }
    }
}

static unsigned flags_of(const char *method)
{
    if (strcmp(method, "HEAD") == 0)
        return MIDGE__H1_FOR_HEAD;
    if (strcmp(method, "CONNECT") == 0)
        return MIDGE__H1_FOR_CONNECT;
    return strcmp(method, "UPGRADE") == 0 ? MIDGE__H1_FOR_UPGRADE : 0;
}

static int eof_of(const char *word)
{
    static const char *const words[] = {"plain", "tls_fin", "close_notify"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(word, words[i]) == 0)
            return i;
    }
    return EOF_NONE;
}

static void begin_case(const char *file, const char *name)
{
    if (vector_count == sizeof vectors / sizeof vectors[0])
        abort();
    struct vector *v = &vectors[vector_count++];
    *v = (struct vector){.cap = SIZE_MAX, .budget = UINT32_MAX, .eof = EOF_NONE};
    snprintf(v->name, sizeof v->name, "h1/%s: %s", file, name);
    text_add(&v->in, "", 0);
    text_add(&v->expected, "", 0);
}

/* " LOG LINE", or "N LOG LINE" for the same N times. */
static void expect(struct vector *v, const char *line)
{
    char *log;
    unsigned long n = strtoul(line, &log, 10);
    for (unsigned long i = 0; i < (log == line ? 1 : n); i++) {
        text_puts(&v->expected, (log == line ? line : log) + 1);
        text_puts(&v->expected, "\n");
    }
}

static void load_line(const char *file, unsigned number, const char *line)
{
    const char *rest;
    (void)number;
    if ((rest = text_after(line, "case: ")) != NULL) {
        begin_case(file, rest);
        return;
    }
    struct vector *v = &vectors[vector_count - 1];
    if ((rest = text_after(line, "for: ")) != NULL) {
        v->flags = flags_of(rest);
    } else if ((rest = text_after(line, "cap: ")) != NULL) {
        v->cap = strtoul(rest, NULL, 10);
    } else if ((rest = text_after(line, "budget: ")) != NULL) {
        v->budget = (uint32_t)strtoul(rest, NULL, 10);
    } else if ((rest = text_after(line, "want: ")) != NULL) {
        v->wanted = strdup(rest);
    } else if ((rest = text_after(line, "eof: ")) != NULL) {
        v->eof = eof_of(rest);
    } else if ((rest = text_after(line, "in: ")) != NULL) {
        unescape(&v->in, rest, rest + strlen(rest));
    } else if (line[0] == '>') {
        expect(v, line + 1);
    } else {
        fprintf(stderr, "h1/%s: what is '%s'?\n", file, line);
        exit(2);
    }
}

/* ---- decision 8's table, the stream cut behind every byte ---- */

struct row {
    const char *name;
    const char *head;
    const char *body; /* as sent */
    const char *data; /* as delivered */
    int eof;
    const char *inside; /* the outcome of a cut inside the body */
    const char *whole;  /* and of the end behind its last byte */
};

#define LENGTH_HEAD "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"
#define CHUNK_HEAD  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#define CLOSE_HEAD  "HTTP/1.1 200 OK\r\nServer: s\r\n\r\n"
#define CHUNK_BODY  "6\r\nhello \r\n5;x=\"y\"\r\nworld\r\n0\r\nSum: 1\r\n\r\n"
#define HELLO       "hello world"
#define SHORT       "eof PARTIAL closed before the body's end\n"
#define TRUNCATED   "eof PARTIAL connection cut without TLS close_notify\n"

static struct row rows[] = {
    {"length, FIN", LENGTH_HEAD, HELLO, HELLO, MIDGE__H1_EOF_PLAIN, SHORT, "eof yes\n"},
    {"length, TLS FIN", LENGTH_HEAD, HELLO, HELLO, MIDGE__H1_EOF_TLS_FIN, SHORT, "eof yes\n"},
    {"length, close_notify", LENGTH_HEAD, HELLO, HELLO, MIDGE__H1_EOF_CLOSE_NOTIFY, SHORT,
     "eof yes\n"},
    {"chunked, FIN", CHUNK_HEAD, CHUNK_BODY, HELLO, MIDGE__H1_EOF_PLAIN, SHORT, "eof yes\n"},
    {"chunked, TLS FIN", CHUNK_HEAD, CHUNK_BODY, HELLO, MIDGE__H1_EOF_TLS_FIN, SHORT, "eof yes\n"},
    {"chunked, close_notify", CHUNK_HEAD, CHUNK_BODY, HELLO, MIDGE__H1_EOF_CLOSE_NOTIFY, SHORT,
     "eof yes\n"},
    {"until close, FIN", CLOSE_HEAD, HELLO, HELLO, MIDGE__H1_EOF_PLAIN, "eof unverified\n",
     "eof unverified\n"},
    {"until close, TLS FIN", CLOSE_HEAD, HELLO, HELLO, MIDGE__H1_EOF_TLS_FIN, TRUNCATED, TRUNCATED},
    {"until close, close_notify", CLOSE_HEAD, HELLO, HELLO, MIDGE__H1_EOF_CLOSE_NOTIFY, "eof yes\n",
     "eof yes\n"},
};

static const char *row_outcome(const struct row *row, size_t cut)
{
    size_t head = strlen(row->head);
    if (cut == 0)
        return "eof EMPTY_REPLY closed without a byte\n";
    if (cut < head)
        return "eof PROTOCOL closed within the head\n";
    return cut < head + strlen(row->body) ? row->inside : row->whole;
}

static bool ends_with(struct text t, const char *tail)
{
    size_t len = strlen(tail);
    return t.len >= len && strcmp(t.ptr + t.len - len, tail) == 0;
}

/* The log's body line, if any, is a beginning of what the server meant. */
static bool body_is_prefix(const struct row *row, const char *log, bool whole)
{
    const char *body = strstr(log, "body ");
    if (body == NULL)
        return !whole;
    size_t len = strcspn(body + 5, "\n");
    return strncmp(body + 5, row->data, len) == 0 && (!whole || len == strlen(row->data));
}

static void test_row(void **state)
{
    const struct row *row = *state;
    struct text in = {NULL, 0};
    text_puts(&in, row->head);
    text_puts(&in, row->body);
    for (size_t cut = 0; cut <= in.len; cut++) {
        struct run r;
        struct text before = {in.ptr, cut};
        run_begin(&r, 0, SIZE_MAX, false);
        feed(&r, in.ptr, cut);
        run_finish(&r, before, row->eof);
        if (!ends_with(r.log, row_outcome(row, cut)) ||
            !body_is_prefix(row, r.log.ptr, cut == in.len)) {
            print_error("expected: %sgot:\n%s", row_outcome(row, cut), r.log.ptr);
            fail_msg("decision 8, %s: cut behind byte %zu", row->name, cut);
        }
        run_free(&r);
    }
    free(in.ptr);
}

/* ---- what needs no data file ---- */

static void test_header_find(void **state)
{
    struct run r;
    struct midge_span value;
    static const char in[] = "HTTP/1.1 200 OK\r\nA: 1\r\nSet-Cookie: x\r\na: 2\r\nEmpty:\r\n\r\n";
    (void)state;
    run_begin(&r, 0, SIZE_MAX, false);
    feed(&r, in, sizeof in - 5);
    assert_false(midge__h1_header_find(&r.p, "A", &value)); /* not before the head is complete */
    feed(&r, in + sizeof in - 5, 4);
    assert_true(midge__h1_header_find(&r.p, "a", &value));
    assert_string_equal(value.ptr, "1");
    assert_true(midge__h1_header_find(&r.p, "SET-COOKIE", &value));
    assert_string_equal(value.ptr, "x");
    assert_true(midge__h1_header_find(&r.p, "empty", &value));
    assert_int_equal(value.len, 0);
    assert_false(midge__h1_header_find(&r.p, "Set", &value));
    run_free(&r);
}

/* A head that lies in the head buffer as a whole is parsed in place; a fold is not. */
static void whole_head(const char *in, size_t value_at)
{
    struct midge__h1_parse p;
    struct midge__h1_event event;
    struct midge_span value;
    char head[128];
    uint8_t *at = (uint8_t *)head + MIDGE__H1_GAP;
    size_t used;
    memcpy(at, in, strlen(in));
    midge__h1_parse_init(&p, head, sizeof head, 0);
    assert_int_equal(midge__h1_parse(&p, at, strlen(in), &used, &event), MIDGE_OK);
    assert_int_equal(event.kind, MIDGE__H1_HEAD);
    assert_int_equal(used, strlen(in));
    assert_true(midge__h1_header_find(&p, "ETag", &value));
    assert_string_equal(value.ptr, "e");
    assert_int_equal((const uint8_t *)value.ptr - at, value_at);
    assert_string_equal(midge__h1_reason(&p).ptr, "OK");
}

static void test_whole_head_is_not_copied(void **state)
{
    (void)state;
    whole_head("HTTP/1.1 200 OK\r\nA: b\r\nETag: e\r\n\r\n", MIDGE_WITH_WHOLE_HEADS ? 29 : 10);
    whole_head("HTTP/1.1 200 OK\r\nA: b\r\nETag: e\r\nB:\r\n c\r\n\r\n", 10);
}

/* All ways to read an input find the same in it, whatever one of its bytes becomes. */
static void mutate(const struct vector *original, size_t at, char byte)
{
    struct vector v = *original;
    struct run r;
    v.expected = (struct text){NULL, 0};
    v.in.ptr[at] = byte;
    run_of(&r, &v, false);
    for (size_t i = 0; i < v.in.len && !r.over; i++)
        feed(&r, v.in.ptr + i, 1);
    run_finish(&r, v.in, v.eof);
    text_add(&v.expected, r.log.ptr, r.log.len);
    run_free(&r);
    run_pieces(&v, v.in.len, false);
    run_pieces(&v, v.in.len, true);
    free(v.expected.ptr);
}

static void test_mutations(void **state)
{
    static const char bytes[] = {'\0', '\n', '\r', ' ', ':', '\x80'};
    (void)state;
    for (size_t i = 0; i < vector_count; i++) {
        const struct vector *v = &vectors[i];
        for (size_t at = 0; v->cap == SIZE_MAX && v->in.len < 100 && at < v->in.len; at++) {
            char byte = v->in.ptr[at];
            for (size_t b = 0; b < sizeof bytes; b++)
                mutate(v, at, bytes[b]);
            v->in.ptr[at] = byte;
        }
    }
}

/* A body costs no copy: the events point into the input. */
static void test_body_is_not_copied(void **state)
{
    struct midge__h1_parse p;
    struct midge__h1_event event;
    char head[64];
    size_t used;
    static const uint8_t in[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
    (void)state;
    midge__h1_parse_init(&p, head, sizeof head, 0);
    assert_int_equal(midge__h1_parse(&p, in, sizeof in - 1, &used, &event), MIDGE_OK);
    assert_int_equal(event.kind, MIDGE__H1_HEAD);
    size_t at = used;
    assert_int_equal(midge__h1_parse(&p, in + at, sizeof in - 1 - at, &used, &event), MIDGE_OK);
    assert_int_equal(event.kind, MIDGE__H1_BODY);
    assert_ptr_equal(event.data, in + at);
    assert_int_equal(event.len, 3);
}

static void parse_message(struct midge__h1_parse *p, char *head, size_t cap, const char *in)
{
    struct midge__h1_event event;
    size_t used = 0, at = 0;
    midge__h1_parse_init(p, head, cap, 0);
    while (at < strlen(in)) {
        assert_int_equal(
            midge__h1_parse(p, (const uint8_t *)in + at, strlen(in) - at, &used, &event), MIDGE_OK);
        at += used;
    }
}

/* The body's last byte was read: the message is complete, also before END is asked for. */
static void test_eof_before_end(void **state)
{
    struct midge__h1_parse p;
    char head[64];
    (void)state;
    parse_message(&p, head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    assert_int_equal(p.complete, MIDGE__H1_COMPLETE_YES);
    assert_int_equal(midge__h1_parse_eof(&p, MIDGE__H1_EOF_TLS_FIN), MIDGE_OK);
    assert_int_equal(p.complete, MIDGE__H1_COMPLETE_YES);
}

/* The first end decides: a second one changes nothing. */
static void test_eof_twice(void **state)
{
    struct midge__h1_parse p;
    char head[64];
    (void)state;
    parse_message(&p, head, sizeof head, "HTTP/1.1 200 OK\r\n\r\nx");
    assert_int_equal(midge__h1_parse_eof(&p, MIDGE__H1_EOF_PLAIN), MIDGE_OK);
    assert_int_equal(midge__h1_parse_eof(&p, MIDGE__H1_EOF_CLOSE_NOTIFY), MIDGE_OK);
    assert_int_equal(p.complete, MIDGE__H1_COMPLETE_UNVERIFIED);

    parse_message(&p, head, sizeof head, "HTTP/1.1 200 OK\r\n\r\nx");
    assert_int_equal(midge__h1_parse_eof(&p, MIDGE__H1_EOF_TLS_FIN), MIDGE_ERR_PARTIAL);
    assert_int_equal(midge__h1_parse_eof(&p, MIDGE__H1_EOF_PLAIN), MIDGE_ERR_PARTIAL);
}

/* ---- all of them, each under a name that says file and case ---- */

int main(void)
{
    for_each_vector_line(MIDGE_VECTORS_DIR "/h1", load_line);
    for (size_t i = 0; i < vector_count; i++)
        add_test(vectors[i].name, test_vector, &vectors[i]);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        add_test(rows[i].name, test_row, &rows[i]);
    add_test("header_find", test_header_find, NULL);
    add_test("whole_head_is_not_copied", test_whole_head_is_not_copied, NULL);
    add_test("mutations", test_mutations, NULL);
    add_test("body_is_not_copied", test_body_is_not_copied, NULL);
    add_test("eof_before_end", test_eof_before_end, NULL);
    add_test("eof_twice", test_eof_twice, NULL);
    if (vector_count < 90) {
        fprintf(stderr, "%s/h1: only %zu cases found\n", MIDGE_VECTORS_DIR, vector_count);
        return 2;
    }
    int failed = _cmocka_run_group_tests("h1_parse", tests, test_count, NULL, NULL);
    for (size_t i = 0; i < vector_count; i++) {
        free(vectors[i].wanted);
        free(vectors[i].in.ptr);
        free(vectors[i].expected.ptr);
    }
    return failed;
}
