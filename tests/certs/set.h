/* SPDX-License-Identifier: MIT */
/* Reads a set of certificate chains, the file that set.py writes. */
#ifndef MIDGE_CERTS_SET_H
#define MIDGE_CERTS_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <midge/tls.h>

#define CERTS_TEXT      256U /* bytes of a string with its NUL */
#define CERTS_UNMUTATED 255U
#define CERTS_ANY_FLAGS UINT32_MAX
#define CERTS_RSA_SUITE 0xC02FU /* the case's cipher suite, if the leaf's key is RSA */

struct certs_case {
    char name[CERTS_TEXT], host[CERTS_TEXT];
    char error[CERTS_TEXT];       /* MIDGE_ERR_x without its beginning; "": accepted */
    char text[CERTS_TEXT];        /* a part of the error's text */
    int64_t now, floor;           /* the client's clock (0: none) and its time_floor */
    uint16_t suite;               /* for TLS 1.2 */
    uint8_t mutated, bits, count; /* bits of certificate number `mutated`; certificates */
    uint32_t flags;               /* X.509's, or CERTS_ANY_FLAGS */
    const uint8_t *roots, *chain; /* roots: DER, or a table of midge/roots.h; chain: each
                                     certificate behind its length of 3 bytes */
    size_t roots_len, chain_len;
};

struct certs_set {
    const uint8_t *at, *end;
    bool cut;      /* the file ended too early */
    unsigned left; /* cases */
};

/* False: file[0..len), which must live as long as the set, is no such file. */
bool midge_certs_open(struct certs_set *set, const uint8_t *file, size_t len);
/* False: there is no further case. */
bool midge_certs_next(struct certs_set *set, struct certs_case *one);
/* Were all cases read, and nothing left? */
bool midge_certs_whole(const struct certs_set *set);

/* The client's settings for the case. */
struct midge_tls midge_certs_trust(const struct certs_case *one);

/* Certificate number n of the chain; NULL: there is none. */
const uint8_t *midge_certs_certificate(const struct certs_case *one, unsigned n, size_t *len);

/* Is this refusal the one that the case expects? */
bool midge_certs_refused(const struct certs_case *one, int err, uint32_t flags, const char *text);

#endif
