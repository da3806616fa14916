/* SPDX-License-Identifier: MIT */
/*
 * The three forms have the same parts in different orders. So the parts are taken as they come: the
 * numbers in order, and the month's name. One number stands before the month, the day, or none:
 * this decides the form.
 */
#include "codec/http_date.h"

#include "midge/config.h"

#if MIDGE_WITH_RETRY_DATES || MIDGE_WITH_DATE_HINT

#include "base/span.h"
#include "codec/calendar.h"

#define NUMBERS    5 /* day, hour, minute, second, year, in the order of the form */
#define DIGITS_MAX 4

struct parts {
    unsigned number[NUMBERS];
    unsigned n;
    unsigned month;    /* 1 to 12; 0: none yet */
    unsigned month_at; /* how many numbers stood before it */
    bool bad;
};

/* Removes the letters or digits at the beginning of the text and returns them. */
static struct midge_span take(struct midge_span *text, bool digits)
{
    struct midge_span taken = midge__span(text->ptr, 0);
    while (text->len > 0 && (digits ? midge__is_digit(*text->ptr) : midge__is_alpha(*text->ptr))) {
        taken.len++;
        text->ptr++;
        text->len--;
    }
    return taken;
}

static void take_number(struct parts *parts, struct midge_span *text)
{
    struct midge_span digits = take(text, true);
    uint64_t value = 0;
    parts->bad = digits.len > DIGITS_MAX || parts->n == NUMBERS;
    if (!parts->bad) {
        (void)midge__span_u64(digits, &value);
        parts->number[parts->n++] = (unsigned)value;
    }
}

static void take_name(struct parts *parts, struct midge_span *text)
{
    unsigned month = midge__month_of(take(text, false));
    if (month != 0 && parts->month == 0) {
        parts->month = month;
        parts->month_at = parts->n;
    }
}

static struct parts parts_of(struct midge_span text)
{
    struct parts parts = {.n = 0};
    while (text.len > 0 && !parts.bad) {
        if (midge__is_digit(*text.ptr)) {
            take_number(&parts, &text);
        } else if (midge__is_alpha(*text.ptr)) {
            take_name(&parts, &text);
        } else {
            text.ptr++;
            text.len--;
        }
    }
    return parts;
}

bool midge__http_date(struct midge_span text, int64_t *seconds)
{
    const struct parts p = parts_of(text);
    const bool asctime = p.month_at == 0;
    const unsigned *time = p.number + (asctime ? 1 : 2);
    const unsigned day = p.number[0];
    unsigned year = p.number[asctime ? 4 : 1];
    if (p.bad || p.n != NUMBERS || p.month == 0 || p.month_at > 1) {
        return false;
    }
    if (year < 100) {
        year += year < 70 ? 2000 : 1900;
    }
    if (year < 1970 || day < 1 || day > 31 || time[0] > 23 || time[1] > 59 || time[2] > 60) {
        return false;
    }
    *seconds = midge__days_of(year, p.month, day) * 86400 + time[0] * 3600 + time[1] * 60 + time[2];
    return true;
}

#endif
