/* SPDX-License-Identifier: MIT */
/*
 * Chunked bodies (RFC 9112 7.1): any split gives the same events, and a second reader, written for
 * this test alone over the whole text, finds the same body, the same end and the same verdict.
 */
#include "h1_run.h"

#include "base/span.h"

static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/* --- the second reader --- */

enum verdict { GOOD, CUT, BAD };

struct reader {
    const char *at, *end;
    struct fuzz_text body;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_text(char c)
{
    return c == '\t' || ((unsigned char)c >= 0x20 && (unsigned char)c != 0x7f);
}

/* CRLF; a part of it at the end is CUT. */
static enum verdict read_crlf(struct reader *r)
{
    if (r->at < r->end && *r->at != '\r') {
        return BAD;
    }
    if (r->end - r->at < 2) {
        return CUT;
    }
    r->at += 2;
    return r->at[-1] == '\n' ? GOOD : BAD;
}

/* 1 to 16 digits. */
static enum verdict read_size(struct reader *r, uint64_t *size)
{
    unsigned digits = 0;
    for (*size = 0; r->at < r->end && midge__hex_value(*r->at) >= 0; r->at++) {
        if (++digits > 16) {
            return BAD;
        }
        *size = *size << 4 | (unsigned)midge__hex_value(*r->at);
    }
    return r->at == r->end ? CUT : digits > 0 ? GOOD : BAD;
}

/* The last step of a line: ";" and any text to its end. Quotes hide nothing but are checked. */
static enum verdict read_extension(struct reader *r)
{
    unsigned spaces = 0;
    for (; r->at < r->end && is_blank(*r->at); r->at++) {
        if (++spaces > MIDGE__H1_MAX_CHUNK_SPACE) {
            return BAD;
        }
    }
    if (r->at < r->end && *r->at == ';') {
        while (r->at < r->end && is_text(*r->at)) {
            r->at++;
        }
    }
    return read_crlf(r);
}

/* Trailers; only their lines, fields are another target's. */
static enum verdict read_trailers(struct reader *r)
{
    while (r->at < r->end && *r->at != '\r') {
        while (r->at < r->end && is_text(*r->at)) {
            r->at++;
        }
        enum verdict line = read_crlf(r);
        if (line != GOOD) {
            return line;
        }
    }
    return read_crlf(r);
}

static enum verdict read_chunk(struct reader *r, bool *last)
{
    uint64_t size;
    enum verdict v = read_size(r, &size);
    v = v == GOOD ? read_extension(r) : v;
    *last = v == GOOD && size == 0;
    if (v != GOOD || *last) {
        return v;
    }
    size_t have = (size_t)(r->end - r->at), n = size < have ? (size_t)size : have;
    fuzz_add(&r->body, r->at, n);
    r->at += n;
    return n < size ? CUT : read_crlf(r);
}

static enum verdict read_all(struct reader *r)
{
    bool last = false;
    enum verdict v = GOOD;
    while (v == GOOD && !last) {
        v = read_chunk(r, &last);
    }
    return v == GOOD ? read_trailers(r) : v;
}

/* --- both --- */

struct result {
    struct fuzz_text log, body;
    size_t used;
    int err;
    const char *why;
    bool end;
};

static struct result parse(struct fuzz_in in, struct fuzz_splits splits)
{
    struct result result = {.used = 0};
    struct h1_run r;
    h1_run_begin(&r, 0, 1 << 20, 64);
    (void)h1_run_parse(&r, (const uint8_t *)head, sizeof head - 1);
    r.log.len = 0;
    result.used = h1_run_feed(&r, in, splits);
    result.err = r.err;
    result.why = r.p.why;
    result.end = r.over && r.err == MIDGE_OK;
    result.log = r.log;
    result.body = r.body; /* what is not logged yet */
    r.log = r.body = (struct fuzz_text){NULL, 0, 0};
    h1_run_free(&r);
    return result;
}

/* An extension is stricter here than in the second reader, and a trailer is a field. */
static bool may_refuse(const struct result *mine)
{
    return strstr(mine->why, "extension") != NULL || strstr(mine->why, "header") != NULL ||
           strstr(mine->why, "folded") != NULL || strstr(mine->why, "colon") != NULL;
}

static void compare(const struct result *mine, struct fuzz_in in)
{
    struct reader r = {(const char *)in.at, (const char *)in.at + in.len, {NULL, 0, 0}};
    enum verdict v = read_all(&r);
    fuzz_add(&r.body, "", 0);
    if (v == GOOD && mine->err != MIDGE_OK) {
        FUZZ_CHECK(may_refuse(mine));
    } else if (v == GOOD) {
        FUZZ_CHECK(mine->end && mine->used == (size_t)(r.at - (const char *)in.at));
        FUZZ_CHECK(r.body.len == 0 || strncmp(mine->log.ptr, "body ", 5) == 0);
        FUZZ_CHECK(r.body.len == 0 || memcmp(mine->log.ptr + 5, r.body.ptr, r.body.len) == 0);
        FUZZ_CHECK(r.body.len > 0 || strncmp(mine->log.ptr, "body ", 5) != 0);
    } else {
        FUZZ_CHECK(!mine->end);
        FUZZ_CHECK(v != BAD || mine->err != MIDGE_OK);
        FUZZ_CHECK(v != CUT || mine->err == MIDGE_OK || may_refuse(mine));
    }
    fuzz_free(&r.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    struct fuzz_splits splits = fuzz_splits(&in), whole = {NULL, 0, 0};
    struct result one = parse(in, whole), pieces = parse(in, splits);
    fuzz_same(&one.log, &pieces.log, "In one piece and in pieces");
    fuzz_same(&one.body, &pieces.body, "In one piece and in pieces, the last body");
    compare(&one, in);
    fuzz_free(&one.log);
    fuzz_free(&one.body);
    fuzz_free(&pieces.log);
    fuzz_free(&pieces.body);
    return 0;
}
