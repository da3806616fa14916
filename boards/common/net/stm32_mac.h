/* SPDX-License-Identifier: MIT */
/*
 * The registers of an STM32F7's Ethernet MAC and its DMA (RM0410 chapter 42), polled; no lwIP.
 * boards/nucleo-f767zi/REGISTERS.md says why each bit is as it is. The board has turned the clocks
 * on and chosen RMII before. Each wait is bounded.
 *
 *     stm32_mac_reset(hclk_hz)        everything as after power-up, MDIO works
 *     stm32_phy_start()               stm32_phy.h
 *     stm32_mac_start(&config)        the rings are ready (stm32_ring.h)
 */
#ifndef MIDGE_BOARDS_STM32_MAC_H
#define MIDGE_BOARDS_STM32_MAC_H

#include <stdbool.h>
#include <stdint.h>

/* The lowest clock of the bus at which the MAC works at 100 Mbit/s. */
#define STM32_MAC_HCLK_LEAST 25000000u

struct stm32_mac_config {
    uint8_t address[6];
    bool multicast;            /* receive all frames to groups, for IPv6 */
    uint32_t rx_list, tx_list; /* addresses of the descriptors, multiples of 4 */
};

/* Resets the DMA and the MAC, and sets the clock of MDIO. False: hclk_hz is out of range, or there
   is no 50 MHz clock from the PHY (after 500 ms): the reset needs it. */
bool stm32_mac_reset(uint32_t hclk_hz);

/* Sets and starts MAC and DMA, at 100 Mbit/s and full duplex until stm32_mac_speed. */
void stm32_mac_start(const struct stm32_mac_config *config);

/* As the PHY has negotiated. */
void stm32_mac_speed(bool is_100, bool is_full_duplex);

/* Lets the DMA look at its next descriptor again (ops of stm32_ring.h). */
void stm32_mac_poll_rx(void);
void stm32_mac_poll_tx(void);

/* Has the DMA stopped after a bus error? Only a new start helps. */
bool stm32_mac_failed(void);

/* A register of a PHY (0 to 31) by MDIO, some 30 us. False: MDIO stays busy. */
bool stm32_mdio_read(unsigned phy, unsigned reg, uint16_t *value);
bool stm32_mdio_write(unsigned phy, unsigned reg, uint16_t value);

#endif
