/* SPDX-License-Identifier: MIT */
/*
 * curl's formats: %{name} of a variable below, %header{name} of a response header, %% a percent
 * sign, \n \r \t; %{stderr} and %{stdout} say where the text behind them goes, %{onerror} ends the
 * text when the fetch was good. Times are seconds since the URL was started, with six decimals; a
 * phase that was not reached is 0. %{json} is one object with all variables, %{header_json} one
 * with the response's header.
 */
#define _GNU_SOURCE
#include "write_out.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <midge/err.h>
#include <midge/url.h>

#include "data.h"
#include "failure.h"
#include "follow.h"
#include "json_text.h"
#include "run.h"

/* --- values --- */

enum kind { TEXT, NUMBER, TIME, HTTP_CODE };

struct value {
    const char *text;
    int64_t number; /* of TIME: microseconds */
};

static struct value text(const char *value)
{
    return (struct value){.text = value != NULL ? value : ""};
}

static struct value number(int64_t value)
{
    return (struct value){.number = value};
}

static struct value content_type(const struct fetch *fetch)
{
    const char *value = NULL;

    for (size_t i = 0; i < fetch->reply.headers.n; i++) {
        if (strcasecmp(fetch->reply.headers.at[i].name, "Content-Type") == 0) {
            value = fetch->reply.headers.at[i].value;
        }
    }
    return text(value);
}

static struct value error_message(const struct fetch *fetch)
{
    const char *start = fetch->message != NULL ? strstr(fetch->message, ") ") : NULL;

    return text(start != NULL ? start + 2 : fetch->message);
}

static struct value exit_code(const struct fetch *fetch)
{
    return number(fetch->exit_code);
}

static struct value file_name(const struct fetch *fetch)
{
    return text(fetch->local_name);
}

static struct value http_code(const struct fetch *fetch)
{
    return number(fetch->reply.status);
}

static struct value http_version(const struct fetch *fetch)
{
    return text(fetch->reply.status == 0 ? "0" : reply_version(&fetch->reply));
}

static struct value method(const struct fetch *fetch)
{
    return text(fetch->method);
}

/* Without one that failed. */
static struct value connects(const struct fetch *fetch)
{
    const struct midge_result *result = &fetch->result;
    int failed = result->error != MIDGE_OK && result->phase == MIDGE_PHASE_CONNECT;

    return number(result->connects - (failed && result->connects > 0));
}

/* The proxy's status: the client takes 2xx only, and does not keep which one it was. */
static struct value http_connect(const struct fetch *fetch)
{
    const struct midge_result *result = &fetch->result;

    if (fetch->proxy.host == NULL || result->error == MIDGE_ERR_PROXY) {
        return number(result->error == MIDGE_ERR_PROXY ? result->native : 0);
    }
    return number(result->tls_version != 0 ? 200 : 0);
}

static struct value header_size(const struct fetch *fetch)
{
    return number((int64_t)fetch->reply.head_bytes);
}

static struct value remote_ip(const struct fetch *fetch)
{
    return text(remote_find(&fetch->run->remotes, fetch->result.connection).ip);
}

static struct value remote_port(const struct fetch *fetch)
{
    return number(remote_find(&fetch->run->remotes, fetch->result.connection).port);
}

static struct value headers(const struct fetch *fetch)
{
    return number((int64_t)fetch->reply.headers.n);
}

static struct value redirects(const struct fetch *fetch)
{
    return number(fetch->result.redirects);
}

static struct value redirect_url(const struct fetch *fetch)
{
    return text(follow_target(fetch));
}

static struct value retries(const struct fetch *fetch)
{
    return number(fetch->result.retries);
}

static struct value referer(const struct fetch *fetch)
{
    return text(fetch->referer);
}

static struct value scheme(const struct fetch *fetch)
{
    const char *url = fetch->reply.url != NULL ? fetch->reply.url : fetch->url;

    return text(strncasecmp(url, "https:", 6) == 0 ? "https" : "http");
}

/* As it was received: curl counts compressed bytes, too. */
static int64_t downloaded(const struct fetch *fetch)
{
    return (int64_t)(fetch->group->compressed ? fetch->result.body_len : fetch->output.body_len);
}

static struct value download(const struct fetch *fetch)
{
    return number(downloaded(fetch));
}

/* Known only when the request was sent whole. */
static int64_t uploaded(const struct fetch *fetch)
{
    const struct midge_source *source = fetch->request.source;

    if (!fetch->started || (int)fetch->result.phase <= (int)MIDGE_PHASE_SEND) {
        return 0;
    }
    if (source == NULL) {
        return (int64_t)fetch->request.body_len;
    }
    return source->length >= 0 ? source->length : (int64_t)fetch->upload.stdin_bytes;
}

static struct value upload(const struct fetch *fetch)
{
    return number(uploaded(fetch));
}

