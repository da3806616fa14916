/* SPDX-License-Identifier: MIT */
/*
 *     state      on ok                       on a fault
 *     stopped    start: RNG off, flags       stopped; false
 *                cleared, RNG on, first
 *                word only compared, 256
 *                words only tested -> running
 *     running    words -> blocks -> buf      stopped; buf is zeros; false
 *
 * RNG_SR's current errors and its kept ones count alike: a kept one says that a word may be of the
 * time of the error. They are looked at before and after each word. After TRNG_STARTS starts,
 * faults stay until the next reset of the chip.
 */
#include "trng.h"

#include <string.h>

#include <midge/hash.h>

#include "stm32f767.h"

#define CR_RNGEN (1u << 2)
#define SR_SEIS  (1u << 6)
#define SR_CEIS  (1u << 5)
#define SR_SECS  (1u << 2)
#define SR_CECS  (1u << 1)
#define SR_DRDY  (1u << 0)

/* Reads of RNG_SR, of some 10 ns at least: 1 ms. A word takes 42 periods of 48 MHz, 1 us. */
#define SPINS 100000u

/* Erases secrets before they go out of scope; the compiler could remove a plain memset. */
static void wipe(void *secret, size_t len)
{
    volatile uint8_t *p = secret;
    while (len-- > 0) {
        *p++ = 0;
    }
}

static bool refuse(struct trng *trng, enum trng_fault fault)
{
    trng->fault = fault;
    return false;
}

/* --- words --- */

static enum trng_fault fault_of(uint32_t status)
{
    if ((status & (SR_SECS | SR_SEIS)) != 0) {
        return TRNG_SEED;
    }
    return (status & (SR_CECS | SR_CEIS)) != 0 ? TRNG_NO_CLOCK : TRNG_GOOD;
}

static bool await_word(struct trng *trng)
{
    for (uint32_t spins = 0; spins < SPINS; spins++) {
        const uint32_t status = RNG_SR;
        if (fault_of(status) != TRNG_GOOD) {
            return refuse(trng, fault_of(status));
        }
        if ((status & SR_DRDY) != 0) {
            return true;
        }
    }
    return refuse(trng, TRNG_SILENT);
}

static bool take_word(struct trng *trng, uint32_t *word)
{
    if (!await_word(trng)) {
        return false;
    }
    *word = RNG_DR;
    const enum trng_fault fault = fault_of(RNG_SR);
    return fault == TRNG_GOOD || refuse(trng, fault);
}

/* --- tests of bytes --- */

/* SP 800-90B 4.4.1, repetition count. */
static bool is_repeating(struct trng *trng, uint8_t byte)
{
    trng->repeats = byte == trng->newest ? (uint16_t)(trng->repeats + 1) : 1;
    trng->newest = byte;
    return trng->repeats >= TRNG_REPEATS;
}

/* 4.4.2, adaptive proportion. */
static bool is_biased(struct trng *trng, uint8_t byte)
{
    if (trng->at == 0) {
        trng->first = byte;
        trng->same = 0;
    }
    trng->same = (uint16_t)(trng->same + (byte == trng->first));
    trng->at = (uint16_t)((trng->at + 1) % TRNG_WINDOW);
    return trng->same >= TRNG_SAME;
}

static bool is_good(struct trng *trng, uint32_t word)
{
    bool stuck = word == trng->last, biased = false;
    trng->last = word;
    for (unsigned i = 0; i < 4; i++) {
        const uint8_t byte = (uint8_t)(word >> 8 * i);
        stuck = is_repeating(trng, byte) || stuck;
        biased = is_biased(trng, byte) || biased;
    }
    if (stuck || biased) {
        return refuse(trng, stuck ? TRNG_STUCK : TRNG_BIASED);
    }
    return true;
}

static bool take_tested(struct trng *trng, uint32_t *word)
{
    return take_word(trng, word) && is_good(trng, *word);
}

/* --- start, output --- */

static bool start(struct trng *trng)
{
    uint32_t word = 0;
    if (trng->starts == TRNG_STARTS) {
        return false;
    }
    *trng = (struct trng){.starts = (uint8_t)(trng->starts + 1)};
    RCC_AHB2ENR |= RCC_AHB2ENR_RNG;
    (void)RCC_AHB2ENR;
    RNG_CR = 0;
    RNG_SR = 0; /* clears SEIS and CEIS */
    RNG_CR = CR_RNGEN;
    bool good = take_word(trng, &trng->last); /* FIPS 140-2 4.9.2: the first is only compared */
    for (unsigned i = 0; i < TRNG_START_WORDS && good; i++) {
        good = take_tested(trng, &word);
    }
    wipe(&word, sizeof word);
    return good;
}

static bool make_block(struct trng *trng, uint8_t block[32])
{
    struct midge_sha256 hash;
    uint32_t word = 0;
    uint8_t any = 0;
    midge_sha256_init(&hash);
    for (unsigned i = 0; i < TRNG_WORDS; i++) {
        if (!take_tested(trng, &word)) {
            wipe(&word, sizeof word);
            midge_sha256_final(&hash, block);
            return false;
        }
        midge_sha256_update(&hash, &word, sizeof word);
    }
    wipe(&word, sizeof word);
    midge_sha256_final(&hash, block);
    for (unsigned i = 0; i < 32; i++) {
        any |= block[i];
    }
    return any != 0 || refuse(trng, TRNG_HASH);
}

bool trng_read(struct trng *trng, uint8_t *buf, size_t len)
{
    uint8_t block[32];
    trng->running = trng->running || start(trng);
    for (size_t at = 0; at < len && trng->running; at += sizeof block) {
        trng->running = make_block(trng, block);
        memcpy(buf + at, block, len - at < sizeof block ? len - at : sizeof block);
    }
    wipe(block, sizeof block);
    if (!trng->running) {
        memset(buf, 0, len);
        RNG_CR = 0;
    }
    return trng->running;
}

const char *trng_fault_text(enum trng_fault fault)
{
    static const char *const texts[] = {[TRNG_GOOD] = "no fault",
                                        [TRNG_NO_CLOCK] = "the RNG has no clock of 48 MHz",
                                        [TRNG_SEED] = "the RNG refuses its noise",
                                        [TRNG_SILENT] = "the RNG gives no words",
                                        [TRNG_STUCK] = "the RNG repeats itself",
                                        [TRNG_BIASED] = "the RNG prefers one value",
                                        [TRNG_HASH] = "no SHA-256"};
    return texts[fault];
}
