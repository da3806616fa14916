/* SPDX-License-Identifier: MIT */
/* Content-Encoding (RFC 9110 8.4). */
#ifndef MIDGE__ENCODING_H
#define MIDGE__ENCODING_H

#include "codec/h1_parse.h"
#include "midge/response.h"

#if MIDGE_WITH_ENCODINGS

/* The coding that all fields of the head name together, an enum midge_encoding. */
uint8_t midge__encoding_of(const struct midge__h1_parse *head);
/* `head` of sinks that need the text itself: ENCODING if there is a coding. */
int midge__encoding_refuse(struct midge_sink *sink, struct midge_response *response);

#else

static inline uint8_t midge__encoding_of(const struct midge__h1_parse *head)
{
    (void)head;
    return MIDGE_ENCODING_NONE;
}
#define midge__encoding_refuse NULL

#endif

#endif
