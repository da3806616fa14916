/* SPDX-License-Identifier: MIT */
/*
 * JSON in two ways: a filter that reports some values of an answer while it arrives and keeps
 * nothing else, and whole documents as trees of cJSON's nodes, with memory from the client's block.
 * The filter does not need cJSON, the trees need only its header.
 *
 * Both accept the same documents (RFC 8259) and give the same values. A document is exactly one
 * value in UTF-8 (other bytes, as of Latin-1, are malformed). A byte order mark before it is
 * skipped. U+FFFD replaces half a surrogate pair, and \u0000, which would end a text in C. If an
 * object has the same name twice, the first one counts.
 */
#ifndef MIDGE_JSON_H
#define MIDGE_JSON_H

#include <stddef.h>
#include <stdint.h>
#include <midge/body.h>
#include <midge/client.h>
#include <midge/config.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- the filter --- */

/*
 * A sink that reports the values at some paths:
 *
 *     static const char *const paths[] = {"results[*].artistName", "results[*]"};
 *     midge_json_filter_init(&filter, paths, 2, text, sizeof text, on_value, state);
 *     request.sink = &filter.sink;
 *
 *     {"results": [{"artistName": "Adele", "trackCount": 11}, {"artistName": "Bach"}]}
 *
 *     path 1 OBJECT index 0, path 0 STRING "Adele" index 0, path 1 END index 0,
 *     path 1 OBJECT index 1, path 0 STRING "Bach"  index 1, path 1 END index 1
 *
 * So the program can decide at an element's END, when it has all values of the element, and keeps
 * nothing of other elements.
 *
 * path := [ step ] { step }, a first name without its dot; the empty path is the whole document
 * step := "." name | "[" number "]" | "[*]"          name: any bytes but NUL . [ ]
 *
 * Values are reported before the rest of the document is checked. If a value must not come from a
 * malformed document, use it only after the request has succeeded.
 */

/* Most paths of a filter, and most steps of a path. A path has at most 255 bytes. */
#define MIDGE_JSON_FILTER_PATHS 8
#define MIDGE_JSON_FILTER_STEPS 8 /* of a path */
/* The deepest nesting of arrays and objects, in trees too: 8 to 32. Documents with deeper
   nesting are malformed. */
#ifndef MIDGE_JSON_FILTER_DEPTH
#define MIDGE_JSON_FILTER_DEPTH 32
#endif
#if MIDGE_JSON_FILTER_DEPTH < MIDGE_JSON_FILTER_STEPS || MIDGE_JSON_FILTER_DEPTH > 32
#error "MIDGE_JSON_FILTER_DEPTH must be 8 to 32: a path's steps have to fit, and 32 bits"
#endif

/* Types of values that a filter reports. */
enum midge_json_type {
    MIDGE_JSON_NULL,   /* null */
    MIDGE_JSON_FALSE,  /* false */
    MIDGE_JSON_TRUE,   /* true */
    MIDGE_JSON_NUMBER, /* a number, as text */
    MIDGE_JSON_STRING, /* a string, decoded to UTF-8 */
    MIDGE_JSON_ARRAY,  /* an array begins; its contents are reported if other paths match them */
    MIDGE_JSON_OBJECT, /* an object begins; the same */
    MIDGE_JSON_END     /* the array or object at this path ends */
};

/* Valid only during the callback that gets it, its text too. */
struct midge_json_value {
    /* STRING: decoded. NUMBER, TRUE, FALSE, NULL: as in the document. Others: "". Never NULL,
       NUL-terminated. */
    const char *text;
    size_t len;
    uint32_t index;    /* of the element in the innermost array around the value, from 0; else 0 */
    uint8_t path;      /* number of the path; a value at several paths is reported for each */
    uint8_t type;      /* enum midge_json_type */
    uint8_t truncated; /* text is only the value's beginning, see below */
    uint8_t more;      /* another piece of the same STRING follows, see below */
};

/* MIDGE_OK: continue. MIDGE_ERR_PAUSE: values in the bytes received so far are still reported,
   then none until midge_resume. Any other negative value fails the request with it. May call
   back into the client as a sink's write may; the filter must stay at its address until the
   request is done. */
typedef int midge_json_value_fn(void *ctx, const struct midge_json_value *value);

/* Treatment of a text that does not fit. */
enum { MIDGE__JSON_REFUSE, MIDGE__JSON_CUT, MIDGE__JSON_IN_PIECES };

/* The filter's own state, public only for its size. Bytes first: shorter instructions reach
   them. */
