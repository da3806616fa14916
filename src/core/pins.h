/* SPDX-License-Identifier: MIT */
/* Pins of an origin: a part of its identity, by pointer. A set that is kept for redirects may have
   no pin for this origin's host. */
#ifndef MIDGE_CORE_PINS_H
#define MIDGE_CORE_PINS_H

#include <stdbool.h>

#include "base/span.h"
#include "midge/config.h"
#include "midge/pins.h"

struct midge_client;

#if MIDGE_WITH_PINS
#define MIDGE__PINS_FIELD        const struct midge_pins *pins;
#define midge__pins_of(owner)    ((owner)->pins)
#define midge__pins_set(to, set) ((void)((to)->pins = (set)))
#else
#define MIDGE__PINS_FIELD
#define midge__pins_of(owner)    ((void)(owner), (const struct midge_pins *)NULL)
#define midge__pins_set(to, set) ((void)(to), (void)(set))
#endif

/* Can a server of this name be verified as its requests ask for? CA, INVALID. */
#if MIDGE_WITH_PINS
int midge__pins_check(const struct midge_client *client, const struct midge_pins *pins,
                      struct midge_span servername, bool skips_verification);
#else
#define midge__pins_check(client, pins, servername, skips_verification)                            \
    ((skips_verification) || midge__tls_can_verify((client)->tls) ? (int)MIDGE_OK                  \
                                                                  : (int)MIDGE_ERR_CA)
#endif

#endif
