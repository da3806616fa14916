/* SPDX-License-Identifier: MIT */
/* The names of TLS alerts: RFC 8446 6, RFC 5246 7.2 and IANA's registry. */
#include "io/tls_internal.h"

#include <midge/config.h>

#if MIDGE_WITH_TEXTS

#include <string.h>

#define SENT "server sent alert "

/* For each alert: its number as one byte, its text, NUL. */
static const char alerts[] = "\012" SENT "unexpected_message\0"
                             "\024" SENT "bad_record_mac\0"
                             "\025" SENT "decryption_failed\0"
                             "\026" SENT "record_overflow\0"
                             "\036" SENT "decompression_failure\0"
                             "\050" SENT "handshake_failure\0"
                             "\051" SENT "no_certificate\0"
                             "\052" SENT "bad_certificate\0"
                             "\053" SENT "unsupported_certificate\0"
                             "\054" SENT "certificate_revoked\0"
                             "\055" SENT "certificate_expired\0"
                             "\056" SENT "certificate_unknown\0"
                             "\057" SENT "illegal_parameter\0"
                             "\060" SENT "unknown_ca\0"
                             "\061" SENT "access_denied\0"
                             "\062" SENT "decode_error\0"
                             "\063" SENT "decrypt_error\0"
                             "\064" SENT "too_many_cids_requested\0"
                             "\074" SENT "export_restriction\0"
                             "\106" SENT "protocol_version: no TLS version in common\0"
                             "\107" SENT "insufficient_security: it wants stronger ciphers\0"
                             "\120" SENT "internal_error\0"
                             "\126" SENT "inappropriate_fallback\0"
                             "\132" SENT "user_canceled\0"
                             "\144" SENT "no_renegotiation\0"
                             "\155" SENT "missing_extension\0"
                             "\156" SENT "unsupported_extension\0"
                             "\157" SENT "certificate_unobtainable\0"
                             "\160" SENT "unrecognized_name: it does not know this host name\0"
                             "\161" SENT "bad_certificate_status_response\0"
                             "\162" SENT "bad_certificate_hash_value\0"
                             "\163" SENT "unknown_psk_identity\0"
                             "\164" SENT "certificate_required\0"
                             "\165" SENT "general_error\0"
                             "\170" SENT "no_application_protocol\0"
                             "\171" SENT "ech_required\0";

const char *midge__tls_alert_text(unsigned number)
{
    for (const char *at = alerts; *at != '\0'; at += strlen(at) + 1) {
        if ((unsigned char)*at == number) {
            return at + 1;
        }
    }
    return "server sent a fatal alert of unknown number";
}

#endif
