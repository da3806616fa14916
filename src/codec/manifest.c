/* SPDX-License-Identifier: MIT */
/*
 * A manifest is a few lines in a fixed order, and the last one has the signature of all bytes in
 * front of it. So nothing but the last line is read from a text that is not proven yet. Nothing is
 * optional, and unknown lines are an error: another form gets another first line.
 */
#include "codec/manifest.h"

#if MIDGE_WITH_UPDATE

#define MAX_NAME 63U

/* Takes the bytes up to the next line feed off *rest. */
static bool take_line(struct midge_span *rest, struct midge_span *line)
{
    const size_t end = midge__span_find(*rest, '\n');
    if (end == rest->len) {
        return false;
    }
    *line = midge__span(rest->ptr, end);
    *rest = midge__span(rest->ptr + end + 1, rest->len - end - 1);
    return true;
}

/* Takes a line that begins with `key` off *rest; the remainder of the line is the value. */
static bool take(struct midge_span *rest, struct midge_span key, struct midge_span *value)
{
    struct midge_span line;
    if (!take_line(rest, &line) || line.len < key.len ||
        !midge__span_eq(midge__span(line.ptr, key.len), key)) {
        return false;
    }
    *value = midge__span(line.ptr + key.len, line.len - key.len);
    return true;
}

static bool take_name(struct midge_span *rest, struct midge_span key, struct midge_span *name)
{
    if (!take(rest, key, name) || name->len == 0 || name->len > MAX_NAME) {
        return false;
    }
    for (size_t i = 0; i < name->len; i++) {
        if (name->ptr[i] < 0x20 || name->ptr[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

static bool take_number(struct midge_span *rest, struct midge_span key, uint32_t *number)
{
    struct midge_span text;
    uint64_t value;
    if (!take(rest, key, &text) || !midge__span_u64(text, &value) || value > UINT32_MAX ||
        (text.len > 1 && text.ptr[0] == '0')) {
        return false;
    }
    *number = (uint32_t)value;
    return true;
}

/* text has 2 * n characters. */
static bool read_hex(struct midge_span text, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const int high = midge__hex_value(text.ptr[2 * i]);
        const int low = midge__hex_value(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static size_t start_of_last_line(struct midge_span text)
{
    size_t at = text.len - 1;
    while (at > 0 && text.ptr[at - 1] != '\n') {
        at--;
    }
    return at;
}

bool midge__manifest_split(struct midge_span text, struct midge_span *signed_text,
                           uint8_t signature[MIDGE_UPDATE_SIGNATURE], size_t *len)
{
    if (text.len == 0 || text.len > MIDGE_UPDATE_MANIFEST) {
        return false;
    }
    const size_t at = start_of_last_line(text);
    struct midge_span rest = midge__span(text.ptr + at, text.len - at), hex;
    if (!take(&rest, MIDGE__LIT("signature: "), &hex) || hex.len == 0 || hex.len % 2 > 0 ||
        hex.len / 2 > MIDGE_UPDATE_SIGNATURE) {
        return false;
    }
    *signed_text = midge__span(text.ptr, at);
    *len = hex.len / 2;
    return read_hex(hex, signature, *len);
}

bool midge__manifest_read(struct midge_span signed_text, struct midge__manifest *manifest)
{
    struct midge_span rest = signed_text, value;
    struct midge_image *image = &manifest->image;
    return take(&rest, MIDGE__LIT("midge-update 1"), &value) && value.len == 0 &&
           take_name(&rest, MIDGE__LIT("product: "), &manifest->product) &&
           take_name(&rest, MIDGE__LIT("hardware: "), &manifest->hardware) &&
           take_number(&rest, MIDGE__LIT("version: "), &image->version) &&
           take_number(&rest, MIDGE__LIT("size: "), &image->size) && image->size > 0 &&
           take(&rest, MIDGE__LIT("sha256: "), &value) && value.len == 2 * sizeof image->sha256 &&
           read_hex(value, image->sha256, sizeof image->sha256) && rest.len == 0;
}

#endif
