/* SPDX-License-Identifier: MIT */
/* Armv7-M Architecture Reference Manual (DDI 0403), B2.2 and B3.5; PM0253 chapters 4.6 and 4.8. */
#include "cache.h"

#include "stm32f767.h"

#define LINE 32u

#define CCR_DC (1u << 16)
#define CCR_IC (1u << 17)

#define CCSIDR_SETS(ccsidr) (((ccsidr) >> 13 & 0x7FFFu) + 1)
#define CCSIDR_WAYS(ccsidr) (((ccsidr) >> 3 & 0x3FFu) + 1)
#define DCISW_SET_AT        5  /* lines of 32 bytes */
#define DCISW_WAY_AT        30 /* four ways */

#define MPU_CTRL_ON      0x5u /* memory outside of the regions is as without the MPU */
#define RBAR_VALID       (1u << 4)
#define RASR_XN          (1u << 28)
#define RASR_FULL_ACCESS (3u << 24)
#define RASR_NO_ACCESS   (0u << 24)
#define RASR_NORMAL_BARE (1u << 19) /* TEX 1, C 0, B 0: normal, not cached */
#define RASR_SHAREABLE   (1u << 18)
#define RASR_EXTERNAL    (0x87u << 8) /* of 4 GB only 0x60000000 to 0xDFFFFFFF */
#define RASR_4_GB        (31u << 1)
#define RASR_1_KB        (9u << 1)
#define RASR_ENABLE      1u

static void barrier(void)
{
    __asm__ volatile("dsb" ::: "memory");
}

static void synchronize(void)
{
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

static void set_regions(uintptr_t descriptors)
{
    __asm__ volatile("dmb" ::: "memory");
    MPU_CTRL = 0;
    MPU_RBAR = 0u | RBAR_VALID | 2u;
    MPU_RASR = RASR_XN | RASR_NO_ACCESS | RASR_EXTERNAL | RASR_4_GB | RASR_ENABLE;
    MPU_RBAR = (uint32_t)descriptors | RBAR_VALID | 3u;
    MPU_RASR =
        RASR_XN | RASR_FULL_ACCESS | RASR_NORMAL_BARE | RASR_SHAREABLE | RASR_1_KB | RASR_ENABLE;
    MPU_CTRL = MPU_CTRL_ON;
    synchronize();
}

/* After power-up the lines hold anything, and some may look valid. */
static void start_data(void)
{
    SCB_CSSELR = 0; /* the data cache of level 1 */
    barrier();
    const uint32_t ccsidr = SCB_CCSIDR;
    for (uint32_t set = CCSIDR_SETS(ccsidr); set-- > 0;) {
        for (uint32_t way = CCSIDR_WAYS(ccsidr); way-- > 0;) {
            CACHE_DCISW = set << DCISW_SET_AT | way << DCISW_WAY_AT;
        }
    }
    barrier();
    SCB_CCR |= CCR_DC;
    synchronize();
}

static void start_instructions(void)
{
    synchronize();
    CACHE_ICIALLU = 0;
    synchronize();
    SCB_CCR |= CCR_IC;
    synchronize();
}

void cache_start(uintptr_t descriptors)
{
    set_regions(descriptors);
    if ((SCB_CCR & CCR_IC) == 0) {
        start_instructions();
    }
    if ((SCB_CCR & CCR_DC) == 0) { /* else dirty lines would be lost */
        start_data();
    }
}

void cache_barrier(void *ctx)
{
    (void)ctx;
    barrier();
}

void cache_clean(void *ctx, const void *at, size_t len)
{
    const uint32_t from = (uint32_t)(uintptr_t)at;
    (void)ctx;
    barrier();
    for (uint32_t line = from; line < from + len; line += LINE) {
        CACHE_DCCMVAC = line;
    }
    barrier();
}

void cache_invalidate(void *ctx, void *at, size_t len)
{
    const uint32_t from = (uint32_t)(uintptr_t)at;
    (void)ctx;
    barrier();
    for (uint32_t line = from; line < from + len; line += LINE) {
        CACHE_DCIMVAC = line;
    }
    barrier();
}
