/* SPDX-License-Identifier: MIT */
/* The packets of SNTP (boards/examples/sntp.c): which answers are taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "examples/sntp.c"

#define FLOOR INT64_C(1767225600) /* 2026-01-01 */

static const uint8_t nonce[SNTP_NONCE] = {1, 2, 3, 4, 5, 6, 7, 8};

static void put(uint8_t *at, uint32_t seconds)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(seconds >> (24 - 8 * i));
    }
}

/* A good answer, of this time on the wire. */
static void answer(uint8_t packet[SNTP_PACKET], uint32_t seconds)
{
    memset(packet, 0, SNTP_PACKET);
    packet[0] = 4 << 3 | 4;
    packet[1] = 2;
    memcpy(packet + 24, nonce, sizeof nonce);
    put(packet + 40, seconds);
}

static enum sntp_verdict take(const uint8_t *packet, size_t len)
{
    int64_t now = -1;
    enum sntp_verdict verdict = sntp_take(packet, len, nonce, FLOOR, &now);
    assert_int_equal(verdict == SNTP_OK, now != -1);
    return verdict;
}

static void test_question(void **state)
{
    (void)state;
    uint8_t packet[SNTP_PACKET];
    memset(packet, 0xff, sizeof packet);
    sntp_ask(packet, nonce);
    assert_int_equal(packet[0], 0x23); /* version 4, client */
    for (size_t i = 1; i < 40; i++) {
        assert_int_equal(packet[i], 0);
    }
    assert_memory_equal(packet + 40, nonce, sizeof nonce);
}

/* 3976214400 is 2026-01-01 in seconds since 1900. */
static void test_eras(void **state)
{
    (void)state;
    const struct {
        uint32_t wire;
        int64_t floor, now;
    } rows[] = {{3976214400U, FLOOR, FLOOR},
                {3976214401U, FLOOR, FLOOR + 1},
                {UINT32_MAX, FLOOR, 2085978495}, /* 2036-02-07 06:28:15 */
                {0, FLOOR, 2085978496},          /* the next second */
                {1000, FLOOR, 2085979496},
                {3976214399U, FLOOR, FLOOR - 1 + ERA}, /* 2162: before the floor */
                {0, 0, 2085978496},
                {2208988800U, 0, 0},
                {1000, 2085978496 + ERA, 2085979496 + ERA}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t packet[SNTP_PACKET];
        int64_t now = -1;
        answer(packet, rows[i].wire);
        packet[47] = 1; /* a fraction: seconds 0 are a time, too */
        assert_int_equal(sntp_take(packet, sizeof packet, nonce, rows[i].floor, &now), SNTP_OK);
        assert_int_equal(now, rows[i].now);
    }
}

static void test_foreign(void **state)
{
    (void)state;
    uint8_t packet[SNTP_PACKET + 20] = {0};
    answer(packet, 3976214400U);
    assert_int_equal(take(packet, sizeof packet), SNTP_OK); /* with extension fields */
    for (size_t len = 0; len < SNTP_PACKET; len++) {
        assert_int_equal(take(packet, len), SNTP_FOREIGN);
    }
    for (unsigned mode = 0; mode < 8; mode++) {
        packet[0] = (uint8_t)(4 << 3 | mode);
        assert_int_equal(take(packet, SNTP_PACKET), mode == 4 ? SNTP_OK : SNTP_FOREIGN);
    }
    for (unsigned version = 0; version < 8; version++) {
        packet[0] = (uint8_t)(version << 3 | 4);
        bool good = version >= 1 && version <= 4;
        assert_int_equal(take(packet, SNTP_PACKET), good ? SNTP_OK : SNTP_FOREIGN);
    }
    answer(packet, 3976214400U);
    for (size_t bit = 0; bit < 64; bit++) { /* each bit of the nonce counts */
        packet[24 + bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(take(packet, SNTP_PACKET), SNTP_FOREIGN);
        packet[24 + bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(take(packet, SNTP_PACKET), SNTP_OK);
}

static void test_servers_without_time(void **state)
{
    (void)state;
    uint8_t packet[SNTP_PACKET];
    for (unsigned leap = 0; leap < 4; leap++) {
        for (unsigned stratum = 0; stratum < 256; stratum++) {
            answer(packet, 3976214400U);
            packet[0] = (uint8_t)(leap << 6 | 4 << 3 | 4);
            packet[1] = (uint8_t)stratum;
            enum sntp_verdict right = stratum == 0                ? SNTP_KISS
                                      : stratum > 15 || leap == 3 ? SNTP_ALARM
                                                                  : SNTP_OK;
            assert_int_equal(take(packet, sizeof packet), right);
        }
    }
    answer(packet, 0);
    assert_int_equal(take(packet, sizeof packet), SNTP_ALARM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_question),
        cmocka_unit_test(test_eras),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_servers_without_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
