/* SPDX-License-Identifier: MIT */
/* Start-up test, conditioning, output; entropy.h describes the scheme. */
#include "entropy.h"

#include <string.h>

#include <midge/err.h>
#include <midge/hash.h>
#include <midge/port_pico.h>

/* Erases secrets before they go out of scope; the compiler could remove a plain memset. */
static void wipe(void *secret, size_t len)
{
    volatile uint8_t *p = secret;
    while (len-- > 0) {
        *p++ = 0;
    }
}

/* midge_sha256 had no result (a hardware's hash that does not respond). */
static bool is_zero(const uint8_t digest[32])
{
    uint8_t any = 0;
    for (size_t i = 0; i < 32; i++) {
        any |= digest[i];
    }
    return any == 0;
}

/* 32 tested samples. */
static bool take_word(struct entropy *entropy, uint32_t *word)
{
    return entropy->source->word(word) && noise_word(&entropy->test, *word);
}

/* SP 800-90B 4.3, requirement 12: 1,024 samples at least, which are not used. */
static bool start(struct entropy *entropy)
{
    uint32_t word = 0;
    noise_start(&entropy->test, entropy->source->limits);
    bool good = entropy->source->start();
    for (unsigned i = 0; i < NOISE_WINDOW / 32 && good; i++) {
        good = take_word(entropy, &word);
    }
    wipe(&word, sizeof word);
    return good;
}

static bool renew_pool(struct entropy *entropy)
{
    static const char label[] = "midge pico pool";
    struct midge_sha256 hash;
    uint32_t word = 0;
    bool good = true;
    midge_sha256_init(&hash);
    midge_sha256_update(&hash, label, sizeof label - 1);
    midge_sha256_update(&hash, entropy->pool, sizeof entropy->pool);
    for (unsigned i = 0; i < entropy->source->words && good; i++) {
        good = take_word(entropy, &word);
        midge_sha256_update(&hash, &word, sizeof word);
    }
    midge_sha256_final(&hash, entropy->pool);
    wipe(&word, sizeof word);
    return good && !is_zero(entropy->pool);
}

static bool output(const struct entropy *entropy, uint8_t block[ENTROPY_BLOCK])
{
    static const char label[] = "midge pico out";
    struct midge_sha256 hash;
    midge_sha256_init(&hash);
    midge_sha256_update(&hash, label, sizeof label - 1);
    midge_sha256_update(&hash, entropy->pool, sizeof entropy->pool);
    midge_sha256_final(&hash, block);
    return !is_zero(block);
}

static bool fill(struct entropy *entropy, uint8_t *buf, size_t len)
{
    uint8_t block[ENTROPY_BLOCK];
    bool good = true;
    while (len > 0 && good) {
        const size_t n = len < sizeof block ? len : sizeof block;
        good = renew_pool(entropy) && output(entropy, block);
        memcpy(buf, block, n);
        buf += n;
        len -= n;
    }
    wipe(block, sizeof block);
    return good;
}

int entropy_read(struct entropy *entropy, uint8_t *buf, size_t len)
{
    if (!entropy->started) {
        entropy->started = start(entropy);
    }
    if (entropy->started && !fill(entropy, buf, len)) {
        entropy->started = false;
    }
    if (!entropy->started) {
        memset(buf, 0, len);
    }
    return entropy->started ? MIDGE_OK : MIDGE_ERR_ENTROPY;
}

int midge_pico_entropy(uint8_t *buf, size_t len)
{
    static struct entropy chip = {.source = &entropy_chip};
    return entropy_read(&chip, buf, len);
}
