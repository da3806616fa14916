/* SPDX-License-Identifier: MIT */
/* Fields that HTTP/2 does not have. Part of the codec. */
#ifndef MIDGE__H2_FIELDS_H
#define MIDGE__H2_FIELDS_H

#include <stdbool.h>

#include "codec/field.h"

/* Does the field belong to a connection of HTTP/1.1: Connection, Proxy-Connection, Keep-Alive,
   Transfer-Encoding, Upgrade (RFC 9113 8.2.2)? Case is ignored. */
bool midge__h2_is_of_connection(struct midge_span name, enum midge__field field);

#endif
