/* SPDX-License-Identifier: MIT */
/*
 * One header field of a request. Arrays of these are given with a count:
 *
 *     static const struct midge_header headers[] = {
 *         { "Accept", "application/json" },
 *         { "Authorization", "Bearer 123" },
 *     };
 */
#ifndef MIDGE_HEADER_H
#define MIDGE_HEADER_H

/* One field. */
struct midge_header {
    const char *name;  /* a token (RFC 9110 5.1), not empty; case does not matter */
    const char *value; /* no control characters but HTAB; "" is a header with an empty value;
                          NULL: no header of that name is sent, neither midge's nor the client's */
};

#endif
