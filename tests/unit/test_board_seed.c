/* SPDX-License-Identifier: MIT */
/* The seed in flash of boards/lm3s6965evb on a flash of RAM: power cuts at each step, stuck cells.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <string.h>

#include "../../boards/lm3s6965evb/seed.c"

/* --- a flash --- */

#define FOREVER UINT_MAX

enum fault { NO_FAULT, WRITES_LOST, ERASES_LOST };

static uint32_t cells[2][SEED_WORDS];
static unsigned steps_left; /* erases and words until the power fails */
static unsigned torn;       /* how the step in which it fails ends: 0 nothing, 1 half, 2 all done */
static enum fault fault;

static void flash_read(unsigned page, uint32_t words[SEED_WORDS])
{
    memcpy(words, cells[page], sizeof cells[page]);
}

/* Is the power still there? In the step in which it fails *part says how much of that is done. */
static bool step(unsigned *part)
{
    *part = 2;
    if (steps_left == 0) {
        *part = 0;
        return false;
    }
    if (steps_left != FOREVER && --steps_left == 0) {
        *part = torn;
        return false;
    }
    return true;
}

static bool flash_erase(unsigned page)
{
    unsigned part;
    bool ok = step(&part);
    if (fault == ERASES_LOST) {
        part = 0;
    }
    for (size_t i = 0; i < SEED_WORDS && part > 0; i++) {
        cells[page][i] |= part == 2 ? UINT32_MAX : 0x5a5aa5a5u << (i % 3);
    }
    return ok;
}

