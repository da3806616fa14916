/* SPDX-License-Identifier: MIT */
/*
 * Pins of public keys. tls_verify.c passes each certificate of a path that mbedTLS has built, from
 * the root down to the server's own, together with its flags; the verdict is made at the last one:
 *
 *     mode   keys compared     flags of the chain    the last certificate gets
 *     PATH   all of the path   count                 CERT_PIN, if they are 0 and no key is pinned
 *     LEAF   the last one      count                 the same
 *     ONLY   the last one      do not count          CERT_PIN or nothing
 *
 * A handshake with pins ends well only after such a verdict, or with a session of the same origin,
 * whose identity has the pins.
 */
#include "io/tls_internal.h"

#if MIDGE_WITH_PINS

#include <string.h>

#include "io/certificate.h"
#include "midge/hash.h"

/* Certificates and SNI have absolute names without their last dot; a URL may have it. */
static struct midge_span without_dot(struct midge_span name)
{
    return midge__span(name.ptr,
                       name.len - (name.len > 1 && name.ptr[name.len - 1] == '.' ? 1U : 0U));
}

static bool is_for(const struct midge_pin *pin, struct midge_span host)
{
    return pin->host == NULL ||
           midge__span_eq_nocase(without_dot(midge__span_of(pin->host)), without_dot(host));
}

const struct midge_pins *midge__pins_for(const struct midge_pins *pins, struct midge_span host)
{
    for (size_t i = 0; pins != NULL && i < pins->count; i++) {
        if (is_for(&pins->pin[i], host)) {
            return pins;
        }
    }
    return NULL;
}

/* All zero is a pin that was not set, and the digest of hash hardware that failed. */
static bool is_same(const uint8_t *pin, const uint8_t *digest)
{
    static const uint8_t none[32];
    return memcmp(pin, digest, sizeof none) == 0 && memcmp(pin, none, sizeof none) != 0;
}

static bool has_pinned_key(const struct midge__tls_impl *impl, const mbedtls_x509_crt *crt)
{
    const struct midge_span host = midge__span_of(impl->pinned_host);
    const struct midge_pins *pins = impl->pins;
    uint8_t digest[32];
    size_t i = 0;
    midge__certificate_key(crt, digest);
    while (i < pins->count &&
           !(is_for(&pins->pin[i], host) && is_same(pins->pin[i].sha256, digest))) {
        i++;
    }
    return i < pins->count;
}

void midge__pin_open(struct midge__tls_impl *impl, const struct midge__tls_params *params)
{
    impl->pins = midge__pins_for(params->pins, midge__span_of(params->servername));
    impl->pinned_host = params->servername;
}

uint32_t midge__pin_flags(struct midge__tls_impl *impl, const mbedtls_x509_crt *crt, int depth,
                          uint32_t flags)
{
    if (impl->pins == NULL) {
        return flags;
    }
    if (!impl->pinned && (depth == 0 || impl->pins->mode == MIDGE_PIN_PATH)) {
        impl->pinned = has_pinned_key(impl, crt);
    }
    bool good = (impl->verdict.flags | flags) == 0;
    return depth == 0 && good && !impl->pinned ? MIDGE__CERT_PIN : flags;
}

bool midge__pin_holds(struct midge__tls_impl *impl)
{
    bool holds = impl->pins == NULL || impl->pinned || impl->tls->resumed;
    impl->verdict.flags |= holds ? 0U : MIDGE__CERT_PIN;
    return holds;
}

#endif
