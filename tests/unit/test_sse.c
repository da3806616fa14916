/* SPDX-License-Identifier: MIT */
/* Server-sent events and lines: each case as a whole, byte by byte, and split at each place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "midge/err.h"
#include "midge/sse.h"

/* --- what is reported, as one text: "type|data|id;" for each event --- */

struct log {
    char text[4096];
    size_t len;
    int answer; /* of the event number answer_at, from 1 */
    unsigned at, events;
    struct midge_sink *ends; /* finished inside that event, as by a cancel */
};

static void log_bytes(struct log *log, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        assert_true(log->len + 3 < sizeof log->text);
        if (data[i] == '\0' || data[i] == '\n') {
            log->text[log->len++] = '\\';
        }
        log->text[log->len++] = data[i] == '\0' ? '0' : data[i] == '\n' ? 'n' : data[i];
    }
    log->text[log->len] = '\0';
}

static int answer_of(struct log *log)
{
    if (++log->events != log->at) {
        return MIDGE_OK;
    }
    if (log->ends != NULL) {
        (void)log->ends->finish(log->ends, MIDGE_ERR_CANCELED, MIDGE_COMPLETE_NO);
    }
    return log->answer;
}

static int on_event(void *ctx, const struct midge_sse_event *event)
{
    struct log *log = ctx;
    assert_int_equal(event->data[event->data_len], '\0');
    log_bytes(log, event->type, strlen(event->type));
    log_bytes(log, "|", 1);
    log_bytes(log, event->data, event->data_len);
    log_bytes(log, "|", 1);
    log_bytes(log, event->id, strlen(event->id));
    log_bytes(log, ";", 1);
    return answer_of(log);
}

static int on_line(void *ctx, const char *line, size_t len)
{
    struct log *log = ctx;
    assert_int_equal(line[len], '\0');
    log_bytes(log, line, len);
    log_bytes(log, ";", 1);
    return answer_of(log);
}

/* Writes a block of its own, so that a sanitizer sees a byte read beyond it. */
static int put(struct midge_sink *sink, const char *bytes, size_t len)
{
    uint8_t *copy;
    int err;
    if (len == 0) {
        return MIDGE_OK;
    }
    copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    err = sink->write(sink, copy, len);
    free(copy);
    return err;
}

/* Pieces end after `first` bytes and then every `step` bytes. */
static int put_split(struct midge_sink *sink, const char *bytes, size_t len, size_t first,
                     size_t step)
{
    int err = put(sink, bytes, first);
    for (size_t at = first; at < len && err == MIDGE_OK; at += step) {
        err = put(sink, bytes + at, len - at < step ? len - at : step);
    }
    return err;
}

/* --- events --- */

struct sse_case {
    const char *bytes;
    size_t len;
    const char *events;
    const char *id;
    uint32_t retry_ms;
    int err;
};

#define BYTES(text) text, sizeof text - 1
#define UNASKED     UINT32_MAX

