/* SPDX-License-Identifier: MIT */
/* In place of idn2.c where libidn2 is missing. */
#include "host/idn.h"

const char *idn_name(const char *host, char name[IDN_NAME])
{
    (void)host;
    (void)name;
    return "this build has no libidn2: write its xn-- form";
}
