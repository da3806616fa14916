/* SPDX-License-Identifier: MIT */
/* Requests: the deep copy in one block, URL, method and framing (request.c). */
#ifndef MIDGE_CORE_REQUEST_H
#define MIDGE_CORE_REQUEST_H

#include <stdbool.h>
#include "codec/h1_write.h"
#include "midge/request.h"

struct midge_client;

/* request.c: deep copy of a request, one block. */
struct midge_request *midge__request_copy(struct midge_client *client,
                                          const struct midge_request *request);
int midge__request_url(struct midge_client *client, const struct midge_request *request,
                       const char **url, bool *own);
const char *midge__request_method(const struct midge_request *request);
/* The framing of its body; *length: bytes of the body, 0 unless FRAMING_LENGTH. */
enum midge__h1_framing midge__request_framing(const struct midge_request *request,
                                              uint64_t *length);

#endif
