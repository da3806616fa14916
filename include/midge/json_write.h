/* SPDX-License-Identifier: MIT */
/*
 * Writes JSON (RFC 8259) into a buffer of the caller, value by value. Commas, colons, quotes and
 * escapes are the writer's, and it checks the order of the calls, so the text is always one correct
 * document, or midge_json_write_end returns an error. No memory is allocated, and no stdio is used.
 *
 *     struct midge_json_writer w;
 *     char body[256];
 *     size_t len;
 *
 *     midge_json_write_begin(&w, body, sizeof body);
 *     midge_json_begin_object(&w);
 *     midge_json_put_key(&w, "device");
 *     midge_json_put_string(&w, name);
 *     midge_json_put_key(&w, "celsius");
 *     midge_json_begin_array(&w);
 *     for (size_t i = 0; i < n; i++) {
 *         midge_json_put_double(&w, celsius[i]);
 *     }
 *     midge_json_end_array(&w);
 *     midge_json_end_object(&w);
 *     int err = midge_json_write_end(&w, &len);
 *
 *     {"device":"kitchen","celsius":[21.5,-0.25]}
 *
 * Only midge_json_write_end returns an error, so only its result must be looked at.
 */
#ifndef MIDGE_JSON_WRITE_H
#define MIDGE_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midge/config.h"

#ifdef __cplusplus
extern "C" {
#endif

#if MIDGE_WITH_JSON

/* The deepest nesting of arrays and objects. */
#define MIDGE_JSON_WRITE_DEPTH 32

/* The writer's own state, public only for its size. */
struct midge_json_writer {
    char *out;        /* the caller's memory */
    size_t cap;       /* of out */
    size_t len;       /* bytes of the document so far, whether they fit or not */
    uint32_t objects; /* bit 0: the innermost container is an object; bit 1: the one around it */
    uint8_t depth;    /* containers that are open */
    bool first;       /* nothing stands in the innermost container yet */
    bool keyed;       /* a key waits for its value */
    bool wrong;       /* a call was wrong */
};

/* cap counts the NUL at the end of the text. out NULL with cap 0: the document is only measured. */
void midge_json_write_begin(struct midge_json_writer *w, char *out, size_t cap);

/* MIDGE_OK: the document is complete, NUL-terminated, and *len (may be NULL) is its length.
   MIDGE_ERR_TOO_LARGE: it does not fit; *len is the length of the whole document, so cap must be
   *len + 1. MIDGE_ERR_INVALID: a call was wrong, or the document is not complete; *len is 0. After
   an error the text is empty. Wrong are: a value in an object without a key, a key elsewhere, a key
   without a value, a second value at the top, an end that does not match its beginning, nesting
   deeper than MIDGE_JSON_WRITE_DEPTH, a NULL pointer, text that is not UTF-8 (RFC 3629), and a
   number that is not finite. The same key twice in one object is not noticed. */
int midge_json_write_end(struct midge_json_writer *w, size_t *len);

/* The braces and brackets; commas and colons come by themselves. */
void midge_json_begin_object(struct midge_json_writer *w);
void midge_json_end_object(struct midge_json_writer *w);
void midge_json_begin_array(struct midge_json_writer *w);
void midge_json_end_array(struct midge_json_writer *w);

/* The name of the object's next member, as a C string in UTF-8. */
void midge_json_put_key(struct midge_json_writer *w, const char *key);

/* A string: a C string, or len bytes, which may include NUL bytes. UTF-8. */
void midge_json_put_string(struct midge_json_writer *w, const char *text);
void midge_json_put_text(struct midge_json_writer *w, const char *text, size_t len);

/* A number, exactly. */
void midge_json_put_int(struct midge_json_writer *w, int64_t value);
/* With at most 15 significant digits and without trailing zeros: 0.1 is 0.1. Beyond 1e-7 to 1e36
   the last of 15 digits may be wrong by a few units. */
void midge_json_put_double(struct midge_json_writer *w, double value);
void midge_json_put_bool(struct midge_json_writer *w, bool value);
void midge_json_put_null(struct midge_json_writer *w);

/* One JSON value that is already written, of len bytes, at least 1. It is copied unchecked. */
void midge_json_put_raw(struct midge_json_writer *w, const char *json, size_t len);

#endif

#ifdef __cplusplus
}
#endif
#endif
