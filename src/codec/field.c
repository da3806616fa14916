/* SPDX-License-Identifier: MIT */
/*
 * The names stand one after the other in one struct. The sum of a name's length and of the last
 * five bits of its first letter, which are the same in upper and lower case, is another number for
 * each name. So a name is compared with one other at most.
 */
#include "codec/field.h"

#include <stdbool.h>
#include <string.h>

#define MEMBER(id, text) char id[sizeof(text)];
#define TEXT(id, text)   text,
#define PLACE(id, text)  offsetof(struct names, id),

#define SHORTEST 4U
#define LONGEST  17U

struct names {
    MIDGE__FIELDS(MEMBER)
};

static const struct names names = {MIDGE__FIELDS(TEXT)};
static const uint8_t places[] = {MIDGE__FIELDS(PLACE)};

#define SLOT(letter, len)     (((unsigned char)(letter) + (unsigned)(len)) % 32U)
#define IN_SLOT(letter, text) [SLOT(letter, sizeof(text) - 1)]

/* In the slots of no name stands the field 0, which is not the same then. */
static const uint8_t slots[32] = {
    IN_SLOT('D', "Date") = MIDGE__FIELD_DATE,
    IN_SLOT('H', "Host") = MIDGE__FIELD_HOST,
    IN_SLOT('A', "Accept") = MIDGE__FIELD_ACCEPT,
    IN_SLOT('L', "Location") = MIDGE__FIELD_LOCATION,
    IN_SLOT('C', "Connection") = MIDGE__FIELD_CONNECTION,
    IN_SLOT('K', "Keep-Alive") = MIDGE__FIELD_KEEP_ALIVE,
    IN_SLOT('U', "User-Agent") = MIDGE__FIELD_USER_AGENT,
    IN_SLOT('R', "Retry-After") = MIDGE__FIELD_RETRY_AFTER,
    IN_SLOT('C', "Content-Type") = MIDGE__FIELD_CONTENT_TYPE,
    IN_SLOT('C', "Content-Range") = MIDGE__FIELD_CONTENT_RANGE,
    IN_SLOT('A', "Authorization") = MIDGE__FIELD_AUTHORIZATION,
    IN_SLOT('C', "Content-Length") = MIDGE__FIELD_CONTENT_LENGTH,
    IN_SLOT('C', "Content-Encoding") = MIDGE__FIELD_CONTENT_ENCODING,
    IN_SLOT('T', "Transfer-Encoding") = MIDGE__FIELD_TRANSFER_ENCODING,
};

const char *midge__field_name(enum midge__field field)
{
    return (const char *)&names + places[field];
}

/* Do four characters differ? Bit 5 alone tells upper from lower case. It also tells '-' from CR,
   and SP from NUL, which are not in a token. */
static bool differ(const char *a, const char *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return ((x ^ y) & 0xdfdfdfdfU) != 0;
}

enum midge__field midge__field_of(struct midge_span name)
{
    const size_t last = name.len - SHORTEST; /* where the last four characters stand */
    if (last > LONGEST - SHORTEST) {
        return MIDGE__FIELD_OTHER; /* also a shorter one */
    }
    const unsigned field = slots[SLOT(name.ptr[0], name.len)];
    const char *known = (const char *)&names + places[field];
    if (known[name.len] != '\0' || differ(known + last, name.ptr + last)) {
        return MIDGE__FIELD_OTHER;
    }
    for (size_t i = 0; i < last; i += SHORTEST) {
        if (differ(known + i, name.ptr + i)) {
            return MIDGE__FIELD_OTHER;
        }
    }
    return (enum midge__field)field;
}
