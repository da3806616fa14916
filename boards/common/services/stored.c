/* SPDX-License-Identifier: MIT */
#include "stored.h"

#include <stdbool.h>
#include <string.h>

#include "common/hw.h"

#define ERASED 0xFF

static const char start[] = "midge ";
static char line[STORED_BYTES];

static bool is_end(unsigned char c)
{
    return c == '\n' || c == '\r' || c == '\0' || c == ERASED;
}

/* Copies up to the end; false: there is none within STORED_BYTES, or another control character. */
static bool copy(const volatile unsigned char *from)
{
    for (size_t i = 0; i < sizeof line; i++) {
        const unsigned char c = from[i];
        if (is_end(c)) {
            line[i] = '\0';
            return true;
        }
        if (c < 0x20 && c != '\t') {
            return false;
        }
        line[i] = (char)c;
    }
    return false;
}

char *stored_line(void)
{
    static const char trouble[] = "arguments: the line in flash is not whole\r\n";
    const volatile unsigned char *from = (const volatile unsigned char *)(uintptr_t)SERVICES_STORED;
    if (from[0] == ERASED) {
        return NULL;
    }
    if (!copy(from) || strncmp(line, start, sizeof start - 1) != 0) {
        hw_console_write(trouble, sizeof trouble - 1);
        return NULL;
    }
    return line + sizeof start - 1;
}
