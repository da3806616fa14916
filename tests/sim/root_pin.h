/* SPDX-License-Identifier: MIT */
/* The pin of the root of the simulated servers' certificates. */
#ifndef ROOT_PIN_H
#define ROOT_PIN_H

#include <stdbool.h>
#include <string.h>

#include <midge/hash.h>
#include <midge/pins.h>
#include <midge/sim.h>

/* The SubjectPublicKeyInfo of its P-256 key: this and 65 bytes (RFC 5480 2). */
static const unsigned char root_pin_begin[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                               0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                               0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

/* False: there are no TLS servers. */
static inline bool root_pin(struct midge_pin *pin)
{
    size_t len = 0;
    const unsigned char *root = midge_sim_root(&len);
    struct midge_sha256 hash;
    for (size_t at = 0; root != NULL && at + 91 <= len; at++) {
        if (memcmp(root + at, root_pin_begin, sizeof root_pin_begin) == 0) {
            midge_sha256_init(&hash);
            midge_sha256_update(&hash, root + at, 91);
            midge_sha256_final(&hash, pin->sha256);
            return true;
        }
    }
    return false;
}

#endif
