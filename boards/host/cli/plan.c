/* SPDX-License-Identifier: MIT */
/*
 * For each group of options the shared parts (method, headers, body) are made once, and then one
 * fetch for each URL: its normal form, its output, its request. A URL that cannot be asked gets its
 * error here and is not started.
 */
#define _GNU_SOURCE
#include "plan.h"

#include <string.h>
#include <midge/err.h>

#include "address.h"
#include "auth.h"
#include "cookies.h"
#include "data.h"
#include "descriptor.h"
#include "etag.h"
#include "expect.h"
#include "failure.h"
#include "follow.h"
#include "form.h"
#include "headers.h"
#include "idn.h"
#include "local_name.h"
#include "pinned.h"
#include "referer.h"
#include "run.h"
#include "through.h"
#include "url_user.h"
#include "url_words.h"

/* Shared by all URLs of a group. */
struct shared {
    const struct group *group;
    struct keep *keep;
    struct data data;
    struct headers headers;
    uint32_t expect_ms;
    struct form_fields *fields; /* -F; NULL: none */
    const char *method;
    const struct midge_pins *pins; /* --pinnedpubkey; NULL: none */
    struct text normal;            /* a URL while it is brought into its normal form */
};

void fetch_refuse(struct fetch *fetch, int error, int native, const char *what)
{
    if (fetch->result.error != MIDGE_OK) {
        return;
    }
    fetch->result.error = error;
    fetch->result.native = native;
    fetch->what = what;
}

/* --- the group --- */

static const char *method_of(const struct group *group)
{
    if (group->method != NULL) {
        return group->method;
    }
    if (group->head) {
        return "HEAD";
    }
    if (group->uploads.n > 0) {
        return "PUT";
    }
    return (group->data.n > 0 && !group->get) || group->forms.n > 0 ? "POST" : "GET";
}

/* The fetches live longer than `shared`. */
static int share_form(struct shared *shared)
{
    shared->fields = keep_alloc(shared->keep, sizeof *shared->fields);
    if (form_check_headers(&shared->headers) != 0) {
        return EXIT_USAGE;
    }
    return form_parse(shared->keep, &shared->group->forms, shared->fields);
}

static int share(struct shared *shared)
{
    const struct group *group = shared->group;
    int body = group->data.n > 0 && !group->get;
    int code = address_check(group);

    if (code != 0) {
        return code;
    }
    shared->method = method_of(group);
    if (group->data.n > 0) {
        (void)data_build(shared->keep, &group->data, &shared->data); /* `failed` says which file */
    }
    code = headers_build(shared->keep, group, body, shared->data.is_json, &shared->headers);
    shared->expect_ms = expect_take(group, &shared->headers);
    if (code == 0 && shared->expect_ms != 0 && !MIDGE_WITH_EXPECT) {
        return usage_error("option --header: this build has no Expect (MIDGE_WITH_EXPECT)");
    }
    return code == 0 && group->forms.n > 0 ? share_form(shared) : code;
}

/* --- the URL --- */

/* -G: adds the data to the query, before the fragment. */
static const char *with_query(struct keep *keep, const char *url, const struct text *query)
{
    struct text text = {.keep = keep};
    size_t base_len = strcspn(url, "#");
    const char *begin = memchr(url, '?', base_len);

    text_add(&text, url, base_len);
    if (query->len > 0) {
        text_puts(&text, begin == NULL ? "?" : begin + 1 < url + base_len ? "&" : "");
        text_add(&text, query->data, query->len);
    }
    text_puts(&text, url + base_len);
    return text.data;
}

/* Neither the report nor a message shows the password of a URL. */
static void take_user(struct fetch *fetch, struct shared *shared)
{
    const char *why;

    fetch->given = url_user_take(shared->keep, fetch->given, &fetch->in_url, &why);
    if (why != NULL) {
        fetch_refuse(fetch, MIDGE_ERR_URL, 0, why);
    }
}

/* The URL's normal form. Without URL mending, as on small devices, it must be complete and
   well-formed, and is used as it is. */
static int normalise(struct shared *shared, const char *url, const char **form)
{
    struct text *normal = &shared->normal;
    struct midge_url parsed;
    size_t len;
    int err;

    *form = url;
    if (!MIDGE_WITH_URL_MENDING) {
        return midge_url_parse(&parsed, url, strlen(url), 0);
    }
    /* Most bytes: each one encoded, a slash. */
    (void)text_room(normal, strlen(url) * 3 + 1);
    err = midge_url_normalise(normal->data, normal->cap, &len, url, 0);
    if (err == MIDGE_OK && strcmp(normal->data, url) != 0) {
        *form = keep_copy(shared->keep, normal->data, len);
    }
    return err;
}

