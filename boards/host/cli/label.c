/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "label.h"

#include <string.h>

#include "apps/app.h"

/* One character: its bytes, or "?". */
struct letter {
    char bytes[5];
    uint8_t len, columns;
};

/* East Asian wide characters and pictographs (Unicode's EastAsianWidth W and F, in large blocks).
 */
static int is_wide(uint32_t code)
{
    static const struct {
        uint32_t from, to;
    } wide[] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
                {0xf900, 0xfaff}, {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};

    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        if (code >= wide[i].from && code <= wide[i].to) {
            return 1;
        }
    }
    return 0;
}

/* Combining marks, joiners, selectors of variants. */
static int is_narrow(uint32_t code)
{
    return (code >= 0x300 && code <= 0x36f) || (code >= 0x200b && code <= 0x200d) ||
           (code >= 0x20d0 && code <= 0x20ff) || (code >= 0xfe00 && code <= 0xfe0f) ||
           code == 0xfeff;
}

/* XML 1.0 has no U+FFFE and U+FFFF. */
static struct letter next(const char **at)
{
    struct letter letter = {.bytes = "?", .len = 1, .columns = 1};
    size_t left = strlen(*at), n;
    uint32_t code;
    bool harmless;

    n = app_utf8(*at, left, &code);
    (void)app_character(*at, left, &harmless);
    if (harmless && code != 0xfffe && code != 0xffff) {
        memcpy(letter.bytes, *at, n);
        letter.len = (uint8_t)n;
        letter.columns = (uint8_t)(is_wide(code) ? 2 : is_narrow(code) ? 0 : 1);
    }
    *at += n;
    return letter;
}

size_t label_columns(const char *name)
{
    size_t columns = 0;

    while (*name != '\0') {
        columns += next(&name).columns;
    }
    return columns;
}

/* Adds the letters that lie between two columns, both inclusive and exclusive. */
static void add_part(struct text *out, const char *name, size_t from, size_t to)
{
    for (size_t at = 0; *name != '\0';) {
        struct letter letter = next(&name);
        if (at >= from && at + letter.columns <= to) {
            text_add(out, letter.bytes, letter.len);
        }
        at += letter.columns;
    }
}

static struct text cut(struct keep *keep, const char *name, size_t room)
{
    struct text out = {.keep = keep};
    size_t all = label_columns(name), head = room / 3;

    text_add(&out, "", 0);
    if (all <= room) {
        add_part(&out, name, 0, SIZE_MAX);
        return out;
    }
    add_part(&out, name, 0, head);
    text_puts(&out, "..");
    add_part(&out, name, all - (room - head - 2), SIZE_MAX);
    return out;
}

const char *label_begin(struct keep *keep, const char *name, size_t room)
{
    struct text out = {.keep = keep};

    text_add(&out, "", 0);
    add_part(&out, name, 0, room);
    return out.data;
}

const char *label_cut(struct keep *keep, const char *name, size_t room)
{
    return cut(keep, name, room).data;
}

const char *label_filled(struct keep *keep, const char *name, size_t room)
{
    struct text out = cut(keep, name, room);

    for (size_t columns = label_columns(out.data); columns < room; columns++) {
        text_puts(&out, " ");
    }
    return out.data;
}

void label_xml(struct text *out, const char *name)
{
    while (*name != '\0') {
        struct letter letter = next(&name);
        if (letter.len == 1 && strchr("&<>\"'", letter.bytes[0]) != NULL) {
            text_format(out, "&#%u;", (unsigned)(unsigned char)letter.bytes[0]);
        } else {
            text_add(out, letter.bytes, letter.len);
        }
    }
}
