/* SPDX-License-Identifier: MIT */
/*
 * A URL is read into parts: literal text, a set of words, a range. The nth URL is written by taking
 * n apart into one digit for each part, as a number whose last digit is that of the last part.
 */
#define _GNU_SOURCE
#include "glob.h"

#include <ctype.h>
#include <string.h>

#include "failure.h"

#define DIGITS_MOST 9 /* of a number in a range */

struct part {
    enum { LITERAL, SET, NUMBERS, LETTERS } kind;
    const char *text; /* LITERAL, SET: from here, without the braces */
    size_t len;
    unsigned long low, step;
    int width; /* NUMBERS: digits, with zeros before */
    size_t n;  /* texts that it stands for */
};

struct glob {
    struct keep *keep;
    const char *url, *why; /* why: it is malformed; NULL: it is not */
    struct part *parts;
    size_t n_parts;
    size_t n; /* URLs */
};

/* --- reading --- */

static struct part *add_part(struct glob *glob, const struct part *part)
{
    glob->parts = keep_room(glob->keep, glob->parts, glob->n_parts, sizeof *part);
    glob->parts[glob->n_parts] = *part;
    return &glob->parts[glob->n_parts++];
}

static const char *fail(struct glob *glob, const char *at, const char *what)
{
    glob->why =
        keep_format(glob->keep, "%s at character %zu of the URL; -g takes {} and [] as they are",
                    what, (size_t)(at - glob->url) + 1);
    return at + strlen(at);
}

/* As with curl: in a word, each character may be; elsewhere a brace or bracket. */
static int is_escaped(const char *at, int in_word)
{
    return at[0] == '\\' && at[1] != '\0' && (in_word || strchr("{}[]", at[1]) != NULL);
}

/* From the "{". */
static const char *read_set(struct glob *glob, const char *open)
{
    struct part set = {.kind = SET, .text = open + 1, .n = 1};
    const char *at = open + 1;

    for (; *at != '}'; at++) {
        if (*at == '\0') {
            return fail(glob, open, "a brace that is not closed");
        }
        if (*at == '{') {
            return fail(glob, at, "a brace inside of braces");
        }
        set.n += *at == ',';
        at += is_escaped(at, 1);
    }
    set.len = (size_t)(at - set.text);
    if (set.len == 0) {
        return fail(glob, open, "braces without a word");
    }
    (void)add_part(glob, &set);
    return at + 1;
}

static const char *read_number(const char *at, unsigned long *value)
{
    const char *begin = at;

    for (*value = 0; isdigit((unsigned char)*at) && at - begin < DIGITS_MOST; at++) {
        *value = *value * 10 + (unsigned long)(*at - '0');
    }
    return at;
}

/* "a" or "001" of the range's kind; NULL: neither. */
static const char *read_end(const struct part *range, const char *at, unsigned long *value)
{
    if (range->kind == LETTERS) {
        *value = (unsigned char)*at;
        return isalpha((unsigned char)*at) ? at + 1 : NULL;
    }
    return isdigit((unsigned char)*at) ? read_number(at, value) : NULL;
}

/* Is a range meant? [0], [name] and [::1] are text of URLs. */
static int is_range(const char *open)
{
    size_t digits = strspn(open + 1, "0123456789");

    return (digits > 0 && open[1 + digits] == '-') ||
           (isalpha((unsigned char)open[1]) && open[2] == '-');
}

/* Behind the range that begins at the "["; NULL: it is malformed. */
static const char *read_range(struct part *range, const char *open)
{
    unsigned long high = 0;
    const char *at = open + 1;

    *range = (struct part){.kind = isalpha((unsigned char)*at) ? LETTERS : NUMBERS, .step = 1};
    at = read_end(range, at, &range->low);
    if (at == NULL || *at != '-') {
        return NULL;
    }
    range->width = open[1] == '0' ? (int)(at - open - 1) : 1;
    at = read_end(range, at + 1, &high);
    if (at != NULL && *at == ':') {
        at = isdigit((unsigned char)at[1]) ? read_number(at + 1, &range->step) : NULL;
    }
    if (at == NULL || *at != ']' || (range->kind == LETTERS && (range->low ^ high) & ('a' ^ 'A'))) {
        return NULL;
    }
    range->n = high < range->low || range->step == 0 ? 0 : (high - range->low) / range->step + 1;
    return at + 1;
}

static const char *read_literal(struct glob *glob, const char *at)
{
    struct part text = {.kind = LITERAL, .text = at, .n = 1, .len = 1 + (size_t)is_escaped(at, 0)};
    struct part *last = glob->n_parts > 0 ? &glob->parts[glob->n_parts - 1] : NULL;

    if (last != NULL && last->kind == LITERAL) {
        last->len += text.len;
    } else {
        (void)add_part(glob, &text);
    }
    return at + text.len;
}

