/* SPDX-License-Identifier: MIT */
#include "stm32_phy.h"

#include <stdint.h>

#include "common/hw.h"
#include "stm32_mac.h"

#define CONTROL    0u
#define STATUS     1u
#define IDENTIFIER 2u
#define OURS       4u
#define THEIRS     5u

#define CONTROL_RESET     0x8000u
#define CONTROL_NEGOTIATE 0x1200u /* enable and restart */
#define STATUS_NEGOTIATED 0x0020u
#define STATUS_LINK       0x0004u
#define OFFER             0x01E1u /* IEEE 802.3; 10 and 100, half and full */
#define CAN_100_FULL      0x0100u
#define CAN_100_HALF      0x0080u
#define CAN_10_FULL       0x0040u

#define START_MS 500 /* after power-up */
#define RESET_MS 500

/* Without a PHY, and while one is not ready after power-up, the line is high: all ones. */
static bool responds(unsigned phy)
{
    const uint64_t from = hw_millis();
    uint16_t id;
    do {
        if (!stm32_mdio_read(phy, IDENTIFIER, &id)) {
            return false;
        }
        if (id != 0xFFFFu && id != 0) {
            return true;
        }
    } while (hw_millis() - from <= START_MS);
    return false;
}

static bool reset(unsigned phy)
{
    const uint64_t from = hw_millis();
    uint16_t control = CONTROL_RESET;
    if (!stm32_mdio_write(phy, CONTROL, CONTROL_RESET)) {
        return false;
    }
    while ((control & CONTROL_RESET) != 0 && hw_millis() - from <= RESET_MS) {
        if (!stm32_mdio_read(phy, CONTROL, &control)) {
            return false;
        }
    }
    return (control & CONTROL_RESET) == 0;
}

bool stm32_phy_start(unsigned phy)
{
    return responds(phy) && reset(phy) && stm32_mdio_write(phy, OURS, OFFER) &&
           stm32_mdio_write(phy, CONTROL, CONTROL_NEGOTIATE);
}

struct stm32_link stm32_phy_link(unsigned phy)
{
    struct stm32_link link = {false, false, false};
    uint16_t status, ours, theirs;
    /* The status keeps a loss of the link until it is read: first "down", then the present state.
       So a short loss is reported, and the speed is asked for again. */
    if (!stm32_mdio_read(phy, STATUS, &status) || status == 0xFFFFu ||
        (status & STATUS_LINK) == 0 || (status & STATUS_NEGOTIATED) == 0 ||
        !stm32_mdio_read(phy, OURS, &ours) || !stm32_mdio_read(phy, THEIRS, &theirs)) {
        return link;
    }
    const unsigned both = ours & theirs;
    link.up = true;
    link.is_100 = (both & (CAN_100_FULL | CAN_100_HALF)) != 0;
    link.is_full_duplex =
        (both & CAN_100_FULL) != 0 || ((both & CAN_100_HALF) == 0 && (both & CAN_10_FULL) != 0);
    return link;
}
