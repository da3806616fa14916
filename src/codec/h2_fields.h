/* SPDX-License-Identifier: MIT */
/* Fields that HTTP/2 treats in other ways than HTTP/1.1. Part of the codec. */
#ifndef MIDGE__H2_FIELDS_H
#define MIDGE__H2_FIELDS_H

#include "codec/field.h"

enum midge__h2_rule {
    MIDGE__H2_USUAL,
    MIDGE__H2_SECRET,       /* Authorization, Cookie, Proxy-Authorization: never indexed (RFC 7541
                               7.1.3) */
    MIDGE__H2_TE,           /* only "trailers" may be sent (RFC 9113 8.2.2) */
    MIDGE__H2_OF_CONNECTION /* Connection, Proxy-Connection, Keep-Alive, Transfer-Encoding, Upgrade:
                               HTTP/2 has none of them (8.2.2) */
};

/* `field` is midge__field_of(name). Case is ignored. */
enum midge__h2_rule midge__h2_rule_of(struct midge_span name, enum midge__field field);

#endif
