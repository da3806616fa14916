/* SPDX-License-Identifier: MIT */
/*
 * Rules that mbedTLS does not check, for the CA certificates above a server's: extended key usage
 * and name constraints. mbedTLS's verify callback passes the certificates of one path in sequence,
 * from the trusted root down to the server's.
 */
#ifndef MIDGE_IO_CERT_PATH_H
#define MIDGE_IO_CERT_PATH_H

#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stdint.h>

#include "midge/config.h"

/* chain_search.c finds the path among certificates in any order. */
#if MIDGE_WITH_CHAIN_CHECKS && !defined(MIDGE_TLS_EXTERNAL)
#define MIDGE__CERT_ANY_ORDER 1
#else
#define MIDGE__CERT_ANY_ORDER 0
#endif

/* Certificates in a path: the server's, intermediates, the root. */
#define MIDGE__CERT_PATH_MAX (MBEDTLS_X509_MAX_INTERMEDIATE_CA + 2)

/* Flags beside MBEDTLS_X509_BADCERT_x and BADCRL_x, which end at 0x80000. Public by response.h. */
enum midge__cert_flag {
    MIDGE__CERT_CONSTRAINT = 0x100000,      /* a CA above does not permit one of the names */
    MIDGE__CERT_BAD_CONSTRAINTS = 0x200000, /* the name constraints cannot be read */
    MIDGE__CERT_TOO_MANY_NAMES = 0x400000,  /* names times constraints beyond the budget */
    MIDGE__CERT_CA_USAGE = 0x800000,        /* a CA that may not issue server certificates */
    MIDGE__CERT_FLAGS = 0xF00000,           /* any of them */
    MIDGE__CERT_PIN = 0x1000000             /* no key is pinned (pin.c) */
};

/* The result of verifying one path. */
struct midge__verdict {
    uint32_t flags;
    uint32_t cert_date; /* YYYYMMDD of the first date refused */
    bool no_san, self_signed;
    bool too_long;     /* more intermediates than mbedTLS accepts */
    bool out_of_order; /* the missing issuer was sent, but before its place */
};

/* Of several failed paths the first is reported, or the first that leads to a root and fails for
   another reason. */
static inline void midge__verdict_keep(struct midge__verdict *best,
                                       const struct midge__verdict *verdict, bool first)
{
    if (first || ((verdict->flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) == 0 &&
                  (best->flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0)) {
        *best = *verdict;
    }
}

#if MIDGE_WITH_CHAIN_CHECKS

struct midge__cert_path {
    const mbedtls_x509_crt *cert[MIDGE__CERT_PATH_MAX]; /* by depth; 0 is the server's */
    unsigned top;                                       /* depth of the highest certificate */
    unsigned wrong;  /* lowest one to be replaced by another; if unknown, the last below top */
    unsigned next;   /* depth of the certificate seen last; 0: the next one is the top of a path */
    unsigned budget; /* pairs of name and subtree that may still be compared */
};

/* Takes the next certificate downwards. Returns whether it is the top of a new path. */
bool midge__cert_path_add(struct midge__cert_path *path, const mbedtls_x509_crt *crt,
                          unsigned depth);

/* Flags of the certificate added last, judged by the certificates above it. */
uint32_t midge__cert_path_flags(struct midge__cert_path *path);

/* Records which certificate has to be replaced: the one added last got these flags, all the flags
   of the path so far. */
void midge__cert_path_note(struct midge__cert_path *path, uint32_t flags, uint32_t all);

/* Can parent have issued child, judged by name and CA bit? */
bool midge__cert_issued(const mbedtls_x509_crt *parent, const mbedtls_x509_crt *child);

#else

struct midge__cert_path {
    bool unused;
};
#define midge__cert_path_add(path, crt, depth)  ((void)(path), false)
#define midge__cert_path_flags(path)            ((uint32_t)((void)(path), 0))
#define midge__cert_path_note(path, flags, all) ((void)(path), (void)(flags), (void)(all))

#endif

#if MIDGE_WITH_CHAIN_CHECKS && defined(MIDGE_TLS_EXTERNAL)
/* Was the missing issuer of the highest certificate sent before it, outside the path? mbedTLS alone
   searches forward only. */
bool midge__cert_path_out_of_order(const struct midge__cert_path *path);
#else
#define midge__cert_path_out_of_order(path) ((void)(path), false)
#endif

#endif
