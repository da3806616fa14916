/* SPDX-License-Identifier: MIT */
/* Comparing distinguished names (RFC 5280 7.1). Pure functions over bytes from the peer. */
#ifndef MIDGE_IO_X509_NAME_H
#define MIDGE_IO_X509_NAME_H

#include "io/der.h"

/* Whether two names are the same. UNKNOWN: they differ in characters that RFC 5280 7.1 would have
   normalised and midge does not (outside of printable ASCII, or an encoding that is not a superset
   of ASCII): to permit take it for NO, to exclude for YES. */
enum midge__match { MIDGE__MATCH_NO, MIDGE__MATCH_YES, MIDGE__MATCH_UNKNOWN };

/* Whether name starts with all RDNs of base (RFC 5280 7.1: case and repeated spaces aside). Both
   are the content of the SEQUENCE of a Name. */
enum midge__match midge__dn_within(struct midge__der name, struct midge__der base);

/* Whether two Names, each with its SEQUENCE, are certainly the same. */
bool midge__dn_equal(struct midge__der a, struct midge__der b);

#endif