static const struct sse_case sse_cases[] = {
    {BYTES(""), "", "", UNASKED, 0},
    {BYTES("data: hello\n\n"), "message|hello|;", "", UNASKED, 0},
    {BYTES("data:hello\n\n"), "message|hello|;", "", UNASKED, 0},
    {BYTES("data:  two\n\n"), "message| two|;", "", UNASKED, 0},
    {BYTES("data: a\r\n\r\n"), "message|a|;", "", UNASKED, 0},
    {BYTES("data: a\r\r"), "message|a|;", "", UNASKED, 0},
    {BYTES("data: a\r\n\ndata: b\n\r\ndata: c\r\n\r\n"), "message|a|;message|b|;message|c|;", "",
     UNASKED, 0},
    {BYTES("data: a\r\r\ndata: b\n\n"), "message|a|;message|b|;", "", UNASKED, 0},
    {BYTES("data: a\ndata: b\ndata\ndata:\n\n"), "message|a\\nb\\n\\n|;", "", UNASKED, 0},
    {BYTES("data\n\n"), "message||;", "", UNASKED, 0},
    {BYTES("data:\n\n"), "message||;", "", UNASKED, 0},
    {BYTES("data: a\n"), "", "", UNASKED, 0}, /* the body ends before the event does */
    {BYTES("data: a\n\ndata: b"), "message|a|;", "", UNASKED, 0},
    {BYTES("\n\n\n"), "", "", UNASKED, 0},
    {BYTES(":comment\n\n: another\ndata: a\n:\n\n"), "message|a|;", "", UNASKED, 0},
    {BYTES("event: add\ndata: 73857293\n\n"), "add|73857293|;", "", UNASKED, 0},
    {BYTES("event: add\n\ndata: x\n\n"), "message|x|;", "", UNASKED, 0}, /* the type is not kept */
    {BYTES("event: a\nevent: b\ndata: x\n\n"), "b|x|;", "", UNASKED, 0},
    {BYTES("event: a\nevent\ndata: x\n\n"), "message|x|;", "", UNASKED, 0},
    {BYTES("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n"), "message|a|1;message|b|1;message|c|;",
     "", UNASKED, 0},
    {BYTES("id: 7\n\n"), "", "7", UNASKED, 0},        /* an id without data counts */
    {BYTES("id: 7\n\nid: 8\n"), "", "7", UNASKED, 0}, /* but not before its event has ended */
    {BYTES("id: 7\nid: 8\0\ndata: a\n\n"), "message|a|7;", "7", UNASKED, 0},
    {BYTES("data: a\0b\n\n"), "message|a\\0b|;", "", UNASKED, 0},
    {BYTES("retry: 1500\n"), "", "", 1500, 0},
    {BYTES("retry: 1500\nretry: x1\nretry: 1x\nretry: -1\nretry:\nretry: 1 \n"), "", "", 1500, 0},
    {BYTES("retry: 0\n"), "", "", 0, 0},
    {BYTES("retry: 99999999999999999999\n"), "", "", UINT32_C(1) << 30, 0},
    {BYTES("retry: 4294967296\n"), "", "", UINT32_C(1) << 30, 0},
    {BYTES("dat: a\ndataa: b\nData: c\n data: d\nevents: e\nids: 3\nx\n\n"), "", "", UNASKED, 0},
    {BYTES("unknownfield: a\ndata: b\n\n"), "message|b|;", "", UNASKED, 0},
    {BYTES("\xef\xbb\xbf"
           "data: a\n\n"),
     "message|a|;", "", UNASKED, 0},
    {BYTES("\xef\xbb\xbf\xef\xbb\xbf"
           "data: a\n\ndata: b\n\n"),
     "message|b|;", "", UNASKED, 0},
    {BYTES("\xef\xbb"
           "data: a\ndata: b\n\n"),
     "message|b|;", "", UNASKED, 0},
    {BYTES("\xef\n"
           "data: b\n\n"),
     "message|b|;", "", UNASKED, 0},
    {BYTES("data: a\n\xef\xbb\xbf"
           "data: b\n\n"),
     "message|a|;", "", UNASKED, 0},
    {BYTES("\n\xef\xbb\xbf"
           "data: b\n\n"),
     "", "", UNASKED, 0},
    {BYTES("data: [DONE]\n\n"), "message|[DONE]|;", "", UNASKED, 0},
    /* 32 bytes of memory: 30 of data, its \n that becomes the NUL, and the place of the \n */
    {BYTES("data: 123456789012345678901234567890\n\n"), "message|123456789012345678901234567890|;",
     "", UNASKED, 0},
    {BYTES("data: 12345678901234567890123456789012\n\n"), "", "", UNASKED, MIDGE_ERR_TOO_LARGE},
    {BYTES("data: 1234567890\ndata: 1234567890\ndata: 1234567890\n\n"), "", "", UNASKED,
     MIDGE_ERR_TOO_LARGE},
    {BYTES("data:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:"
           "\ndata:\ndata:\n"
           "data:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:"
           "\ndata:\ndata:\n"
           "data:\ndata:\ndata:\ndata:\ndata:\n"),
     "", "", UNASKED, MIDGE_ERR_TOO_LARGE},
    {BYTES("data: ok\n\nevent: 12345678901234567890123456789012\n"), "message|ok|;", "", UNASKED,
     MIDGE_ERR_TOO_LARGE},
    {BYTES(": 1234567890123456789012345678901234567890\ndata: a\n\n"), "message|a|;", "", UNASKED,
     0},
    {BYTES("other: 1234567890123456789012345678901234567890\ndata: a\n\n"), "message|a|;", "",
     UNASKED, 0},
};

