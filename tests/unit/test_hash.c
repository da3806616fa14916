/* SPDX-License-Identifier: MIT */
/* SHA-256: FIPS 180-2's examples, whole and in every split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <midge/hash.h>

static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

static const uint8_t of_nothing[32] = {
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};
static const uint8_t of_two_blocks[32] = {
    0x24, 0x8d, 0x6a, 0x61, 0xd2, 0x06, 0x38, 0xb8, 0xe5, 0xc0, 0x26, 0x93, 0x0c, 0x3e, 0x60, 0x39,
    0xa3, 0x3c, 0xe4, 0x59, 0x64, 0xff, 0x21, 0x67, 0xf6, 0xec, 0xed, 0xd4, 0x19, 0xdb, 0x06, 0xc1};

static void test_nothing(void **state)
{
    (void)state;
    struct midge_sha256 hash;
    uint8_t digest[32];
    midge_sha256_init(&hash);
    midge_sha256_update(&hash, NULL, 0);
    midge_sha256_final(&hash, digest);
    assert_memory_equal(digest, of_nothing, sizeof digest);
}

static void test_every_split(void **state)
{
    (void)state;
    size_t len = sizeof two_blocks - 1;
    for (size_t i = 0; i <= len; ++i) {
        struct midge_sha256 hash;
        uint8_t digest[32];
        midge_sha256_init(&hash);
        midge_sha256_update(&hash, two_blocks, i);
        midge_sha256_update(&hash, two_blocks + i, len - i);
        midge_sha256_final(&hash, digest);
        assert_memory_equal(digest, of_two_blocks, sizeof digest);
    }
}

/* A million times 'a', in odd pieces; and a copy of the state is a state of its own. */
static void test_million_and_copy(void **state)
{
    (void)state;
    static const uint8_t expected[32] = {0xcd, 0xc7, 0x6e, 0x5c, 0x99, 0x14, 0xfb, 0x92,
                                         0x81, 0xa1, 0xc7, 0xe2, 0x84, 0xd7, 0x3e, 0x67,
                                         0xf1, 0x80, 0x9a, 0x48, 0xa4, 0x97, 0x20, 0x0e,
                                         0x04, 0x6d, 0x39, 0xcc, 0xc7, 0x11, 0x2c, 0xd0};
    struct midge_sha256 hash, copy;
    uint8_t digest[32];
    char piece[997];
    memset(piece, 'a', sizeof piece);
    midge_sha256_init(&hash);
    size_t left = 1000000;
    while (left > 0) {
        size_t n = left < sizeof piece ? left : sizeof piece;
        midge_sha256_update(&hash, piece, n);
        left -= n;
    }
    copy = hash;
    midge_sha256_update(&hash, "more", 4);
    midge_sha256_final(&copy, digest);
    assert_memory_equal(digest, expected, sizeof digest);
    midge_sha256_final(&hash, digest);
    assert_memory_not_equal(digest, expected, sizeof digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_every_split),
        cmocka_unit_test(test_million_and_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
