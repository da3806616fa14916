/* SPDX-License-Identifier: MIT */
#ifndef MIDGE_IO_TLS_KEY_SLOT_H
#define MIDGE_IO_TLS_KEY_SLOT_H

#include <stddef.h>

/* Bytes of one slot of PSA's key store; 0 without one. Owned builds only. */
size_t midge__tls_key_slot(void);

#endif
