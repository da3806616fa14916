/* SPDX-License-Identifier: MIT */
/* The text that describes a firmware image (midge/update.h). */
#ifndef MIDGE__MANIFEST_H
#define MIDGE__MANIFEST_H

#include "base/span.h"
#include "midge/update.h"

#if MIDGE_WITH_UPDATE

struct midge__manifest {
    struct midge_span product, hardware; /* in the text */
    struct midge_image image;
};

/* Splits a manifest into the text that is signed and the bytes of the signature, *len of them.
   False: it has not this form, or is too long. */
bool midge__manifest_split(struct midge_span text, struct midge_span *signed_text,
                           uint8_t signature[MIDGE_UPDATE_SIGNATURE], size_t *len);

/* Reads the signed text; false if it is not exactly of the form. */
bool midge__manifest_read(struct midge_span signed_text, struct midge__manifest *manifest);

#endif
#endif
