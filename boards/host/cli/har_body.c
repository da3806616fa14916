/* SPDX-License-Identifier: MIT */
/*
 * Bodies in the archive: text of text types, HAR_TEXT bytes at most. Others are not kept, only
 * their sizes: an archive is for reading, -o writes bodies.
 */
#define _GNU_SOURCE
#include <string.h>
#include <strings.h>

#include "har.h"
#include "json_text.h"
#include "run.h"

const char *har_field(const struct reply_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->n; i++) {
        if (strcasecmp(fields->at[i].name, name) == 0) {
            return fields->at[i].value;
        }
    }
    return "";
}

int har_is_text(const char *type)
{
    static const char *const parts[] = {"text/", "json", "xml", "javascript",
                                        "x-www-form-urlencoded"};
    size_t len = strcspn(type, ";");

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *at = strcasestr(type, parts[i]);
        if (at != NULL && at < type + len) {
            return 1;
        }
    }
    return 0;
}

/* The length without a UTF-8 character at the end of which bytes are missing. */
static size_t whole_characters(const char *data, size_t len)
{
    size_t at = len;

    while (at > 0 && len - at < 3 && ((unsigned char)data[at - 1] & 0xc0) == 0x80) {
        at--;
    }
    if (at > 0 && (unsigned char)data[at - 1] >= 0xc0) {
        unsigned char first = (unsigned char)data[at - 1];
        size_t need = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
        return len - (at - 1) < need ? at - 1 : len;
    }
    return len;
}

/* The member text, if these are the first bytes of a text with size bytes. */
static void add_text(struct text *out, struct keep *keep, const char *data, size_t len,
                     uint64_t size)
{
    size_t shown = len < HAR_TEXT ? len : HAR_TEXT;

    if (memchr(data, '\0', shown) != NULL) {
        json_member(out, "comment", "not text");
        return;
    }
    if (shown < size) {
        shown = whole_characters(data, shown);
        json_member(out, "comment", keep_format(keep, "only the first %zu bytes", shown));
    }
    json_member(out, "text", keep_copy(keep, data, shown));
}

/* --- requests --- */

void har_add_post(struct text *out, const struct fetch *fetch, const struct har_hop *hop)
{
    const struct midge_request *request = &fetch->request;
    const char *type = har_field(&hop->sent, "Content-Type");
    const struct midge_source *source = request->source;

    if (!hop->has_body || (request->body == NULL && source == NULL)) {
        json_number(out, "bodySize", 0);
        return;
    }
    json_number(out, "bodySize", source != NULL ? source->length : (int64_t)request->body_len);
    json_name(out, "postData");
    text_puts(out, "{");
    json_member(out, "mimeType", type);
    if (source != NULL) {
        json_member(out, "comment", "files are not kept");
    } else if (har_is_text(type)) {
        add_text(out, fetch->run->keep, request->body, request->body_len, request->body_len);
    } else {
        json_member(out, "comment", "not text");
    }
    text_puts(out, "}");
}

/* --- answers --- */

/* Bytes of the body of an answer that went to no output; -1: unknown. */
static int64_t announced(const struct har_hop *hop)
{
    if (hop->framing == MIDGE_FRAMING_NONE) {
        return 0;
    }
    return hop->framing == MIDGE_FRAMING_LENGTH ? (int64_t)hop->reply.content_len : -1;
}

static void add_sizes(struct text *out, int64_t size, int64_t on_wire)
{
    json_number(out, "size", size);
    if (on_wire > 0 && size > on_wire) {
        json_number(out, "compression", size - on_wire);
    }
}

static void add_last(struct text *out, const struct fetch *fetch)
{
    const struct text *copy = &fetch->output.copy;

    add_sizes(out, (int64_t)fetch->output.body_len, (int64_t)fetch->result.body_len);
    if (copy->len > 0) {
        add_text(out, fetch->run->keep, copy->data, copy->len, fetch->output.body_len);
    } else if (fetch->output.body_len > 0) {
        json_member(out, "comment", "not text");
    }
}

void har_add_content(struct text *out, const struct fetch *fetch, const struct har_hop *hop,
                     int is_last)
{
    const char *type = har_field(&hop->reply.headers, "Content-Type");
    int64_t size = announced(hop);

    if (hop->reply.status == 0) {
        is_last = 0;
        size = -1;
    }
    json_number(out, "bodySize", is_last ? (int64_t)fetch->result.body_len : size);
    json_name(out, "content");
    text_puts(out, "{");
    json_member(out, "mimeType", type[0] != '\0' ? type : "x-unknown");
    if (is_last) {
        add_last(out, fetch);
    } else {
        add_sizes(out, size > 0 ? size : 0, size);
        if (size != 0 && hop->reply.status != 0) {
            json_member(out, "comment", "the body of this answer is not kept");
        }
    }
    text_puts(out, "}");
}
