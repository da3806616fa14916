/* SPDX-License-Identifier: MIT */
#include "common/keys.h"

#if MIDGE_KEYLOG

#include <string.h>

#include "common/hw.h"
#include "common/services/services.h"

static void show(void *ctx, const char *line)
{
    (void)ctx;
    hw_console_write(line, strlen(line));
    hw_console_write("\r\n", 2);
}

void keys_set(struct midge_tls *tls)
{
    if (services_env("SSLKEYLOGFILE") != NULL) {
        show(NULL,
             "midge: WARNING: this is a debugging image, and shows the keys of all connections");
        tls->on_key = show;
    }
}

#endif
