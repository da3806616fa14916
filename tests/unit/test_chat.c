/* SPDX-License-Identifier: MIT */
/* The parts of the program chat that need no network: text whose characters come in pieces, the
   history, lines, the question's JSON, and the answer at each split of its bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../boards/apps/chat_line.c"
#include "chance.h"
#include "chat_parts.h"

/* --- text in pieces --- */

struct shown {
    char text[4096];
    size_t len;
    unsigned times;
};

/* What is shown is whole characters, each time. */
static void emit(void *ctx, const char *text, size_t len)
{
    struct shown *shown = ctx;
    char copy[CHAT_RUN_BYTES + 1];
    assert_in_range(len, 1, CHAT_RUN_BYTES);
    memcpy(copy, text, len);
    copy[len] = '\0';
    assert_true(app_is_utf8(copy));
    assert_true(shown->len + len < sizeof shown->text);
    memcpy(shown->text + shown->len, copy, len + 1);
    shown->len += len;
    shown->times++;
}

struct escaped {
    struct midge_sink sink;
    char text[1024];
    size_t len;
};

static int keep(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct escaped *to = (struct escaped *)(void *)sink;
    assert_true(to->len + len < sizeof to->text);
    memcpy(to->text + to->len, data, len);
    to->len += len;
    return MIDGE_OK;
}

/* Through both ends, in two pieces; what is between is UTF-8. */
static void pass(const char *bytes, size_t len, size_t split, struct shown *shown)
{
    struct chat_text text;
    struct escaped to = {.sink = {.write = keep}};
    struct chat_escape escape = {.added = 0};
    shown->len = shown->times = 0;
    shown->text[0] = '\0';
    const uint8_t *at = (const uint8_t *)bytes;
    assert_int_equal(chat_text_escape(&escape, &to.sink, at, split), MIDGE_OK);
    assert_int_equal(chat_text_escape(&escape, &to.sink, at + split, len - split), MIDGE_OK);
    assert_int_equal(chat_text_escape_end(&escape, &to.sink), MIDGE_OK);
    assert_int_equal(to.len, len + escape.added);
    to.text[to.len] = '\0';
    assert_true(app_is_utf8(to.text));
    chat_text_init(&text, emit, shown);
    chat_text_add(&text, to.text, to.len);
    chat_text_end(&text);
}

