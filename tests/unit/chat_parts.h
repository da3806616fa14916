/* SPDX-License-Identifier: MIT */
/* The parts of the program chat that need no network, and stubs for the rest of the programs. */
#ifndef CHAT_PARTS_H
#define CHAT_PARTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../boards/apps/chat_answer.c"
#include "../../boards/apps/chat_history.c"
#include "../../boards/apps/chat_question.c"
#include "../../boards/apps/chat_text.c"
#include "../../boards/apps/clean.c"
#include "../../boards/apps/parts.c"

/* --- the rest of the programs --- */

static char told[512]; /* the last failure or remark */

static void tell(const char *format, va_list args)
{
    (void)vsnprintf(told, sizeof told, format, args);
}

void app_fail(struct app_item *item, const char *error_class, const char *format, ...)
{
    va_list args;
    (void)error_class;
    va_start(args, format);
    tell(format, args);
    va_end(args);
    item->failed = true;
}

void app_error(const struct app *app, const char *format, ...)
{
    va_list args;
    (void)app;
    va_start(args, format);
    tell(format, args);
    va_end(args);
}

const char *app_error_class(int error)
{
    return midge_err_name(error);
}

bool app_answered_with(struct app_item *item, const char *body, size_t len)
{
    (void)body;
    (void)len;
    return item->result.error == MIDGE_OK;
}

bool app_message(const char *body, size_t len, bool any, char *out, size_t cap)
{
    (void)body;
    (void)len;
    (void)any;
    (void)cap;
    out[0] = '\0';
    return false;
}

static int says_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    (void)sink;
    (void)data;
    (void)len;
    return MIDGE_OK;
}

void app_says_init(struct app_says *says, struct midge_sink *next)
{
    *says = (struct app_says){.sink = {.write = says_write}, .next = next};
}

#endif
