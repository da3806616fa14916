/* SPDX-License-Identifier: MIT */
/*
 * Writes the head of an HTTP/1.1 request (RFC 9112 3) piece by piece into buffers of any size.
 * Nothing is copied: method, target, host and headers must stay until the head is complete.
 */
#ifndef MIDGE__H1_WRITE_H
#define MIDGE__H1_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midge/config.h"
#include "midge/header.h"
#include "midge/span.h"

/* How the end of a body is known; requests never use CLOSE. */
enum midge__h1_framing {
    MIDGE__H1_FRAMING_NONE,    /* there is no body */
    MIDGE__H1_FRAMING_LENGTH,  /* Content-Length */
    MIDGE__H1_FRAMING_CHUNKED, /* Transfer-Encoding: chunked */
    MIDGE__H1_FRAMING_CLOSE    /* ends with the stream */
};

/* The request's target (RFC 9112 3.2). */
enum midge__h1_form {
    MIDGE__H1_FORM_ORIGIN,   /* path and query */
    MIDGE__H1_FORM_ABSOLUTE, /* the whole URL: an http request to a proxy */
    MIDGE__H1_FORM_AUTHORITY /* host and port: CONNECT */
};

struct midge__h1_headers {
    const struct midge_header *list;
    size_t count;
};

/* The caller fills it in; `sent` begins with 0. Host is added, unless a header of that name is
 * given; so are Content-Length and Transfer-Encoding, according to `framing`. A header without a
 * value only suppresses a weaker header of its name. */
struct midge__h1_write {
    const char *method;
    struct midge_span target;                  /* path and query; it may lack its first '/' */
    struct midge_span host;                    /* of the URL, without brackets */
    uint16_t port;                             /* 0: the scheme's */
    struct midge__h1_headers headers;          /* the request's own: the strongest */
    const char *content_type, *bearer;         /* also the request's; NULL: none */
    struct midge__h1_headers defaults;         /* weaker than the request's */
    const char *user_agent_line, *accept_line; /* the weakest: whole lines with CRLF; NULL: none */
#if MIDGE_WITH_PROXY
    const char *proxy_line; /* for the proxy, unless the request has that field; NULL: none */
    uint8_t form;           /* enum midge__h1_form */
#endif
#if MIDGE_WITH_EXPECT
    bool expects; /* a body, if there is one, waits for 100 (Continue) */
#endif
    uint64_t content_length; /* for FRAMING_LENGTH */
    uint8_t framing;         /* enum midge__h1_framing */
    struct midge_span head;  /* written before, by a writer without a body, and without its
                                last CRLF. It replaces all of the above except the framing;
                                ptr NULL: none */
    size_t sent;             /* bytes of the head written so far */
};

/*
 * Whether method and headers may be sent: MIDGE_OK, or MIDGE_ERR_HEADER for a method or name that
 * is not a token, control characters in a value, a Transfer-Encoding (midge sets the framing), a
 * Content-Length that is not `content_length`, and a second Host or Content-Length. Check before
 * writing; check the defaults too, with FRAMING_NONE.
 */
int midge__h1_check(const char *method, struct midge__h1_headers headers,
                    enum midge__h1_framing framing, uint64_t content_length);

/* True without control characters: for the value of a header, a content type, a bearer token. */
bool midge__h1_value_ok(const char *value);

/* Fills `buf` with the next bytes of the head; `*n` is their number. MIDGE_OK: the head is
 * complete. MIDGE_ERR_AGAIN: `buf` is full, call again with room. */
int midge__h1_write(struct midge__h1_write *w, uint8_t *buf, size_t cap, size_t *n);

/* The bytes of the whole head, whatever was written of it. For a buffer that takes it at once. */
size_t midge__h1_head_size(const struct midge__h1_write *w);

/* Chunked bodies, RFC 9112 7.1: head, data, CRLF for each chunk, then the last chunk. */
#define MIDGE__H1_CHUNK_HEAD_MAX (2 * sizeof(size_t) + 2) /* hex digits and CRLF */
#define MIDGE__H1_CHUNK_TAIL     "\r\n"
#define MIDGE__H1_LAST_CHUNK     "0\r\n\r\n"

/* Writes the line before a chunk of `len` bytes and returns its length. `len` is not 0, which would
 * end the body. */
size_t midge__h1_chunk_head(uint8_t out[MIDGE__H1_CHUNK_HEAD_MAX], size_t len);

#endif