static void run_sse(const struct sse_case *c, size_t first, size_t step)
{
    struct midge_sse sse;
    struct log log = {.len = 0};
    char *text = malloc(32);
    assert_non_null(text);
    midge_sse_init(&sse, text, 32, on_event, &log);
    if (put_split(&sse.sink, c->bytes, c->len, first, step) != c->err ||
        strcmp(log.text, c->events) != 0 || strcmp(sse.id, c->id) != 0 ||
        sse.retry_ms != c->retry_ms) {
        fail_msg("case %s, split %zu %zu: %s, id %s, retry %u", c->bytes, first, step, log.text,
                 sse.id, (unsigned)sse.retry_ms);
    }
    assert_int_equal(sse.events, log.events);
    assert_int_equal(sse.sink.finish(&sse.sink, MIDGE_OK, MIDGE_COMPLETE_YES), MIDGE_OK);
    free(text);
}

static void test_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sse_cases / sizeof sse_cases[0]; i++) {
        const struct sse_case *c = &sse_cases[i];
        for (size_t step = 1; step <= 5; step++) {
            run_sse(c, 0, step);
        }
        for (size_t first = 0; first <= c->len; first++) {
            run_sse(c, first, c->len + 1);
        }
    }
}

static void test_long_id(void **state)
{
    struct midge_sse sse;
    struct log log = {.len = 0};
    char text[200], line[100];
    (void)state;
    for (int n = MIDGE_SSE_ID_BYTES - 2; n <= MIDGE_SSE_ID_BYTES; n++) {
        midge_sse_init(&sse, text, sizeof text, on_event, &log);
        (void)snprintf(line, sizeof line, "id: %0*d\n\n", n, 1);
        assert_int_equal(put(&sse.sink, line, strlen(line)),
                         n < MIDGE_SSE_ID_BYTES ? MIDGE_OK : MIDGE_ERR_TOO_LARGE);
        assert_int_equal(strlen(sse.id), n < MIDGE_SSE_ID_BYTES ? n : 0);
    }
}

/* The rest of the bytes is still reported after PAUSE, and PAUSE is the answer. */
static void test_answers(void **state)
{
    static const char three[] = "data: 1\n\ndata: 2\n\ndata: 3\n\n";
    struct midge_sse sse;
    char text[32];
    (void)state;
    struct log pauses = {.answer = MIDGE_ERR_PAUSE, .at = 2};
    midge_sse_init(&sse, text, sizeof text, on_event, &pauses);
    assert_int_equal(put(&sse.sink, three, strlen(three)), MIDGE_ERR_PAUSE);
    assert_string_equal(pauses.text, "message|1|;message|2|;message|3|;");
    struct log fails = {.answer = MIDGE_ERR_JSON, .at = 2};
    midge_sse_init(&sse, text, sizeof text, on_event, &fails);
    assert_int_equal(put(&sse.sink, three, strlen(three)), MIDGE_ERR_JSON);
    assert_string_equal(fails.text, "message|1|;message|2|;");
    struct log cancels = {.answer = MIDGE_OK, .at = 2, .ends = &sse.sink};
    midge_sse_init(&sse, text, sizeof text, on_event, &cancels);
    assert_int_equal(put(&sse.sink, three, strlen(three)), MIDGE_OK);
    assert_string_equal(cancels.text, "message|1|;message|2|;");
}

/* What the last connection left of an event is forgotten; id and retry are kept. */
static void test_again(void **state)
{
    struct midge_sse sse;
    struct log log = {.len = 0};
    char text[64];
    const char first[] = "retry: 20\nid: 5\ndata: a\n\nid: 6\nevent: x\ndata: cut";
    const char second[] = "\xef\xbb\xbf"
                          "data: b\n\n";
    (void)state;
    midge_sse_init(&sse, text, sizeof text, on_event, &log);
    assert_int_equal(put(&sse.sink, first, strlen(first)), MIDGE_OK);
    assert_int_equal(sse.sink.finish(&sse.sink, MIDGE_ERR_PARTIAL, MIDGE_COMPLETE_NO), MIDGE_OK);
    assert_string_equal(sse.id, "5");
    midge_sse_again(&sse);
    assert_int_equal(put(&sse.sink, second, strlen(second)), MIDGE_OK);
    assert_string_equal(log.text, "message|a|5;message|b|5;");
    assert_int_equal(sse.retry_ms, 20);
}

/* --- lines --- */

