/* SPDX-License-Identifier: MIT */
/* boards/apps/posts.c: three requests one after another, then at once. */
#include <example.h>
#include <sdkconfig.h>

#include "apps/app.h"

void app_main(void)
{
    char *with_api[] = {"posts", "--api", CONFIG_EXAMPLE_API};
    const int argc = sizeof CONFIG_EXAMPLE_API > 1 ? 3 : 1;
    struct board board;
    if (example_begin(&board)) {
        (void)app_posts(&board, argc, with_api);
    }
}
