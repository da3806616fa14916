/* SPDX-License-Identifier: MIT */
/* --compressed; left out with MIDGE_WITH_GUNZIP. */
#ifndef MIDGE_CLI_COMPRESSED_H
#define MIDGE_CLI_COMPRESSED_H

#include <stddef.h>

struct fetch;
struct run;

/* The value of Accept-Encoding; NULL: none is sent. */
const char *compressed_accept(void);
/* Puts the decoder before the fetch's output. The client is open. */
void compressed_apply(struct fetch *fetch);
/* The decoder's words for the failure of the fetch; NULL: it is another one's. */
const char *compressed_words(const struct fetch *fetch);
/* Bytes of the client's block for each connection. */
size_t compressed_memory(const struct run *run);

#endif
