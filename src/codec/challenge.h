/* SPDX-License-Identifier: MIT */
/* The challenges of WWW-Authenticate, RFC 9110 11.6.1. */
#ifndef MIDGE__CHALLENGE_H
#define MIDGE__CHALLENGE_H

#include <stdbool.h>
#include <stddef.h>

#include "midge/span.h"

/* Parameters that Digest has (RFC 7616 3.3), and Basic's realm; absent: ptr NULL. A quoted one is
   without its quotes, with its backslashes. */
struct midge__challenge {
    struct midge_span scheme;
    struct midge_span realm, nonce, opaque, qop, algorithm, stale, userhash;
};

/* Takes the first challenge off *rest, the value of a field. False: there is no more, or the rest
   is malformed; then *rest is empty. A parameter that comes twice makes it malformed. */
bool midge__challenge_next(struct midge_span *rest, struct midge__challenge *out);

/* Writes a quoted text without its backslashes; at most in.len bytes. Returns the length. */
size_t midge__unquote(char *out, struct midge_span in);

#endif
