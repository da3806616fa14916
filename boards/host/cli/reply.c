/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "json_text.h"

void reply_add(struct reply_fields *fields, struct keep *keep, const char *name, size_t name_len,
               const char *value, size_t value_len)
{
    fields->at = keep_room(keep, fields->at, fields->n, sizeof *fields->at);
    fields->at[fields->n++] = (struct reply_field){
        .name = keep_copy(keep, name, name_len),
        .value = keep_copy(keep, value, value_len),
        .name_len = name_len,
        .value_len = value_len,
    };
}

#if MIDGE_WITH_HTTP2
#define reply_stream(response) ((response)->stream_id)
#else
#define reply_stream(response) 0U
#endif

static const char *version_of(unsigned stream_id, unsigned http_minor)
{
    return stream_id != 0 ? "2" : http_minor == 0 ? "1.0" : "1.1";
}

const char *reply_version(const struct reply *reply)
{
    return version_of(reply->stream_id, reply->http_minor);
}

void reply_note(struct reply *reply, const struct midge_response *response)
{
    reply->status = response->status;
    reply->http_minor = response->http_minor;
    reply->stream_id = reply_stream(response);
    reply->content_len = response->framing == MIDGE_FRAMING_LENGTH ? response->content_len : 0;
}

void reply_keep(struct reply *reply, struct keep *keep, const struct midge_response *response)
{
    const char *name, *value;
    size_t at = 0, name_len, value_len;
    struct text text = {.keep = keep};

    text_puts(&text, response->reason != NULL ? response->reason : "");
    reply->reason = text.data;
    text = (struct text){.keep = keep};
    text_puts(&text, response->url != NULL ? response->url : "");
    reply->url = text.data;
    reply->headers.n = 0;
    while (midge_response_next(response, &at, &name, &name_len, &value, &value_len)) {
        reply_add(&reply->headers, keep, name, name_len, value, value_len);
    }
}

void reply_text(const struct midge_response *response, struct text *text)
{
    const char *name, *value;
    size_t at = 0, name_len, value_len;

    text_format(text, "HTTP/%s %d %s\r\n", version_of(reply_stream(response), response->http_minor),
                response->status, response->reason);
    while (midge_response_next(response, &at, &name, &name_len, &value, &value_len)) {
        text_add(text, name, name_len);
        text_puts(text, ": ");
        text_add(text, value, value_len);
        text_puts(text, "\r\n");
    }
    text_puts(text, "\r\n");
}

uint64_t reply_text_size(const struct midge_response *response)
{
    const char *name, *value;
    size_t at = 0, name_len, value_len;
    uint64_t size = sizeof "HTTP/ 200 \r\n\r\n" - 1 + strlen(response->reason) +
                    strlen(version_of(reply_stream(response), response->http_minor));

    while (midge_response_next(response, &at, &name, &name_len, &value, &value_len)) {
        size += name_len + value_len + sizeof ": \r\n" - 1;
    }
    return size;
}

static int same_name(const struct reply_field *a, const struct reply_field *b)
{
    return a->name_len == b->name_len && strncasecmp(a->name, b->name, a->name_len) == 0;
}

static int is_first(const struct reply_fields *fields, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (same_name(&fields->at[i], &fields->at[at])) {
            return 0;
        }
    }
    return 1;
}

/* "name":["value","value"], with all values of the name of fields->at[first]. */
static void add_values(const struct reply_fields *fields, size_t first, struct text *text)
{
    const struct reply_field *field = &fields->at[first];
    const char *before = "";

    json_latin1(text, field->name, field->name_len);
    for (size_t i = text->len - field->name_len - 1; i < text->len; i++) {
        text->data[i] = (char)tolower((unsigned char)text->data[i]); /* a token: not escaped */
    }
    text_puts(text, ":[");
    for (; first < fields->n; first++) {
        if (same_name(&fields->at[first], field)) {
            text_puts(text, before);
            json_latin1(text, fields->at[first].value, fields->at[first].value_len);
            before = ",";
        }
    }
    text_puts(text, "]");
}

void reply_json(const struct reply_fields *fields, struct text *text)
{
    const char *before = "";

    text_puts(text, "{");
    for (size_t i = 0; i < fields->n; i++) {
        if (is_first(fields, i)) {
            text_puts(text, before);
            add_values(fields, i, text);
            before = ",\n";
        }
    }
    text_puts(text, "\n}");
}

void reply_show(const struct midge_response *response)
{
    const char *name, *value;
    size_t at = 0, name_len, value_len;

    fprintf(stderr, "< HTTP/%s %d %s\n", version_of(reply_stream(response), response->http_minor),
            response->status, response->reason);
    while (midge_response_next(response, &at, &name, &name_len, &value, &value_len)) {
        fprintf(stderr, "< %.*s: %.*s\n", (int)name_len, name, (int)value_len, value);
    }
    fputs("<\n", stderr);
}
