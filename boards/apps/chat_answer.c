/* SPDX-License-Identifier: MIT */
/*
 * The answer is a stream of events, or one JSON document if the server does not stream: the first
 * byte tells them apart. The data of each event is a document of its own:
 *
 *     data: {"choices":[{"delta":{"content":"Hel"},"finish_reason":null}]}
 *     data: {"choices":[{"delta":{"content":"lo"},"finish_reason":null}]}
 *     data: {"choices":[{"delta":{},"finish_reason":"stop"}]}
 *     data: [DONE]
 *
 *     {"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}
 *
 * So one filter with the paths of both finds text, reason and error. No tree is built.
 */
#include "chat.h"

#include <string.h>

enum { AT_DELTA, AT_REFUSAL, AT_WHOLE, AT_WHOLE_REFUSAL, AT_REASON, AT_MESSAGE, AT_ERROR };
static const char *const paths[] = {"choices[0].delta.content",
                                    "choices[0].delta.refusal",
                                    "choices[0].message.content",
                                    "choices[0].message.refusal",
                                    "choices[0].finish_reason",
                                    "error.message",
                                    "error"};

/* --- values --- */

static void take_string(struct chat_answer *answer, const struct midge_json_value *value)
{
    switch (value->path) {
    case AT_REASON: /* some servers tell it twice */
        answer->reason[0] = '\0';
        chat_text_word(answer->reason, sizeof answer->reason, value->text, value->len);
        break;
    case AT_MESSAGE:
    case AT_ERROR:
        answer->has_error = true;
        chat_text_word(answer->error, sizeof answer->error, value->text, value->len);
        break;
    default:
        answer->has_text = true;
        chat_text_add(&answer->text, value->text, value->len);
    }
}

static int on_value(void *ctx, const struct midge_json_value *value)
{
    struct chat_answer *answer = ctx;
    if (value->type == MIDGE_JSON_STRING) {
        take_string(answer, value);
    } else if (value->type == MIDGE_JSON_OBJECT && value->path == AT_ERROR) {
        answer->has_error = true;
    }
    return MIDGE_OK;
}

/* --- documents --- */

static void begin_document(struct chat_answer *answer)
{
    (void)midge_json_filter_init(&answer->filter, paths, sizeof paths / sizeof paths[0],
                                 answer->piece, sizeof answer->piece, on_value, answer);
    answer->filter.pieces = 1;
    answer->escape = (struct chat_escape){.added = 0};
}

static int end_document(struct chat_answer *answer)
{
    struct midge_sink *sink = &answer->filter.sink;
    int err = chat_text_escape_end(&answer->escape, sink);
    return err == MIDGE_OK ? sink->finish(sink, MIDGE_OK, MIDGE_COMPLETE_YES) : err;
}

/* The text of each write is shown at once. */
static int write_document(struct chat_answer *answer, const void *data, size_t len)
{
    int err = chat_text_escape(&answer->escape, &answer->filter.sink, data, len);
    chat_text_flush(&answer->text);
    return err;
}

/* --- events --- */

/* An error ends the answer: the server may keep the connection open after it. */
static int on_event(void *ctx, const struct midge_sse_event *event)
{
    struct chat_answer *answer = ctx;
    if (answer->done || strcmp(event->data, "[DONE]") == 0) {
        answer->done = true;
        return MIDGE_OK;
    }
    begin_document(answer);
    int err = write_document(answer, event->data, event->data_len);
    err = err == MIDGE_OK ? end_document(answer) : err;
    return err == MIDGE_OK && answer->has_error ? MIDGE_ERR_HTTP_STATUS : err;
}

/* --- the sink --- */

static struct chat_answer *answer_of(struct midge_sink *sink)
{
    return (struct chat_answer *)(void *)((char *)sink - offsetof(struct chat_answer, sink));
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void choose_kind(struct chat_answer *answer, uint8_t first)
{
    answer->kind = first == '{' ? CHAT_DOCUMENT : CHAT_EVENTS;
    if (answer->kind == CHAT_DOCUMENT) {
        begin_document(answer);
    }
}

/* Text only: another encoding than those that the request can decode is an error. */
static int answer_head(struct midge_sink *sink, struct midge_response *response)
{
    struct chat_answer *answer = answer_of(sink);
    return answer->is_good ? answer->sse.sink.head(&answer->sse.sink, response) : MIDGE_OK;
}

static int answer_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct chat_answer *answer = answer_of(sink);
    (void)answer->says.sink.write(&answer->says.sink, data, len);
    while (answer->kind == CHAT_EMPTY && len > 0 && is_blank(*data)) {
        data++;
        len--;
    }
    if (!answer->is_good || len == 0) {
        return MIDGE_OK;
    }
    if (answer->kind == CHAT_EMPTY) {
        choose_kind(answer, *data);
    }
    return answer->kind == CHAT_EVENTS ? answer->sse.sink.write(&answer->sse.sink, data, len)
                                       : write_document(answer, data, len);
}

