/* SPDX-License-Identifier: MIT */
/* Texts for people about failures of TLS. Each is static and ends with NUL. Without
   MIDGE_WITH_TEXTS all are "". */
#ifndef MIDGE_IO_TLS_TEXT_H
#define MIDGE_IO_TLS_TEXT_H

#include <stdint.h>

#include "io/cert_path.h"
#include "midge/config.h"

#if MIDGE_WITH_TEXTS

/* A fatal alert of the peer, by its number. */
const char *midge__tls_alert_text(unsigned number);
/* A failure of the protocol; NULL: there is no text for this code of mbedTLS. */
const char *midge__tls_error_text(int native);
/* A certificate that could not be parsed, with mbedTLS's code. */
const char *midge__tls_parse_text(int native);
/* The most serious of the flags; unread: mbedTLS's code for a certificate that was left out of the
   chain, 0 none. */
const char *midge__tls_verdict_text(const struct midge__verdict *verdict, int unread,
                                    uint32_t flags);

#else

#define midge__tls_alert_text(number)                   ((void)(number), "")
#define midge__tls_error_text(native)                   ((void)(native), "")
#define midge__tls_parse_text(native)                   ((void)(native), "")
#define midge__tls_verdict_text(verdict, unread, flags) ((void)(verdict), (void)(flags), "")

#endif

#endif
