/* SPDX-License-Identifier: MIT */
/* Finding, checking, replacing and erasing the seed pages; seed.h describes the scheme. */
#include "seed.h"

#include <string.h>

#include <midge/hash.h>

_Static_assert(sizeof(struct seed_page) == 4 * SEED_WORDS, "a page is whole words, without gaps");

/* Erases secrets before they go out of scope; the compiler could remove a plain memset. */
static void wipe(void *secret, size_t len)
{
    volatile uint8_t *p = secret;
    while (len-- > 0) {
        *p++ = 0;
    }
}

/* SHA-256 of the label and the data: different labels give unrelated results. */
static void derive(const char *label, const void *data, size_t len, uint8_t out[32])
{
    struct midge_sha256 hash;
    midge_sha256_init(&hash);
    midge_sha256_update(&hash, label, strlen(label));
    midge_sha256_update(&hash, data, len);
    midge_sha256_final(&hash, out);
}

/* midge_sha256 had no result (the hash hardware does not respond). */
static bool is_zero(const uint8_t digest[32])
{
    uint8_t any = 0;
    for (size_t i = 0; i < 32; i++) {
        any |= digest[i];
    }
    return any == 0;
}

static void make_check(const struct seed_page *page, uint8_t check[16])
{
    uint8_t digest[32];
    derive("midge seed check", page, offsetof(struct seed_page, check), digest);
    memcpy(check, digest, 16);
    wipe(digest, sizeof digest);
}

static void read_page(const struct seed_flash *flash, unsigned which, struct seed_page *page)
{
    uint32_t words[SEED_WORDS];
    flash->read(which, words);
    memcpy(page, words, sizeof words);
    wipe(words, sizeof words);
}

static bool is_valid(const struct seed_page *page)
{
    uint8_t check[16];
    make_check(page, check);
    return page->magic == SEED_MAGIC && memcmp(check, page->check, sizeof check) == 0;
}

static bool is_blank(const struct seed_flash *flash, unsigned which)
{
    uint32_t words[SEED_WORDS], all = UINT32_MAX;
    flash->read(which, words);
    for (size_t i = 0; i < SEED_WORDS; i++) {
        all &= words[i];
    }
    wipe(words, sizeof words);
    return all == UINT32_MAX;
}

/* Erases also a page that looks blank: an interrupted erase may leave bits that are weak and change
   back. */
static bool clear(const struct seed_flash *flash, unsigned which)
{
    return flash->erase(which) && is_blank(flash, which);
}

static bool store(const struct seed_flash *flash, unsigned which, const struct seed_page *page)
{
    struct seed_page there;
    uint32_t words[SEED_WORDS];
    memcpy(words, page, sizeof words);
    bool ok = clear(flash, which) && flash->write(which, words);
    read_page(flash, which, &there);
    ok = ok && memcmp(&there, page, sizeof there) == 0;
    wipe(words, sizeof words);
    wipe(&there, sizeof there);
    return ok;
}

/* Finds the page with the seed; *which is its number. Two pages are whole when the last boot was
   cut before it erased the old one. */
static bool find(const struct seed_flash *flash, struct seed_page *page, unsigned *which)
{
    struct seed_page other;
    read_page(flash, 0, page);
    read_page(flash, 1, &other);
    const bool first = is_valid(page), second = is_valid(&other);
    *which = 0;
    if (second && (!first || other.counter > page->counter)) {
        *which = 1;
        *page = other;
    }
    wipe(&other, sizeof other);
    return first || second;
}

enum seed_result seed_renew(const struct seed_flash *flash, uint8_t key[32])
{
    struct seed_page page, next = {.magic = SEED_MAGIC};
    enum seed_result result = SEED_MISSING;
    unsigned which;
    memset(key, 0, 32);
    if (find(flash, &page, &which)) {
        next.counter = page.counter + 1;
        derive("midge seed next", &page, sizeof page, next.seed);
        make_check(&next, next.check);
        derive("midge seed output", &page, sizeof page, key);
        /* The old page must be erased too: if the new one failed later, the old key would be used
           again. */
        result = !is_zero(next.seed) && !is_zero(key) && store(flash, which ^ 1, &next) &&
                         clear(flash, which)
                     ? SEED_READY
                     : SEED_STUCK;
    }
    if (result != SEED_READY) {
        wipe(key, 32);
    }
    wipe(&page, sizeof page);
    wipe(&next, sizeof next);
    return result;
}

bool seed_output(uint8_t key[32], uint8_t *buf, size_t len)
{
    uint8_t block[32], counted[36];
    bool ok = true;
    memcpy(counted, key, 32);
    for (uint32_t i = 0; len > 0; i++) {
        const size_t n = len < sizeof block ? len : sizeof block;
        memcpy(counted + 32, &i, sizeof i);
        derive("midge seed block", counted, sizeof counted, block);
        ok = ok && !is_zero(block);
        memcpy(buf, block, n);
        buf += n;
        len -= n;
    }
    derive("midge seed step", key, 32, block);
    ok = ok && !is_zero(block);
    memcpy(key, block, 32); /* zeros after a failure: the caller must not use it again */
    wipe(block, sizeof block);
    wipe(counted, sizeof counted);
    return ok;
}
