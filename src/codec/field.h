/* SPDX-License-Identifier: MIT */
/* Field names that midge itself reads or writes. A name is compared once; from then on it is a
   number. */
#ifndef MIDGE__FIELD_H
#define MIDGE__FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "midge/span.h"

/* The longest is the last: field.c reads as many characters of each. */
#define MIDGE__FIELDS(F)                                                                           \
    F(DATE, "Date")                                                                                \
    F(HOST, "Host")                                                                                \
    F(ACCEPT, "Accept")                                                                            \
    F(LOCATION, "Location")                                                                        \
    F(CONNECTION, "Connection")                                                                    \
    F(KEEP_ALIVE, "Keep-Alive")                                                                    \
    F(USER_AGENT, "User-Agent")                                                                    \
    F(RETRY_AFTER, "Retry-After")                                                                  \
    F(CONTENT_TYPE, "Content-Type")                                                                \
    F(CONTENT_RANGE, "Content-Range")                                                              \
    F(AUTHORIZATION, "Authorization")                                                              \
    F(CONTENT_LENGTH, "Content-Length")                                                            \
    F(CONTENT_ENCODING, "Content-Encoding")                                                        \
    F(TRANSFER_ENCODING, "Transfer-Encoding")

#define MIDGE__FIELD_ENUM(id, text) MIDGE__FIELD_##id,
enum midge__field { MIDGE__FIELDS(MIDGE__FIELD_ENUM) MIDGE__FIELD_OTHER };
#undef MIDGE__FIELD_ENUM

/* Sets of fields; OTHER may be a member. */
#define MIDGE__FIELD_BIT(id) (1U << MIDGE__FIELD_##id)

static inline unsigned midge__field_bit(enum midge__field field)
{
    return 1U << field;
}

/* Case is ignored. `name` must be a token; for other text the answer may be wrong. */
enum midge__field midge__field_of(struct midge_span name);

/* The name in its usual spelling; not for OTHER. */
const char *midge__field_name(enum midge__field field);

#endif
