/* SPDX-License-Identifier: MIT */
/* Addresses in texts, and lists of them in place of a name, "192.0.2.1,[2001:db8::1]", as --resolve
   has them. */
#ifndef MIDGE_HOST_ADDRESSES_H
#define MIDGE_HOST_ADDRESSES_H

#include <stddef.h>
#include <stdint.h>
#include <midge/port.h>

/* Reads one address, with or without brackets. 4 or 16: its bytes; 0: it is none. */
size_t addresses_one(const char *text, size_t len, uint8_t bytes[16]);

/* How many addresses the text has; IPv6 with or without brackets, no zones. 0: one of them is no
   address, or there are more than MIDGE_DNS_ADDRS. */
size_t addresses_read(const char *text, struct midge_addr addrs[MIDGE_DNS_ADDRS]);

/* A name for the list, whose text stays as long as the program; the same text has the same name.
   NULL: it is no list, or there are too many. */
const char *addresses_name(const char *text);

/* If host is such a name: answers the lookup with the addresses of the query's family, in their
   order, and returns 1. Otherwise 0. */
int addresses_answer(const char *host, struct midge_dns_query *query);

#endif
