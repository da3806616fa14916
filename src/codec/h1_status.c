/* SPDX-License-Identifier: MIT */
/* The status line: "HTTP/1.1 200 OK". The byte after a line is none that any check accepts, so each
   check also finds a line that is too short. */
#include "codec/h1_status.h"

#include "base/check.h"
#include "base/span.h"

/* The place of an error is of use for its text only. */
static void note_place(size_t *at, size_t place)
{
    if (MIDGE_WITH_TEXTS) {
        *at = place;
    }
}

const char *midge__h1_status(struct midge__h1_parse *p, const char *line, size_t *at)
{
    unsigned status = 0;
    note_place(at, MIDGE__H1_PREFIX_LEN);
    if ((line[7] & ~1) != '0') {
        return MIDGE__TEXT("unsupported HTTP version");
    }
    note_place(at, 8);
    if (line[8] != ' ') {
        return MIDGE__TEXT("malformed status line");
    }
    note_place(at, 9);
    size_t end = 9;
    for (; end < 12 && midge__is_digit(line[end]); end++) {
        status = status * 10 + (unsigned)(line[end] - '0');
    }
    if (end < 12 || status < 100) {
        return MIDGE__TEXT("bad status code");
    }
    note_place(at, 12);
    p->status = (uint16_t)status;
    p->minor = line[7] & 1;
    /* "HTTP/1.1 200" without the space is common and harmless: the reason is empty. */
    return line[12] == ' ' || midge__is_ctl(line[12]) ? NULL : MIDGE__TEXT("bad status code");
}
