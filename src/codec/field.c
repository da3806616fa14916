/* SPDX-License-Identifier: MIT */
/*
 * The names stand one after the other in one struct, ordered by length. `first` holds for each
 * length the first name that is at least so long, so only names of the right length are compared:
 * at most three.
 */
#include "codec/field.h"

#include <stdbool.h>
#include <string.h>

#define MEMBER(id, text) char id[sizeof(text)];
#define TEXT(id, text)   text,
#define PLACE(id, text)  offsetof(struct names, id),

#define LONGEST 17U

struct names {
    MIDGE__FIELDS(MEMBER)
};

static const struct names names = {MIDGE__FIELDS(TEXT)};
static const uint8_t places[] = {MIDGE__FIELDS(PLACE)};
static const uint8_t first[LONGEST + 2] = {
    MIDGE__FIELD_DATE,
    MIDGE__FIELD_DATE,
    MIDGE__FIELD_DATE,
    MIDGE__FIELD_DATE,
    MIDGE__FIELD_DATE,
    MIDGE__FIELD_ACCEPT,
    MIDGE__FIELD_ACCEPT,
    MIDGE__FIELD_LOCATION,
    MIDGE__FIELD_LOCATION,
    MIDGE__FIELD_CONNECTION,
    MIDGE__FIELD_CONNECTION,
    MIDGE__FIELD_RETRY_AFTER,
    MIDGE__FIELD_CONTENT_TYPE,
    MIDGE__FIELD_CONTENT_RANGE,
    MIDGE__FIELD_CONTENT_LENGTH,
    MIDGE__FIELD_CONTENT_ENCODING,
    MIDGE__FIELD_CONTENT_ENCODING,
    MIDGE__FIELD_TRANSFER_ENCODING,
    MIDGE__FIELD_OTHER,
};

const char *midge__field_name(enum midge__field field)
{
    return (const char *)&names + places[field];
}

/* Bit 5 alone tells upper from lower case. It also tells '-' from CR, which is not in a token. */
static bool is_same(const char *name, struct midge_span token)
{
    size_t i = 0;
    if (name[0] == token.ptr[0] && memcmp(name, token.ptr, token.len) == 0) {
        return true; /* as it is usually spelt */
    }
    while (i < token.len && ((name[i] ^ token.ptr[i]) & 0xdf) == 0) {
        i++;
    }
    return i == token.len;
}

enum midge__field midge__field_of(struct midge_span name)
{
    if (name.len > LONGEST) {
        return MIDGE__FIELD_OTHER;
    }
    for (unsigned field = first[name.len]; field < first[name.len + 1]; field++) {
        if (is_same(midge__field_name((enum midge__field)field), name)) {
            return (enum midge__field)field;
        }
    }
    return MIDGE__FIELD_OTHER;
}
