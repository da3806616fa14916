/* SPDX-License-Identifier: MIT */
/*
 * Name constraints (RFC 5280 4.2.1.10): the names that a CA certificate permits in the
 * certificates below it. Pure functions over DER bytes. A name or constraint that cannot be read or
 * cannot be compared with certainty is refused.
 *
 *     dNSName        the name itself and all below it; ".name": only the names below it; "": all
 *     iPAddress      address and contiguous mask, 4 or 16 bytes each
 *     directoryName  the first RDNs; every certificate with a subject has such a name
 *     rfc822Name     mailbox, host, or ".domain" for the hosts below it; also for emailAddress
 *                    attributes of the subject
 *     other forms    a certificate that has such a name is refused if the extension is critical
 */
#ifndef MIDGE_IO_NAME_CONSTRAINTS_H
#define MIDGE_IO_NAME_CONSTRAINTS_H

#include "io/x509_name.h"

/* The names of one certificate. */
struct midge__cert_names {
    struct midge__der subject;   /* Name, with its SEQUENCE */
    struct midge__der alt_names; /* value of the subjectAltName extension; may be empty */
};

/* In the order of the flags MIDGE__CERT_CONSTRAINT, … */
enum midge__constraint {
    MIDGE__CONSTRAINT_KEPT = 0,
    MIDGE__CONSTRAINT_BROKEN = 1,
    MIDGE__CONSTRAINT_MALFORMED = 2, /* constraints or names cannot be read */
    MIDGE__CONSTRAINT_TOO_MANY = 4   /* the budget is spent */
};

/* Compares every name of a certificate with every subtree of c, an extension 2.5.29.30; each pair
   takes one from the budget. names NULL: checks only that all of c can be read, without a budget.
   Compare names only after that. */
enum midge__constraint midge__name_constraints_check(const struct midge__extension *c,
                                                     const struct midge__cert_names *names,
                                                     unsigned *budget);

#endif
