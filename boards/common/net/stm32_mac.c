/* SPDX-License-Identifier: MIT */
/*
 * Configuration registers are written twice, with a pause (put): the MAC takes a value over into
 * the clocks of RMII, which are slower than the bus, and a second write within four of their
 * periods can be lost. ST's errata sheet of the STM32F4 (ES0206, "Successive write operations to
 * the same register might not be fully taken into account") asks for this; the MAC here is the
 * same, and ST's own driver does so.
 */
#include "stm32_mac.h"

#include "common/cpu/cortexm.h"
#include "common/hw.h"

#define ETH(offset) CORTEXM_REG(0x40028000u + (offset))

/* MAC */
#define MACCR    ETH(0x00u)
#define MACFFR   ETH(0x04u)
#define MACMIIAR ETH(0x10u)
#define MACMIIDR ETH(0x14u)
#define MACFCR   ETH(0x18u)
#define MACA0HR  ETH(0x40u)
#define MACA0LR  ETH(0x44u)
/* DMA */
#define DMABMR   ETH(0x1000u)
#define DMATPDR  ETH(0x1004u)
#define DMARPDR  ETH(0x1008u)
#define DMARDLAR ETH(0x100Cu)
#define DMATDLAR ETH(0x1010u)
#define DMASR    ETH(0x1014u)
#define DMAOMR   ETH(0x1018u)
#define DMAIER   ETH(0x101Cu)

#define MACCR_KEPT (1u << 15) /* reserved, 1 after a reset */
#define MACCR_FES  (1u << 14) /* 100 Mbit/s */
#define MACCR_DM   (1u << 11) /* full duplex */
#define MACCR_TE   (1u << 3)
#define MACCR_RE   (1u << 2)
#define MACFFR_PAM (1u << 4) /* frames to all groups pass */

#define MIIAR_PHY_AT 11
#define MIIAR_REG_AT 6
#define MIIAR_CR     (7u << 2) /* MDC's divider */
#define MIIAR_CR_AT  2
#define MIIAR_WRITE  (1u << 1)
#define MIIAR_BUSY   (1u << 0)

#define DMABMR_AAB    (1u << 25) /* bursts begin at aligned addresses */
#define DMABMR_FB     (1u << 16) /* bursts of 4, 8 and 16 */
#define DMABMR_PBL_32 (32u << 8) /* words of a burst, sending and receiving */
#define DMABMR_SR     (1u << 0)

#define DMAOMR_RSF (1u << 25) /* a frame goes to memory when all of it is there */
#define DMAOMR_TSF (1u << 21) /* a frame is sent when all of it is there */
#define DMAOMR_FTF (1u << 20) /* empties the transmit FIFO */
#define DMAOMR_ST  (1u << 13)
#define DMAOMR_OSF (1u << 2) /* the next frame is read while one is sent */
#define DMAOMR_SR  (1u << 1)

#define DMASR_FBES (1u << 13)
#define DMASR_RBUS (1u << 7)
#define DMASR_TUS  (1u << 5)
#define DMASR_TBUS (1u << 2)
#define DMASR_ALL  0x0001E7FFu /* all that is cleared by writing 1 */

#define RESET_MS  500
#define SPINS     100000u /* reads of a register: 2 ms at least */
#define MIRROR_US 4       /* 4 periods of 2.5 MHz, RMII's clock at 10 Mbit/s, take 1.6 us */

static void pause_us(uint32_t us)
{
    const uint64_t from = hw_micros();
    for (uint32_t spins = 0; spins < SPINS && hw_micros() - from <= us; spins++) {
    }
}

static void put(volatile uint32_t *reg, uint32_t value)
{
    *reg = value;
    (void)*reg;
    pause_us(MIRROR_US);
    *reg = value;
}

/* --- reset --- */

/* The divider of HCLK for MDC, at most 2.5 MHz; false: RM0410 has none for this clock. */
static bool mdc_divider(uint32_t hz, uint32_t *divider)
{
    static const struct {
        uint32_t below_mhz, code;
    } table[] = {{35, 2}, {60, 3}, {100, 0}, {150, 1}, {217, 4}}; /* by 16, 26, 42, 62, 102 */
    for (unsigned i = 0; hz >= 20000000u && i < sizeof table / sizeof table[0]; i++) {
        if (hz < table[i].below_mhz * 1000000u) {
            *divider = table[i].code << MIIAR_CR_AT;
            return true;
        }
    }
    return false;
}

