/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "peer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define CERTIFICATE_TEXT 4096
#define NAMES            "subjectAltName: "

static void show_address(const struct midge_peer *peer, const char *before, const char *after)
{
    char text[INET6_ADDRSTRLEN] = "";
    int family = peer->address->family == 6 ? AF_INET6 : AF_INET;

    (void)inet_ntop(family, peer->address->bytes, text, sizeof text);
    fprintf(stderr, "* connection %u: %s %s (%s) port %u%s\n", (unsigned)peer->connection, before,
            peer->host, text, (unsigned)peer->port, after);
}

/* --- the certificate --- */

/* "*.example.com" for one label; an address by its bytes. */
static int name_matches(const char *pattern, size_t len, const char *name)
{
    const char *rest = strchr(name, '.');
    uint8_t ours[16], theirs[16];
    char copy[64];

    if (len > 3 && strncmp(pattern, "IP:", 3) == 0 && len - 3 < sizeof copy) {
        int family = strchr(name, ':') != NULL ? AF_INET6 : AF_INET;
        memcpy(copy, pattern + 3, len - 3);
        copy[len - 3] = '\0';
        return inet_pton(family, name, ours) == 1 && inet_pton(family, copy, theirs) == 1 &&
               memcmp(ours, theirs, family == AF_INET ? 4 : 16) == 0;
    }
    if (len < 4 || strncmp(pattern, "DNS:", 4) != 0) {
        return 0;
    }
    pattern += 4;
    len -= 4;
    if (len > 2 && pattern[0] == '*' && rest != NULL) {
        return strlen(rest) == len - 1 && strncasecmp(rest, pattern + 1, len - 1) == 0;
    }
    return strlen(name) == len && strncasecmp(name, pattern, len) == 0;
}

/* list: "DNS:one, IP:two", one line. */
static void show_match(const char *list, size_t len, const char *name)
{
    const char *end = list + len;

    while (list < end) {
        const char *comma = memmem(list, (size_t)(end - list), ", ", 2);
        size_t one = (size_t)((comma != NULL ? comma : end) - list);
        if (name_matches(list, one, name)) {
            const char *colon = memchr(list, ':', one);
            fprintf(stderr, "*   " NAMES "host \"%s\" matched cert's \"%.*s\"\n", name,
                    (int)(list + one - colon - 1), colon + 1);
            return;
        }
        list += one + 2;
    }
    fprintf(stderr, "*   " NAMES "host \"%s\" is not among the certificate's names\n", name);
}

static void show_certificate(const struct midge_peer *peer)
{
    char text[CERTIFICATE_TEXT];
    const char *line = text;

    (void)midge_certificate_text(peer->certificate, text, sizeof text);
    fprintf(stderr, "* connection %u: server certificate:\n", (unsigned)peer->connection);
    while (*line != '\0') {
        size_t len = strcspn(line, "\n");
        fprintf(stderr, "*   %.*s\n", (int)len, line);
        if (strncmp(line, NAMES, sizeof NAMES - 1) == 0) {
            show_match(line + sizeof NAMES - 1, len - (sizeof NAMES - 1), peer->servername);
        }
        line += len + (line[len] == '\n');
    }
}

void peer_show(const struct midge_peer *peer)
{
    switch (peer->event) {
    case MIDGE_PEER_TRYING:
        show_address(peer, "trying", " ...");
        break;
    case MIDGE_PEER_CONNECTED:
        show_address(peer, "connected to", "");
        break;
    case MIDGE_PEER_CERTIFICATE:
        show_certificate(peer);
        break;
    case MIDGE_PEER_SECURE:
        fprintf(stderr, "* connection %u: TLS 1.%u, %s, %s, certificate %s\n",
                (unsigned)peer->connection, peer->tls_version % 10u, peer->cipher,
                peer->resumed ? "resumed session" : "full handshake",
                peer->verified ? "verified" : "not verified (-k)");
        break;
    }
}
