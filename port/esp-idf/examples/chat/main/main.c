/* SPDX-License-Identifier: MIT */
/* boards/apps/chat.c: a conversation with a language model on the console. */
#include <example.h>
#include <sdkconfig.h>

#include "apps/app.h"

void app_main(void)
{
    char *with_api[] = {"chat", "--history", "8192", "--api", CONFIG_EXAMPLE_API};
    const int argc = sizeof CONFIG_EXAMPLE_API > 1 ? 5 : 3;
    struct board board;
    if (example_begin(&board)) {
        (void)app_chat(&board, argc, with_api);
    }
}
