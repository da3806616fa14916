/* SPDX-License-Identifier: MIT */
/* The characters of URLs, RFC 3986 2. */
#include "codec/url.h"

/* One bit for each character that may stand for itself in a path, query or fragment: all between
   0x20 and 0x7f but "#%<>\^`{|} */
static const uint32_t text_chars[8] = {0, 0xafffffd2, 0xafffffff, 0x47fffffe};

static inline bool is_text(char c)
{
    unsigned char u = (unsigned char)c;
    return (text_chars[u / 32] >> u % 32 & 1) != 0;
}

bool midge__url_is_text(char c)
{
    return is_text(c);
}

bool midge__url_is_unreserved(char c)
{
    return midge__is_alpha(c) || midge__is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/* Of those that are no text. */
static bool is_mendable(char c, unsigned flags)
{
    if (c == ' ' || c == '%') {
        return (flags & MIDGE__URL_LOCATION) != 0;
    }
    return (flags & MIDGE__URL_LOOSE) != 0 && (unsigned char)c > ' ' && c != 0x7f;
}

int midge__url_escape(struct midge_span text)
{
    if (text.len < 3 || text.ptr[0] != '%') {
        return -1;
    }
    int high = midge__hex_value(text.ptr[1]), low = midge__hex_value(text.ptr[2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool midge__url_text_ok(struct midge_span text, unsigned flags)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool mended = MIDGE_WITH_URL_MENDING && is_mendable(c, flags);
        if (!is_text(c) && !mended && midge__url_escape(midge__url_drop(text, i)) < 0) {
            return false;
        }
    }
    return true;
}
