/* SPDX-License-Identifier: MIT */
/* A debugging image (MIDGE_KEYLOG) with the setting SSLKEYLOGFILE shows the keys of all
   connections: the console's text is that file. */
#ifndef COMMON_KEYS_H
#define COMMON_KEYS_H

#include <midge/tls.h>

#if MIDGE_KEYLOG
void keys_set(struct midge_tls *tls);
#else
#define keys_set(tls) ((void)(tls))
#endif

#endif
