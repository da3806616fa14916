/* SPDX-License-Identifier: MIT */
/* SSLKEYLOGFILE in debugging builds (-DMIDGE_KEYLOG=ON): the keys of all connections are written to
   the file that the variable names. */
#ifndef MIDGE_HOST_KEYLOG_H
#define MIDGE_HOST_KEYLOG_H

#include <midge/tls.h>

#if MIDGE_KEYLOG
/* Sets tls->on_key, if the variable is set; says so on stderr, or that the file cannot be opened.
 */
void keylog_set(struct midge_tls *tls);
#else
#define keylog_set(tls) ((void)(tls))
#endif

#endif
