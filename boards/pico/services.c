/* SPDX-License-Identifier: MIT */
/*
 * common/services/services.h on these boards: files, and with them arguments and trusted roots, are
 * in the last 1,280 KB of flash (port_pico.h), where settings.py puts them. Without a file "args"
 * the image's own SERVICES_ARGS_TEXT holds the command line.
 */
#include <string.h>

#include <midge/err.h>
#include <midge/port_pico.h>
#include <pico.h>

#include "common/hw.h"
#include "common/services/services.h"
#include "common/services/words.h"

#ifndef SERVICES_LINE_BYTES
#define SERVICES_LINE_BYTES 1024 /* of the command line */
#endif

static const struct midge_pico_store place = {
    .offset = PICO_FLASH_SIZE_BYTES - 1310720, .area_bytes = 131072, .files = 5};

static struct midge_port own;
static char line[SERVICES_LINE_BYTES] = SERVICES_ARGS_TEXT;
static char *words[SERVICES_ARGS + 1];
static int word_count;

static void say(const char *text)
{
    hw_console_write(text, strlen(text));
}

/* Replaces the command line by that of the file, if there is one. */
static void read_line(void)
{
    midge_file file;
    size_t n = 0;
    int native;
    if (own.file_open(NULL, "args", MIDGE_FILE_READ, &file, &native) != MIDGE_OK) {
        return;
    }
    if (own.file_read(NULL, file, (uint8_t *)line, sizeof line - 1, &n, &native) != MIDGE_OK) {
        n = 0;
    }
    line[n] = '\0';
    (void)own.file_finish(NULL, file, 0, &native);
}

void services_init(void)
{
    midge_pico_port(&own);
    if (midge_pico_files(&own, &place) != MIDGE_OK) {
        say("files: there is no such region of flash\r\n");
        hw_halt();
    }
    read_line();
    word_count = words_split(line, words, SERVICES_ARGS);
    if (word_count < 0) {
        say("arguments: too many words\r\n");
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
    return own.wall_time(NULL);
}

bool services_entropy(uint8_t *buf, size_t len)
{
    (void)buf;
    (void)len;
    return false;
}

void services_files(struct midge_port *port)
{
    (void)midge_pico_files(port, &place);
}

_Noreturn void services_exit(int code)
{
    (void)code;
    hw_halt();
}
