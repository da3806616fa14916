/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int descriptor_again(int fd, short events)
{
    struct pollfd wait = {.fd = fd, .events = events};

    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return poll(&wait, 1, -1) >= 0 || errno == EINTR;
    }
    return errno == EINTR;
}

int descriptor_write(int fd, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && !descriptor_again(fd, POLLOUT)) {
            return errno;
        }
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

int descriptor_is_stdout(const char *path)
{
    struct stat named, ours;

    if (strncmp(path, "/dev/", 5) != 0 && strncmp(path, "/proc/", 6) != 0) {
        return 0;
    }
    return stat(path, &named) == 0 && fstat(STDOUT_FILENO, &ours) == 0 &&
           (S_ISREG(ours.st_mode) || S_ISSOCK(ours.st_mode)) && named.st_dev == ours.st_dev &&
           named.st_ino == ours.st_ino;
}

int descriptor_open(const char *path)
{
    if (strcmp(path, "-") == 0 || descriptor_is_stdout(path)) {
        return STDOUT_FILENO;
    }
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

int descriptor_save(int fd, const void *data, size_t len)
{
    int code = descriptor_write(fd, data, len);

    if (fd != STDOUT_FILENO && close(fd) != 0 && code == 0) {
        code = errno;
    }
    return code;
}

static int replace(struct keep *keep, const char *path, const struct text *all)
{
    char *beside = keep_format(keep, "%s.XXXXXX", path);
    int fd = mkstemp(beside); /* only for its owner */
    int code = fd < 0 ? errno : descriptor_save(fd, all->data, all->len);

    if (code == 0 && rename(beside, path) != 0) {
        code = errno;
    }
    if (code != 0 && fd >= 0) {
        (void)unlink(beside);
    }
    return code;
}

int descriptor_replace(struct keep *keep, const char *path, const struct text *all)
{
    struct stat file;
    int fd;

    if (strcmp(path, "-") != 0 && (stat(path, &file) != 0 || S_ISREG(file.st_mode)) &&
        !descriptor_is_stdout(path)) {
        return replace(keep, path, all);
    }
    fd = descriptor_open(path);
    return fd < 0 ? errno : descriptor_save(fd, all->data, all->len);
}
