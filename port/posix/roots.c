/* SPDX-License-Identifier: MIT */
/*
 * The system's trusted roots: one bundle, or the certificates of a folder put behind one another.
 * A distribution's folder has each certificate twice, as a file and as a link whose name is the
 * hash of the subject (8 hexadecimal digits, a dot, a number); only the links are read, in the
 * order of their names, so that the same folder always gives the same bytes.
 */
#include "posix.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_BYTES (16U << 20)
#define READ_SIZE  65536U

static const char *const usual_places[] = {
    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Alpine, Arch, Gentoo */
    "/etc/pki/tls/certs/ca-bundle.crt",                  /* Fedora and its relatives */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* the same, newer */
    "/etc/ssl/ca-bundle.pem",                            /* openSUSE */
    "/usr/local/share/certs/ca-root-nss.crt",            /* FreeBSD */
    "/etc/ssl/cert.pem",                                 /* others of the BSD family */
    "/etc/ssl/certs",
    "/system/etc/security/cacerts" /* Android */
};

struct bytes {
    char *at; /* from malloc */
    size_t len, cap;
};

/* --- files --- */

static int grow(struct bytes *out)
{
    if (out->cap - out->len >= READ_SIZE) {
        return MIDGE_OK;
    }
    size_t cap = 2 * out->cap + READ_SIZE;
    char *at = cap <= MOST_BYTES ? realloc(out->at, cap) : NULL;
    if (at == NULL) {
        return cap <= MOST_BYTES ? MIDGE_ERR_NO_MEMORY : MIDGE_ERR_CA;
    }
    out->at = at;
    out->cap = cap;
    return MIDGE_OK;
}

static int read_all(int fd, struct bytes *out)
{
    for (;;) {
        int err = grow(out);
        if (err != MIDGE_OK) {
            return err;
        }
        ssize_t n = read(fd, out->at + out->len, READ_SIZE);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n == 0 ? MIDGE_OK : MIDGE_ERR_READ;
        }
        out->len += (size_t)n;
    }
}

static int read_file(int folder, const char *path, struct bytes *out)
{
    struct stat about;
    int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return MIDGE_ERR_READ;
    }
    int err = fstat(fd, &about) == 0 ? MIDGE_OK : MIDGE_ERR_READ;
    if (err == MIDGE_OK && !S_ISREG(about.st_mode)) {
        errno = S_ISDIR(about.st_mode) ? EISDIR : EINVAL;
        err = MIDGE_ERR_READ;
    }
    err = err == MIDGE_OK ? read_all(fd, out) : err;
    int failed = errno;
    close(fd);
    errno = failed;
    return err;
}

/* --- folders --- */

static int is_hash_link(const struct dirent *entry)
{
    const char *at = entry->d_name;
    size_t n = 0;
    while (isxdigit((unsigned char)at[n])) {
        n++;
    }
    if (n != 8 || at[8] != '.') {
        return 0;
    }
    at += 9;
    return *at != '\0' && strspn(at, "0123456789") == strlen(at);
}

/* A link that dangles is skipped, as OpenSSL does. */
static int read_folder(const char *path, struct bytes *out)
{
    struct dirent **names;
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int n = folder >= 0 ? scandir(path, &names, is_hash_link, alphasort) : -1;
    int err = n >= 0 ? MIDGE_OK : MIDGE_ERR_READ;
    for (int i = 0; i < n; i++) {
        if (err == MIDGE_OK) {
            err = read_file(folder, names[i]->d_name, out);
            err = err == MIDGE_ERR_READ ? MIDGE_OK : err;
        }
        free(names[i]);
    }
    if (n >= 0) {
        free(names);
    }
    if (folder >= 0) {
        close(folder);
    }
    return err == MIDGE_OK && out->len == 0 ? MIDGE_ERR_CA : err;
}

/* Folders, one after the other with ':' between them. */
static int read_folders(const char *list, struct bytes *out)
{
    char *copy = strdup(list), *rest = NULL;
    int err = copy != NULL ? MIDGE_ERR_CA : MIDGE_ERR_NO_MEMORY;
    for (char *at = copy != NULL ? strtok_r(copy, ":", &rest) : NULL; at != NULL;
         at = strtok_r(NULL, ":", &rest)) {
        int one = read_folder(at, out);
        if (one == MIDGE_ERR_NO_MEMORY || out->len == 0) {
            err = one;
        }
    }
    free(copy);
    return err != MIDGE_ERR_NO_MEMORY && out->len > 0 ? MIDGE_OK : err;
}

static int read_place(const char *path, struct bytes *out)
{
    struct stat about;
    if (stat(path, &about) != 0) {
        return MIDGE_ERR_READ;
    }
    return S_ISDIR(about.st_mode) ? read_folder(path, out) : read_file(AT_FDCWD, path, out);
}

/* --- the choice --- */

static int read_usual(struct bytes *out, const char **place)
{
    int err = MIDGE_ERR_READ;
    for (size_t i = 0; i < sizeof usual_places / sizeof usual_places[0]; i++) {
        *place = usual_places[i];
        err = read_place(*place, out);
        if (err == MIDGE_ERR_NO_MEMORY || (err == MIDGE_OK && out->len > 0)) {
            return err;
        }
    }
    *place = usual_places[0];
    return err;
}

static const char *set_variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

int midge_posix_system_roots(void **roots, size_t *len, const char **place)
{
    struct bytes out = {.at = NULL};
    const char *file = set_variable("SSL_CERT_FILE"), *folders = set_variable("SSL_CERT_DIR");
    const char *from = file != NULL ? file : folders;
    int err = file != NULL      ? read_file(AT_FDCWD, file, &out)
              : folders != NULL ? read_folders(folders, &out)
                                : read_usual(&out, &from);
    if (err == MIDGE_OK && out.len == 0) {
        err = MIDGE_ERR_CA;
    }
    if (place != NULL) {
        *place = from;
    }
    if (err != MIDGE_OK) {
        free(out.at);
        out = (struct bytes){.at = NULL};
    }
    *roots = out.at;
    *len = out.len;
    return err;
}