static void test_text_at_each_split(void **state)
{
    static const struct {
        const char *bytes, *shown;
    } cases[] = {
        {"a\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x95z", "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x95z"},
        {"\xff", "\xef\xbf\xbd"},
        {"\xc3", "\xef\xbf\xbd"},
        {"\xc3(", "\xef\xbf\xbd("},
        {"\xf0\x9f\x90", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf0\x9f\xc3\xa4", "\xef\xbf\xbd\xef\xbf\xbd\xc3\xa4"},
        {"\xed\xa0\x80x", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx"}, /* half a surrogate pair */
        {"\xee\xbe\x80x", "\xef\xbf\xbdx"},                         /* U+EF80 itself */
    };
    struct shown shown;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t len = strlen(cases[i].bytes);
        for (size_t split = 0; split <= len; split++) {
            pass(cases[i].bytes, len, split, &shown);
            assert_string_equal(shown.text, cases[i].shown);
        }
    }
}

static void test_text_by_chance(void **state)
{
    struct shown shown;
    (void)state;
    seed = 1;
    for (unsigned round = 0; round < 3000; round++) {
        char bytes[48];
        size_t len = 1 + chance(sizeof bytes - 1);
        for (size_t i = 0; i < len; i++) {
            static const char usual[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x95\xee\xbe";
            bytes[i] = usual[chance(sizeof usual - 1)];
        }
        pass(bytes, len, chance((unsigned)len + 1), &shown); /* emit checks it */
    }
}

/* --- history --- */

static struct chat_history history_of(char *memory, size_t cap)
{
    return (struct chat_history){.text = memory, .cap = cap};
}

static void assert_history(const struct chat_history *history, const char *expected)
{
    const char *text;
    for (unsigned n = 0; (text = chat_history_at(history, n)) != NULL; n++) {
        size_t len = strlen(text);
        assert_true(strlen(expected) > len);
        assert_memory_equal(expected, text, len);
        assert_int_equal(expected[len], '|');
        expected += len + 1;
    }
    assert_string_equal(expected, "");
}

static void test_history(void **state)
{
    char memory[16];
    struct chat_history history = history_of(memory, sizeof memory);
    (void)state;
    assert_history(&history, "");
    assert_true(chat_history_ask(&history, "one"));
    chat_history_answer(&history, "1", 1);
    chat_history_answer(&history, "23", 2);
    chat_history_end(&history);
    assert_history(&history, "one|123|");
    assert_true(chat_history_ask(&history, "two")); /* 12 of 16 */
    assert_history(&history, "one|123|two|");
    chat_history_answer(&history, "ab", 2); /* 15 */
    assert_history(&history, "one|123|two|ab|");
    chat_history_answer(&history, "c", 1); /* 16 */
    assert_history(&history, "one|123|two|abc|");
    chat_history_answer(&history, "d", 1); /* the oldest pair goes */
    assert_history(&history, "two|abcd|");
    chat_history_answer(&history, "efghijk", 7);
    assert_history(&history, "two|abcdefghijk|"); /* full */
    chat_history_answer(&history, "lm", 2);       /* is not kept, */
    chat_history_answer(&history, "", 0);         /* and nothing after it */
    chat_history_end(&history);
    assert_history(&history, "two|abcdefghijk|");
    assert_false(chat_history_ask(&history, "0123456789abcdef"));
    assert_history(&history, "");
    assert_true(chat_history_ask(&history, "0123456789abcde"));
    chat_history_answer(&history, "x", 1); /* no room, but for the question */
    assert_history(&history, "0123456789abcde|");
    chat_history_end(&history); /* a question without an answer is forgotten */
    assert_history(&history, "");
    assert_true(chat_history_ask(&history, "new"));
    chat_history_answer(&history, "x", 1);
    chat_history_answer(&history, "y", 1);
    assert_history(&history, "new|xy|");
}

/* --- lines --- */

static const char *typed;
static size_t typed_len, typed_at, typed_most;
static bool typed_again; /* each second read has nothing */

int board_read(struct board *board, char *buf, size_t cap, size_t *n)
{
    size_t left = typed_len - typed_at;
    (void)board;
    typed_again = !typed_again;
    if (typed_again) {
        return MIDGE_ERR_AGAIN;
    }
    if (left == 0) {
        return MIDGE_ERR_EOF;
    }
    *n = left < typed_most ? left : typed_most;
    *n = *n < cap ? *n : cap;
    memcpy(buf, typed + typed_at, *n);
    typed_at += *n;
    return MIDGE_OK;
}

static int read_line(struct chat_line *line)
{
    int err;
    while ((err = chat_line_read(line, NULL)) == MIDGE_ERR_AGAIN) {
    }
    return err;
}

static void test_lines(void **state)
{
    static const char input[] = "one\r\n\ntoo long for it\nf\xc3\xa4\xff\0\r.\nend";
    char text[10];
    (void)state;
    typed = input;
    typed_len = sizeof input - 1;
    for (typed_most = 1; typed_most < sizeof input; typed_most++) {
        struct chat_line line = {.text = text, .cap = sizeof text};
        typed_at = 0;
        assert_int_equal(read_line(&line), MIDGE_OK);
        assert_string_equal(text, "one");
        assert_int_equal(read_line(&line), MIDGE_OK);
        assert_string_equal(text, "");
        assert_int_equal(read_line(&line), MIDGE_ERR_TOO_LARGE);
        assert_int_equal(read_line(&line), MIDGE_OK);
        assert_string_equal(text, "f\xc3\xa4??\r.");
        assert_int_equal(read_line(&line), MIDGE_OK);
        assert_string_equal(text, "end");
        assert_int_equal(read_line(&line), MIDGE_ERR_EOF);
        assert_int_equal(read_line(&line), MIDGE_ERR_EOF);
    }
}

/* --- the question --- */

static size_t read_all(struct midge_source *source, char *to, size_t at_once)
{
    size_t len = 0, n;
    while (source->read(source, (uint8_t *)to + len, at_once, &n) == MIDGE_OK) {
        assert_in_range(n, 1, at_once);
        len += n;
    }
    to[len] = '\0';
    return len;
}

static void test_question(void **state)
{
    static const char expected[] =
        "{\"model\":\"m\\\"1\",\"stream\":true,\"messages\":["
        "{\"role\":\"system\",\"content\":\"be\\nbrief\"},"
        "{\"role\":\"user\",\"content\":\"one\"},{\"role\":\"assistant\",\"content\":\"\\\\\"},"
        "{\"role\":\"user\",\"content\":\"tw\xc3\xb6\"}]}";
    struct app app = {.model = "m\"1", .system = "be\nbrief"};
    struct chat *chat = calloc(1, sizeof *chat);
    char memory[64], body[512];
    (void)state;
    chat->item.app = &app;
    chat->history = history_of(memory, sizeof memory);
    assert_true(chat_history_ask(&chat->history, "one"));
    chat_history_answer(&chat->history, "\\", 1);
    assert_true(chat_history_ask(&chat->history, "tw\xc3\xb6"));
    for (size_t at_once = 1; at_once < sizeof expected; at_once++) {
        chat_prepare_question(chat);
        struct midge_source *source = &chat->question.source;
        assert_int_equal(source->length, sizeof expected - 1);
        for (unsigned round = 0; round < 2; round++) { /* again after a rewind */
            assert_int_equal(read_all(source, body, at_once), sizeof expected - 1);
            assert_string_equal(body, expected);
            assert_int_equal(chat->question.left, 0);
            assert_int_equal(source->rewind(source), MIDGE_OK);
            assert_int_equal(chat->question.left, sizeof expected - 1);
        }
    }
    app.system = NULL;
    chat_history_end(&chat->history);
    chat_prepare_question(chat);
    (void)read_all(&chat->question.source, body, 7);
    assert_string_equal(body, "{\"model\":\"m\\\"1\",\"stream\":true,\"messages\":["
                              "{\"role\":\"user\",\"content\":\"one\"},"
                              "{\"role\":\"assistant\",\"content\":\"\\\\\"}]}");
    free(chat);
}

/* --- the answer --- */

#define DELTA(text)  "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define REASON(word) "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"" word "\"}]}\r\n\r\n"
#define DONE         "data: [DONE]\n\n"

static const struct answer_case {
    const char *body, *shown;
    int error;   /* of the request */
    bool whole;  /* the server said so */
    bool failed; /* the item */
    const char *told;
} answers[] = {
    {DELTA("a") DELTA("\xf0\x9f") DELTA("\x90\x95!") REASON("stop") DONE, "a\xf0\x9f\x90\x95!", 0,
     true, false, ""},
    {DELTA("a\\n\\u001b[m") DONE, "a\n\x1b[m", 0, true, false, ""},
    {": c\n\n" DELTA("a") REASON("length"), "a", 0, true, false, "finish_reason length"},
    {DELTA("a") REASON("stop") REASON("stop") DONE, "a", 0, true, false, ""},
    {DELTA("a") REASON("content_filter") DONE, "a", 0, true, false, "content_filter"},
    {DELTA("a") DELTA("b"), "ab", 0, false, true, "not complete"},
    {DELTA("a") "data: [DONE]\n", "a", 0, false, true, "not complete"},
    {"", "", 0, false, true, "not complete"},
    {DELTA("a") "data: {\"error\":{\"message\":\"over\\u0000\\u001bload\"}}\n\n" DELTA("no") DONE,
     "a", MIDGE_ERR_HTTP_STATUS, false, true, "over\xef\xbf\xbd\x1bload, in the"},
    {DELTA("a") "event: error\ndata: {\"error\":{}}\n\n", "a", MIDGE_ERR_HTTP_STATUS, false, true,
     "without a message"},
    {DELTA("a") "data: {]}\n\n" DELTA("no"), "a", MIDGE_ERR_JSON, false, true, "at byte 1 of an"},
    {DELTA("a") "data: {\n\n" DELTA("no"), "a", MIDGE_ERR_JSON, false, true, "of an event's data"},
    {"\n {\"choices\":[{\"message\":{\"content\":\"all "
     "\xe2\x82\xac\"},\"finish_reason\":\"stop\"}]}",
     "all \xe2\x82\xac", 0, true, false, ""},
    {"{\"\xff\xe2\x82\xac\xe2\x82\":]}", "", MIDGE_ERR_JSON, false, true, "at byte 10 from"},
    {"data: {\"\xff\xe2\x82\xac\xe2\x82\":]}\n\n", "", MIDGE_ERR_JSON, false, true,
     "at byte 10 of"},
    {"{\"choices\":[{\"message\":{\"content\":null},\"finish_reason\":\"stop\"}]}", "", 0, false,
     true, "no choices[0].message.content"},
    {"{\"choices\":[{\"message\":{\"content\":\"x\"}}]", "x", MIDGE_ERR_JSON, false, true,
     "malformed"},
    {"{\"error\":{\"message\":\"n\xc3\xb6 \xff\xe2\x82\xac\"}}", "", 0, false, true,
     "n\xc3\xb6 \xef\xbf\xbd\xe2\x82\xac, in the answer of"},
    {"{\"error\":{\"message\":\"no\"}}", "", 0, false, true, "no, in the answer of"},
};

static int write_in(struct midge_sink *sink, const char *body, size_t len, size_t at_once)
{
    int err = MIDGE_OK;
    for (size_t at = 0; at < len && err == MIDGE_OK; at += at_once) {
        size_t n = len - at < at_once ? len - at : at_once;
        err = sink->write(sink, (const uint8_t *)body + at, n);
    }
    return sink->finish(sink, err, err == MIDGE_OK ? MIDGE_COMPLETE_YES : MIDGE_COMPLETE_NO);
}

static void check_answer(const struct answer_case *one, size_t at_once)
{
    struct app app = {.name = "chat"};
    struct app_item item = {.app = &app, .number = 1};
    struct chat_answer *answer = calloc(1, sizeof *answer);
    struct shown shown = {.len = 0};
    char event[256];
    chat_answer_init(answer, event, sizeof event, emit, &shown);
    answer->is_good = true;
    told[0] = '\0';
    item.result.error = write_in(&answer->sink, one->body, strlen(one->body), at_once);
    assert_int_equal(item.result.error, one->error);
    assert_string_equal(shown.text, one->shown);
    assert_int_equal(chat_answer_is_whole(answer), one->whole);
    chat_answer_tell(answer, &item);
    assert_int_equal(item.failed, one->failed);
    assert_non_null(strstr(told, one->told));
    assert_int_equal(told[0] == '\0', one->told[0] == '\0');
    free(answer);
}

static void test_answers_at_each_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        for (size_t at_once = 1; at_once <= strlen(answers[i].body) + 1; at_once++) {
            check_answer(&answers[i], at_once);
        }
    }
}

