/* SPDX-License-Identifier: MIT */
/*
 * Dates of cookies, RFC 6265bis 5.1.1: servers write them in many forms. The text is cut into
 * tokens; each is the first of these that it can be, and that none before it was: the time
 * (1:02:03), the day of the month, the month, the year. All other tokens are ignored.
 */
#include "codec/set_cookie.h"

#include "base/span.h"
#include "codec/calendar.h"

#if MIDGE_WITH_COOKIES

struct date {
    uint64_t hour, minute, second, day, year;
    unsigned month;
    bool has_time, has_day, has_year;
};

/* %x09 / %x20-2F / %x3B-40 / %x5B-60 / %x7B-7E */
static bool is_delimiter(char c)
{
    return c == '\t' ||
           (c >= ' ' && c <= '~' && c != ':' && !midge__is_digit(c) && !midge__is_alpha(c));
}

/* Takes min to max digits off the beginning, if no further digit follows. */
static bool take_number(struct midge_span *text, size_t min, size_t max, uint64_t *value)
{
    size_t n = 0;
    while (n < text->len && midge__is_digit(text->ptr[n])) {
        n++;
    }
    if (n < min || n > max) {
        return false;
    }
    (void)midge__span_u64(midge__span(text->ptr, n), value);
    *text = midge__span(text->ptr + n, text->len - n);
    return true;
}

static bool take_colon(struct midge_span *text)
{
    if (text->len == 0 || *text->ptr != ':') {
        return false;
    }
    *text = midge__span(text->ptr + 1, text->len - 1);
    return true;
}

static bool take_time(struct date *date, struct midge_span token)
{
    uint64_t hour, minute, second;
    if (!take_number(&token, 1, 2, &hour) || !take_colon(&token) ||
        !take_number(&token, 1, 2, &minute) || !take_colon(&token) ||
        !take_number(&token, 1, 2, &second)) {
        return false;
    }
    date->hour = hour;
    date->minute = minute;
    date->second = second;
    return true;
}

static void take_token(struct date *date, struct midge_span token)
{
    struct midge_span rest = token;
    if (!date->has_time && (date->has_time = take_time(date, token))) {
        return;
    }
    if (!date->has_day && (date->has_day = take_number(&rest, 1, 2, &date->day))) {
        return;
    }
    if (date->month == 0 && token.len >= 3 &&
        (date->month = midge__month_of(midge__span(token.ptr, 3))) != 0) {
        return;
    }
    if (!date->has_year) {
        date->has_year = take_number(&rest, 2, 4, &date->year);
    }
}

static bool is_date(const struct date *d)
{
    return d->has_time && d->has_day && d->month != 0 && d->has_year && d->day >= 1 &&
           d->day <= 31 && d->year >= 1970 && d->hour <= 23 && d->minute <= 59 && d->second <= 59;
}

/* Has the month so many days? */
static bool is_day(const struct date *d, int64_t days)
{
    return d->month == 12 || days < midge__days_of((unsigned)d->year, d->month + 1, 1);
}

bool midge__cookie_date(struct midge_span text, int64_t *seconds)
{
    struct date date = {.month = 0};
    for (size_t i = 0, from = 0; i <= text.len; i++) {
        if (i == text.len || is_delimiter(text.ptr[i])) {
            take_token(&date, midge__span(text.ptr + from, i - from));
            from = i + 1;
        }
    }
    if (date.year < 100) {
        date.year += date.year < 70 ? 2000 : 1900;
    }
    if (!is_date(&date)) {
        return false;
    }
    const int64_t days = midge__days_of((unsigned)date.year, date.month, (unsigned)date.day);
    *seconds = days * 86400 + (int64_t)(date.hour * 3600 + date.minute * 60 + date.second);
    return is_day(&date, days);
}

#endif
