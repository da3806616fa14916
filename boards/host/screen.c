/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "number.h"

static size_t from_environment(const char *name, size_t otherwise)
{
    const char *text = getenv(name);
    uint64_t number;

    if (text == NULL || !number_parse(text, strlen(text), 1, 10000, &number)) {
        return otherwise;
    }
    return (size_t)number;
}

void screen_size(int fd, size_t *columns, size_t *rows)
{
    struct winsize size;

    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        *columns = size.ws_col;
        *rows = size.ws_row;
    } else {
        *columns = from_environment("COLUMNS", 80);
        *rows = from_environment("LINES", 24);
    }
    if (*columns < 20) {
        *columns = 20;
    }
    if (*rows < 2) {
        *rows = 2;
    }
}

int screen_is_drawable(int fd)
{
    const char *term = getenv("TERM");

    return isatty(fd) && term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

int screen_has_colour(int fd)
{
    const char *refused = getenv("NO_COLOR");

    return screen_is_drawable(fd) && (refused == NULL || refused[0] == '\0');
}

void screen_bytes(char *text, size_t cap, uint64_t bytes)
{
    static const char *const units[] = {"KB", "MB", "GB", "TB"};
    double value = (double)bytes / 1000;
    size_t unit = 0;

    if (bytes < 1000) {
        snprintf(text, cap, "%u B", (unsigned)bytes);
        return;
    }
    for (; value >= 1000 && unit < 3; unit++) {
        value /= 1000;
    }
    snprintf(text, cap, "%.1f %s", value, units[unit]);
}

const char *screen_tail(const char *text, size_t room)
{
    size_t len = strlen(text);

    return len > room ? text + len - room : text;
}
