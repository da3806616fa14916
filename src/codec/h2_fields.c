/* SPDX-License-Identifier: MIT */
#include "codec/h2_fields.h"

#include "midge/config.h"

#if MIDGE_WITH_HTTP2

#include "base/span.h"

/* By the last ones: a length and a name each. */
static const char names[] = "\6cookie"
                            "\23proxy-authorization"
                            "\2te"
                            "\7upgrade"
                            "\20proxy-connection";
static const uint8_t rules[] = {MIDGE__H2_SECRET,        MIDGE__H2_SECRET,        MIDGE__H2_TE,
                                MIDGE__H2_OF_CONNECTION, MIDGE__H2_OF_CONNECTION, MIDGE__H2_USUAL};

/* Of the fields that have a number. */
static enum midge__h2_rule known(enum midge__field field)
{
    const unsigned of_connection = MIDGE__FIELD_BIT(CONNECTION) | MIDGE__FIELD_BIT(KEEP_ALIVE) |
                                   MIDGE__FIELD_BIT(TRANSFER_ENCODING);
    return (midge__field_bit(field) & of_connection) != 0 ? MIDGE__H2_OF_CONNECTION
           : field == MIDGE__FIELD_AUTHORIZATION          ? MIDGE__H2_SECRET
                                                          : MIDGE__H2_USUAL;
}

enum midge__h2_rule midge__h2_rule_of(struct midge_span name, enum midge__field field)
{
    const char *at = names;
    unsigned i = 0;
    if (field != MIDGE__FIELD_OTHER) {
        return known(field);
    }
    while (*at != '\0' && !midge__span_eq_nocase(name, midge__span(at + 1, (size_t)*at))) {
        at += 1 + *at;
        i++;
    }
    return (enum midge__h2_rule)rules[i];
}

#endif