/* Sets the normal form, or the reason why there is none. */
static void set_url(struct fetch *fetch, struct shared *shared)
{
    const char *why, *url = idn_url(shared->keep, fetch->given, &why);
    int err;

    if (url == NULL) {
        fetch->url = fetch->given;
        fetch_refuse(fetch, MIDGE_ERR_URL, 0, why);
        return;
    }
    if (fetch->upload_path != NULL) {
        url = local_name_upload_url(shared->keep, url, fetch->upload_path);
    }
    if (shared->group->get && shared->group->data.n > 0) {
        url = with_query(shared->keep, url, &shared->data.text);
    }
    err = normalise(shared, url, &fetch->url);
    if (err != MIDGE_OK) {
        const char *words = url_words(shared->keep, url, &err);
        fetch_refuse(fetch, err, 0, words);
    }
}

/* --- one URL of the group --- */

static void set_output(struct fetch *fetch, const struct shared *shared, size_t index)
{
    const struct group *group = shared->group;
    const struct item *item = index < group->outputs.n ? &group->outputs.at[index] : NULL;
    const char *name = item != NULL ? item->text : NULL;

    if (item == NULL ||
        (item->kind == ITEM_OUTPUT && (strcmp(name, "-") == 0 || descriptor_is_stdout(name)))) {
        return;
    }
    if (item->kind == ITEM_REMOTE_NAME) {
        name = local_name_of_url(shared->keep, fetch->given);
    }
    if (name == NULL || name[0] == '\0') {
        fetch_refuse(fetch, MIDGE_ERR_WRITE, 0, "no file name for the output: use -o FILE");
    } else {
        fetch->local_name = local_name_in(shared->keep, group->output_dir, name);
    }
}

static void set_tls(struct midge_request *request, const struct shared *shared)
{
    const struct group *group = shared->group;

    request->servername = group->servername;
    request->min_tls = group->min_tls;
#if MIDGE_WITH_HTTP2
    request->http = group->http_2_prior ? MIDGE_HTTP_2_PRIOR
                    : group->http_2     ? MIDGE_HTTP_2
                                        : MIDGE_HTTP_1_1;
#endif
    request->max_tls = group->max_tls;
    request->pins = shared->pins; /* with -k they are all that counts */
    request->dangerously_skip_verification = group->insecure && shared->pins == NULL;
    request->family = group->ipv4 ? 4 : group->ipv6 ? 6 : 0;
}

/* midge counts up to 24 days; a longer limit becomes 24 days. */
static uint32_t limit_ms(uint64_t ms)
{
    return ms < INT32_MAX ? (uint32_t)ms : INT32_MAX;
}

static void set_times(struct midge_request *request, const struct group *group)
{
    uint32_t connect_ms = limit_ms(group->connect_timeout_ms);

    request->timeouts.attempt_ms = limit_ms(group->max_time_ms);
    if (group->max_time_ms != 0) { /* then no other limit ends an answer */
        request->timeouts.first_byte_ms = request->timeouts.idle_ms = MIDGE_NO_TIMEOUT;
    }
    request->timeouts.open_ms = connect_ms;
    request->timeouts.dns_ms = connect_ms;
    request->timeouts.connect_ms = connect_ms;
    request->timeouts.tls_ms = connect_ms;
}

#define RETRY_MOST_MS 600000u /* between two attempts, as with curl */

/* --retry marks the request as repeatable, whatever its method. Without it there are no rules, as a
   device may not have repeats. */
static void set_retry(struct fetch *fetch)
{
    const struct group *group = fetch->group;

    fetch->retry = (struct midge_retry){
        .max = (uint8_t)group->retry,
        .repeatable = 1,
        .all_errors = group->retry_all_errors,
        .most_ms = RETRY_MOST_MS,
        .fixed_ms = limit_ms(group->retry_delay_ms),
        .time_ms = limit_ms(group->retry_max_time_ms),
    };
    fetch->request.retry = group->retry > 0 ? &fetch->retry : NULL;
}

static void set_request(struct fetch *fetch, const struct shared *shared)
{
    const struct group *group = shared->group;
    struct midge_request *request = &fetch->request;
    struct headers headers = shared->headers;

    request->method = fetch->method = shared->method;
    request->url = fetch->url;
    if (shared->fields != NULL) {
        fetch->form.fields = shared->fields;
        form_headers(shared->keep, &fetch->form, &headers);
    }
    request->headers = headers.at;
    request->n_headers = headers.n;
    request->expect_ms = shared->expect_ms;
    request->bearer = group->bearer;
    if (group->data.n > 0 && !group->get) {
        request->body = shared->data.text.data;
        request->body_len = shared->data.text.len;
    }
    request->sink = &fetch->output.sink;
    request->borrow = 1; /* the plan lives longer than the client */
    set_tls(request, shared);
    set_times(request, group);
    set_retry(fetch);
    follow_apply(fetch);
    referer_apply(fetch, &shared->headers);
    auth_apply(fetch);
    etag_apply(fetch);
    cookies_apply(fetch);
}

