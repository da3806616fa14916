/* SPDX-License-Identifier: MIT */
#include "core/pins.h"

#include "core/client.h"
#include "io/pin.h"

#if MIDGE_WITH_PINS

int midge__pins_check(const struct midge_client *client, const struct midge_pins *pins,
                      struct midge_span servername, bool skips_verification)
{
    pins = midge__pins_for(pins, servername);
    if (pins != NULL && (pins->mode > MIDGE_PIN_ONLY || skips_verification)) {
        return MIDGE_ERR_INVALID;
    }
    bool can =
        skips_verification || midge__pins_replace(pins) || midge__tls_can_verify(client->tls);
    return can ? MIDGE_OK : MIDGE_ERR_CA;
}

#endif