static int answer_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    struct chat_answer *answer = answer_of(sink);
    if (answer->kind == CHAT_EVENTS) {
        (void)answer->sse.sink.finish(&answer->sse.sink, err, complete);
    } else if (answer->kind == CHAT_DOCUMENT && err == MIDGE_OK) {
        err = end_document(answer);
        answer->done = err == MIDGE_OK && answer->has_text;
    }
    chat_text_end(&answer->text);
    return err;
}

void chat_answer_init(struct chat_answer *answer, char *event, size_t cap,
                      void (*emit)(void *ctx, const char *text, size_t len), void *ctx)
{
    answer->sink = (struct midge_sink){.write = answer_write,
                                       .finish = answer_finish,
                                       .head = MIDGE_WITH_ENCODINGS ? answer_head : NULL};
    midge_sse_init(&answer->sse, event, cap, on_event, answer);
    app_says_init(&answer->says, NULL);
    chat_text_init(&answer->text, emit, ctx);
    answer->kind = CHAT_EMPTY;
    answer->is_good = answer->done = answer->has_text = answer->has_error = false;
    answer->error[0] = answer->reason[0] = '\0';
}

/* --- how it ended --- */

bool chat_answer_is_whole(const struct chat_answer *answer)
{
    return answer->is_good && !answer->has_error &&
           (answer->done || (answer->kind == CHAT_EVENTS && answer->reason[0] != '\0'));
}

/* Tells why the model stopped, unless it had said all. */
static void tell_reason(const struct chat_answer *answer, const struct app_item *item)
{
    const char *reason = answer->reason, *words = "";
    if (reason[0] == '\0' || strcmp(reason, "stop") == 0) {
        return;
    }
    if (strcmp(reason, "length") == 0) {
        words = ": it is longer than the model may answer";
    } else if (strcmp(reason, "content_filter") == 0) {
        words = ": the rest was left out by a filter of the service";
    }
    app_error(item->app, "%s: question %u: the answer ends here, finish_reason %s%s\n",
              item->app->name, item->number, reason, words);
}

/* If the answer begins like text that is no stream and no JSON, for example a proxy's HTML page,
   its message is shown. */
static void tell_no_json(const struct chat_answer *answer, struct app_item *item)
{
    char text[160] = "";
    if (answer->sse.events == 0) {
        (void)app_message(answer->says.text, answer->says.len, true, text, sizeof text);
    }
    app_fail(item, app_error_class(MIDGE_ERR_JSON),
             "malformed or too deep at byte %u%s from %s%s%s",
             (unsigned)(answer->filter.offset - answer->escape.added),
             answer->kind == CHAT_EVENTS ? " of an event's data" : "", app_asked(item),
             text[0] != '\0' ? "; it says: " : "", text);
}

static void tell_incomplete(const struct chat_answer *answer, struct app_item *item)
{
    char text[160] = "";
    if (answer->kind == CHAT_DOCUMENT) {
        app_fail(item, app_error_class(MIDGE_ERR_JSON), "no choices[0].message.content from %s",
                 app_asked(item));
        return;
    }
    if (answer->sse.events == 0) {
        (void)app_message(answer->says.text, answer->says.len, true, text, sizeof text);
    }
    app_fail(item, app_error_class(MIDGE_ERR_HTTP_STATUS),
             "the answer is not complete: its stream ended without [DONE] and finish_reason, "
             "from %s%s%s",
             app_asked(item), text[0] != '\0' ? "; it says: " : "", text);
}

void chat_answer_tell(struct chat_answer *answer, struct app_item *item)
{
    const int error = item->result.error;
    /* A wrong checksum comes after [DONE], and means that the text is wrong. */
    if (chat_answer_is_whole(answer) && error != MIDGE_ERR_ENCODING) {
        tell_reason(answer, item);
    } else if (answer->has_error) {
        app_fail(item, app_error_class(MIDGE_ERR_HTTP_STATUS), "%s, in the answer of %s",
                 answer->error[0] != '\0' ? answer->error : "an error without a message",
                 app_asked(item));
    } else if (error == MIDGE_ERR_JSON) {
        tell_no_json(answer, item);
    } else if (error == MIDGE_ERR_TOO_LARGE && answer->kind == CHAT_EVENTS) {
        app_fail(item, app_error_class(MIDGE_ERR_JSON),
                 "an event of the stream has more than %u bytes, from %s", CHAT_EVENT_BYTES - 1,
                 app_asked(item));
    } else if (app_answered_with(item, answer->says.text, answer->says.len)) {
        tell_incomplete(answer, item);
    }
}