/* The connection ends anywhere: the text so far is shown, and the answer is whole only if its end
   was told. */
static void test_cut_anywhere(void **state)
{
    static const char body[] = DELTA("one") DELTA(" \xe2\x82\xac") REASON("stop") DONE;
    (void)state;
    const size_t told_at = strlen(DELTA("one") DELTA(" \xe2\x82\xac") REASON("stop")) - 1;
    for (size_t len = 0; len < sizeof body; len++) {
        struct chat_answer *answer = calloc(1, sizeof *answer);
        struct shown shown = {.len = 0};
        char event[256];
        chat_answer_init(answer, event, sizeof event, emit, &shown);
        answer->is_good = true;
        (void)write_in(&answer->sink, body, len, 5);
        assert_memory_equal(shown.text, "one \xe2\x82\xac", shown.len);
        assert_int_equal(chat_answer_is_whole(answer), len >= told_at);
        free(answer);
    }
}

static void test_each_event_is_shown_at_once(void **state)
{
    struct chat_answer *answer = calloc(1, sizeof *answer);
    struct shown shown = {.len = 0};
    char event[256];
    (void)state;
    chat_answer_init(answer, event, sizeof event, emit, &shown);
    answer->is_good = true;
    for (unsigned n = 1; n <= 5; n++) {
        static const char body[] = DELTA("word ");
        assert_int_equal(answer->sink.write(&answer->sink, (const uint8_t *)body, sizeof body - 2),
                         MIDGE_OK);
        assert_int_equal(shown.times, n - 1);
        assert_int_equal(answer->sink.write(&answer->sink, (const uint8_t *)"\n", 1), MIDGE_OK);
        assert_int_equal(shown.times, n);
    }
    free(answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_at_each_split),
        cmocka_unit_test(test_text_by_chance),
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_question),
        cmocka_unit_test(test_answers_at_each_size),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_each_event_is_shown_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
