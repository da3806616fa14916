/* SPDX-License-Identifier: MIT */
/* The PHY beside an STM32's MAC, by the registers that all PHYs have (IEEE 802.3, 22.2.4). */
#ifndef MIDGE_BOARDS_STM32_PHY_H
#define MIDGE_BOARDS_STM32_PHY_H

#include <stdbool.h>

/* Resets the PHY at that address (0 to 31) and begins the negotiation. False: no PHY responds, or
   it does not leave its reset within 500 ms. */
bool stm32_phy_start(unsigned phy);

struct stm32_link {
    bool up, is_100, is_full_duplex; /* the last two only if it is up */
};

/* Looks at the link; down as well if the PHY does not respond. */
struct stm32_link stm32_phy_link(unsigned phy);

#endif
