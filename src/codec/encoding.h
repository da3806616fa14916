/* SPDX-License-Identifier: MIT */
/* Content-Encoding (RFC 9110 8.4). */
#ifndef MIDGE__ENCODING_H
#define MIDGE__ENCODING_H

#include "codec/field.h"
#include "codec/h1_parse.h"
#include "midge/response.h"

#if MIDGE_WITH_ENCODINGS

/* For a head with at least one such field. */
uint8_t midge__encoding_of_fields(const struct midge__h1_parse *head);
/* The coding that all fields of the head name together, an enum midge_encoding. Most heads have
   none. */
static inline uint8_t midge__encoding_of(const struct midge__h1_parse *head)
{
    return (head->present & MIDGE__FIELD_BIT(CONTENT_ENCODING)) != 0
               ? midge__encoding_of_fields(head)
               : (uint8_t)MIDGE_ENCODING_NONE;
}
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
