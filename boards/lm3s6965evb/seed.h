/* SPDX-License-Identifier: MIT */
/*
 * Entropy for a chip without an entropy source: a secret is put into flash when the device is made,
 * and each boot replaces it before it makes anything from it. So no output of one boot can repeat
 * in another boot, and the flash does not reveal past outputs.
 *
 *     page A | page B      one of them holds the seed; if both do, the one with the larger counter
 *
 *     seed_renew:  next  = SHA-256("midge seed next"   + page)   written to the other page,
 *                  key   = SHA-256("midge seed output" + page)   read back, the old page erased
 *     seed_output: a stream from the key, which changes with each call
 *
 * A power cut at any time leaves one whole page. A boot that was cut before the end of seed_renew
 * has given out nothing, so starting again from the same page repeats nothing.
 *
 * Limits: no entropy is ever added. An attacker who reads the flash, or knows the seed that the
 * device was made with, knows all keys since then; two devices with one seed have the same keys.
 */
#ifndef MIDGE_LM3S_SEED_H
#define MIDGE_LM3S_SEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEED_WORDS 14 /* of struct seed_page */
#define SEED_MAGIC 0x6d736431u

struct seed_page {
    uint32_t magic;   /* SEED_MAGIC */
    uint32_t counter; /* boots since it was provisioned */
    uint8_t seed[32];
    uint8_t check[16]; /* first half of SHA-256("midge seed check" + all before) */
};

/* Two pages of flash, numbers 0 and 1. erase and write return whether they seemed to work. */
struct seed_flash {
    void (*read)(unsigned page, uint32_t words[SEED_WORDS]);
    bool (*erase)(unsigned page);
    bool (*write)(unsigned page, const uint32_t words[SEED_WORDS]);
};

enum seed_result {
    SEED_READY,
    SEED_MISSING, /* no page holds a seed: the device was not provisioned, or the flash is worn
                     out */
    SEED_STUCK    /* the flash does not hold the data written: the next boot might use the same
                     seed, so no key is given */
};

/* Makes the key of this boot; call it once a boot. Without SEED_READY the key is zeros. */
enum seed_result seed_renew(const struct seed_flash *flash, uint8_t key[32]);

/* Writes len bytes and changes the key. False: the hash failed, there are no bytes, and the key
   must not be used again. */
bool seed_output(uint8_t key[32], uint8_t *buf, size_t len);

#endif
