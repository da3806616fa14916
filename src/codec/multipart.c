/* SPDX-License-Identifier: MIT */
/*
 * The head of a part: the delimiter, Content-Disposition, Content-Type. Each call composes it again
 * and keeps only the bytes asked for, so that it needs no buffer, however long a name is.
 */
#include "codec/multipart.h"

struct out {
    uint8_t *bytes;
    size_t from, cap;
    size_t at; /* bytes composed so far */
};

static void put(struct out *out, char c)
{
    if (out->at >= out->from && out->at - out->from < out->cap) {
        out->bytes[out->at - out->from] = (uint8_t)c;
    }
    out->at++;
}

static void put_text(struct out *out, const char *text)
{
    while (*text != '\0') {
        put(out, *text++);
    }
}

/* As browsers and curl do; a backslash stays (WHATWG HTML 4.10.22.8). So a name cannot end its
   quotes, nor its line. */
static void put_quoted(struct out *out, const char *before, const char *text)
{
    put_text(out, before);
    for (; *text != '\0'; text++) {
        const char *escape = *text == '"' ? "%22" : *text == '\r' ? "%0D" : "%0A";
        if (*text == '"' || *text == '\r' || *text == '\n') {
            put_text(out, escape);
        } else {
            put(out, *text);
        }
    }
    put(out, '"');
}

static void put_fields(struct out *out, const struct midge__multipart_head *head)
{
    put_quoted(out, "\r\nContent-Disposition: form-data; name=\"", head->name);
    if (head->filename != NULL) {
        put_quoted(out, "; filename=\"", head->filename);
    }
    if (head->type != NULL) {
        put_text(out, "\r\nContent-Type: ");
        put_text(out, head->type);
    }
    put_text(out, "\r\n\r\n");
}

size_t midge__multipart_head(const struct midge__multipart_head *head, size_t from, uint8_t *out,
                             size_t cap)
{
    struct out to = {out, from, cap, 0};
    put_text(&to, head->first ? "--" : "\r\n--");
    put_text(&to, head->boundary);
    if (head->name != NULL) {
        put_fields(&to, head);
    } else {
        put_text(&to, "--\r\n");
    }
    return to.at;
}
