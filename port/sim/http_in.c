/* SPDX-License-Identifier: MIT */
/* Reads the requests that a simulated server gets: the head as a whole, the body byte by byte. It
   is strict: a client that sends anything unusual is answered with 400. */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- the head --- */

static char *copy_to(const char *text, const char *end)
{
    char *out = midge__sim_new((size_t)(end - text) + 1);
    return memcpy(out, text, (size_t)(end - text));
}

static bool parse_request_line(struct sim_http_in *in, const char *head)
{
    const char *end = strstr(head, "\r\n"), *target, *version;
    if (end == NULL || (target = strchr(head, ' ')) == NULL || target == head || target > end ||
        (version = strchr(target + 1, ' ')) == NULL || version > end || version == target + 1) {
        return false;
    }
    in->method = copy_to(head, target);
    in->target = copy_to(target + 1, version);
    return end - version == 9 && memcmp(version, " HTTP/1.", 8) == 0;
}

/* The value of a line with that name, without case; NULL: none. */
static const char *value_of(const char *line, const char *name)
{
    size_t n = strlen(name);
    if (strncasecmp(line, name, n) != 0 || line[n] != ':') {
        return NULL;
    }
    return line + n + 1 + strspn(line + n + 1, " \t");
}

static void parse_field(struct sim_http_in *in, const char *line)
{
    const char *value;
    if ((value = value_of(line, "Content-Length")) != NULL) {
        in->left = strtoull(value, NULL, 10);
        in->state = in->left > 0 ? SIM_IN_LENGTH : in->state;
    } else if ((value = value_of(line, "Transfer-Encoding")) != NULL) {
        in->state = strncasecmp(value, "chunked\r\n", 9) == 0 ? SIM_IN_CHUNK_SIZE : SIM_IN_BAD;
    } else if ((value = value_of(line, "Connection")) != NULL) {
        in->close = strncasecmp(value, "close\r\n", 7) == 0;
    } else if ((value = value_of(line, "Expect")) != NULL) {
        in->expects = strncasecmp(value, "100-continue\r\n", 14) == 0;
    }
}

static void parse_head(struct sim_http_in *in)
{
    midge__sim_bytes_put(&in->head, (const uint8_t *)"", 1); /* ends the text */
    const char *head = (const char *)in->head.data + in->head.begin;
    if (!parse_request_line(in, head) || strlen(head) + 1 != in->head.len) {
        in->state = SIM_IN_BAD;
        return;
    }
    in->state = SIM_IN_WHOLE;
    for (const char *at = head; (at = strstr(at, "\r\n")) != NULL;) {
        at += 2;
        parse_field(in, at);
    }
}

static void take_head(struct sim_http_in *in, uint8_t byte)
{
    midge__sim_bytes_put(&in->head, &byte, 1);
    size_t len = in->head.len;
    const uint8_t *end = in->head.data + in->head.begin + len;
    if (len >= 4 && memcmp(end - 4, "\r\n\r\n", 4) == 0) {
        parse_head(in);
    } else if (len == SIM_HEAD_MAX) {
        in->state = SIM_IN_BAD;
    }
}

/* --- the body --- */

static void keep(struct sim_http_in *in, uint8_t byte)
{
    in->body_bytes++;
    if (in->body.len < SIM_HEAD_MAX) {
        midge__sim_bytes_put(&in->body, &byte, 1);
    }
}

static void chunk_size(struct sim_http_in *in)
{
    char *end;
    in->line[in->line_len] = '\0';
    in->left = strtoull(in->line, &end, 16);
    bool good = end != in->line && (*end == '\0' || *end == ';');
    in->state = !good ? SIM_IN_BAD : (in->left == 0 ? SIM_IN_TRAILER : SIM_IN_CHUNK);
}

/* A line of a chunk's size, its end, or a trailer. */
static void take_line(struct sim_http_in *in, uint8_t byte)
{
    if (byte != '\n') {
        if (byte != '\r' && in->line_len < sizeof in->line - 1) {
            in->line[in->line_len++] = (char)byte;
        }
        return;
    }
    if (in->state == SIM_IN_CHUNK_SIZE) {
        chunk_size(in);
    } else if (in->state == SIM_IN_CHUNK_END) {
        in->state = in->line_len == 0 ? SIM_IN_CHUNK_SIZE : SIM_IN_BAD;
    } else if (in->line_len == 0) {
        in->state = SIM_IN_WHOLE;
    }
    in->line_len = 0;
}

static void take_body(struct sim_http_in *in, uint8_t byte)
{
    keep(in, byte);
    if (--in->left == 0) {
        in->state = in->state == SIM_IN_CHUNK ? SIM_IN_CHUNK_END : SIM_IN_WHOLE;
    }
}

/* --- all of it --- */

size_t midge__sim_http_take(struct sim_http_in *in, const uint8_t *data, size_t len)
{
    size_t i = 0;
    while (i < len && in->state != SIM_IN_WHOLE && in->state != SIM_IN_BAD) {
        enum sim_http_in_state before = in->state;
        uint8_t byte = data[i++];
        if (before == SIM_IN_HEAD) {
            take_head(in, byte);
        } else if (before == SIM_IN_LENGTH || before == SIM_IN_CHUNK) {
            take_body(in, byte);
        } else {
            take_line(in, byte);
        }
        if (before == SIM_IN_HEAD && in->state != SIM_IN_HEAD) {
            break; /* the server looks at the head first */
        }
    }
    return i;
}

void midge__sim_http_reset(struct sim_http_in *in)
{
    midge__sim_bytes_free(&in->head);
    midge__sim_bytes_free(&in->body);
    free(in->method);
    free(in->target);
    *in = (struct sim_http_in){0};
}
