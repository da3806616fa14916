/* SPDX-License-Identifier: MIT */
/*
 * Rules for the CA certificates above a server's that mbedTLS does not check: extended key usage
 * and name constraints. Fed by mbedTLS's verify callback, which shows one built path from the
 * trusted root down to the server's certificate, all in one go.
 */
#ifndef MIDGE_IO_CERT_PATH_H
#define MIDGE_IO_CERT_PATH_H

#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stdint.h>

/* Certificates in a path: the server's, intermediates, the root. */
#define MIDGE__CERT_PATH_MAX (MBEDTLS_X509_MAX_INTERMEDIATE_CA + 2)

/* Beside MBEDTLS_X509_BADCERT_x and BADCRL_x, which end at 0x80000. Public by response.h. */
enum midge__cert_flag {
    MIDGE__CERT_CONSTRAINT = 0x100000,      /* a name that a CA above it may not vouch for */
    MIDGE__CERT_BAD_CONSTRAINTS = 0x200000, /* name constraints that cannot be read */
    MIDGE__CERT_TOO_MANY_NAMES = 0x400000,  /* names times constraints beyond the budget */
    MIDGE__CERT_CA_USAGE = 0x800000,        /* a CA that is not for servers */
    MIDGE__CERT_FLAGS = 0xF00000            /* any of them */
};

struct midge__cert_path {
    const mbedtls_x509_crt *cert[MIDGE__CERT_PATH_MAX]; /* by depth: 0 is the server's */
    unsigned top;                                       /* depth of the highest */
    unsigned wrong;  /* the lowest that must be another one; of no known one: the last below top */
    unsigned next;   /* the depth that was seen last; 0: the next is the top of a path */
    unsigned budget; /* pairs of name and subtree that may still be compared */
};

/* Takes the next certificate downwards. Returns whether it is the top of a new path. */
bool midge__cert_path_add(struct midge__cert_path *path, const mbedtls_x509_crt *crt,
                          unsigned depth);

/* No path is accepted that is the same up to this certificate. */
void midge__cert_path_blame(struct midge__cert_path *path, unsigned depth);

/* The flags of the certificate added last, judged by those above it. */
uint32_t midge__cert_path_flags(struct midge__cert_path *path);

/* Whether parent may have issued child, by name and CA bit. */
bool midge__cert_issued(const mbedtls_x509_crt *parent, const mbedtls_x509_crt *child);

#endif
