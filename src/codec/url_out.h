/* SPDX-License-Identifier: MIT */
/* A buffer that a URL is written to: never beyond its end, and an overflow is remembered. */
#ifndef MIDGE__URL_OUT_H
#define MIDGE__URL_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "midge/span.h"

struct midge__url_out {
    char *ptr;
    size_t cap;
    size_t len;
    bool full; /* something did not fit */
};

/* One byte of `cap` is kept for the NUL. */
void midge__url_put(struct midge__url_out *out, char c);
void midge__url_put_escape(struct midge__url_out *out, unsigned char byte);

/* Everything but unreserved characters as %XX. */
void midge__url_put_encoded(struct midge__url_out *out, struct midge_span text);

/* Writes the NUL. MIDGE_OK, or MIDGE_ERR_TOO_LARGE when something did not fit. */
int midge__url_finish(struct midge__url_out *out, size_t *len);

#endif
