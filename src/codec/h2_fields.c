/* SPDX-License-Identifier: MIT */
#include "codec/h2_fields.h"

#include "midge/config.h"

#if MIDGE_WITH_HTTP2

#include "base/span.h"

bool midge__h2_is_of_connection(struct midge_span name, enum midge__field field)
{
    const unsigned known = MIDGE__FIELD_BIT(CONNECTION) | MIDGE__FIELD_BIT(KEEP_ALIVE) |
                           MIDGE__FIELD_BIT(TRANSFER_ENCODING);
    if (field != MIDGE__FIELD_OTHER) {
        return (midge__field_bit(field) & known) != 0;
    }
    return (name.len == sizeof "upgrade" - 1 && midge__span_is(name, "upgrade")) ||
           (name.len == sizeof "proxy-connection" - 1 && midge__span_is(name, "proxy-connection"));
}

#endif
