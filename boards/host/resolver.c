/* SPDX-License-Identifier: MIT */
#include "resolver.h"

#include <sys/select.h> /* ares.h names fd_set */
#include <ares.h>
#include <stdio.h>

const char *resolver_text(void)
{
    static char text[32];

    snprintf(text, sizeof text, "c-ares %s", ares_version(NULL));
    return text;
}