static bool flash_write(unsigned page, const uint32_t words[SEED_WORDS])
{
    for (size_t i = 0; i < SEED_WORDS; i++) {
        unsigned part;
        bool ok = step(&part);
        if (part > 0 && fault != WRITES_LOST) {
            cells[page][i] &= part == 2 ? words[i] : words[i] | 0x00ff00ffu;
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}

static const struct seed_flash flash = {flash_read, flash_erase, flash_write};

static void provision(uint32_t counter)
{
    struct seed_page page = {.magic = SEED_MAGIC, .counter = counter};
    for (unsigned i = 0; i < 32; i++) {
        page.seed[i] = (uint8_t)i;
    }
    make_check(&page, page.check);
    memset(cells, 0xff, sizeof cells);
    memcpy(cells[0], &page, sizeof page);
    steps_left = FOREVER;
    torn = 0;
    fault = NO_FAULT;
}

static struct seed_page page_at(unsigned which)
{
    struct seed_page page;
    memcpy(&page, cells[which], sizeof page);
    return page;
}

static void assert_no_key(const uint8_t key[32])
{
    static const uint8_t zeros[32];
    assert_memory_equal(key, zeros, 32);
}

/* --- the tests --- */

/* Worked out by Python's hashlib, as provision.py makes its pages. */
static void test_derivation(void **state)
{
    (void)state;
    static const uint8_t check[16] = {0x18, 0xaa, 0xdc, 0x0c, 0xb6, 0x2f, 0x76, 0xc6,
                                      0xfd, 0x10, 0xbb, 0x25, 0x45, 0x9f, 0xd9, 0x28};
    static const uint8_t next[32] = {0x1d, 0x7e, 0x01, 0x85, 0x4a, 0x50, 0xab, 0xfb,
                                     0xea, 0x07, 0xdb, 0x01, 0x7c, 0xe4, 0x2a, 0xae,
                                     0xaf, 0x18, 0x56, 0xa1, 0xce, 0x14, 0xce, 0x1f,
                                     0x00, 0x01, 0x67, 0xd5, 0xf5, 0x30, 0x1e, 0x76};
    static const uint8_t output[40] = {0x9c, 0x07, 0x56, 0xb0, 0x6c, 0xeb, 0x89, 0x16, 0xe8, 0xb5,
                                       0xbb, 0x81, 0x59, 0x0b, 0x33, 0x58, 0x27, 0xd6, 0x5c, 0x5f,
                                       0x6e, 0x84, 0x1f, 0xec, 0x19, 0x8c, 0x17, 0xec, 0x1a, 0x05,
                                       0x4d, 0x25, 0xc6, 0x42, 0xd5, 0xa8, 0xec, 0x48, 0x66, 0xe0};
    uint8_t key[32], buf[40], again[40];
    provision(41);
    assert_memory_equal(page_at(0).check, check, sizeof check);
    assert_int_equal(seed_renew(&flash, key), SEED_READY);
    assert_int_equal(page_at(1).counter, 42);
    assert_memory_equal(page_at(1).seed, next, sizeof next);
    assert_true(seed_output(key, buf, sizeof buf));
    assert_memory_equal(buf, output, sizeof output);
    assert_true(seed_output(key, again, sizeof again));
    assert_memory_not_equal(buf, again, sizeof buf);
}

static void test_pages_alternate(void **state)
{
    (void)state;
    uint8_t keys[8][32];
    provision(0);
    for (unsigned boot = 0; boot < 8; boot++) {
        assert_int_equal(seed_renew(&flash, keys[boot]), SEED_READY);
        assert_int_equal(page_at((boot + 1) % 2).counter, boot + 1);
        assert_true(is_blank(&flash, boot % 2));
        for (unsigned before = 0; before < boot; before++) {
            assert_memory_not_equal(keys[before], keys[boot], 32);
        }
    }
}

static void test_not_provisioned(void **state)
{
    (void)state;
    uint8_t key[32] = {1};
    provision(0);
    memset(cells, 0xff, sizeof cells);
    assert_int_equal(seed_renew(&flash, key), SEED_MISSING);
    assert_no_key(key);
    memset(cells, 0, sizeof cells);
    assert_int_equal(seed_renew(&flash, key), SEED_MISSING);
    for (size_t word = 0; word < SEED_WORDS; word++) { /* a bit that fell, anywhere */
        provision(7);
        cells[0][word] ^= 0x100;
        assert_int_equal(seed_renew(&flash, key), SEED_MISSING);
        assert_no_key(key);
    }
}

/* QEMU's flash is so, and a protected page. */
static void test_stuck(void **state)
{
    (void)state;
    uint8_t key[32] = {1};
    provision(0);
    fault = WRITES_LOST;
    assert_int_equal(seed_renew(&flash, key), SEED_STUCK);
    assert_no_key(key);
    provision(0);
    fault = ERASES_LOST; /* the new page is written, the old one stays */
    assert_int_equal(seed_renew(&flash, key), SEED_STUCK);
    assert_no_key(key);
    provision(0);
    cells[1][3] = 0; /* from before, and not to be erased */
    fault = ERASES_LOST;
    assert_int_equal(seed_renew(&flash, key), SEED_STUCK);
    assert_no_key(key);
}

/* Whatever step the power fails in, the next boot has a seed, and no key comes twice. */
static void power_cut(unsigned steps, unsigned how, bool *cut)
{
    uint8_t first[32], second[32], third[32];
    provision(5);
    memset(cells[1], 0x3c, sizeof cells[1]); /* something to erase */
    steps_left = steps;
    torn = how;
    *cut = seed_renew(&flash, first) != SEED_READY;
    if (*cut) {
        assert_no_key(first);
    }
    steps_left = FOREVER;
    assert_int_equal(seed_renew(&flash, second), SEED_READY);
    assert_int_equal(seed_renew(&flash, third), SEED_READY);
    assert_memory_not_equal(first, second, 32);
    assert_memory_not_equal(second, third, 32);
    assert_int_not_equal(is_blank(&flash, 0), is_blank(&flash, 1));
}

static void test_power_cuts(void **state)
{
    (void)state;
    for (unsigned how = 0; how <= 2; how++) {
        bool cut = true;
        unsigned steps = 0;
        for (; cut; steps++) {
            assert_true(steps < 100);
            power_cut(steps, how, &cut);
        }
        assert_true(steps > SEED_WORDS + 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derivation),      cmocka_unit_test(test_pages_alternate),
        cmocka_unit_test(test_not_provisioned), cmocka_unit_test(test_stuck),
        cmocka_unit_test(test_power_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
