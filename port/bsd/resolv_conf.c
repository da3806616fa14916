/* SPDX-License-Identifier: MIT */
/*
 * The name servers of resolv.conf(5). Only its lines "nameserver ADDRESS" are read, in the first
 * 4096 bytes; search domains and options do not apply to midge's resolver. Without such a line the
 * server is this machine, as the C libraries have it.
 */
#include "bsd.h"

#ifndef MIDGE_BSD_RESOLV_CONF

void midge__bsd_read_conf(struct bsd *p)
{
    (void)p;
}

#else

#include <arpa/inet.h>

enum { CONF_BYTES = 4096 };

/* text has one address, perhaps with a zone: fe80::1%eth0. */
static bool read_address(char *text, struct midge_addr *addr)
{
    char *zone = strchr(text, '%');

    memset(addr, 0, sizeof *addr);
    if (zone != NULL) {
        *zone++ = '\0';
        addr->scope = if_nametoindex(zone);
    }
    addr->family = strchr(text, ':') != NULL ? 6 : 4;
    return inet_pton(addr->family == 6 ? AF_INET6 : AF_INET, text, addr->bytes) == 1;
}

static void read_line(struct bsd *p, char *line)
{
    static const char word[] = "nameserver";
    const size_t len = sizeof word - 1;

    if (strncmp(line, word, len) != 0 || p->n_conf_servers == MIDGE_RESOLVER_SERVERS) {
        return;
    }
    line += len + strspn(line + len, " \t");
    line[strcspn(line, " \t\r#;")] = '\0';
    if (read_address(line, &p->conf_servers[p->n_conf_servers])) {
        p->n_conf_servers++;
    }
}

/* The length of the file's text in buf; 0 without a file. */
static size_t read_file(char *buf, size_t cap)
{
    const int fd = open(MIDGE_BSD_RESOLV_CONF, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t n = 1;

    while (fd >= 0 && n > 0 && len < cap) {
        n = read(fd, buf + len, cap - len);
        len += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return len;
}

void midge__bsd_read_conf(struct bsd *p)
{
    char text[CONF_BYTES + 1];
    char *line = text, *end;

    p->n_conf_servers = 0;
    text[read_file(text, CONF_BYTES)] = '\0';
    while ((end = strchr(line, '\n')) != NULL) {
        *end = '\0';
        read_line(p, line);
        line = end + 1;
    }
    read_line(p, line);
    if (p->n_conf_servers == 0) {
        p->conf_servers[0] = (struct midge_addr){.family = 4, .bytes = {127, 0, 0, 1}};
        p->n_conf_servers = 1;
    }
}

#endif
