/* SPDX-License-Identifier: MIT */
/*
 * A form as multipart/form-data (RFC 7578): a source whose parts are texts, bytes, or other
 * sources, as a file. Parts are read while they are sent: none is copied, and none must fit into
 * memory.
 *
 *     midge_file_source_init(&photo, port, "photo.jpg");
 *     const struct midge_part parts[] = {
 *         {.name = "title", .text = "A dog"},
 *         {.name = "photo", .filename = "photo.jpg", .type = "image/jpeg", .source =
 * &photo.source},
 *     };
 *     err = midge_multipart_init(&form, port, parts, 2);
 *     const struct midge_header header = {"Content-Type", form.content_type};
 *     request.method = "POST", request.source = &form.source;
 *     request.headers = &header, request.n_headers = 1;
 *
 * A short form without files, name=value&name=value, is application/x-www-form-urlencoded: encode
 * each name and value with midge_url_encode (url.h) and send the text as request.body.
 */
#ifndef MIDGE_MULTIPART_H
#define MIDGE_MULTIPART_H

#include <midge/body.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One field of a form. The strings and bytes live until the request's completion. In name and
   filename, which are UTF-8, a quotation mark, CR and LF are sent as %22, %0D and %0A (WHATWG HTML
   4.10.22.8). The value is the first of source, text and data that is not NULL; empty without. */
struct midge_part {
    const char *name;            /* not empty */
    const char *filename;        /* NULL: the part is no file */
    const char *type;            /* its Content-Type, may have parameters; NULL: none is sent */
    struct midge_source *source; /* of this part only */
    const char *text;            /* NUL-terminated */
    const void *data;            /* len bytes */
    size_t len;                  /* of data */
};

#define MIDGE__MULTIPART_TYPE  "multipart/form-data; boundary="
#define MIDGE__BOUNDARY_LENGTH 32

/* The length is known if all parts know theirs; otherwise the form is sent chunked. It can be sent
   again (redirects, retries) if all its sources can rewind. */
struct midge_multipart {
    struct midge_source source; /* for request.source */
    /* The value of the request's header Content-Type. */
    char content_type[sizeof MIDGE__MULTIPART_TYPE + MIDGE__BOUNDARY_LENGTH];
    const struct midge_part *parts;
    size_t n_parts;
    /* Where it reads: in the head or in the value of a part; at == n_parts: the end. */
    size_t at;
    uint64_t offset;
    uint8_t in_value;
};

#if MIDGE_WITH_MULTIPART
/* parts: not copied, live as long as the source, which finishes their sources when it is finished
   itself. A part's source must not end the request within its read. The boundary is 128 bits of the
   port's entropy, so no part has it in its value. MIDGE_OK; INVALID: n is 0, or a part has no name;
   HEADER: a type has a control character; TOO_LARGE: over 2^63 bytes; ENTROPY. After a failure the
   sources of the parts are the caller's to finish. */
int midge_multipart_init(struct midge_multipart *multipart, const struct midge_port *port,
                         const struct midge_part *parts, size_t n);
#endif

#ifdef __cplusplus
}
#endif
#endif
