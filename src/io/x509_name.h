/* SPDX-License-Identifier: MIT */
/* Compares distinguished names (RFC 5280 7.1). Pure functions over bytes from the peer. */
#ifndef MIDGE_IO_X509_NAME_H
#define MIDGE_IO_X509_NAME_H

#include "io/der.h"

/* Are two names the same? UNKNOWN: they differ in characters that RFC 5280 7.1 would normalise and
   midge does not (outside of printable ASCII, or in an encoding that is not a superset of ASCII).
   Take UNKNOWN for NO when permitting, and for YES when excluding. The lower one of two matches is
   the match of both. */
enum midge__match { MIDGE__MATCH_NO, MIDGE__MATCH_UNKNOWN, MIDGE__MATCH_YES };

/* Does name start with all RDNs of base (RFC 5280 7.1: case and repeated spaces ignored)? Both are
   the content of the SEQUENCE of a Name. */
enum midge__match midge__dn_within(struct midge__der name, struct midge__der base);

/* Are two Names, each with its SEQUENCE, certainly the same? */
bool midge__dn_equal(struct midge__der a, struct midge__der b);

#endif
