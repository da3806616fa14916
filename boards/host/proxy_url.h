/* SPDX-License-Identifier: MIT */
/* A proxy as an option or a variable names it: [http[s]://][user:password@]host[:port][/]. */
#ifndef MIDGE_HOST_PROXY_URL_H
#define MIDGE_HOST_PROXY_URL_H

#include <stddef.h>

#include <midge/request.h>

/* Bytes that proxy_url_parse writes for a text of that length. */
#define PROXY_URL_ROOM(len) ((len) + 3)

/* Sets *proxy, whose strings are in `room`. NULL, or a sentence's end that says why not: "is ...".
 */
const char *proxy_url_parse(const char *text, char *room, struct midge_proxy *proxy);

#endif
