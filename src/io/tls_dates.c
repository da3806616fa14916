/* SPDX-License-Identifier: MIT */
/*
 * The dates of certificates are judged by the port's clock, if it can be trusted; otherwise only
 * certificates that expired before the floor are refused, and the result says that time was not
 * verified.
 *
 * In owned builds mbedTLS compares the dates with the time of the stream's scope, which is the
 * floor where the clock shows an earlier time. An external mbedTLS has a clock of its own, or none.
 */
#include "io/tls_internal.h"

void midge__tls_read_clock(struct midge__tls_impl *impl)
{
    const struct midge__tls_context *context = impl->tls->context;
    int64_t now = context->port->wall_time(context->port->ctx);
    impl->clock_trusted = now > 0 && now >= context->time_floor;
    impl->scope.time = impl->clock_trusted ? now : context->time_floor;
}

#if defined(MIDGE_TLS_EXTERNAL)

/* Seconds since 1970 of a date in the Gregorian calendar; mbedTLS has checked the fields. */
static int64_t seconds_of(const mbedtls_x509_time *t)
{
    bool late = t->mon > 2;
    int32_t year = late ? t->year : t->year - 1; /* years that begin in March */
    int32_t day_of_year = (153 * (t->mon + (late ? -3 : 9)) + 2) / 5 + t->day - 1;
    int32_t day = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
    return day * INT64_C(86400) + ((t->hour * 60 + t->min) * 60 + t->sec);
}

static uint32_t compared(const struct midge__tls_impl *impl, const mbedtls_x509_crt *crt,
                         uint32_t flags)
{
    flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    flags |= seconds_of(&crt->valid_to) < impl->scope.time ? MBEDTLS_X509_BADCERT_EXPIRED : 0U;
    return flags |
           (seconds_of(&crt->valid_from) > impl->scope.time ? MBEDTLS_X509_BADCERT_FUTURE : 0U);
}

#else
#define compared(impl, crt, flags) ((void)(crt), (flags))
#endif

uint32_t midge__tls_date_flags(const struct midge__tls_impl *impl, const mbedtls_x509_crt *crt,
                               uint32_t flags)
{
    flags = compared(impl, crt, flags);
    impl->tls->time_verified = impl->clock_trusted;
    return impl->clock_trusted ? flags : flags & ~(uint32_t)MBEDTLS_X509_BADCERT_FUTURE;
}
