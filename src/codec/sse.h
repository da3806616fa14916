/* SPDX-License-Identifier: MIT */
/*
 * Incremental reader of server-sent events (WHATWG HTML 9.2.5 and 9.2.6). Any split of the bytes
 * gives the same events.
 *
 *     while ((err = midge__sse_read(&sse, &in, &event)) == MIDGE__SSE_EVENT)
 *         ... event ...
 */
#ifndef MIDGE__CODEC_SSE_H
#define MIDGE__CODEC_SSE_H

#include "midge/span.h"
#include "midge/sse.h"

/* Result beside MIDGE_OK and TOO_LARGE: event is filled in, call again with the unread input. */
#define MIDGE__SSE_EVENT 1

/* Reads up to the end of the next event; *in becomes the unread input. MIDGE__SSE_EVENT; MIDGE_OK:
 * all input is used; TOO_LARGE: the event, its type or its id does not fit. */
int midge__sse_read(struct midge_sse *sse, struct midge_span *in, struct midge_sse_event *event);

/* Forgets the event that has begun. */
void midge__sse_begin(struct midge_sse *sse);

#endif
