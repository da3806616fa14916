/* SPDX-License-Identifier: MIT */
/*
 * --ciphers for TLS 1.2 and --tls13-ciphers for TLS 1.3: names with colons between them, in order
 * of preference, as curl with OpenSSL has them. Only names of suites that midge offers; OpenSSL's
 * words for groups of suites (HIGH, !aNULL) are refused. Without one of the options its version
 * keeps all of its suites.
 */
#include "ciphers.h"

#include <string.h>
#include <midge/tls.h>

#include "failure.h"

static const struct {
    const char *name;
    int suite; /* IANA's number */
} suites[] = {
    {"TLS_AES_128_GCM_SHA256", 0x1301},        {"TLS_AES_256_GCM_SHA384", 0x1302},
    {"TLS_CHACHA20_POLY1305_SHA256", 0x1303},  {"TLS_AES_128_CCM_SHA256", 0x1304},
    {"ECDHE-ECDSA-AES128-GCM-SHA256", 0xc02b}, {"ECDHE-RSA-AES128-GCM-SHA256", 0xc02f},
    {"ECDHE-ECDSA-AES256-GCM-SHA384", 0xc02c}, {"ECDHE-RSA-AES256-GCM-SHA384", 0xc030},
    {"ECDHE-ECDSA-CHACHA20-POLY1305", 0xcca9}, {"ECDHE-RSA-CHACHA20-POLY1305", 0xcca8},
    {"ECDHE-ECDSA-AES128-CCM", 0xc0ac},        {"ECDHE-ECDSA-AES256-CCM", 0xc0ad},
    {"ECDHE-ECDSA-AES128-CCM8", 0xc0ae},
};
enum { SUITES = sizeof suites / sizeof suites[0], TLS13_SUITES = 4 };

/* Adds the suites of a list, or all of the rows first..last - 1. */
static int add(struct options *options, const char *option, const char *list, size_t first,
               size_t last)
{
    int *to = options->ciphers;

    while (*to != 0) {
        to++;
    }
    if (list == NULL) {
        for (size_t i = first; i < last; i++) {
            *to++ = suites[i].suite;
        }
        return 0;
    }
    for (const char *at = list; at != NULL;) {
        size_t len = strcspn(at, ":"), i = first;
        while (i < last && (strncmp(at, suites[i].name, len) != 0 || suites[i].name[len] != 0)) {
            i++;
        }
        if (i == last) {
            return usage_error("option --%s: midge offers no cipher '%.*s'", option, (int)len, at);
        }
        *to++ = suites[i].suite;
        at = at[len] == ':' ? at + len + 1 : NULL;
    }
    return 0;
}

int ciphers_parse(struct options *options)
{
    const char *old = options->ciphers_12, *new = options->ciphers_13;
    size_t most = SUITES + 2 + (old != NULL ? strlen(old) : 0) + (new != NULL ? strlen(new) : 0);
    int code;

    if (old == NULL && new == NULL) {
        return 0;
    }
    options->ciphers = keep_alloc(options->keep, most * sizeof *options->ciphers);
    code = strcmp(midge_tls_profile(), "full") == 0
               ? add(options, "tls13-ciphers", new, 0, TLS13_SUITES)
           : new != NULL
               ? usage_error("option --tls13-ciphers is not supported in the profile '%s'",
                             midge_tls_profile())
               : 0;
    return code == 0 ? add(options, "ciphers", old, TLS13_SUITES, SUITES) : code;
}
