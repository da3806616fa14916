/* SPDX-License-Identifier: MIT */
/* IP address literals: the resolver never sees one. */
#ifndef MIDGE_CORE_ADDRESS_H
#define MIDGE_CORE_ADDRESS_H

#include <stdbool.h>
#include "midge/port.h"

/* "192.0.2.1" or "2001:db8::1" (RFC 4291 2.2, no zone). */
bool midge__address_parse(const char *text, struct midge_addr *addr);

#endif
