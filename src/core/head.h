/* SPDX-License-Identifier: MIT */
/* The head of a transfer's request, for the protocol that sends it (head.c). */
#ifndef MIDGE_CORE_HEAD_H
#define MIDGE_CORE_HEAD_H

#include "codec/h1_write.h"

struct midge__transfer;

/* Sets the writer to the start of the head of t. */
void midge__head_begin(struct midge__h1_write *write, const struct midge__transfer *t);

#endif
