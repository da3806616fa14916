/* SPDX-License-Identifier: MIT */
/*
 * The library refuses a request with such a setting without saying which one, so they are refused
 * here by name. A value that asks for nothing is accepted: --retry 0, --proxy '', --tlsv1.2.
 * Options of which the program has no code (--form, --compressed, ...) are refused by
 * option_table.c.
 */
#include "left_out.h"

#include <midge/config.h>
#include <midge/tls.h>

#include "failure.h"

#define OVERRIDES "TLS and address settings of a request (MIDGE_WITH_OVERRIDES)"

int left_out_check(const struct options *options, const struct group *group)
{
    const struct {
        int has, asked;
        const char *option, *feature;
    } rows[] = {
        {MIDGE_WITH_REDIRECTS, group->max_redirects > 0, "location",
         "redirects (MIDGE_WITH_REDIRECTS)"},
        {MIDGE_WITH_RETRY, group->retry > 0, "retry", "repeats (MIDGE_WITH_RETRY)"},
        {MIDGE_WITH_RATE, options->rate.requests > 0, "rate", "rates (MIDGE_WITH_RATE)"},
        {MIDGE_WITH_PROXY, group->proxy != NULL && group->proxy[0] != '\0', "proxy",
         "proxies (MIDGE_WITH_PROXY)"},
        {MIDGE_WITH_PINS, group->pinned != NULL, "pinnedpubkey", "pins (MIDGE_WITH_PINS)"},
        {MIDGE_WITH_CIPHERS, options->ciphers != NULL,
         options->ciphers_12 != NULL ? "ciphers" : "tls13-ciphers",
         "choice of cipher suites (MIDGE_WITH_CIPHERS)"},
        {MIDGE_WITH_OVERRIDES, group->insecure, "insecure", OVERRIDES},
        {MIDGE_WITH_OVERRIDES, group->resolve.n > 0, "resolve", OVERRIDES},
        {MIDGE_WITH_OVERRIDES, group->connect_to.n > 0, "connect-to", OVERRIDES},
        {MIDGE_WITH_OVERRIDES, group->servername != NULL, "servername", OVERRIDES},
        {MIDGE_WITH_OVERRIDES, group->tls_1_3, "tlsv1.3", OVERRIDES},
        {MIDGE_WITH_OVERRIDES, group->max_tls != MIDGE_TLS_DEFAULT, "tls-max", OVERRIDES},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].asked && !rows[i].has) {
            return usage_error("option --%s: this build has no %s", rows[i].option,
                               rows[i].feature);
        }
    }
    return 0;
}
