/* SPDX-License-Identifier: MIT */
/*
 * services.h by semihosting: the host (QEMU or a debug probe's program) gives the command line,
 * files and the date, and takes the exit code. Operations and their arguments: Arm's "Semihosting
 * for AArch32 and AArch64". Native codes are the host's errno.
 */
#include "semihost.h"

#include <stdbool.h>
#include <string.h>

#include <midge/err.h>

#include "common/hw.h"
#include "services.h"
#include "words.h"

#define SYS_OPEN          0x01u
#define SYS_CLOSE         0x02u
#define SYS_WRITE         0x05u
#define SYS_READ          0x06u
#define SYS_SEEK          0x0Au
#define SYS_FLEN          0x0Cu
#define SYS_REMOVE        0x0Eu
#define SYS_RENAME        0x0Fu
#define SYS_TIME          0x11u
#define SYS_ERRNO         0x13u
#define SYS_GET_CMDLINE   0x15u
#define SYS_EXIT          0x18u
#define SYS_EXIT_EXTENDED 0x20u

#define MODE_READ  1u       /* "rb" */
#define MODE_WRITE 5u       /* "wb" */
#define EXITED     0x20026u /* ADP_Stopped_ApplicationExit */

#ifndef SEMIHOST_LINE_BYTES
#define SEMIHOST_LINE_BYTES 2048 /* of the command line */
#endif
#ifndef SEMIHOST_FILES
#define SEMIHOST_FILES 4 /* open at once */
#endif
#ifndef SEMIHOST_PATH_BYTES
#define SEMIHOST_PATH_BYTES 192 /* of a file's name */
#endif
#define EXIT_LINE 2 /* BOARD_EXIT_USAGE */

/* errno of the usual hosts */
#define HOST_EIO          5
#define HOST_EINVAL       22
#define HOST_ENAMETOOLONG 36

static char line[SEMIHOST_LINE_BYTES];
static char *words[SERVICES_ARGS + 1];
static int word_count;

static void say(const char *text)
{
    hw_console_write(text, strlen(text));
    hw_console_write("\r\n", 2);
}

/* --- calls --- */

static intptr_t call1(uintptr_t operation, uintptr_t a)
{
    const uintptr_t args[1] = {a};
    return semihost_call(operation, args);
}

static intptr_t call2(uintptr_t operation, uintptr_t a, uintptr_t b)
{
    const uintptr_t args[2] = {a, b};
    return semihost_call(operation, args);
}

static intptr_t call3(uintptr_t operation, uintptr_t a, uintptr_t b, uintptr_t c)
{
    const uintptr_t args[3] = {a, b, c};
    return semihost_call(operation, args);
}

/* errno of the call before, which failed. */
static int host_errno(void)
{
    const intptr_t code = semihost_call(SYS_ERRNO, NULL);
    return code > 0 ? (int)code : HOST_EIO;
}

static intptr_t open_path(const char *path, uintptr_t mode)
{
    return call3(SYS_OPEN, (uintptr_t)path, mode, strlen(path));
}

/* --- arguments --- */

void services_init(void)
{
    uintptr_t args[2] = {(uintptr_t)line, sizeof line};
    if (semihost_call(SYS_GET_CMDLINE, args) != 0) {
        say("semihosting: no command line");
        line[0] = '\0';
    }
    line[sizeof line - 1] = '\0';
    word_count = words_split(line, words, SERVICES_ARGS);
    if (word_count < 0) {
        say("semihosting: too many words in the command line");
        services_exit(EXIT_LINE);
    }
}

/* words[0] is the program's name. */
int services_args(char ***argv)
{
    *argv = word_count > 0 ? words + 1 : words;
    return word_count > 0 ? word_count - 1 : 0;
}

const char *services_env(const char *name)
{
    return word_count > 0 ? words_setting(words + 1, name) : NULL;
}

/* --- date, entropy, end --- */

int64_t services_wall_time(void)
{
    const intptr_t now = semihost_call(SYS_TIME, NULL);
    return now == -1 ? MIDGE_ERR_UNSUPPORTED : (int64_t)(uint32_t)now;
}

bool services_entropy(uint8_t *buf, size_t len)
{
    static bool said;
    const intptr_t handle = open_path("/dev/urandom", MODE_READ);
    if (handle == -1) {
        return false;
    }
    const bool ok = call3(SYS_READ, (uintptr_t)handle, (uintptr_t)buf, len) == 0;
    (void)call1(SYS_CLOSE, (uintptr_t)handle);
    if (ok && !said) {
        said = true;
        say("entropy: from the host, for tests only");
    }
    return ok;
}

_Noreturn void services_exit(int code)
{
    (void)call2(SYS_EXIT_EXTENDED, EXITED, (uintptr_t)code);
    /* Reached if the host does not know that operation: exit without the code. */
    (void)semihost_call(SYS_EXIT, (const void *)(uintptr_t)EXITED);
    hw_halt();
}

/* --- files --- */

struct midge_open_file {
    bool used;
    bool replaces;    /* path is replaced by its .part file, or not changed */
    uintptr_t handle; /* the host's */
    uint64_t at;      /* read so far */
    int failed;       /* native code of the first write that failed */
    char path[SEMIHOST_PATH_BYTES];
    char part[SEMIHOST_PATH_BYTES]; /* name of the open file: path, or path.part */
};