struct line_case {
    const char *bytes;
    size_t len;
    const char *lines;
    int err;
};

static const struct line_case line_cases[] = {
    {BYTES(""), "", 0},
    {BYTES("a\nbc\r\n\nd"), "a;bc;;d;", 0},
    {BYTES("a\rb\n"), "a\rb;", 0},
    {BYTES("\n"), ";", 0},
    {BYTES("{\"a\":1}\n{\"b\":2}\n"), "{\"a\":1};{\"b\":2};", 0},
    {BYTES("1234567\n"), "1234567;", 0},
    {BYTES("12345678\n"), "", MIDGE_ERR_TOO_LARGE},
    {BYTES("ok\n12345678"), "ok;", MIDGE_ERR_TOO_LARGE},
    {BYTES("123456\r\n"), "123456;", 0},
};

static void run_lines(const struct line_case *c, size_t step)
{
    struct midge_lines lines;
    struct log log = {.len = 0};
    char *text = malloc(8);
    assert_non_null(text);
    midge_lines_init(&lines, text, 8, on_line, &log);
    int err = put_split(&lines.sink, c->bytes, c->len, 0, step);
    assert_int_equal(err, c->err);
    assert_int_equal(
        lines.sink.finish(&lines.sink, err, err == 0 ? MIDGE_COMPLETE_YES : MIDGE_COMPLETE_NO),
        MIDGE_OK);
    assert_string_equal(log.text, c->lines);
    assert_int_equal(lines.lines, log.events);
    free(text);
}

static void test_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof line_cases / sizeof line_cases[0]; i++) {
        for (size_t step = 1; step <= line_cases[i].len + 1; step++) {
            run_lines(&line_cases[i], step);
        }
    }
}

/* The rest of a cut body is no line. A line that is reported at the end may fail the request. */
static void test_last_line(void **state)
{
    struct midge_lines lines;
    char text[16];
    (void)state;
    struct log cut = {.len = 0};
    midge_lines_init(&lines, text, sizeof text, on_line, &cut);
    assert_int_equal(put(&lines.sink, "a\nb", 3), MIDGE_OK);
    assert_int_equal(lines.sink.finish(&lines.sink, MIDGE_ERR_PARTIAL, MIDGE_COMPLETE_NO), 0);
    assert_string_equal(cut.text, "a;");
    struct log fails = {.answer = MIDGE_ERR_JSON, .at = 2};
    midge_lines_init(&lines, text, sizeof text, on_line, &fails);
    assert_int_equal(put(&lines.sink, "a\nb", 3), MIDGE_OK);
    assert_int_equal(lines.sink.finish(&lines.sink, MIDGE_OK, MIDGE_COMPLETE_YES), MIDGE_ERR_JSON);
    struct log pauses = {.answer = MIDGE_ERR_PAUSE, .at = 1};
    midge_lines_init(&lines, text, sizeof text, on_line, &pauses);
    assert_int_equal(put(&lines.sink, "a\nb\nc", 5), MIDGE_ERR_PAUSE);
    assert_int_equal(lines.sink.finish(&lines.sink, MIDGE_OK, MIDGE_COMPLETE_YES), MIDGE_OK);
    assert_string_equal(pauses.text, "a;b;c;");
    struct log unfinished = {.answer = MIDGE_OK};
    midge_lines_init(&lines, text, sizeof text, on_line, &unfinished);
    assert_int_equal(put(&lines.sink, "a", 1), MIDGE_OK);
    assert_int_equal(lines.sink.finish(&lines.sink, MIDGE_OK, MIDGE_COMPLETE_NO), MIDGE_OK);
    assert_int_equal(lines.sink.finish(&lines.sink, MIDGE_ERR_WRITE, MIDGE_COMPLETE_YES), MIDGE_OK);
    assert_int_equal(unfinished.events, 0);

    struct log cancels = {.answer = MIDGE_OK, .at = 1, .ends = &lines.sink};
    midge_lines_init(&lines, text, sizeof text, on_line, &cancels);
    assert_int_equal(put(&lines.sink, "a\nb\n", 4), MIDGE_OK);
    assert_string_equal(cancels.text, "a;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),  cmocka_unit_test(test_long_id),
        cmocka_unit_test(test_answers), cmocka_unit_test(test_again),
        cmocka_unit_test(test_lines),   cmocka_unit_test(test_last_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
