/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "kept_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define ATTRIBUTE "user.midge.validator"

void kept_file_init(struct kept_file *file, const char *path)
{
    struct stat about;
    ssize_t n;

    *file = (struct kept_file){.path = path, .fd = -1};
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size == 0) {
        return;
    }
    file->size = (uint64_t)about.st_size;
    n = getxattr(path, ATTRIBUTE, file->validator, sizeof file->validator - 1);
    file->validator[n > 0 ? n : 0] = '\0';
}

/* A file system without attributes is no failure: -C works as curl's then. */
static void mark(const struct kept_file *file)
{
    if (file->validator[0] != '\0') {
        (void)fsetxattr(file->fd, ATTRIBUTE, file->validator, strlen(file->validator), 0);
    } else {
        (void)fremovexattr(file->fd, ATTRIBUTE);
    }
}

/* A pipe or device has no size: the bytes are written as they come. */
static int cut(struct kept_file *file)
{
    struct stat about;

    if (fstat(file->fd, &about) != 0) {
        return errno;
    }
    if (!S_ISREG(about.st_mode)) {
        return 0;
    }
    if ((uint64_t)about.st_size != file->size) {
        return EBUSY;
    }
    mark(file);
    if (ftruncate(file->fd, (off_t)file->start) != 0 ||
        lseek(file->fd, (off_t)file->start, SEEK_SET) < 0) {
        return errno;
    }
    return 0;
}

int kept_file_open(struct kept_file *file)
{
    int code;

    if (file->fd >= 0) {
        return 0;
    }
    file->fd = open(file->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file->fd < 0) {
        return errno;
    }
    code = cut(file);
    if (code != 0) {
        close(file->fd);
        file->fd = -1;
    }
    return code;
}

static int close_file(struct kept_file *file)
{
    int code = file->fd >= 0 && close(file->fd) != 0 ? errno : 0;

    file->fd = -1;
    return code;
}

int kept_file_reset(struct kept_file *file)
{
    int code = 0;

    if (file->fd < 0) {
        return 0;
    }
    code = ftruncate(file->fd, (off_t)file->start) != 0 ? errno : 0;
    file->size = file->start;
    (void)close_file(file);
    return code;
}

int kept_file_end(struct kept_file *file, int good)
{
    if (good) {
        (void)removexattr(file->path, ATTRIBUTE);
    }
    return close_file(file);
}