static int64_t per_second(int64_t bytes, uint64_t us)
{
    return us > 0 ? (int64_t)((double)bytes * 1e6 / (double)us) : 0;
}

static struct value speed_down(const struct fetch *fetch)
{
    return number(per_second(downloaded(fetch), fetch->result.t.total_us));
}

static struct value speed_up(const struct fetch *fetch)
{
    return number(per_second(uploaded(fetch), fetch->result.t.total_us));
}

static struct value verify_result(const struct fetch *fetch)
{
    return number(fetch->result.verify_flags);
}

/* The time at which a phase ended: the sum of those up to it; 0 if it did not end. */
static struct value end_of(const struct fetch *fetch, enum midge_phase phase)
{
    const struct midge_timings *t = &fetch->result.t;
    const uint64_t phases[] = {t->queue_us, t->dns_us,  t->connect_us, t->tls_us,
                               t->send_us,  t->wait_us, t->body_us};
    uint64_t sum = 0;

    if (!fetch->started || (int)fetch->result.phase <= (int)phase) {
        return number(0);
    }
    for (int i = 0; i <= (int)phase; i++) {
        sum += phases[i];
    }
    return number((int64_t)sum);
}

static struct value queue_end(const struct fetch *fetch)
{
    return end_of(fetch, MIDGE_PHASE_QUEUE);
}

static struct value dns_end(const struct fetch *fetch)
{
    return end_of(fetch, MIDGE_PHASE_DNS);
}

static struct value connect_end(const struct fetch *fetch)
{
    return end_of(fetch, MIDGE_PHASE_CONNECT);
}

static struct value tls_end(const struct fetch *fetch)
{
    return fetch->result.tls_version != 0 ? end_of(fetch, MIDGE_PHASE_TLS) : number(0);
}

static struct value transfer_begin(const struct fetch *fetch)
{
    return end_of(fetch, MIDGE_PHASE_TLS);
}

static struct value first_byte(const struct fetch *fetch)
{
    return end_of(fetch, MIDGE_PHASE_WAIT);
}

static struct value total(const struct fetch *fetch)
{
    return number((int64_t)fetch->result.t.total_us);
}

static struct value url_given(const struct fetch *fetch)
{
    return text(fetch->given);
}

static struct value url_effective(const struct fetch *fetch)
{
    return text(fetch->reply.url != NULL ? fetch->reply.url : fetch->url);
}

static struct value url_number(const struct fetch *fetch)
{
    return number((int64_t)fetch->index);
}

static const struct variable {
    const char *name;
    enum kind kind;
    struct value (*get)(const struct fetch *fetch);
} variables[] = {
    {"content_type", TEXT, content_type},
    {"errormsg", TEXT, error_message},
    {"exitcode", NUMBER, exit_code},
    {"filename_effective", TEXT, file_name},
    {"http_code", HTTP_CODE, http_code},
    {"http_connect", HTTP_CODE, http_connect},
    {"http_version", TEXT, http_version},
    {"method", TEXT, method},
    {"num_connects", NUMBER, connects},
    {"num_headers", NUMBER, headers},
    {"num_redirects", NUMBER, redirects},
    {"num_retries", NUMBER, retries},
    {"redirect_url", TEXT, redirect_url},
    {"referer", TEXT, referer},
    {"remote_ip", TEXT, remote_ip},
    {"remote_port", NUMBER, remote_port},
    {"response_code", HTTP_CODE, http_code},
    {"scheme", TEXT, scheme},
    {"size_download", NUMBER, download},
    {"size_header", NUMBER, header_size},
    {"size_upload", NUMBER, upload},
    {"speed_download", NUMBER, speed_down},
    {"speed_upload", NUMBER, speed_up},
    {"ssl_verify_result", NUMBER, verify_result},
    {"time_appconnect", TIME, tls_end},
    {"time_connect", TIME, connect_end},
    {"time_namelookup", TIME, dns_end},
    {"time_pretransfer", TIME, transfer_begin},
    {"time_queue", TIME, queue_end},
    {"time_starttransfer", TIME, first_byte},
    {"time_total", TIME, total},
    {"url", TEXT, url_given},
    {"url_effective", TEXT, url_effective},
    {"urlnum", NUMBER, url_number},
};

/* --- the format --- */

static void add_plain(struct text *out, const struct variable *variable, struct value value)
{
    switch (variable->kind) {
    case TEXT:
        text_puts(out, value.text);
        break;
    case NUMBER:
        text_format(out, "%lld", (long long)value.number);
        break;
    case HTTP_CODE:
        text_format(out, "%03lld", (long long)value.number);
        break;
    case TIME:
        text_format(out, "%lld.%06lld", (long long)(value.number / 1000000),
                    (long long)(value.number % 1000000));
        break;
    }
}