/* --resolve and --connect-to */
static void set_address(struct fetch *fetch, const struct shared *shared)
{
    struct midge_url url;

    if (midge_url_parse(&url, fetch->url, strlen(fetch->url), 0) == MIDGE_OK) {
        address_apply(shared->keep, shared->group, &url, &fetch->request);
    }
}

static void plan_url(struct fetch *fetch, struct shared *shared, size_t index)
{
    const struct item *url = &shared->group->urls.at[index];

    fetch->group = shared->group;
    fetch->given = url->text;
    if (shared->group->uploads.n > 0) {
        fetch->upload_path = shared->group->uploads.at[0].text;
    }
    if (url->why != NULL) {
        fetch->url = url->text;
        fetch_refuse(fetch, MIDGE_ERR_URL, 0, url->why);
    } else {
        take_user(fetch, shared);
        set_url(fetch, shared);
    }
    set_output(fetch, shared, index);
    set_request(fetch, shared);
}

static void plan_rest(struct fetch *fetch, const struct shared *shared)
{
    const struct data *data = &shared->data;

    if (shared->group->resolve.n > 0 || shared->group->connect_to.n > 0) {
        set_address(fetch, shared);
    }
    if (data->failed != NULL) {
        fetch_refuse(fetch, MIDGE_ERR_READ, data->native,
                     keep_format(shared->keep, "can't read %s", data->failed));
    }
}

static int set_proxy(struct plan *plan, struct fetch *fetch, struct keep *keep)
{
    struct midge_url url;
    const char *why = NULL;

    if (midge_url_parse(&url, fetch->url, strlen(fetch->url), 0) == MIDGE_OK) {
        why = through_find(keep, fetch->group, plan->by_env, &url, &fetch->proxy);
        fetch->request.proxy = fetch->proxy.host != NULL ? &fetch->proxy : NULL;
    }
    if (fetch->proxy.secure) {
        plan->secure_proxy = fetch->proxy;
        plan->needs_ca |= !fetch->group->proxy_insecure;
    }
    return why != NULL ? usage_error("%s", why) : 0;
}

static int plan_group(struct plan *plan, const struct group *group, struct keep *keep,
                      const struct midge_port *port, struct run *run)
{
    struct shared shared = {.group = group, .keep = keep, .normal = {.keep = keep}};
    int code = share(&shared);

    shared.pins = pinned_parse(keep, group, !run->options->silent || run->options->show_error);

    for (size_t i = 0; code == 0 && i < group->urls.n; i++) {
        struct fetch *fetch = &plan->fetches[plan->n];
        fetch->run = run;
        fetch->index = plan->n++;
        plan_url(fetch, &shared, i);
        code = plan->has_proxy ? set_proxy(plan, fetch, keep) : 0;
        plan_rest(fetch, &shared);
        output_init(&fetch->output, port, fetch->local_name, &plan->line, plan->has_report,
                    group->write_out != NULL || group->dump_header != NULL);
        fetch->output.tail.keep = keep;
        fetch->output.no_body = group->head;
        fetch->output.create_dirs = group->create_dirs;
        part_apply(fetch);
        if (fetch->result.error == MIDGE_OK && !group->insecure &&
            strncmp(fetch->url, "https:", 6) == 0) {
            plan->needs_ca = 1;
        }
        plan->may_need_ca |= group->location && !group->insecure;
    }
    return code;
}

/* A secure proxy of any request is the client's, so that the client counts its memory: then each
   request has its own, or none. */
static void set_secure_proxy(struct plan *plan)
{
    for (size_t i = 0; plan->secure_proxy.host != NULL && i < plan->n; i++) {
        plan->fetches[i].request.proxy = &plan->fetches[i].proxy;
    }
}

int plan_make(struct plan *plan, struct run *run, const struct options *options,
              const struct midge_port *port)
{
    size_t n = 0;
    int code = 0;

    *plan = (struct plan){.by_env = options->sim == NULL,
                          .has_proxy = through_any(options, options->sim == NULL),
                          .has_report = options->report != NULL};
    for (size_t i = 0; i < options->n_groups; i++) {
        n += options->groups[i].urls.n;
    }
    plan->fetches = keep_alloc(options->keep, n * sizeof *plan->fetches);
    for (size_t i = 0; code == 0 && i < options->n_groups; i++) {
        code = plan_group(plan, &options->groups[i], options->keep, port, run);
    }
    set_secure_proxy(plan);
    return code;
}
