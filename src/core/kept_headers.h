/* SPDX-License-Identifier: MIT */
/* The header fields that stay readable after an answer (kept_headers.c). */
#ifndef MIDGE_CORE_KEPT_HEADERS_H
#define MIDGE_CORE_KEPT_HEADERS_H

#include <stdbool.h>
#include "midge/config.h"
#include "midge/request.h"

#if MIDGE_WITH_KEPT_HEADERS

/* A request begins: nothing is kept yet. */
void midge__kept_begin(const struct midge_request *request);
/* Copies the fields of keep_headers to the request's `kept`, of kept_size > 0 bytes. False: some
   had no room. */
bool midge__kept_fill(const struct midge_request *request, const struct midge_response *response);

#else

static inline void midge__kept_begin(const struct midge_request *request)
{
    (void)request;
}

static inline bool midge__kept_fill(const struct midge_request *request,
                                    const struct midge_response *response)
{
    (void)request;
    (void)response;
    return true;
}

#endif

#endif
