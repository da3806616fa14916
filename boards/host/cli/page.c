/* SPDX-License-Identifier: MIT */
/*
 * The page is XHTML in HTML's syntax: browsers read it as HTML, and any XML parser can check it.
 * All texts from outside go through label_xml.
 */
#define _GNU_SOURCE
#include "page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <midge/version.h>

#include "descriptor.h"
#include "failure.h"
#include "label.h"
#include "picture.h"
#include "report.h"
#include "run.h"
#include "secret.h"

/* Letters of a URL, of which more are left out in the middle. */
#define MOST_NAME 120
#define MOST_URL  300

static const char head[] =
    "<!DOCTYPE html>\n"
    "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
    "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'; base-uri 'none'; form-action 'none'\"/>\n"
    "<title>midge: a run and its requests</title>\n<style>";

static const char style[] =
    ":root{color-scheme:light dark}body{margin:0 auto;padding:1rem;max-width:90rem;background:#fff;"
    "color:#1f2328;font:16px/1.5 system-ui,'DejaVu Sans',sans-serif}h1{font-size:1.5rem}"
    "h2{font-size:1.2rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:.8rem 0 .2rem}"
    "p,ul,ol,dl{margin:.3rem 0}ul,ol{list-style:none;padding:0}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}dd{margin:0;"
    "overflow-wrap:anywhere}p.x,td.x,span.x,dd.x{color:#b3261e;font-weight:600}"
    ".legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:.9rem}"
    ".rows li{display:grid;grid-template-columns:minmax(0,18rem) minmax(0,1fr) minmax(0,22rem);"
    "gap:0 1rem;align-items:center;padding:.15rem 0;border-top:1px solid #d0d7de}"
    ".rows li.in{box-shadow:inset 3px 0 #57606a}.in .name{padding-left:.8rem}"
    ".name{font:.85rem/1.4 ui-monospace,'DejaVu Sans Mono',monospace;overflow-wrap:anywhere}"
    ".words{font-size:.9rem}.bar{display:block;width:100%;height:16px}"
    ".graph{display:block;width:100%;height:220px;border:1px solid #d0d7de}"
    ".ends{display:flex;justify-content:space-between;color:#57606a;font-size:.85rem}"
    ".scroll{overflow-x:auto;border:1px solid #d0d7de}"
    "table{border-collapse:collapse;font-size:.85rem}"
    "th,td{padding:.25rem .3rem;text-align:right;border-top:1px solid #d0d7de;vertical-align:top}"
    "td{white-space:nowrap}td.a,th.a{text-align:left;min-width:12rem;max-width:30rem;"
    "white-space:normal;overflow-wrap:anywhere}tbody th{font-weight:400}\n"
    "@media(max-width:55rem){.rows li{grid-template-columns:minmax(0,1fr)}"
    ".in .words{padding-left:.8rem}}\n"
    "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}"
    "p.x,td.x,span.x,dd.x{color:#ff8f88}.ends{color:#9da7b1}"
    ".rows li,.graph,.scroll,th,td{border-color:#30363d}.rows li.in{box-shadow:inset 3px 0 #9da7b1}"
    "}\n";

/* --- the head of the page --- */

static void add_term(struct text *out, const char *name, const char *value, const char *classes)
{
    text_format(out, "<dt>%s</dt><dd class=\"%s\">", name, classes);
    label_xml(out, value);
    text_puts(out, "</dd>\n");
}

static void add_date(struct text *out, const struct run *run)
{
    time_t seconds = (time_t)(run->har.wall_ms / 1000);
    char date[32];
    struct tm tm;

    if (run->har.wall_ms > 0 && gmtime_r(&seconds, &tm) != NULL &&
        strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S UTC", &tm) > 0) {
        add_term(out, "began", date, "");
    }
}

