/* SPDX-License-Identifier: MIT */
/* RFC 6761 6.3: localhost and all names below it are loopback; such a query never leaves the
   machine. Each port's dns_start answers them itself, with the address families of its stack. */
#ifndef MIDGE_PORT_LOCALHOST_H
#define MIDGE_PORT_LOCALHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Compares without case (RFC 4343), in ASCII whatever the locale. A dot at the end is ignored. */
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
