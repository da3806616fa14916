/* SPDX-License-Identifier: MIT */
#include "codec/h2_fields.h"

#include "midge/config.h"

#if MIDGE_WITH_HTTP2

#include "base/span.h"

/* Each with its rule, in the upper 3 bits of a byte, its length and its name. The end is USUAL. */
static const char names[] = "\46cookie"              /* SECRET, 6 */
                            "\63proxy-authorization" /* SECRET, 19 */
                            "\102te"                 /* TE, 2 */
                            "\147upgrade"            /* OF_CONNECTION, 7 */
                            "\160proxy-connection";  /* OF_CONNECTION, 16 */

static size_t length_of(const char *at)
{
    return (size_t)*at & 0x1f;
}

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
    if (field != MIDGE__FIELD_OTHER) {
        return known(field);
    }
    while (*at != '\0' && !midge__span_eq_nocase(name, midge__span(at + 1, length_of(at)))) {
        at += 1 + length_of(at);
    }
    return (enum midge__h2_rule)(*at >> 5);
}

#endif
