/* SPDX-License-Identifier: MIT */
/*
 * Entropy for a chip that has no source of it: a secret put in flash when the device is made, and
 * replaced at each boot before anything is made of it. Nothing of one boot can then come again in
 * another, and what a boot used can't be worked out from the flash afterwards.
 *
 *     page A | page B      one of them holds the seed, of the larger counter where both do
 *
 *     seed_renew:  next  = SHA-256("midge seed next"   + page)   written to the other page,
 *                  key   = SHA-256("midge seed output" + page)   read back, the old page erased
 *     seed_output: a stream from the key, which changes with each call
 *
 * A power cut anywhere leaves one page that is whole; a boot that was cut before the end of
 * seed_renew has given out nothing, so beginning it again from the same page repeats nothing.
 *
 * Limits: no entropy is ever added. Whoever reads the flash, or knows the seed a device was made
 * with, knows all keys since; two devices with one seed have the same keys.
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
    uint8_t check[16]; /* SHA-256("midge seed check" + all before), its first half */
};

/* Two pages of flash, by number 0 and 1. erase and write answer whether they seemed to work. */
struct seed_flash {
    void (*read)(unsigned page, uint32_t words[SEED_WORDS]);
    bool (*erase)(unsigned page);
    bool (*write)(unsigned page, const uint32_t words[SEED_WORDS]);
};

enum seed_result {
    SEED_READY,
    SEED_MISSING, /* no page holds one: the device was not provisioned, or the flash is worn out */
    SEED_STUCK    /* the flash did not become what was written to it: the next boot might begin from
                     the same seed, so there is no key */
};

/* The key of this boot, to be called once in it. It is zeros but with SEED_READY. */
enum seed_result seed_renew(const struct seed_flash *flash, uint8_t key[32]);

/* len bytes; the key is another afterwards. False: the hash failed, there are none and the key must
   not be used again. */
bool seed_output(uint8_t key[32], uint8_t *buf, size_t len);

#endif
