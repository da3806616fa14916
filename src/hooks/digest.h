/* SPDX-License-Identifier: MIT */
/* Answers to Digest challenges, RFC 7616 3.4 (digest.c). */
#ifndef MIDGE_HOOKS_DIGEST_H
#define MIDGE_HOOKS_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "codec/challenge.h"
#include "midge/auth.h"

/* The request that is signed. */
struct midge__digest_request {
    const char *method;
    const char *uri;    /* its target */
    const char *cnonce; /* hexadecimal */
};

/* Writes 2 n digits and a NUL. */
void midge__hex(char *out, const uint8_t *bytes, size_t n);
/* 0: it cannot be answered; otherwise the higher the better. */
unsigned midge__digest_rank(const struct midge__challenge *challenge);
/* Remembers a challenge that can be answered. False: it is too long. */
bool midge__digest_keep(struct midge_auth *auth, const struct midge__challenge *challenge);
/* Bytes that the value of Authorization takes at most, with its NUL. */
size_t midge__digest_size(const struct midge_auth *auth,
                          const struct midge__digest_request *request);
/* Writes it, and counts the use of the nonce. */
void midge__digest_write(struct midge_auth *auth, const struct midge__digest_request *request,
                         struct midge__text *out);

#endif