static const char *read_part(struct glob *glob, const char *at)
{
    struct part range;
    const char *end;

    if (*at == '[' && is_range(at)) {
        end = read_range(&range, at);
        if (end == NULL) {
            return fail(glob, at, "a range that is not like [1-9], [001-100:2] or [a-z]");
        }
        if (range.n == 0) {
            return fail(glob, at, "a range from high to low, or with step 0,");
        }
        (void)add_part(glob, &range);
        return end;
    }
    if (*at == '}') {
        return fail(glob, at, "a closing brace without an opening one");
    }
    return *at == '{' ? read_set(glob, at) : read_literal(glob, at);
}

/* n is GLOB_MOST + 1 if there are more than GLOB_MOST. */
static void read_url(struct glob *glob, const char *url)
{
    glob->url = url;
    glob->why = NULL;
    glob->n_parts = 0;
    glob->parts = NULL;
    glob->n = 1;
    for (const char *at = url; *at != '\0';) {
        at = read_part(glob, at);
    }
    for (size_t i = 0; glob->why == NULL && i < glob->n_parts; i++) {
        const size_t n = glob->parts[i].n;
        glob->n = n > GLOB_MOST / glob->n ? GLOB_MOST + 1 : glob->n * n;
        if (glob->n > GLOB_MOST) {
            return;
        }
    }
}

/* --- writing --- */

static void write_plain(struct text *to, const char *at, size_t len, int in_word)
{
    for (const char *end = at + len; at < end; at++) {
        at += is_escaped(at, in_word);
        text_add(to, at, 1);
    }
}

static void write_word(struct text *to, const struct part *set, size_t digit)
{
    const char *at = set->text, *end = set->text + set->len, *word = at;

    for (; at < end && (*at != ',' || digit > 0); at++) {
        if (*at == ',') {
            digit--;
            word = at + 1;
        }
        at += is_escaped(at, 1);
    }
    write_plain(to, word, (size_t)(at - word), 1);
}

static void write_part(struct text *to, const struct part *part, size_t digit)
{
    const unsigned long value = part->low + digit * part->step;

    switch (part->kind) {
    case LITERAL:
        write_plain(to, part->text, part->len, 0);
        break;
    case SET:
        write_word(to, part, digit);
        break;
    case NUMBERS:
        text_format(to, "%0*lu", part->width, value);
        break;
    case LETTERS:
        text_add(to, &(char){(char)value}, 1);
        break;
    }
}

static size_t digit_of(const struct glob *glob, size_t nth, size_t part)
{
    for (size_t i = glob->n_parts - 1; i > part; i--) {
        nth /= glob->parts[i].n;
    }
    return nth % glob->parts[part].n;
}

static const char *url_of(const struct glob *glob, size_t nth)
{
    struct text url = {.keep = glob->keep};

    text_puts(&url, ""); /* an empty URL has no parts */
    for (size_t i = 0; i < glob->n_parts; i++) {
        write_part(&url, &glob->parts[i], digit_of(glob, nth, i));
    }
    return url.data;
}

/* The part of the numberth pattern (from 1); n_parts: there is none. */
static size_t part_of(const struct glob *glob, unsigned long number)
{
    size_t i = 0;

    while (i < glob->n_parts && (glob->parts[i].kind == LITERAL || --number > 0)) {
        i++;
    }
    return i;
}

static const char *name_of(const struct glob *glob, size_t nth, const char *name)
{
    struct text text = {.keep = glob->keep};
    unsigned long number = 0;

    text_puts(&text, "");
    while (*name != '\0') {
        const char *end = *name == '#' ? read_number(name + 1, &number) : name;
        const size_t part = end > name + 1 && number > 0 ? part_of(glob, number) : glob->n_parts;
        if (part < glob->n_parts) {
            write_part(&text, &glob->parts[part], digit_of(glob, nth, part));
            name = end;
        } else {
            text_add(&text, name++, 1);
        }
    }
    return text.data;
}

/* --- the group --- */

static void add(struct keep *keep, struct items *items, struct item item)
{
    items->at = keep_room(keep, items->at, items->n, sizeof item);
    items->at[items->n++] = item;
}

static void add_urls(const struct glob *glob, const struct item *output, struct group *to)
{
    for (size_t nth = 0; nth < glob->n; nth++) {
        add(glob->keep, &to->urls,
            (struct item){.text = glob->why != NULL ? glob->url : url_of(glob, nth),
                          .why = glob->why});
        if (output != NULL) {
            struct item item = *output;
            item.text = item.text != NULL ? name_of(glob, nth, item.text) : NULL;
            add(glob->keep, &to->outputs, item);
        }
    }
}

int glob_expand(struct keep *keep, struct group *group)
{
    struct group expanded = {.urls = {NULL, 0}};

    for (size_t i = 0; i < group->urls.n; i++) {
        const struct item *url = &group->urls.at[i];
        struct glob glob = {.keep = keep};
        read_url(&glob, url->text);
        if (glob.n > GLOB_MOST - expanded.urls.n) {
            return usage_error("%s: the patterns stand for more than %d URLs", url->text,
                               GLOB_MOST);
        }
        add_urls(&glob, i < group->outputs.n ? &group->outputs.at[i] : NULL, &expanded);
    }
    group->urls = expanded.urls;
    group->outputs = expanded.outputs;
    return 0;
}