static void add_summary(struct text *out, const struct run *run)
{
    const struct midge_stats *stats = &run->stats;
    const size_t failed = report_failures(run);
    struct keep *keep = run->keep;
    char time[24];

    waterfall_time(time, sizeof time, run->end_us - run->start_us);
    text_puts(out, "<h1>A run of midge</h1>\n<dl>\n");
    if (run->aborted) {
        add_term(out, "state",
                 "ENDED EARLY, by a signal or a failure of the network: what was "
                 "under way was cut off",
                 "x");
    }
    add_term(out, "requests", keep_format(keep, "%zu, of them %zu failed", run->plan.n, failed),
             failed > 0 ? "x" : "");
    add_term(out, "time", time, "");
    add_date(out, run);
    add_term(out, "connections",
             keep_format(keep, "%u, at once %u at most; handshakes: %u full, %u resumed",
                         (unsigned)stats->connections, (unsigned)stats->peak_connections,
                         (unsigned)stats->handshakes_full, (unsigned)stats->handshakes_resumed),
             "");
    add_term(out, "longest step",
             keep_format(keep, "%u µs; longest turn %u µs", (unsigned)stats->longest_step_us,
                         (unsigned)stats->longest_turn_us),
             "");
    if (run->options->sim != NULL) {
        add_term(out, "network",
                 keep_format(keep, "simulated, %s; times are virtual", run->options->sim), "");
    }
    if (run->device != NULL) {
        add_term(out, "device", run->options->device, "");
    }
    add_term(out, "program", "midge " MIDGE_VERSION, "");
    text_puts(out, "</dl>\n");
}

/* --- waterfall --- */

static void add_phases(struct text *out)
{
    text_puts(out, "<ul class=\"legend\">\n");
    for (unsigned i = 0; i < WATERFALL_PHASES; i++) {
        text_format(out,
                    "<li><svg width=\"11\" height=\"11\" aria-hidden=\"true\"><rect class=\"p%u\" "
                    "width=\"11\" height=\"11\"/></svg> %s</li>\n",
                    i, waterfall_phases[i].name);
    }
    text_puts(out, "<li>vertical line: redirect, or repeated</li></ul>\n");
}

static void add_marks(struct text *out, const struct waterfall *w,
                      const struct waterfall_line *line)
{
    for (size_t i = 0; i < line->row.n_marks; i++) {
        const struct waterfall_mark *mark = &line->row.marks[i];
        double x = (double)(mark->at - w->from) / (double)(w->end - w->from) * 100;
        text_format(out,
                    "<line class=\"k\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"16\" "
                    "stroke-width=\"2\"><title>%s</title></line>\n",
                    x, x, waterfall_mark_name(mark));
    }
}

static void add_row(struct text *out, const struct run *run, const struct waterfall *w,
                    const struct waterfall_line *line)
{
    const struct picture_scale scale = {{0, 100}, "%", w->from, w->end - w->from};
    static const double box[2] = {2, 12};
    char time[24] = "";

    if (line->row.end > line->row.from) {
        waterfall_time(time, sizeof time, line->row.end - line->row.from);
    }
    text_format(out, "<li%s><span class=\"name\">", line->grouped ? " class=\"in\"" : "");
    label_xml(out, label_cut(run->keep, line->label, MOST_NAME));
    text_puts(out, "</span><svg class=\"bar\" role=\"img\" aria-label=\"phases over time\">\n");
    picture_bar(out, &line->row, &scale, box);
    add_marks(out, w, line);
    text_format(out, "</svg><span class=\"words%s\">%s%s", line->fetch->exit_code != 0 ? " x" : "",
                time, time[0] != '\0' && line->words[0] != '\0' ? ", " : "");
    label_xml(out, line->words);
    text_puts(out, "</span></li>\n");
}

static void add_waterfall(struct text *out, const struct run *run)
{
    struct waterfall w;
    char end[24];

    waterfall_make(&w, run);
    waterfall_time(end, sizeof end, w.end - w.from);
    text_puts(out, "<h2>Waterfall</h2>\n");
    add_phases(out);
    text_format(out, "<p>All bars are on one axis of time, %s long.</p>\n<ol class=\"rows\">\n",
                end);
    for (size_t i = 0; i < w.n; i++) {
        if (w.lines[i].fetch == NULL) {
            text_puts(out, "</ol>\n<h3>");
            label_xml(out, label_cut(run->keep, w.lines[i].label, MOST_NAME));
            text_puts(out, "</h3>\n<ol class=\"rows\">\n");
        } else {
            add_row(out, run, &w, &w.lines[i]);
        }
    }
    text_puts(out, "</ol>\n");
}

/* --- table --- */

static void add_ms(struct text *out, uint64_t us)
{
    text_format(out, "<td>%" PRIu64 ".%02u</td>", us / 1000, (unsigned)(us % 1000 / 10));
}

