/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include <stdio.h>

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

void reply_note(struct reply *reply, const struct midge_response *response)
{
    reply->status = response->status;
    reply->http_minor = response->http_minor;
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

    text_format(text, "HTTP/1.%d %d %s\r\n", response->http_minor, response->status,
                response->reason);
    while (midge_response_next(response, &at, &name, &name_len, &value, &value_len)) {
        text_add(text, name, name_len);
        text_puts(text, ": ");
        text_add(text, value, value_len);
        text_puts(text, "\r\n");
    }
    text_puts(text, "\r\n");
}

void reply_show(const struct midge_response *response)
{
    const char *name, *value;
    size_t at = 0, name_len, value_len;

    fprintf(stderr, "< HTTP/1.%d %d %s\n", response->http_minor, response->status,
            response->reason);
    while (midge_response_next(response, &at, &name, &name_len, &value, &value_len)) {
        fprintf(stderr, "< %.*s: %.*s\n", (int)name_len, name, (int)value_len, value);
    }
    fputs("<\n", stderr);
}