bool stm32_mac_reset(uint32_t hclk_hz)
{
    uint32_t divider;
    if (hclk_hz < STM32_MAC_HCLK_LEAST || !mdc_divider(hclk_hz, &divider)) {
        return false;
    }
    const uint64_t from = hw_millis();
    DMABMR = DMABMR_SR;
    while ((DMABMR & DMABMR_SR) != 0) {
        if (hw_millis() - from > RESET_MS) {
            return false;
        }
    }
    MACMIIAR = divider;
    return true;
}

/* --- start --- */

static void set_address(const uint8_t mac[6])
{
    MACA0HR = (uint32_t)mac[5] << 8 | mac[4];
    /* The MAC takes the address over when its low part is written. */
    MACA0LR = (uint32_t)mac[3] << 24 | (uint32_t)mac[2] << 16 | (uint32_t)mac[1] << 8 | mac[0];
}

static void flush_tx(void)
{
    DMAOMR = DMAOMR_RSF | DMAOMR_TSF | DMAOMR_OSF | DMAOMR_FTF;
    for (uint32_t spins = 0; spins < SPINS && (DMAOMR & DMAOMR_FTF) != 0; spins++) {
    }
}

void stm32_mac_start(const struct stm32_mac_config *config)
{
    set_address(config->address);
    put(&MACFFR, config->multicast ? MACFFR_PAM : 0);
    put(&MACFCR, 0);
    put(&DMABMR, DMABMR_AAB | DMABMR_FB | DMABMR_PBL_32);
    DMARDLAR = config->rx_list;
    DMATDLAR = config->tx_list;
    DMAIER = 0; /* polled */
    DMASR = DMASR_ALL;
    put(&MACCR, MACCR_KEPT | MACCR_FES | MACCR_DM | MACCR_TE | MACCR_RE);
    flush_tx();
    put(&DMAOMR, DMAOMR_RSF | DMAOMR_TSF | DMAOMR_OSF | DMAOMR_ST | DMAOMR_SR);
}

void stm32_mac_speed(bool is_100, bool is_full_duplex)
{
    put(&MACCR, MACCR_KEPT | MACCR_TE | MACCR_RE | (is_100 ? MACCR_FES : 0) |
                    (is_full_duplex ? MACCR_DM : 0));
}

/* --- while it runs --- */

void stm32_mac_poll_rx(void)
{
    DMASR = DMASR_RBUS;
    DMARPDR = 0; /* any value */
}

void stm32_mac_poll_tx(void)
{
    DMASR = DMASR_TBUS | DMASR_TUS;
    DMATPDR = 0;
}

bool stm32_mac_failed(void)
{
    return (DMASR & DMASR_FBES) != 0;
}

/* --- MDIO --- */

static bool mdio_idle(void)
{
    for (uint32_t spins = 0; spins < SPINS; spins++) {
        if ((MACMIIAR & MIIAR_BUSY) == 0) {
            return true;
        }
    }
    return false;
}

static bool mdio_run(unsigned phy, unsigned reg, uint32_t operation)
{
    MACMIIAR = (MACMIIAR & MIIAR_CR) | (uint32_t)phy << MIIAR_PHY_AT |
               (uint32_t)reg << MIIAR_REG_AT | operation | MIIAR_BUSY;
    return mdio_idle();
}

bool stm32_mdio_read(unsigned phy, unsigned reg, uint16_t *value)
{
    if (!mdio_idle() || !mdio_run(phy, reg, 0)) {
        return false;
    }
    *value = (uint16_t)MACMIIDR;
    return true;
}

bool stm32_mdio_write(unsigned phy, unsigned reg, uint16_t value)
{
    if (!mdio_idle()) {
        return false;
    }
    MACMIIDR = value;
    return mdio_run(phy, reg, MIIAR_WRITE);
}
