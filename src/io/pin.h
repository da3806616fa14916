/* SPDX-License-Identifier: MIT */
/* Pins of public keys, midge/pins.h. */
#ifndef MIDGE_IO_PIN_H
#define MIDGE_IO_PIN_H

#include <stdbool.h>

#include "base/span.h"
#include "midge/config.h"
#include "midge/pins.h"

#if MIDGE_WITH_PINS

/* The set, if it has a pin for this host; else NULL. pins may be NULL. */
const struct midge_pins *midge__pins_for(const struct midge_pins *pins, struct midge_span host);

/* Does a pin of the set, which is one for this host, replace the verification of the chain? */
static inline bool midge__pins_replace(const struct midge_pins *pins)
{
    return pins != NULL && pins->mode == MIDGE_PIN_ONLY;
}

#else

#define midge__pins_for(pins, host) ((const struct midge_pins *)NULL)
#define midge__pins_replace(pins)   ((void)(pins), false)

#endif

#endif
