/* SPDX-License-Identifier: MIT */
/*
 * The file store of the desktop port. Calls block as files do; opening a pipe without a reader or
 * writer waits for one, as with any other program.
 *
 * REPLACE writes to a temporary file beside the target and renames it on commit, so that a reader
 * sees the old file or the whole new one. Decided here:
 *   - a symbolic link stays, and the file that it points to is replaced or, when it dangles,
 *     created;
 *   - the permission bits of a file that is replaced are kept, else they are 0666 less the umask;
 *     a file that this user may not write is refused, although rename would replace it;
 *   - /dev/stdout, /dev/fd/N and similar names mean the open descriptor, also when that is
 *     redirected to a regular file: a replacement by name would lose everything else written to it;
 *   - no fsync: the rename is atomic to other processes, not to a power cut.
 */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LINKS      40 /* as Linux does before ELOOP */
#define MAX_TEMP_TRIES 16

struct midge_open_file {
    int fd;
    int write_errno; /* of the first write that failed: then the file is never committed */
    int may_sigpipe; /* it may be a pipe */
    char *target;    /* REPLACE by rename: names of the target and the temporary; else both NULL */
    char *temp;
};

/* --- Names --- */

/* Returns `name` in the directory of path; the caller frees it. */
static char *beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    const size_t dir_len = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    const size_t name_len = strlen(name) + 1;
    char *out = malloc(dir_len + name_len);

    if (out != NULL) {
        memcpy(out, path, dir_len);
        memcpy(out + dir_len, name, name_len);
    }
    return out;
}

/* The path that a write to `path` would reach: links of its last component are followed, existing
   or not. realpath cannot do that for a link that dangles. NULL with errno; the caller frees it. */
static char *resolve_links(const char *path)
{
    char *name = strdup(path);

    for (int i = 0; name != NULL && i < MAX_LINKS; i++) {
        char link[PATH_MAX];
        const ssize_t len = readlink(name, link, sizeof link - 1);
        char *next;
        if (len < 0) {
            return name; /* no link, or no file; open reports any error */
        }
        link[len] = '\0';
        next = link[0] == '/' ? strdup(link) : beside(name, link);
        free(name);
        name = next;
    }
    errno = name == NULL ? ENOMEM : ELOOP;
    free(name);
    return NULL;
}

/* The descriptor number in a name for one of this process's descriptors, or -1. */
static int descriptor_of(const char *path)
{
    static const char *const dirs[] = {"/dev/fd/", "/proc/self/fd/"};
    static const char *const names[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(path, names[i]) == 0) {
            return i;
        }
    }
    for (int i = 0; i < 2; i++) {
        const size_t len = strlen(dirs[i]);
        const char *digits = path + len;
        if (strncmp(path, dirs[i], len) == 0 && digits[0] != '\0' &&
            strspn(digits, "0123456789") == strlen(digits) && strlen(digits) < 10) {
            return (int)strtol(digits, NULL, 10);
        }
    }
    return -1;
}

/* --- Opening: each returns 0 or an errno --- */

static int open_plain(struct midge_open_file *f, const char *path, int flags)
{
    const int known = descriptor_of(path);

    f->fd =
        known >= 0 ? fcntl(known, F_DUPFD_CLOEXEC, 0) : open(path, flags | O_CLOEXEC | O_NOCTTY);
    return f->fd < 0 ? errno : 0;
}

