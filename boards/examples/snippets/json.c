/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "snippets.h"

/* Reads two numbers of {"sensors": [{"celsius": 21.5}], "count": 3}. */
int json_read(struct midge_client *client, const char *text, size_t len, double *celsius,
              int64_t *count)
{
    struct cJSON *json;
    size_t offset; /* of the fault */
    int err = midge_json_parse(client, text, len, 8, &json, &offset);
    if (err != MIDGE_OK) {
        return err;
    }
    *celsius = midge_json_number(json, "sensors[0].celsius", -273.15);
    *count = midge_json_integer(json, "count", 0);
    midge_json_free(client, json);
    return MIDGE_OK;
}

/* The element "data" of a document as a text of its own. */
int json_copy(struct midge_client *client, const char *text, size_t len, char *out, size_t cap)
{
    struct cJSON *json;
    char *printed;
    size_t n;
    int err = midge_json_parse(client, text, len, 8, &json, NULL);
    if (err != MIDGE_OK) {
        return err;
    }
    err = midge_json_at(json, "data")
              ? midge_json_print(client, midge_json_at(json, "data"), &printed, &n)
              : MIDGE_ERR_JSON;
    midge_json_free(client, json);
    if (err != MIDGE_OK) {
        return err;
    }
    err = n < cap ? MIDGE_OK : MIDGE_ERR_TOO_LARGE;
    if (err == MIDGE_OK) {
        memcpy(out, printed, n + 1);
    }
    midge_free(client, printed);
    return err;
}

/* Writes {"device":"a1","values":[1,0.5,true,null],"raw":{"x":1}} into out. */
int json_write(char *out, size_t cap, size_t *len)
{
    struct midge_json_writer w;
    midge_json_write_begin(&w, out, cap);
    midge_json_begin_object(&w);
    midge_json_put_key(&w, "device");
    midge_json_put_text(&w, "a1 and more", 2);
    midge_json_put_key(&w, "values");
    midge_json_begin_array(&w);
    midge_json_put_int(&w, 1);
    midge_json_put_double(&w, 0.5);
    midge_json_put_bool(&w, true);
    midge_json_put_null(&w);
    midge_json_end_array(&w);
    midge_json_put_key(&w, "raw");
    midge_json_put_raw(&w, "{\"x\":1}", 7);
    midge_json_end_object(&w);
    return midge_json_write_end(&w, len);
}
