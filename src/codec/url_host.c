/* SPDX-License-Identifier: MIT */
/*
 * Which hosts a URL may name. Stricter than RFC 3986's reg-name: only names that DNS can hold and
 * that every reader of the URL understands alike. No %XX, no IDN (give the xn-- form).
 */
#include "codec/url.h"

#include "base/address.h"

#define HOST_MAX  253 /* RFC 1035 2.3.4 without the root's dot */
#define LABEL_MAX 63

static bool is_number(struct midge_span s)
{
    if (s.len >= 2 && s.ptr[0] == '0' && midge__lower(s.ptr[1]) == 'x')
        return true;
    for (size_t i = 0; i < s.len; i++) {
        if (!midge__is_digit(s.ptr[i]))
            return false;
    }
    return s.len != 0;
}

static bool is_host_char(char c)
{
    return midge__is_alpha(c) || midge__is_digit(c) || c == '-' || c == '_';
}

bool midge__url_host_ok(struct midge_span host)
{
    uint8_t bytes[4];
    size_t begin = 0, at = 0; /* of the current label */
    struct midge_span name = host;
    if (name.len > 1 && name.ptr[name.len - 1] == '.') {
        name.len--; /* a fully qualified name's final dot */
    }
    for (; at < name.len; at++) {
        if (name.ptr[at] == '.') {
            if (at - begin - 1 >= LABEL_MAX) { /* also none */
                return false;
            }
            begin = at + 1;
        } else if (!is_host_char(name.ptr[at])) {
            return false;
        }
    }
    if (at - begin - 1 >= LABEL_MAX || at > HOST_MAX) {
        return false;
    }
    /* Readers disagree on 127.1, 0x7f.0.0.1 and 2130706433: only the plain form is accepted. */
    return !is_number(midge__url_drop(name, begin)) || midge__address_v4(host, bytes);
}
