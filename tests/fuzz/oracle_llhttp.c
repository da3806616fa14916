/* SPDX-License-Identifier: MIT */
/* llhttp, node's parser, as strict as it can be. It stops after one final response. */
#include "oracle.h"

#include <llhttp.h>

struct state {
    llhttp_t parser;
    struct reading *reading;
    bool for_head;
};

static struct reading *reading_of(llhttp_t *parser)
{
    return ((struct state *)parser->data)->reading;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct reading *r = reading_of(parser);
    r->status = (unsigned)llhttp_get_status_code(parser);
    r->minor = (unsigned)llhttp_get_http_minor(parser);
    r->until_close = llhttp_message_needs_eof(parser) != 0;
    return ((struct state *)parser->data)->for_head; /* 1: no body follows */
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct reading *r = reading_of(parser);
    r->interim_body = r->interim_body || r->status / 100 == 1;
    r->body += len;
    r->hash = reading_hash(r->hash, at, len);
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct reading *r = reading_of(parser);
    if (r->status / 100 == 1) {
        return 0;
    }
    r->complete = true;
    r->keep_alive = llhttp_should_keep_alive(parser) != 0;
    return HPE_PAUSED;
}

bool oracle_read(struct reading *reading, struct fuzz_in in, bool for_head)
{
    struct state s = {.reading = reading, .for_head = for_head};
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_headers_complete = on_headers_complete;
    settings.on_body = on_body;
    settings.on_message_complete = on_message_complete;
    llhttp_init(&s.parser, HTTP_RESPONSE, &settings);
    s.parser.data = &s;
    *reading = (struct reading){.hash = 2166136261U, .why = ""};
    enum llhttp_errno err =
        in.len > 0 ? llhttp_execute(&s.parser, (const char *)in.at, in.len) : HPE_OK;
    if (reading->complete) {
        const char *stop = llhttp_get_error_pos(&s.parser);
        reading->used = stop != NULL ? (size_t)(stop - (const char *)in.at) : in.len;
    } else if (err == HPE_OK && reading->until_close) {
        reading->complete = llhttp_finish(&s.parser) == HPE_PAUSED || reading->complete;
        reading->used = in.len;
    } else if (err != HPE_OK) {
        reading->error = true;
        reading->why = llhttp_get_error_reason(&s.parser);
    }
    return true;
}
