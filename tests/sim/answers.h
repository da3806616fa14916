/* SPDX-License-Identifier: MIT */
/*
 * The hostile answers of tests/sim/hostile/x.world. Such a file is a world as `midge --sim` takes
 * it; above each of its replies a comment says what the client must make of it:
 *
 *     #= METHOD ERROR STATUS CONNECTION TEXT
 *     reply 80 /path
 *
 * ERROR is a name of err.h or OK. CONNECTION is that of the next request: "kept" or "new". TEXT is
 * the whole body of a success, or a part of the error's detail.
 */
#ifndef ANSWERS_H
#define ANSWERS_H

#include "sim_world.h"

#include "host/world.h"

#define HOSTILE_MOST 128

struct hostile {
    char method[8], error[16], connection[8], text[96], path[64];
    int status;
};

static struct hostile hostiles[HOSTILE_MOST];
static size_t n_hostiles;

static inline void hostile_read_line(const char *line)
{
    struct hostile *h = &hostiles[n_hostiles];
    int at = 0;
    if (strncmp(line, "#= ", 3) == 0) {
        *h = (struct hostile){.status = -1};
        int n = sscanf(line, "#= %7s %15s %d %7s%n", h->method, h->error, &h->status, h->connection,
                       &at);
        assert_int_equal(n, 4);
        (void)sscanf(line + at, " %95[^\n]", h->text);
    } else if (h->method[0] != '\0' && sscanf(line, " reply 80 %63s", h->path) == 1) {
        n_hostiles++;
        assert_true(n_hostiles < HOSTILE_MOST);
        hostiles[n_hostiles].method[0] = '\0';
    }
}

static inline void hostile_read(const char *name)
{
    char line[512], path[512];
    (void)snprintf(path, sizeof path, MIDGE_HOSTILE_DIR "/%s.world", name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("no file %s", path);
        return;
    }
    n_hostiles = 0;
    hostiles[0].method[0] = '\0';
    while (fgets(line, sizeof line, file) != NULL) {
        hostile_read_line(line);
    }
    (void)fclose(file);
    assert_true(n_hostiles > 0);
}

/* Prints what differs; true: nothing. */
static inline bool hostile_fits(const struct hostile *h, const struct sim_get *get)
{
    const struct midge_result *r = &get->result;
    const char *error = r->error == MIDGE_OK ? "OK" : midge_err_name(r->error);
    const char *detail = r->detail != NULL ? r->detail : "";
    bool good = r->error == MIDGE_OK
                    ? get->body.len == strlen(h->text) &&
                          memcmp(get->body.len > 0 ? (const char *)get->body.data : "", h->text,
                                 get->body.len) == 0
                    : strstr(detail, h->text) != NULL;
    if (get->dones == 1 && strcmp(error, h->error) == 0 && r->status == h->status && good) {
        return true;
    }
    print_error("%s %s: ended %u times, %s %d '%s', %zu bytes; not %s %d '%s'\n", h->method,
                h->path, get->dones, error, r->status, detail, get->body.len, h->error, h->status,
                h->text);
    return false;
}

#endif
