/* SPDX-License-Identifier: MIT */
/*
 * Classes of failures. For an "API error" the user checks the key or the quota, for a "network
 * error" the cable; a "JSON error" is for the programmer.
 */
#include <stdarg.h>
#include <stdio.h>

#include "app.h"

#define TEXT 400

const char *app_error_class(int error)
{
    switch (error) {
    case MIDGE_ERR_HTTP_STATUS:
        return "API";
    case MIDGE_ERR_TLS:
    case MIDGE_ERR_CERT:
    case MIDGE_ERR_PIN:
    case MIDGE_ERR_CA:
    case MIDGE_ERR_ENTROPY:
    case MIDGE_ERR_TLS_RECORD_SIZE:
        return "TLS";
    case MIDGE_ERR_RESOLVE:
    case MIDGE_ERR_ZONE:
    case MIDGE_ERR_CONNECT:
    case MIDGE_ERR_SEND:
    case MIDGE_ERR_RECV:
    case MIDGE_ERR_EMPTY_REPLY:
    case MIDGE_ERR_PARTIAL:
    case MIDGE_ERR_PROTOCOL:
    case MIDGE_ERR_TIMEOUT:
        return "network";
    case MIDGE_ERR_JSON:
        return "JSON";
    case MIDGE_ERR_WRITE:
    case MIDGE_ERR_READ:
        return "file";
    default:
        return "other";
    }
}

void app_fail(struct app_item *item, const char *error_class, const char *format, ...)
{
    char text[TEXT];
    va_list args;
    if (item->failed) {
        return;
    }
    item->failed = true;
    item->app->failed++;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    app_error(item->app, "%s: %s %u: %s error: %s\n", item->app->name, item->what, item->number,
              error_class, text);
}

/* A status that is not 2xx and for which raise_for_status has no words: 304, for example, or a
   redirect. */
static void unexpected(char *text, size_t cap, const struct app_item *item)
{
    const int status = item->result.status;
    (void)snprintf(text, cap, "%d %s is not what was asked for, for url: %s", status,
                   midge_status_text(status), app_asked(item));
}

static void fail_status(struct app_item *item, const char *api_says)
{
    char text[TEXT / 2], wait[40] = "";
    const char *id = midge_kept_header(item->kept, APP_REQUEST_ID);
    const struct midge_result *result = &item->result;
    if (result->status < 400 || result->status > 599) {
        unexpected(text, sizeof text, item);
    } else {
        (void)midge_raise_for_status(result, text, sizeof text);
    }
    if (result->retry_after_s > 0) {
        (void)snprintf(wait, sizeof wait, "; Retry-After: %u s", (unsigned)result->retry_after_s);
    }
    app_fail(item, app_error_class(MIDGE_ERR_HTTP_STATUS), "%s%s%s%s%s%s", text, wait,
             id != NULL ? "; " APP_REQUEST_ID ": " : "", id != NULL ? id : "",
             api_says != NULL ? "; it says: " : "", api_says != NULL ? api_says : "");
}

/* Only when the client is closed: then the program ends and reports that itself. */
static void fail_quietly(struct app_item *item)
{
    item->app->failed += !item->failed;
    item->failed = true;
}

/* Is result.native the platform's errno? (response.h) */
static bool has_errno(int error)
{
    return error == MIDGE_ERR_CONNECT || error == MIDGE_ERR_SEND || error == MIDGE_ERR_RECV ||
           error == MIDGE_ERR_WRITE || error == MIDGE_ERR_READ;
}

const char *app_native_text(const struct app *app, int native)
{
    const char *text = native > 0 ? board_error_text(app->board, native) : NULL;
    return text != NULL ? text : "";
}

void app_fail_result(struct app_item *item, const char *api_says)
{
    char text[TEXT / 2];
    const int error = item->result.error;
    const char *native = app_native_text(item->app, has_errno(error) ? item->result.native : 0);
    if (error == MIDGE_OK || error == MIDGE_ERR_HTTP_STATUS) {
        fail_status(item, api_says);
    } else if (error == MIDGE_ERR_CLOSED || error == MIDGE_ERR_CANCELED) {
        fail_quietly(item);
    } else {
        (void)midge_result_text(&item->result, text, sizeof text);
        app_fail(item, app_error_class(error), "%s%s%s for url: %s", text,
                 *native != '\0' ? ": " : "", native, app_asked(item));
    }
}
