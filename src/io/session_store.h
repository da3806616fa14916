/* SPDX-License-Identifier: MIT */
/* Sessions of a client as a block of bytes, and its seal (session_record.c, session_seal.c). */
#ifndef MIDGE_IO_SESSION_STORE_H
#define MIDGE_IO_SESSION_STORE_H

#include "base/bytes.h"
#include "io/tls.h"

#if MIDGE_WITH_SESSION_STORE

/* Changes with the layout of the payload, too. */
#define MIDGE__SESSION_FORMAT 1

/* Bytes before and after the payload. */
enum { MIDGE__SEAL_HEAD = 16, MIDGE__SEAL_TAG = 16 };

/* session_depends.c: a digest of all that sessions depend on. pins: the client's, NULL none. */
void midge__session_depends(const struct midge__tls_context *context, const struct midge_pins *pins,
                            uint8_t digest[32]);

/* Has the port a key? */
bool midge__session_can_seal(const struct midge__tls_context *context);
/* The payload of len bytes is behind the head; writes head and tag around it. ENTROPY, NO_MEMORY,
   an error of the port's device_key. */
int midge__session_seal(struct midge__tls_context *context, const struct midge_pins *pins,
                        bool sealed, uint8_t *block, size_t len);
/* The other way round, of a whole block. SEAL, UNSUPPORTED (then the block is unchanged),
   NO_MEMORY, an error of device_key. */
int midge__session_unseal(struct midge__tls_context *context, const struct midge_pins *pins,
                          bool sealed, uint8_t *block, size_t len);

/* Seconds since 1970 by the port's clock; 0: there is none to trust. */
int64_t midge__tls_wall_time(const struct midge__tls_context *context);

/* Can the session be resumed later than now? offered: a connection has offered it. */
bool midge__tls_session_lasts(const struct midge__tls_session *session, bool offered, int64_t now);
void midge__tls_session_put(struct midge__put *put, const struct midge__tls_session *session);
/* *session NULL: it has ended. SEAL: no such record; NO_MEMORY. */
int midge__tls_session_take(struct midge__take *take, struct midge__tls_context *context,
                            int64_t now, struct midge__tls_session **session);

#endif

#endif
