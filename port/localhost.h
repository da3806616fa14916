/* SPDX-License-Identifier: MIT */
/* RFC 6761 6.3: localhost and all below it are loopback and never leave the machine. Each port's
   dns_start answers them itself, with the families that its stack has. */
#ifndef MIDGE_PORT_LOCALHOST_H
#define MIDGE_PORT_LOCALHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Names are compared without case (RFC 4343), in ASCII whatever the locale. A dot at the end does
   not matter. */
static inline bool midge__is_localhost(const char *host)
{
    static const char name[] = "localhost";
    const size_t name_len = sizeof name - 1;
    size_t len = strlen(host);

    if (len > 0 && host[len - 1] == '.') {
        len--;
    }
    if (len < name_len || (len > name_len && host[len - name_len - 1] != '.')) {
        return false;
    }
    for (size_t i = 0; i < name_len; i++) {
        const char c = host[len - name_len + i];
        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != name[i]) {
            return false;
        }
    }
    return true;
}

#endif
