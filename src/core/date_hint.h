/* SPDX-License-Identifier: MIT */
/* The date of an answer, midge_response_date (midge/response.h). */
#ifndef MIDGE_CORE_DATE_HINT_H
#define MIDGE_CORE_DATE_HINT_H

#include "core/exchange.h"
#include "midge/response.h"

/* Records in the head whether its server was verified. */
#if MIDGE_WITH_DATE_HINT
void midge__date_hint_head(const struct midge__exchange *x, struct midge_response *head);
#else
#define midge__date_hint_head(x, head) ((void)0)
#endif

#endif