static void add_json(struct text *out, const struct fetch *fetch)
{
    text_puts(out, "{");
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const struct variable *variable = &variables[i];
        struct value value = variable->get(fetch);
        if (variable->kind == TEXT) {
            json_member(out, variable->name, value.text);
        } else if (variable->kind == TIME) {
            json_name(out, variable->name);
            add_plain(out, variable, value);
        } else {
            json_number(out, variable->name, value.number);
        }
    }
    text_puts(out, "}");
}

/* Returns 0 for an unknown name. */
static int add_variable(struct text *out, const struct fetch *fetch, const char *name, size_t len)
{
    if (len == 4 && memcmp(name, "json", len) == 0) {
        add_json(out, fetch);
        return 1;
    }
    if (len == 11 && memcmp(name, "header_json", len) == 0) {
        reply_json(&fetch->reply.headers, out);
        return 1;
    }
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        if (strlen(variables[i].name) == len && memcmp(variables[i].name, name, len) == 0) {
            add_plain(out, &variables[i], variables[i].get(fetch));
            return 1;
        }
    }
    return 0;
}

static void add_header(struct text *out, const struct fetch *fetch, const char *name, size_t len)
{
    for (size_t i = 0; i < fetch->reply.headers.n; i++) {
        const struct reply_field *field = &fetch->reply.headers.at[i];
        if (field->name_len == len && strncasecmp(field->name, name, len) == 0) {
            text_add(out, field->value, field->value_len);
            return;
        }
    }
}

/* Adds the character that a backslash and `c` mean. */
static void add_escaped(struct text *out, char c)
{
    const char pair[] = {'\\', c, '\0'};
    const char *known = "n\nr\rt\t";

    for (; *known != '\0'; known += 2) {
        if (*known == c) {
            text_add(out, known + 1, 1);
            return;
        }
    }
    text_puts(out, pair);
}

struct filling {
    const struct fetch *fetch;
    struct text *to; /* one of the two */
    struct text *out, *err;
    int over;
};

static int is_word(const char *name, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(name, word, len) == 0;
}

static void take_name(struct filling *filling, const char *name, size_t len)
{
    if (is_word(name, len, "stderr")) {
        filling->to = filling->err;
    } else if (is_word(name, len, "stdout")) {
        filling->to = filling->out;
    } else if (is_word(name, len, "onerror")) {
        filling->over = filling->fetch->exit_code == 0;
    } else if (!add_variable(filling->to, filling->fetch, name, len)) {
        fprintf(stderr, "midge: unknown variable of --write-out: '%.*s'\n", (int)len, name);
    }
}

/* Takes what begins with a percent sign; returns the bytes taken. */
static size_t take_percent(struct filling *filling, const char *at)
{
    const char *name = strncmp(at, "%{", 2) == 0         ? at + 2
                       : strncmp(at, "%header{", 8) == 0 ? at + 8
                                                         : NULL;
    const char *end = name != NULL ? strchr(name, '}') : NULL;

    if (end == NULL) {
        text_add(filling->to, "%", 1);
        return at[1] == '%' ? 2 : 1;
    }
    if (name == at + 2) {
        take_name(filling, name, (size_t)(end - name));
    } else {
        add_header(filling->to, filling->fetch, name, (size_t)(end - name));
    }
    return (size_t)(end + 1 - at);
}

void write_out_fill(struct fetch *fetch)
{
    struct text err = {.keep = fetch->run->keep};
    const char *at = fetch->group->write_out;
    struct filling filling = {
        .fetch = fetch, .to = &fetch->output.tail, .out = &fetch->output.tail, .err = &err};

    while (at != NULL && *at != '\0' && !filling.over) {
        size_t n = strcspn(at, "%\\");
        text_add(filling.to, at, n);
        at += n;
        if (*at == '%') {
            at += take_percent(&filling, at);
        } else if (*at == '\\' && at[1] != '\0') {
            add_escaped(filling.to, at[1]);
            at += 2;
        } else if (*at == '\\') {
            text_add(filling.to, at++, 1);
        }
    }
    if (err.len > 0) {
        progress_clear(&fetch->run->progress);
        fprintf(stderr, "%.*s", (int)err.len, err.data);
    }
}

/* As curl reads the file: ends of lines are written as \n in it. */
static void drop_line_ends(char *text)
{
    char *to = text;

    for (; *text != '\0'; text++) {
        if (*text != '\r' && *text != '\n') {
            *to++ = *text;
        }
    }
    *to = '\0';
}

int write_out_read(struct keep *keep, const char **format)
{
    struct text file = {.keep = keep};
    int code;

    if (*format == NULL || **format != '@') {
        return 0;
    }
    code = data_read_file(*format + 1, &file);
    if (code != 0) {
        return usage_error("option --write-out: can't read %s: %s", *format + 1, strerror(code));
    }
    text_add(&file, "", 1);
    drop_line_ends(file.data);
    *format = file.data;
    return 0;
}
