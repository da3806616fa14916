/* SPDX-License-Identifier: MIT */
#include "codec/h1_fail.h"

#include "midge/err.h"

int midge__h1_fail_at(struct midge__h1_parse *p, int at, const char *why)
{
    p->why = why;
    p->offset = p->received + (uint32_t)(p->at - p->begin) + (uint32_t)at;
    return p->err = MIDGE_ERR_PROTOCOL;
}

int midge__h1_fail_in_line(struct midge__h1_parse *p, size_t at, const char *why)
{
    p->why = why;
    p->offset += (uint32_t)at;
    return p->err = MIDGE_ERR_PROTOCOL;
}
