/* SPDX-License-Identifier: MIT */
/* services.h on hardware without a host: SERVICES_ARGS_TEXT holds the command line, unless there is
   one in flash (stored.h). */
#include <string.h>

#include <midge/err.h>

#include "common/hw.h"
#include "services.h"
#include "stored.h"
#include "words.h"

#ifndef SERVICES_ARGS_TEXT
#error "standalone: -DSERVICES_ARGS_TEXT='\"IP=… posts\"' says what to run"
#endif

static char line[] = SERVICES_ARGS_TEXT;
static char *words[SERVICES_ARGS + 1];
static int word_count;

void services_init(void)
{
    static const char trouble[] = "arguments: too many words in SERVICES_ARGS_TEXT\r\n";
    char *stored = stored_line();
    word_count = words_split(stored != NULL ? stored : line, words, SERVICES_ARGS);
    if (word_count < 0) {
        hw_console_write(trouble, strlen(trouble));
        hw_halt();
    }
}

int services_args(char ***argv)
{
    *argv = words;
    return word_count;
}

const char *services_env(const char *name)
{
    return words_setting(words, name);
}

int64_t services_wall_time(void)
{
    return MIDGE_ERR_UNSUPPORTED;
}

bool services_entropy(uint8_t *buf, size_t len)
{
    (void)buf;
    (void)len;
    return false;
}

void services_files(struct midge_port *port)
{
    (void)port;
}

_Noreturn void services_exit(int code)
{
    (void)code;
    hw_halt();
}
