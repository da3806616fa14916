/* SPDX-License-Identifier: MIT */
/* Lines as terminals want them. */
#include "common/lines.h"

#include "common/hw.h"

void console_lines(const char *text, size_t len)
{
    size_t from = 0;
    for (size_t at = 0; at < len; at++) {
        if (text[at] == '\n') {
            hw_console_write(text + from, at - from);
            hw_console_write("\r\n", 2);
            from = at + 1;
        }
    }
    hw_console_write(text + from, len - from);
}
