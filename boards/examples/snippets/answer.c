/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "snippets.h"

/* request.on_response: headers are read while the head is there. */
int answer_look(void *ctx, midge_id id, const struct midge_response *response)
{
    char *type = (char *)ctx; /* 32 bytes */
    const char *name, *value;
    size_t name_len, value_len, at = 0, fields = 0;
    (void)id;

    value = midge_response_header(response, "Content-Type", &value_len);
    if (!value || value_len >= 32) {
        return MIDGE_ERR_PROTOCOL; /* the request fails with it */
    }
    memcpy(type, value, value_len);
    type[value_len] = '\0';

    while (midge_response_next(response, &at, &name, &name_len, &value, &value_len)) {
        fields++;
    }
    return fields < 50 ? MIDGE_OK : MIDGE_ERR_TOO_LARGE;
}

/* request.on_response: a hint at the time, from servers that were verified only. */
int answer_date(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)id;
    *(int64_t *)ctx = midge_response_date(response); /* 0: none that can be trusted */
    return MIDGE_OK;
}

/* "TIMEOUT in phase tls", for a log of failures. */
void answer_failed(const struct midge_result *result, char *text, size_t cap)
{
    text[0] = '\0';
    (void)strncat(text, midge_err_name(result->error), cap - 1);
    (void)strncat(text, " in phase ", cap - 1 - strlen(text));
    (void)strncat(text, midge_phase_name((enum midge_phase)result->phase), cap - 1 - strlen(text));
}

/* A GET whose error, or whose status, becomes a sentence in text. */
int answer_fetch(struct midge_client *client, const char *url, char *text, size_t cap)
{
    char type[32] = "", kept[96];
    struct midge_result result;
    struct midge_request get = {.url = url,
                                .keep_headers = "ETag, Content-Type",
                                .kept = kept,
                                .kept_size = sizeof kept,
                                .ctx = type,
                                .on_response = answer_look};
    midge_id id;
    int err = midge_start(client, &get, &id);
    if (err != MIDGE_OK) {
        return err;
    }
    (void)midge_wait(client, id, &result); /* a failed wait is result.error, too */
    err = midge_raise_for_status(&result, text, cap);
    if (err == MIDGE_OK && midge_kept_header(kept, "ETag") && cap > 0) {
        (void)strncpy(text, midge_kept_header(kept, "ETag"), cap - 1);
        text[cap - 1] = '\0';
    }
    return err;
}
