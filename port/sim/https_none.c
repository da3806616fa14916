/* SPDX-License-Identifier: MIT */
/* In place of https.c, where midge does not build mbedTLS. */
#include "sim.h"

int midge_sim_use_tls(struct midge_sim_host *host, uint16_t port,
                      const struct midge_sim_tls *settings)
{
    (void)host;
    (void)port;
    (void)settings;
    return MIDGE_ERR_UNSUPPORTED;
}

const void *midge_sim_root(size_t *len)
{
    *len = 0;
    return NULL;
}