static struct midge_open_file files[SEMIHOST_FILES];

static void set_native(int *native, int code)
{
    if (native != NULL) {
        *native = code;
    }
}

static int fail(int *native, int code, int err)
{
    set_native(native, code);
    return err;
}

/* A name under the host's /dev is not a regular file: it is written directly. */
static bool is_device(const char *path)
{
    return strncmp(path, "/dev/", 5) == 0;
}

static struct midge_open_file *free_slot(void)
{
    for (size_t i = 0; i < SEMIHOST_FILES; i++) {
        if (!files[i].used) {
            return &files[i];
        }
    }
    return NULL;
}

static int file_open(void *ctx, const char *path, enum midge_file_mode mode, midge_file *file,
                     int *native)
{
    static const char suffix[] = ".part";
    const bool reading = mode == MIDGE_FILE_READ;
    const int err = reading ? MIDGE_ERR_READ : MIDGE_ERR_WRITE;
    const size_t len = strlen(path);
    struct midge_open_file *f = free_slot();
    (void)ctx;
    set_native(native, 0);
    if (f == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    if (len + sizeof suffix > sizeof f->path) {
        return fail(native, HOST_ENAMETOOLONG, err);
    }
    *f = (struct midge_open_file){.replaces = !reading && !is_device(path)};
    memcpy(f->path, path, len + 1);
    memcpy(f->part, path, len + 1);
    if (f->replaces) {
        memcpy(f->part + len, suffix, sizeof suffix);
    }
    const intptr_t handle = open_path(f->part, reading ? MODE_READ : MODE_WRITE);
    if (handle == -1) {
        return fail(native, host_errno(), err);
    }
    f->handle = (uintptr_t)handle;
    f->used = true;
    *file = f;
    return MIDGE_OK;
}

static int file_size(void *ctx, midge_file file, uint64_t *size)
{
    const intptr_t len = call1(SYS_FLEN, file->handle);
    (void)ctx;
    if (len == -1) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    *size = (uintptr_t)len;
    return MIDGE_OK;
}

/* The host's offset is one word. */
static int file_seek(void *ctx, midge_file file, uint64_t offset)
{
    (void)ctx;
    if (offset > INTPTR_MAX || call2(SYS_SEEK, file->handle, (uintptr_t)offset) != 0) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    file->at = offset;
    return MIDGE_OK;
}

/* The host returns how many bytes it did not read; for "none left" and for a failure the number is
   the same, so before the file's end it is a failure. QEMU 7.2 keeps no code of a failed read or
   write (its SYS_ERRNO is still that of an earlier call): both get EIO. */
static int file_read(void *ctx, midge_file file, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    uint64_t size;
    const intptr_t rest = call3(SYS_READ, file->handle, (uintptr_t)buf, cap);
    (void)ctx;
    set_native(native, 0);
    if (rest < 0 || (size_t)rest > cap) {
        return fail(native, HOST_EIO, MIDGE_ERR_READ);
    }
    *n = cap - (size_t)rest;
    file->at += *n;
    if (*n > 0) {
        return MIDGE_OK;
    }
    return file_size(NULL, file, &size) == MIDGE_OK && file->at < size
               ? fail(native, HOST_EIO, MIDGE_ERR_READ)
               : MIDGE_ERR_EOF;
}

/* Calls again for the rest, as long as the rest becomes smaller. */
static int file_write(void *ctx, midge_file file, const uint8_t *buf, size_t len, int *native)
{
    (void)ctx;
    set_native(native, 0);
    while (len > 0) {
        const intptr_t rest = call3(SYS_WRITE, file->handle, (uintptr_t)buf, len);
        if (rest < 0 || (size_t)rest >= len) {
            file->failed = HOST_EIO;
            return fail(native, HOST_EIO, MIDGE_ERR_WRITE);
        }
        buf += len - (size_t)rest;
        len = (size_t)rest;
    }
    return MIDGE_OK;
}

static int commit(const struct midge_open_file *f)
{
    const uintptr_t args[4] = {(uintptr_t)f->part, strlen(f->part), (uintptr_t)f->path,
                               strlen(f->path)};
    return semihost_call(SYS_RENAME, args) == 0 ? 0 : host_errno();
}

static int file_finish(void *ctx, midge_file file, int commits, int *native)
{
    int code = file->failed;
    (void)ctx;
    if (call1(SYS_CLOSE, file->handle) != 0 && code == 0) {
        code = host_errno();
    }
    if (file->replaces) {
        if (commits && code == 0) {
            code = commit(file);
        }
        if (!commits || code != 0) {
            (void)call2(SYS_REMOVE, (uintptr_t)file->part, strlen(file->part));
        }
    }
    file->used = false;
    code = commits ? code : 0;
    set_native(native, code);
    return code == 0 ? MIDGE_OK : MIDGE_ERR_WRITE;
}

void services_files(struct midge_port *port)
{
    port->file_open = file_open;
    port->file_size = file_size;
    port->file_seek = file_seek;
    port->file_read = file_read;
    port->file_write = file_write;
    port->file_finish = file_finish;
}
