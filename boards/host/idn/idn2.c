/* SPDX-License-Identifier: MIT */
/* By libidn2, which curl uses too: the tables of Unicode are no work for this program. */
#include "host/idn.h"

#include <idn2.h>
#include <stdio.h>

/* A name that is not allowed today may be one by the older rules. */
static int to_ascii(const char *host, char **label)
{
    int err = idn2_to_ascii_8z(host, label, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);

    return err == IDN2_OK ? err : idn2_to_ascii_8z(host, label, IDN2_NFC_INPUT | IDN2_TRANSITIONAL);
}

const char *idn_name(const char *host, char name[IDN_NAME])
{
    char *label;
    int err = to_ascii(host, &label), len;

    if (err != IDN2_OK) {
        return idn2_strerror(err);
    }
    len = snprintf(name, IDN_NAME, "%s", label);
    idn2_free(label);
    return len < IDN_NAME ? NULL : "it is too long";
}
