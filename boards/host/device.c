/* SPDX-License-Identifier: MIT */
/* Finds the device and the program for it, beside this program. */
#define _GNU_SOURCE
#include "device.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <midge/tls.h>

/* In a program of 32 bits: BOARD-PROFILE, and whether it is the one with HTTP/2. */
#ifndef DEVICE_OWN
#define DEVICE_OWN ""
#endif
#ifndef DEVICE_HTTP2
#define DEVICE_HTTP2 0
#endif
#define STARTED "MIDGE_DEVICE_STARTED" /* environment: the other program began this one */

#define EXIT_USAGE 2
#define EXIT_WRITE 23
#define NAME_BYTES 64

#define HTTP2   "-http2"
#define PROGRAM "midge-"

static void full_name(const struct device *device, char *name)
{
    snprintf(name, NAME_BYTES, "%s-%s", device->board, device->profile);
}

/* --- the list --- */

/* The rest of name behind board, "" or "-small"; NULL: it is another board's. */
static const char *behind(const char *name, const char *board, size_t len)
{
    int is_it = strncmp(name, board, len) == 0 && (name[len] == '\0' || name[len] == '-');

    return is_it ? name + len : NULL;
}

static const char *behind_board(const struct device *device, const char *name)
{
    const char *rest = behind(name, device->board, strlen(device->board));

    for (const char *at = device->also; rest == NULL && *at != '\0';) {
        size_t len = strcspn(at, " ");
        rest = behind(name, at, len);
        at += len + strspn(at + len, " ");
    }
    return rest;
}

const struct device *device_find(const char *name)
{
    for (size_t i = 0; device_rows[i] != NULL; i++) {
        const struct device *device = device_rows[i];
        const char *rest = behind_board(device, name);
        if (rest != NULL &&
            (rest[0] == '\0' ? device->is_default : strcmp(rest + 1, device->profile) == 0)) {
            return device;
        }
    }
    return NULL;
}

void device_list(void)
{
    puts("device              profile    block  connections  window  segment  also");
    for (size_t i = 0; device_rows[i] != NULL; i++) {
        const struct device *device = device_rows[i];
        char name[NAME_BYTES];
        full_name(device, name);
        printf("%-19s %-7s %8zu %12u %7u %8u  %s\n", device->is_default ? device->board : name,
               device->profile, device->block, device->connections, device->window, device->segment,
               device->also);
    }
}

int device_is_own(const struct device *device)
{
    char name[NAME_BYTES];

    full_name(device, name);
    return strcmp(name, DEVICE_OWN) == 0;
}

size_t device_block(const struct device *device)
{
    return device_is_own(device) ? device->block
                                 : (size_t)((uint64_t)device->block * DEVICE_WIDER / 1000);
}

/* --- the program --- */

/* NAME beside this program. 0: its path is too long. */
static int beside(char *path, size_t cap, const char *name)
{
    ssize_t len = readlink("/proc/self/exe", path, cap - 1);
    char *slash;

    path[len > 0 ? len : 0] = '\0';
    slash = strrchr(path, '/');
    if (slash == NULL || (size_t)(slash + 1 - path) + strlen(name) >= cap) {
        return 0;
    }
    memcpy(slash + 1, name, strlen(name) + 1);
    return 1;
}

/* Tells how to build the program NAME, which does not exist: midge(-PROFILE) for real sockets, or
   midge-BOARD-PROFILE(-http2). */
static void tell_build(const char *name)
{
    const size_t len = strlen(name), tail = strlen(HTTP2), head = strlen(PROGRAM);
    const int http2 = len > head + tail && strcmp(name + len - tail, HTTP2) == 0;

    if (len <= head || strchr(name + head, '-') == NULL) {
        fputs("; build it with cmake -DMIDGE_ALL_PROFILES=ON", stderr);
        return;
    }
    fprintf(
        stderr, "; build it with cmake -DMIDGE_DEVICES=ON%s%.*s (it needs gcc-VERSION-multilib)",
        http2 ? " -DMIDGE_DEVICES_HTTP2=" : "", http2 ? (int)(len - head - tail) : 0, name + head);
}

/* Returns only if it can't. */
static int start(const char *name, char **argv)
{
    char path[PATH_MAX];

    if (getenv(STARTED) != NULL) {
        fprintf(stderr, "midge: %s is not the program of that device\n", argv[0]);
        return EXIT_USAGE;
    }
    if (!beside(path, sizeof path, name)) {
        fprintf(stderr, "midge: this program's own folder can't be found\n");
        return EXIT_USAGE;
    }
    (void)setenv(STARTED, "1", 1);
    (void)fflush(stdout);
    (void)execv(path, argv);
    fprintf(stderr, "midge: the program of that device, %s, can't be started: %s", path,
            strerror(errno));
    if (access(path, F_OK) != 0) {
        tell_build(name);
    }
    fputs("\n", stderr);
    return EXIT_USAGE;
}

static int start_profile(const char *profile, char **argv)
{
    int is_full = strcmp(profile, "full") == 0;
    char name[NAME_BYTES];

    snprintf(name, sizeof name, is_full ? "midge" : "midge-%s", profile);
    return start(name, argv);
}

static int is_right(const struct device *device, const char *sim, int http2)
{
    if (sim != NULL) {
        return device_is_own(device) && http2 == DEVICE_HTTP2;
    }
    return DEVICE_OWN[0] == '\0' && strcmp(midge_tls_profile(), device->profile) == 0;
}

static void tell_factor(const struct device *device)
{
    fprintf(
        stderr,
        "midge: %s-%s: on real sockets pointers have 8 bytes, so the block has %zu bytes, %u.%u "
        "times the board's\n",
        device->board, device->profile, device_block(device), DEVICE_WIDER / 1000,
        DEVICE_WIDER / 100 % 10);
}

static int go_on(const struct device *device, const char *sim, int http2, char **argv)
{
    char name[NAME_BYTES + sizeof PROGRAM HTTP2];

    if (is_right(device, sim, http2)) {
        if (sim == NULL) {
            tell_factor(device);
        }
        (void)unsetenv(STARTED);
        return -1;
    }
    if (sim == NULL) {
        return start_profile(device->profile, argv);
    }
    snprintf(name, sizeof name, PROGRAM "%s-%s%s", device->board, device->profile,
             http2 ? HTTP2 : "");
    return start(name, argv);
}

int device_start(const struct device **device, const char *name, const char *sim, int http2,
                 char **argv)
{
    *device = NULL;
    if (name == NULL && DEVICE_OWN[0] == '\0') {
        return -1;
    }
    if (name == NULL) {
        name = DEVICE_OWN;
        http2 = DEVICE_HTTP2;
    }
    if (strcmp(name, "list") == 0) {
        device_list();
        return fflush(stdout) == 0 && !ferror(stdout) ? 0 : EXIT_WRITE;
    }
    *device = device_find(name);
    if (*device == NULL) {
        fprintf(stderr, "midge: there is no device '%s'; --device list shows them\n", name);
        return EXIT_USAGE;
    }
    return go_on(*device, sim, http2, argv);
}

int device_start_profile(const char *profile, char **argv)
{
    if (strcmp(profile, "full") != 0 && strcmp(profile, "small") != 0 &&
        strcmp(profile, "tiny") != 0) {
        fprintf(stderr, "midge: there is no profile '%s'; there are: full small tiny\n", profile);
        return EXIT_USAGE;
    }
    if (DEVICE_OWN[0] == '\0' && strcmp(midge_tls_profile(), profile) == 0) {
        (void)unsetenv(STARTED);
        return -1;
    }
    return start_profile(profile, argv);
}
