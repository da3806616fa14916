/* SPDX-License-Identifier: MIT */
/*
 * Calls of the JSON writer by chance: a byte is a call, more bytes are its text. When it says OK
 * the text is JSON, with the length that it said before; numbers are read back. The first byte is
 * the size of the buffer.
 */
#include "json_reference.h"

#include <math.h>

#include "cJSON.h"
#include "midge/err.h"
#include "midge/json_write.h"

static uint8_t next(struct fuzz_in *in)
{
    uint8_t byte = in->len > 0 ? in->at[0] : 0;
    in->at += in->len > 0;
    in->len -= in->len > 0;
    return byte;
}

static struct fuzz_in piece(struct fuzz_in *in)
{
    size_t len = next(in) % 16;
    struct fuzz_in taken = {in->at, len < in->len ? len : in->len};
    in->at += taken.len;
    in->len -= taken.len;
    return taken;
}

static void put_key(struct midge_json_writer *w, struct fuzz_in *in)
{
    struct fuzz_in text = piece(in);
    char *key = fuzz_string(text.at, text.len);
    midge_json_put_key(w, key);
    free(key);
}

static void put_text(struct midge_json_writer *w, struct fuzz_in *in)
{
    struct fuzz_in text = piece(in);
    char *copy = fuzz_copy(text.at, text.len);
    midge_json_put_text(w, copy, text.len);
    free(copy);
}

static uint64_t number(struct fuzz_in *in)
{
    struct fuzz_in bytes = piece(in);
    uint64_t value = 0;
    memcpy(&value, bytes.at, bytes.len < 8 ? bytes.len : 8);
    return value;
}

static void put_double(struct midge_json_writer *w, struct fuzz_in *in)
{
    uint64_t bits = number(in);
    double value, read;
    char text[64];
    size_t len;
    struct midge_json_writer alone;
    memcpy(&value, &bits, sizeof value);
    midge_json_put_double(w, value);
    midge_json_write_begin(&alone, text, sizeof text);
    midge_json_put_double(&alone, value);
    int err = midge_json_write_end(&alone, &len);
    FUZZ_CHECK((err == MIDGE_OK) == (isfinite(value) != 0));
    /* The very largest is rounded up to a number beyond a double: 1.79769313486232e308. */
    if (err == MIDGE_OK && fabs(value) >= 1e-300 && fabs(value) < 1.797693134e308) {
        read = strtod(text, NULL);
        FUZZ_CHECK(fabs(read - value) <= fabs(value) * 1e-13);
    }
}

static void call(struct midge_json_writer *w, uint8_t which, struct fuzz_in *in)
{
    switch (which % 10) {
    case 0:
        midge_json_begin_object(w);
        break;
    case 1:
        midge_json_end_object(w);
        break;
    case 2:
        midge_json_begin_array(w);
        break;
    case 3:
        midge_json_end_array(w);
        break;
    case 4:
    case 5:
        put_key(w, in);
        break;
    case 6:
        put_text(w, in);
        break;
    case 7:
        midge_json_put_int(w, (int64_t)number(in));
        break;
    case 8:
        put_double(w, in);
        break;
    default:
        (which & 16) != 0 ? midge_json_put_null(w) : midge_json_put_bool(w, (which & 32) != 0);
        break;
    }
}

static int write_all(struct fuzz_in in, char *out, size_t cap, size_t *len)
{
    struct midge_json_writer w;
    midge_json_write_begin(&w, out, cap);
    while (in.len > 0) {
        uint8_t which = next(&in);
        call(&w, which, &in);
    }
    return midge_json_write_end(&w, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    size_t cap = next(&in), needed = 0, len = 0;
    int err = write_all(in, NULL, 0, &needed);
    char *small = malloc(cap + 1), *exact = malloc(needed + 1);
    FUZZ_CHECK(err == MIDGE_ERR_TOO_LARGE || (err == MIDGE_ERR_INVALID && needed == 0));
    int fits = write_all(in, exact, needed + 1, &len);
    FUZZ_CHECK(err == MIDGE_ERR_TOO_LARGE ? fits == MIDGE_OK : fits == MIDGE_ERR_INVALID);
    if (fits == MIDGE_OK) {
        struct json_reference reference = {exact, exact + len, false};
        FUZZ_CHECK(len == needed && strlen(exact) == len && json_document(&reference));
        cJSON *read = cJSON_ParseWithLength(exact, len);
        FUZZ_CHECK(read != NULL || reference.half_pair);
        cJSON_Delete(read);
    }
    fits = write_all(in, small, cap + 1, &len);
    FUZZ_CHECK(err == MIDGE_ERR_INVALID || fits == (needed <= cap ? MIDGE_OK : err));
    free(small);
    free(exact);
    return 0;
}