struct midge__json_scan {
    uint8_t n, depth, max_depth, state, type, hits, due, more, longer, part;
    int8_t error;     /* the error so far, or the error if the body ends here */
    uint32_t objects; /* bit 0: the innermost container is an object; bit 1: the one around it */
    uint32_t code;    /* the character so far; above 16 bits a high surrogate that waits */
    size_t len, cap;
    char *text;
    const char *const *paths;
    uint8_t at[MIDGE_JSON_FILTER_PATHS]; /* the step of each path that is next */
    /* Sets of paths for the open containers, from the outermost: those whose steps matched it, and
       those of them whose next name has come in it. */
    uint8_t match[MIDGE_JSON_FILTER_STEPS + 1], seen[MIDGE_JSON_FILTER_STEPS];
    uint32_t index[MIDGE_JSON_FILTER_STEPS];
};

/* 136 bytes on a 32-bit machine. */
struct midge_json_filter {
    struct midge_sink sink;        /* for request.sink */
    midge_json_value_fn *on_value; /* gets each value at a path */
    void *ctx;                     /* of on_value */
    uint64_t offset;               /* bytes of the document read; after an error, its position */
    int error;                     /* of the document: MIDGE_OK, JSON or TOO_LARGE */

    /* May be set after init, `optional` also in on_response. */
    uint8_t truncate; /* a text that does not fit is cut between two characters: no TOO_LARGE */
    uint8_t pieces;   /* a STRING that does not fit is reported in pieces, each of whole
                         characters and all but the last with `more` set: so a small text is
                         enough for any length. cap must be at least 7 then. The last piece may
                         be empty. */
    uint8_t optional; /* the body need not be JSON (an error page, for example): if it is
                         malformed, only `error` is set, the request does not fail, and the rest
                         of the body is dropped */

    struct midge__json_scan scan; /* private */
};

#if MIDGE_WITH_JSON

/* text: memory for one value, cap bytes with its NUL. A string or number at a path that is longer
   is TOO_LARGE; values at no path may have any length. Paths and text are not copied and must live
   as long as the filter. INVALID: a path is malformed or too long, too many paths, or an argument
   is NULL; n may be 0: the document is only checked.

   The request's error is JSON when the document is malformed, nested too deep or not complete at
   the body's end (an empty body, too). A request whose body has begun is not repeated, since
   reported values can't be taken back. For another request, call init again. */
int midge_json_filter_init(struct midge_json_filter *filter, const char *const *paths, size_t n,
                           char *text, size_t cap, midge_json_value_fn *on_value, void *ctx);

/* --- whole documents --- */

struct cJSON;

/* Parse all of text (white space around it allowed, anything else after it is an error). depth: at
   most so many nested arrays and objects (0 or more than MIDGE_JSON_FILTER_DEPTH: that many). JSON
   for malformed or too deep text, NO_MEMORY. *offset (may be NULL) is the position of the error.
   Free with midge_json_free.

   The nodes are cJSON's, so its functions can read them. Its functions that change a tree work
   too, while its allocator (cJSON_InitHooks) is midge_alloc and midge_free of the same client. A
   number whose text has more than 15 characters, or that a double cannot hold, keeps its text in
   valuestring: so integers beyond 2^53 are exact. */
int midge_json_parse(struct midge_client *client, const void *text, size_t len, unsigned depth,
                     struct cJSON **json, size_t *offset);
void midge_json_free(struct midge_client *client, struct cJSON *json);

/* Write without white space into memory of the client's block: free with midge_free. Numbers
   that kept their text are written with it, others that are not finite as null, fractions by
   snprintf's %g (newlib-nano: link with -u _printf_float). INVALID: nested deeper than
   MIDGE_JSON_FILTER_DEPTH, a node of no valid type, or a text that is not UTF-8; NO_MEMORY. */
int midge_json_print(struct midge_client *client, const struct cJSON *json, char **text,
                     size_t *len);

/* Value at a path like "data[0].url", or NULL. */
const struct cJSON *midge_json_at(const struct cJSON *json, const char *path);
/* The string there, or NULL. */
const char *midge_json_string(const struct cJSON *json, const char *path);
#if MIDGE_WITH_JSON_NUMBERS
/* The number there, or `otherwise`. */
double midge_json_number(const struct cJSON *json, const char *path, double otherwise);
#endif
/* The integer there, exact over the whole range; `otherwise` if there is none or it is out of
   range. */
int64_t midge_json_integer(const struct cJSON *json, const char *path, int64_t otherwise);

/* Escapes text as a JSON string with its quotes; TOO_LARGE when cap is too small. */
int midge_json_quote(char *out, size_t cap, size_t *len, const char *text);

#endif

#ifdef __cplusplus
}
#endif
#endif
