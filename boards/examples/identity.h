/* SPDX-License-Identifier: MIT */
/*
 * A device's own certificate and key in a page of flash, as the factory writes them:
 *
 *     | "midgeID1" | certificate_len, key_len: 2 bytes each, big-endian | certificate | key |
 *
 * Both are DER. The page is flash of the chip itself, which debuggers cannot read; where they can,
 * or a secure element is there, the page has no key (key_len 0), and the key is a number of PSA.
 */
#ifndef EXAMPLES_IDENTITY_H
#define EXAMPLES_IDENTITY_H

#include <midge/credential.h>

enum { IDENTITY_HEAD = 12 };

/* Fills *own with pointers into the page, which must stay until the client is closed; key_id: of
   the key in PSA, if the page has none. MIDGE_OK, or READ: the factory has not written it, or it is
   damaged. config.tls.credential = own then. */
int identity_find(const void *page, size_t size, uint32_t key_id, struct midge_credential *own);

#endif
