/* SPDX-License-Identifier: MIT */
/* The head and the trailers of a response, kept for the report and shown by -i and -v. */
#ifndef MIDGE_CLI_REPLY_H
#define MIDGE_CLI_REPLY_H

#include <midge/response.h>

#include "keep.h"

struct reply_field {
    const char *name, *value;
    size_t name_len, value_len;
};
struct reply_fields {
    struct reply_field *at;
    size_t n;
};
struct reply {
    const char *reason, *url; /* "" and NULL while none came */
    struct reply_fields headers, trailers;
    uint64_t content_len; /* as announced; 0: not announced */
    uint64_t head_bytes;  /* of all heads, also of interim answers and redirects */
    int status;
    uint8_t http_minor;
    uint32_t stream_id; /* 0: HTTP/1.x */
};

/* Notes the numbers of the head: status, version, length. */
/* "1.0", "1.1" or "2". */
const char *reply_version(const struct reply *reply);
void reply_note(struct reply *reply, const struct midge_response *response);
/* Keeps its texts too: reason, URL, fields. */
void reply_keep(struct reply *reply, struct keep *keep, const struct midge_response *response);
void reply_add(struct reply_fields *fields, struct keep *keep, const char *name, size_t name_len,
               const char *value, size_t value_len);
/* The head of an interim or the final answer as it came, with the empty line. */
void reply_text(const struct midge_response *response, struct text *text);
/* The bytes of that text. */
uint64_t reply_text_size(const struct midge_response *response);
/* One JSON object: lower-case name, list of values. */
void reply_json(const struct reply_fields *fields, struct text *text);
/* Prints "< " lines on stderr. */
void reply_show(const struct midge_response *response);

#endif