static int open_temp_once(struct midge_open_file *f, mode_t mode)
{
    uint64_t random;
    char name[32];

    /* Short, and not made from the target's name, which may have the greatest legal length. */
    if (midge__posix_entropy(NULL, (uint8_t *)&random, sizeof random) != MIDGE_OK) {
        return EIO;
    }
    (void)snprintf(name, sizeof name, ".midge-%016" PRIx64, random);
    f->temp = beside(f->target, name);
    if (f->temp == NULL) {
        return ENOMEM;
    }
    f->fd = open(f->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (f->fd < 0) {
        const int code = errno;
        free(f->temp);
        f->temp = NULL;
        return code;
    }
    return 0;
}

static int open_temp(struct midge_open_file *f, mode_t mode)
{
    int code = EEXIST;
    for (int i = 0; code == EEXIST && i < MAX_TEMP_TRIES; i++) {
        code = open_temp_once(f, mode);
    }
    return code;
}

static int open_beside(struct midge_open_file *f, const char *path, const struct stat *old)
{
    int code;

    if (old != NULL && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0) {
        return errno;
    }
    f->target = resolve_links(path);
    if (f->target == NULL) {
        return errno;
    }
    code = open_temp(f, old == NULL ? 0666 : old->st_mode & 0777);
    if (code == 0 && old != NULL) {
        /* The umask may have removed bits; if they cannot be restored, the file stays private. */
        (void)fchmod(f->fd, old->st_mode & 0777);
    }
    return code;
}

static int open_replace(struct midge_open_file *f, const char *path)
{
    struct stat old;
    const int found = stat(path, &old) == 0;

    if (!found && errno != ENOENT) {
        return errno;
    }
    if (found && (!S_ISREG(old.st_mode) || descriptor_of(path) >= 0)) {
        return open_plain(f, path, O_WRONLY);
    }
    return open_beside(f, path, found ? &old : NULL);
}

static int open_read(struct midge_open_file *f, const char *path)
{
    struct stat st;
    const int code = open_plain(f, path, O_RDONLY);

    if (code != 0) {
        return code;
    }
    if (fstat(f->fd, &st) != 0) {
        return errno;
    }
    return S_ISDIR(st.st_mode) ? EISDIR : 0;
}

/* --- Closing --- */

/* 0 or an errno. Linux has closed the descriptor even when it says EINTR. */
static int close_fd(struct midge_open_file *f)
{
    const int code = f->fd >= 0 && close(f->fd) != 0 ? errno : 0;
    f->fd = -1;
    return code == EINTR ? 0 : code;
}

static void file_free(struct midge_open_file *f)
{
    (void)close_fd(f);
    if (f->temp != NULL) {
        (void)unlink(f->temp);
    }
    free(f->temp);
    free(f->target);
    free(f);
}

/* Errors that the file system has delayed appear at close: NFS and quotas report a full disk
   there. */
static int commit_file(struct midge_open_file *f)
{
    const int closed = close_fd(f);

    if (f->write_errno != 0) {
        return f->write_errno;
    }
    if (closed != 0) {
        return closed;
    }
    if (f->temp != NULL) {
        if (rename(f->temp, f->target) != 0) {
            return errno;
        }
        free(f->temp);
        f->temp = NULL;
    }
    return 0;
}

/* --- Reading and writing --- */

/* An inherited descriptor may be non-blocking; this port's files block. */
static void wait_for(int fd, short events)
{
    struct pollfd one = {.fd = fd, .events = events};
    (void)poll(&one, 1, -1);
}

static int transient(int code, int fd, short events)
{
    if (code == EAGAIN || code == EWOULDBLOCK) {
        wait_for(fd, events);
        return 1;
    }
    return code == EINTR;
}

/* 0 or an errno. */
static int write_all(int fd, const uint8_t *buf, size_t len)
{
    while (len > 0) {
        const ssize_t put = write(fd, buf, len);
        if (put < 0) {
            if (transient(errno, fd, POLLOUT)) {
                continue;
            }
            return errno;
        }
        buf += put;
        len -= (size_t)put;
    }
    return 0;
}

static int write_quietly(const struct midge_open_file *f, const uint8_t *buf, size_t len)
{
    struct posix_sigpipe held;
    int code;

    if (!f->may_sigpipe) {
        return write_all(f->fd, buf, len);
    }
    midge__posix_sigpipe_hold(&held);
    code = write_all(f->fd, buf, len);
    midge__posix_sigpipe_release(&held);
    return code;
}

/* --- The port's calls --- */

/* A full table is distinguished from a file that cannot be opened, because it is temporary. */
static int open_fails(int code, enum midge_file_mode mode, int *native)
{
    midge__native(native, code);
    if (code == EMFILE || code == ENFILE || code == ENOMEM) {
        return MIDGE_ERR_NO_MEMORY;
    }
    return mode == MIDGE_FILE_READ ? MIDGE_ERR_READ : MIDGE_ERR_WRITE;
}

int midge__posix_file_open(void *ctx, const char *path, enum midge_file_mode mode, midge_file *file,
                           int *native)
{
    struct midge_open_file *f = calloc(1, sizeof *f);
    int code;

    (void)ctx;
    *file = NULL;
    midge__native(native, 0);
    if (f == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    f->fd = -1;
    code = path[0] == '\0'           ? ENOENT
           : mode == MIDGE_FILE_READ ? open_read(f, path)
                                     : open_replace(f, path);
    if (code != 0) {
        file_free(f);
        return open_fails(code, mode, native);
    }
    f->may_sigpipe = f->temp == NULL;
    *file = f;
    return MIDGE_OK;
}

int midge__posix_file_size(void *ctx, midge_file file, uint64_t *size)
{
    struct stat st;

    (void)ctx;
    *size = 0;
    if (fstat(file->fd, &st) != 0) {
        return MIDGE_ERR_PORT;
    }
    if (!S_ISREG(st.st_mode)) {
        return MIDGE_ERR_UNSUPPORTED; /* a pipe's st_size is 0, not its length */
    }
    *size = (uint64_t)st.st_size;
    return MIDGE_OK;
}

int midge__posix_file_seek(void *ctx, midge_file file, uint64_t offset)
{
    (void)ctx;
    if (offset > INT64_MAX) {
        return MIDGE_ERR_INVALID;
    }
    if (lseek(file->fd, (off_t)offset, SEEK_SET) >= 0) {
        return MIDGE_OK;
    }
    return errno == ESPIPE ? MIDGE_ERR_UNSUPPORTED : MIDGE_ERR_PORT;
}

int midge__posix_file_read(void *ctx, midge_file file, uint8_t *buf, size_t cap, size_t *n,
                           int *native)
{
    ssize_t got;

    (void)ctx;
    *n = 0;
    midge__native(native, 0);
    if (cap == 0) {
        return MIDGE_ERR_INVALID; /* read would return 0, which reads as EOF */
    }
    do {
        got = read(file->fd, buf, cap);
    } while (got < 0 && transient(errno, file->fd, POLLIN));
    if (got < 0) {
        midge__native(native, errno);
        return MIDGE_ERR_READ;
    }
    *n = (size_t)got;
    return got == 0 ? MIDGE_ERR_EOF : MIDGE_OK;
}

int midge__posix_file_write(void *ctx, midge_file file, const uint8_t *buf, size_t len, int *native)
{
    int code;

    (void)ctx;
    midge__native(native, 0);
    code = write_quietly(file, buf, len);
    if (code == 0) {
        return MIDGE_OK;
    }
    if (file->write_errno == 0) {
        file->write_errno = code;
    }
    midge__native(native, code);
    return MIDGE_ERR_WRITE;
}

int midge__posix_file_finish(void *ctx, midge_file file, int commit, int *native)
{
    const int code = commit ? commit_file(file) : 0;

    (void)ctx;
    file_free(file);
    midge__native(native, code);
    return code == 0 ? MIDGE_OK : MIDGE_ERR_WRITE;
}