static void add_cell(struct text *out, const char *classes, const char *value)
{
    text_format(out, "<td class=\"%s\">", classes);
    label_xml(out, value);
    text_puts(out, "</td>");
}

/* Of a connection or stream, which have numbers from 1; 0: there was none. */
static void add_number(struct text *out, uint32_t number)
{
    text_puts(out, "<td>");
    if (number != 0) {
        text_format(out, "%" PRIu32, number);
    }
    text_puts(out, "</td>");
}

static void add_times(struct text *out, const struct midge_result *result)
{
    const struct midge_timings *t = &result->t;
    const uint32_t all[] = {t->queue_us, t->dns_us,  t->connect_us, t->tls_us,
                            t->send_us,  t->wait_us, t->body_us};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        add_ms(out, all[i]);
    }
    add_ms(out, t->total_us);
    text_format(out, "<td>%u</td><td>%zu</td>", (unsigned)result->longest_step_us,
                result->memory_peak);
}

static void add_request(struct text *out, const struct run *run, const struct fetch *fetch)
{
    const struct midge_result *result = &fetch->result;
    const char *version = fetch->reply.status != 0 ? reply_version(&fetch->reply) : "";
    const char *tls = result->tls_version == 12 ? "1.2" : result->tls_version == 13 ? "1.3" : "";
    struct keep *keep = run->keep;

    text_format(out, "<tr><td>%zu</td><th scope=\"row\" class=\"a\">", fetch->index + 1);
    label_xml(out,
              label_cut(keep,
                        keep_format(keep, "%s %s", fetch->method != NULL ? fetch->method : "GET",
                                    secret_cut(keep, fetch->given)),
                        MOST_URL));
    text_puts(out, "</th>");
    add_cell(out, fetch->exit_code != 0 ? "a x" : "a", waterfall_words(keep, fetch));
    add_cell(out, "", version);
    add_number(out, result->connection);
    add_number(out, fetch->reply.stream_id);
    add_cell(out, "", tls);
    text_format(out, "<td>%" PRIu64 "</td>", (uint64_t)fetch->output.body_len);
    add_times(out, result);
    text_puts(out, "</tr>\n");
    if (fetch->message != NULL) {
        text_puts(out, "<tr><td></td><td class=\"a x\" colspan=\"17\">");
        label_xml(out, secret_cut(keep, fetch->message));
        text_puts(out, "</td></tr>\n");
    }
}

static void add_table(struct text *out, const struct run *run)
{
    static const char *const names[] = {
        "HTTP",         "conn.", "stream", "TLS",  "body, bytes", "queue", "dns",
        "connect",      "tls",   "send",   "wait", "body",        "total", "longest step, µs",
        "memory, bytes"};

    text_puts(out,
              "<h2>Requests</h2>\n<p>In the order of the command line; times in milliseconds, "
              "memory: the most that its connection had.</p>\n<div class=\"scroll\" "
              "tabindex=\"0\" role=\"region\" aria-label=\"Table of requests\">\n"
              "<table>\n<thead><tr><th scope=\"col\">No.</th><th "
              "scope=\"col\" class=\"a\">request</th><th scope=\"col\" class=\"a\">result</th>");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        text_format(out, "<th scope=\"col\">%s</th>", names[i]);
    }
    text_puts(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < run->plan.n; i++) {
        add_request(out, run, &run->plan.fetches[i]);
    }
    text_puts(out, "</tbody>\n</table>\n</div>\n");
}

int page_write(const struct run *run, const char *path)
{
    struct text out = {.keep = run->keep};
    int code;

    text_format(&out, "%s%s%s</style>\n</head>\n<body>\n<main>\n", head, style, picture_style);
    add_summary(&out, run);
    add_waterfall(&out, run);
    text_puts(&out, "<h2>Memory</h2>\n");
    memory_page(&out, run);
    add_table(&out, run);
    text_puts(&out, "</main>\n</body>\n</html>\n");
    code = descriptor_replace(run->keep, path, &out);
    if (code == 0) {
        return 0;
    }
    fprintf(stderr, "midge: (%d) can't write the page %s: %s\n", EXIT_WRITE, path, strerror(code));
    return EXIT_WRITE;
}
