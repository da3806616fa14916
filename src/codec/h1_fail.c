/* SPDX-License-Identifier: MIT */
/* Records errors of the parser: the place counts from init, the error stays for later calls. */
#include "codec/h1_fail.h"

#if MIDGE_WITH_TEXTS

static int fail(struct midge__h1_parse *p, uint32_t offset, const char *why)
{
    p->why = why;
    p->offset = offset;
    p->err = MIDGE_ERR_PROTOCOL;
    return MIDGE_ERR_PROTOCOL;
}

int midge__h1_fail_at(struct midge__h1_parse *p, int at, const char *why)
{
    return fail(p, midge__h1_offset(p) + (uint32_t)at, why);
}

int midge__h1_fail_in_line(struct midge__h1_parse *p, size_t at, const char *why)
{
    return fail(p, p->offset + (uint32_t)at, why);
}

#endif
