/* SPDX-License-Identifier: MIT */
/* Hooks around each hop, seen by a client and its server: which fields come, which answers are
   repeated, and each way to end a request from within. */
#include "sim_world.h"

#define URL "http://a.test/"

static struct sim_world w;
static struct midge_sim_host *host;
static struct sim_get get;

/* A hook that counts, and does as it is told by the functions. */
static struct spy {
    struct midge_hook hook;
    unsigned sends, heads;
    int (*send)(struct midge_hop *hop);
    int (*head)(struct midge_hop *hop, const struct midge_response *response);
    char log[400];
} spy, other;

static int spy_send(struct midge_hook *hook, struct midge_hop *hop)
{
    struct spy *s = (struct spy *)hook;
    size_t n = strlen(s->log);
    s->sends++;
    (void)snprintf(s->log + n, sizeof s->log - n, "> %s %s %u %u %u\n", hop->method, hop->url,
                   hop->redirects, hop->retries, hop->repeats);
    return s->send != NULL ? s->send(hop) : MIDGE_OK;
}

static int spy_head(struct midge_hook *hook, struct midge_hop *hop,
                    const struct midge_response *response)
{
    struct spy *s = (struct spy *)hook;
    size_t n = strlen(s->log);
    s->heads++;
    (void)snprintf(s->log + n, sizeof s->log - n, "< %d %u\n", response->status, hop->can_repeat);
    return s->head != NULL ? s->head(hop, response) : MIDGE_OK;
}

static const struct spy a_spy = {.hook = {.on_send = spy_send, .on_head = spy_head}};

/* --- the server --- */

static char seen[8][4096]; /* heads of requests */
static unsigned n_seen;

static void note(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *reply)
{
    (void)ctx, (void)reply;
    if (n_seen < 8) {
        (void)snprintf(seen[n_seen++], sizeof seen[0], "%s", request->head);
    }
}

/* 401 without the token, which is this. */
static const char *good_token;
static const char *refusal; /* header lines of the 401 */

static void guard(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *reply)
{
    char line[80];
    note(ctx, request, reply);
    (void)snprintf(line, sizeof line, "\r\nAuthorization: %s\r\n", good_token);
    if (strstr(request->head, line) == NULL) {
        reply->status = 401;
        reply->headers = refusal;
        reply->body = "who?";
        reply->body_len = 4;
    }
}

static void reply(const char *path, const struct midge_sim_reply *with)
{
    struct midge_sim_reply copy = *with;
    copy.on_request = copy.on_request != NULL ? copy.on_request : note;
    midge_sim_add_reply(host, 80, path, &copy);
}

static void serve(void)
{
    host = midge_sim_add_host(w.sim, "a.test");
    memset(seen, 0, sizeof seen);
    n_seen = 0;
    good_token = "new";
    refusal = NULL;
    spy = other = a_spy;
}

static int open_world(void **state)
{
    (void)state;
    sim_world_open(&w, 1);
    serve();
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

static void open_with(const struct midge_config *config)
{
    sim_world_close(&w);
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1}, config);
    serve();
}

static void prepare(const char *url)
{
    sim_get_init(&w, &get, url);
    get.request.hooks = &spy.hook;
}

static void go(int error, int status, const char *text)
{
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, error, status, text);
}

static void has(unsigned n, const char *line)
{
    if (strstr(seen[n], line) == NULL) {
        fail_msg("no %s in\n%s", line, seen[n]);
    }
}

static void has_not(unsigned n, const char *text)
{
    if (strstr(seen[n], text) != NULL) {
        fail_msg("%s in\n%s", text, seen[n]);
    }
}

/* --- fields --- */

static int sets_fields(struct midge_hop *hop)
{
    char value[] = "1";
    assert_int_equal(midge_hop_set(hop, "X-A", value), MIDGE_OK);
    value[0] = '2'; /* it was copied */
    assert_int_equal(midge_hop_set(hop, "x-own", "hook's"), MIDGE_OK);
    assert_int_equal(midge_hop_set(hop, "User-Agent", NULL), MIDGE_OK);
    assert_int_equal(midge_hop_set(hop, "X-Gone", NULL), MIDGE_OK);
    assert_int_equal(midge_hop_set(hop, "x-a", midge_hop_get(hop, "X-A")), MIDGE_OK);
    assert_string_equal(midge_hop_get(hop, "X-A"), "1");
    assert_string_equal(midge_hop_get(hop, "x-stays"), "yes");
    assert_null(midge_hop_get(hop, "X-Gone"));
    assert_null(midge_hop_get(hop, "X-None"));
    return MIDGE_OK;
}

static void fields(void **state)
{
    static const struct midge_header headers[] = {
        {"X-Own", "a"}, {"X-Stays", "yes"}, {"X-Own", "b"}, {"X-Gone", "c"}};
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    prepare(URL);
    spy.send = sets_fields;
    get.request.headers = headers;
    get.request.n_headers = 4;
    go(MIDGE_OK, 200, "ok");
    has(0, "\r\nX-Stays: yes\r\nx-a: 1\r\nx-own: hook's\r\n");
    has_not(0, "User-Agent");
    has_not(0, "X-Own");
    has_not(0, "X-Gone");
    has(0, "\r\nAccept: */*\r\n");
    assert_string_equal(spy.log, "> GET " URL " 0 0 0\n< 200 1\n");
}

static int sets_a_token(struct midge_hop *hop)
{
    return midge_hop_set(hop, "Authorization", "mine");
}

static void replaces_bearer_and_the_clients(void **state)
{
    static const struct midge_header headers[] = {{"Authorization", "client's"}};
    (void)state;
    open_with(&(struct midge_config){.headers = headers, .n_headers = 1});
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    prepare(URL);
    spy.send = sets_a_token;
    get.request.bearer = "secret";
    go(MIDGE_OK, 200, "ok");
    has(0, "\r\nAuthorization: mine\r\n");
    has_not(0, "secret");
    has_not(0, "client's");
}

static int sets_bad_fields(struct midge_hop *hop)
{
    static char text[MIDGE_HOOK_BYTES + 1];
    assert_int_equal(midge_hop_set(hop, "X", "a\r\nY: b"), MIDGE_ERR_HEADER);
    assert_int_equal(midge_hop_set(hop, "X", "a\nb"), MIDGE_ERR_HEADER);
    assert_int_equal(midge_hop_set(hop, "X Y", "a"), MIDGE_ERR_HEADER);
    assert_int_equal(midge_hop_set(hop, "X:", NULL), MIDGE_ERR_HEADER);
    assert_int_equal(midge_hop_set(hop, "", "a"), MIDGE_ERR_HEADER);
    assert_int_equal(midge_hop_set(hop, NULL, "a"), MIDGE_ERR_INVALID);
    assert_int_equal(midge_hop_set(hop, "Transfer-Encoding", "chunked"), MIDGE_ERR_HEADER);
    assert_int_equal(midge_hop_set(hop, "Content-Length", "7"), MIDGE_ERR_HEADER);
    memset(text, 'x', sizeof text - 1);
    assert_int_equal(midge_hop_set(hop, "X", text), MIDGE_ERR_TOO_LARGE);
    text[MIDGE_HOOK_BYTES - 3] = '\0';
    assert_int_equal(midge_hop_set(hop, "X", text), MIDGE_OK);
    assert_int_equal(midge_hop_set(hop, "Y", NULL), MIDGE_ERR_TOO_LARGE);
    return midge_hop_set(hop, "Y", "");
}

static void bad_fields(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    prepare(URL);
    spy.send = sets_bad_fields;
    go(MIDGE_ERR_TOO_LARGE, 0, "");
    assert_int_equal(n_seen, 0);
}

static int too_late(struct midge_hop *hop, const struct midge_response *response)
{
    (void)response;
    assert_string_equal(midge_hop_get(hop, "Authorization"), "mine"); /* it was sent */
    return midge_hop_set(hop, "X", "y");
}

static void set_in_on_head(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    prepare(URL);
    spy.send = sets_a_token;
    spy.head = too_late;
    go(MIDGE_ERR_INVALID, 200, "");
}

/* Heads longer than one send, and a body behind them. */
static int sets_much(struct midge_hop *hop)
{
    static char text[3000];
    memset(text, 'x', sizeof text - 1);
    return midge_hop_set(hop, "X", text);
}

static void long_heads(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    for (int with_source = 0; with_source < 2; with_source++) {
        struct midge_buffer_source source;
        midge_buffer_source_init(&source, "twelve bytes", 12);
        prepare(URL);
        spy.send = sets_much;
        get.request.body = with_source ? NULL : "twelve bytes";
        get.request.body_len = with_source ? 0 : 12;
        get.request.source = with_source ? &source.source : NULL;
        go(MIDGE_OK, 200, "ok");
        assert_true(strlen(seen[with_source]) > 3000);
        has(with_source, "\r\nContent-Length: 12\r\n");
    }
    assert_int_equal(midge_sim_count(host, 80, "/").body_bytes, 24);
}

/* The client's hooks come first; each sees the head, whatever the others answer. */
static int sets_x(struct midge_hop *hop)
{
    assert_null(midge_hop_get(hop, "X"));
    return midge_hop_set(hop, "X", "client's");
}

static int adds_to_x(struct midge_hop *hop)
{
    char text[40];
    (void)snprintf(text, sizeof text, "%s, own", midge_hop_get(hop, "X"));
    return midge_hop_set(hop, "X", text);
}

static void chain(void **state)
{
    struct spy third = a_spy;
    (void)state;
    open_with(&(struct midge_config){.hooks = &other.hook});
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    other.send = sets_x;
    spy.send = adds_to_x;
    spy.hook.next = &third.hook;
    third.hook.on_send = NULL;
    prepare(URL);
    go(MIDGE_OK, 200, "ok");
    has(0, "\r\nX: client's, own\r\n");
    assert_int_equal(third.sends, 0);
    assert_int_equal(third.heads, 1);
    spy.hook.next = NULL;
    prepare(URL);
    get.request.hooks = NULL;
    go(MIDGE_OK, 200, "ok");
    has(1, "\r\nX: client's\r\n");
}

/* --- hops --- */

static void redirects(void **state)
{
    (void)state;
    reply("/from", &(struct midge_sim_reply){.status = 303, .headers = "Location: /\r\n"});
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    prepare(URL "from");
    spy.send = sets_a_token;
    get.request.method = "POST";
    get.request.max_redirects = 1;
    go(MIDGE_OK, 200, "ok");
    assert_string_equal(spy.log,
                        "> POST " URL "from 0 0 0\n< 303 1\n> GET " URL " 1 0 0\n< 200 1\n");
    has(1, "\r\nAuthorization: mine\r\n");
}

static void retries(void **state)
{
    static const struct midge_retry rules = {.max = 1};
    (void)state;
    reply("/", &(struct midge_sim_reply){.status = 503, .times = 1});
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    prepare(URL);
    get.request.retry = &rules;
    go(MIDGE_OK, 200, "ok");
    assert_string_equal(spy.log, "> GET " URL " 0 0 0\n< 503 1\n> GET " URL " 0 1 0\n< 200 1\n");
}

/* --- repeats --- */

static const char *token;

static int sets_token(struct midge_hop *hop)
{
    return midge_hop_set(hop, "Authorization", token);
}

static int renews_at_once(struct midge_hop *hop, const struct midge_response *response)
{
    (void)hop;
    if (response->status != 401) {
        return MIDGE_OK;
    }
    token = "new";
    return MIDGE_HOP_REPEAT;
}

static void renewing(const char *url)
{
    token = "old";
    prepare(url);
    spy.send = sets_token;
    spy.head = renews_at_once;
}

static void repeats(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "ok", .on_request = guard});
    renewing(URL);
    go(MIDGE_OK, 200, "ok");
    assert_string_equal(spy.log, "> GET " URL " 0 0 0\n< 401 1\n> GET " URL " 0 0 1\n< 200 1\n");
    has(0, "\r\nAuthorization: old\r\n");
    has_not(1, "old");
    assert_int_equal(get.result.retries, 0);
    assert_int_equal(midge_sim_count(host, 80, NULL).connections, 1);
}

static void repeats_to_the_limit(void **state)
{
    (void)state;
    good_token = "another";
    reply("/", &(struct midge_sim_reply){.body = "ok", .on_request = guard});
    renewing(URL);
    go(MIDGE_OK, 401, "who?");
    assert_int_equal(spy.heads, 1 + MIDGE_HOOK_REPEATS);
    assert_non_null(strstr(spy.log, " 5\n< 401 0\n"));
    assert_int_equal(midge_sim_count(host, 80, "/").requests, 1 + MIDGE_HOOK_REPEATS);
}

/* The limit is for each hop. */
static void repeats_of_two_hops(void **state)
{
    (void)state;
    reply("/from", &(struct midge_sim_reply){
                       .status = 307, .headers = "Location: /\r\n", .on_request = guard});
    reply("/", &(struct midge_sim_reply){.body = "ok", .on_request = guard});
    good_token = "another";
    renewing(URL "from");
    get.request.max_redirects = 1;
    go(MIDGE_OK, 401, "who?");
    assert_int_equal(spy.heads, 1 + MIDGE_HOOK_REPEATS);
    good_token = "new";
    renewing(URL "from");
    get.request.max_redirects = 1;
    go(MIDGE_OK, 200, "ok");
}

static void long_answers(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.status = 401, .fill = 1 << 20, .times = 1});
    reply("/", &(struct midge_sim_reply){.status = 401, .fill = 40000, .chunk = 100, .times = 1});
    reply("/",
          &(struct midge_sim_reply){
              .status = 401, .fill = 100, .end = MIDGE_SIM_END_RESET, .cut_at = 90, .times = 1});
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    renewing(URL);
    go(MIDGE_OK, 200, "ok");
    assert_int_equal(spy.heads, 4);
    assert_int_equal(get.result.body_len, 2);
}

/* A retry comes before the end of the answer that led to the repeat. */
static void stalled_answer(void **state)
{
    static const struct midge_retry rules = {.max = 1};
    (void)state;
    reply("/",
          &(struct midge_sim_reply){
              .status = 401, .fill = 100, .end = MIDGE_SIM_END_STALL, .cut_at = 90, .times = 1});
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    renewing(URL);
    get.request.retry = &rules;
    get.request.timeouts.idle_ms = 1000;
    go(MIDGE_OK, 200, "ok");
    assert_int_equal(get.result.retries, 1);
}

static void posts(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "ok", .on_request = guard});
    renewing(URL);
    get.request.body = "body";
    get.request.body_len = 4;
    go(MIDGE_OK, 200, "ok");
    assert_int_equal(midge_sim_count(host, 80, "/").body_bytes, 8);
    assert_non_null(strstr(spy.log, "> POST " URL " 0 0 1\n"));
}

static unsigned finished;

static void count_finish(struct midge_source *source)
{
    (void)source;
    finished++;
}

static int rewind_fails(struct midge_source *source)
{
    (void)source;
    return MIDGE_ERR_READ;
}

static int rewind_cancels(struct midge_source *source)
{
    (void)source;
    (void)midge_cancel(w.client, get.result.id);
    return MIDGE_OK;
}

static void upload(int (*rewind)(struct midge_source *), int error, int status, unsigned asked)
{
    struct midge_buffer_source source;
    midge_buffer_source_init(&source, "twelve bytes", 12);
    source.source.finish = count_finish;
    source.source.rewind = rewind;
    finished = 0;
    renewing(URL);
    get.request.source = &source.source;
    unsigned before = midge_sim_count(host, 80, "/").requests;
    assert_int_equal(midge_start(w.client, &get.request, &get.result.id), MIDGE_OK);
    sim_world_run(&w);
    sim_get_ended(&get, error, status, NULL);
    assert_int_equal(finished, 1);
    assert_int_equal(midge_sim_count(host, 80, "/").requests, before + asked);
}

static void sources(void **state)
{
    struct midge_buffer_source any;
    (void)state;
    midge_buffer_source_init(&any, "", 0);
    reply("/", &(struct midge_sim_reply){.body = "ok", .on_request = guard});
    upload(any.source.rewind, MIDGE_OK, 200, 2);
    upload(NULL, MIDGE_OK, 401, 1); /* the answer is final */
    assert_non_null(strstr(spy.log, "< 401 0\n"));
    upload(rewind_fails, MIDGE_ERR_REWIND, 401, 1);
    upload(rewind_cancels, MIDGE_ERR_CANCELED, 401, 1);
}

/* The other origin gets the token only if the hook wants that. */
static int sets_token_on_a(struct midge_hop *hop)
{
    return strncmp(hop->url, "http://a.test/", 14) == 0 ? sets_token(hop) : MIDGE_OK;
}

static void another_origin(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){
                   .status = 307, .headers = "Location: http://b.test/\r\n", .on_request = guard});
    midge_sim_add_reply(midge_sim_add_host(w.sim, "b.test"), 80, "/",
                        &(struct midge_sim_reply){.status = 401, .on_request = note});
    renewing(URL);
    get.request.max_redirects = 3;
    spy.send = sets_token_on_a;
    go(MIDGE_OK, 401, "");
    assert_int_equal(midge_sim_count(host, 80, "/").requests, 2);
    has_not(2, "Authorization");
    assert_int_equal(spy.heads, 2 + 1 + MIDGE_HOOK_REPEATS);
}

/* A field that the redirect drops is not seen either; the hook may set it. */
static int sees_none_on_b(struct midge_hop *hop)
{
    bool is_a = strncmp(hop->url, "http://a.test/", 14) == 0;
    assert_true((midge_hop_get(hop, "Cookie") != NULL) == is_a);
    assert_true((midge_hop_get(hop, "authorization") != NULL) == is_a);
    return is_a ? MIDGE_OK : midge_hop_set(hop, "Cookie", "b=1");
}

static void dropped_by_a_redirect(void **state)
{
    static const struct midge_header of_client[] = {{"Authorization", "client's"}},
                                     own[] = {{"Cookie", "a=1"}};
    (void)state;
    open_with(&(struct midge_config){.headers = of_client, .n_headers = 1});
    reply("/", &(struct midge_sim_reply){.status = 307, .headers = "Location: http://b.test/\r\n"});
    midge_sim_add_reply(midge_sim_add_host(w.sim, "b.test"), 80, "/",
                        &(struct midge_sim_reply){.on_request = note});
    prepare(URL);
    get.request.max_redirects = 3;
    get.request.headers = own;
    get.request.n_headers = 1;
    spy.send = sees_none_on_b;
    go(MIDGE_OK, 200, "");
    has(0, "\r\nCookie: a=1\r\n");
    has(1, "\r\nCookie: b=1\r\n");
    has_not(1, "a=1");
    has_not(1, "Authorization");
}

static void prepared(void **state)
{
    struct midge_prepared *p;
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "ok", .on_request = guard});
    renewing(URL);
    assert_int_equal(midge_prepare(w.client, &get.request, &p), MIDGE_OK);
    for (unsigned i = 0; i < 2; i++) {
        token = "old";
        get.dones = 0;
        assert_int_equal(midge_start_prepared(w.client, p, NULL, 0, NULL), MIDGE_OK);
        sim_world_run(&w);
        sim_get_ended(&get, MIDGE_OK, 200, "ok");
        assert_int_equal(midge_sim_count(host, 80, "/").requests, 2 * (i + 1));
    }
    midge_prepared_free(w.client, p);
}

/* --- a repeat that waits --- */

enum { MANY = 10 };

static struct renewal {
    struct midge_hook hook;
    struct midge_request request;
    midge_id id;
    unsigned starts;
} renewal;

static void renewed(void *ctx, const struct midge_result *result)
{
    (void)ctx;
    token = result->error == MIDGE_OK && result->status == 200 ? "new" : token;
    renewal.id = 0;
}

static int renewal_send(struct midge_hook *hook, struct midge_hop *hop)
{
    (void)hook;
    return hop->id == renewal.id ? MIDGE_OK : midge_hop_set(hop, "Authorization", token);
}

static int renewal_head(struct midge_hook *hook, struct midge_hop *hop,
                        const struct midge_response *response)
{
    (void)hook;
    if (response->status != 401 || hop->id == renewal.id) {
        return MIDGE_OK;
    }
    if (strcmp(midge_hop_get(hop, "Authorization"), token) != 0) {
        return MIDGE_HOP_REPEAT; /* it was sent with an older one */
    }
    if (renewal.id == 0) {
        int err = midge_start(hop->client, &renewal.request, &renewal.id);
        renewal.starts++;
        if (err != MIDGE_OK) {
            return err;
        }
    }
    return midge_hop_repeat_after(hop, renewal.id);
}

static void renewal_open(const char *url)
{
    renewal = (struct renewal){.hook = {.on_send = renewal_send, .on_head = renewal_head},
                               .request = {.url = url, .on_done = renewed}};
    token = "old";
    open_with(&(struct midge_config){.hooks = &renewal.hook, .max_connections = 20});
    reply("/", &(struct midge_sim_reply){.body = "ok", .on_request = guard});
    reply("/slow", &(struct midge_sim_reply){.body = "ok", .on_request = guard, .delay_ms = 5000});
    reply("/token", &(struct midge_sim_reply){.body = "new", .delay_ms = 1000});
}

static void one_renewal_for_many(void **state)
{
    static struct sim_get gets[MANY];
    (void)state;
    renewal_open(URL "token");
    for (unsigned i = 0; i < MANY; i++) {
        sim_get(&w, &gets[i], i == 0 ? URL "slow" : URL);
    }
    sim_world_run(&w);
    for (unsigned i = 0; i < MANY; i++) {
        sim_get_ended(&gets[i], MIDGE_OK, 200, "ok");
    }
    assert_int_equal(renewal.starts, 1);
    assert_int_equal(midge_sim_count(host, 80, "/token").requests, 1);
    assert_int_equal(midge_sim_count(host, 80, "/").requests, 2 * (MANY - 1));
    assert_int_equal(midge_sim_count(host, 80, "/slow").requests, 2);
}

/* The order of the requests stays. */
static void held_in_order(void **state)
{
    static struct sim_get gets[4];
    static const char *const urls[] = {URL "1", URL "2", URL "3", URL "4"};
    (void)state;
    renewal_open(URL "token");
    open_with(
        &(struct midge_config){.hooks = &renewal.hook, .max_connections = 2, .max_per_origin = 1});
    reply("/token", &(struct midge_sim_reply){.body = "new", .delay_ms = 1000});
    reply("/*", &(struct midge_sim_reply){.body = "ok", .on_request = guard});
    for (unsigned i = 0; i < 4; i++) {
        sim_get(&w, &gets[i], urls[i]);
    }
    sim_world_run(&w);
    for (unsigned i = 0; i < 4; i++) {
        sim_get_ended(&gets[i], MIDGE_OK, 200, "ok");
    }
    assert_int_equal(renewal.starts, 1);
}

static void renewal_fails(void **state)
{
    struct sim_get one;
    (void)state;
    renewal_open("http://none.test/");
    sim_get(&w, &one, URL);
    sim_world_run(&w);
    sim_get_ended(&one, MIDGE_OK, 401, "who?"); /* tried so often as repeats are allowed */
    assert_int_equal(renewal.starts, 1 + MIDGE_HOOK_REPEATS);
}

static midge_id future;

static int waits_for_future(struct midge_hop *hop, const struct midge_response *response)
{
    return response->status == 401 ? midge_hop_repeat_after(hop, future) : MIDGE_OK;
}

static void wait_for_future(midge_id *id)
{
    reply("/", &(struct midge_sim_reply){.body = "ok", .on_request = guard});
    assert_int_equal(midge_future(w.client, NULL, NULL, &future), MIDGE_OK);
    assert_int_equal(midge_detach(w.client, future), MIDGE_OK);
    renewing(URL);
    spy.head = waits_for_future;
    get.request.timeouts.queue_ms = 100;
    get.request.timeouts.total_ms = 50000;
    assert_int_equal(midge_start(w.client, &get.request, id), MIDGE_OK);
    assert_int_equal(midge_sim_run(w.sim, w.client, 40000), 2);
    assert_int_equal(spy.heads, 1);
    assert_int_equal(get.dones, 0);
}

static void held(void **state)
{
    struct midge_result result = {0};
    midge_id id;
    (void)state;
    wait_for_future(&id);
    token = "new";
    assert_int_equal(midge_future_complete(w.client, future, &result), MIDGE_OK);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, 200, "ok");
}

static void held_for_a_canceled_one(void **state)
{
    midge_id id;
    (void)state;
    wait_for_future(&id);
    assert_int_equal(midge_cancel(w.client, future), MIDGE_OK);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, 401, "who?"); /* it is over each time */
    assert_int_equal(spy.heads, 1 + MIDGE_HOOK_REPEATS);
}

static void held_too_long(void **state)
{
    midge_id id;
    (void)state;
    wait_for_future(&id);
    assert_int_equal(midge_sim_run(w.sim, w.client, 20000), 1); /* the future */
    sim_get_ended(&get, MIDGE_ERR_TIMEOUT, 0, "");
}

static void held_and_canceled(void **state)
{
    midge_id id;
    (void)state;
    wait_for_future(&id);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    assert_int_equal(midge_sim_run(w.sim, w.client, 10), 1);
    sim_get_ended(&get, MIDGE_ERR_CANCELED, 0, "");
}

static void held_and_closed(void **state)
{
    midge_id id;
    (void)state;
    wait_for_future(&id);
    midge_close(w.client);
    w.client = NULL;
    assert_int_equal(get.dones, 1);
    assert_int_equal(get.result.error, MIDGE_ERR_CLOSED);
}

static int waits_for_itself(struct midge_hop *hop, const struct midge_response *response)
{
    (void)response;
    return midge_hop_repeat_after(hop, hop->id);
}

static void held_for_itself(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    prepare(URL);
    spy.head = waits_for_itself;
    go(MIDGE_ERR_INVALID, 200, "");
}

/* --- ends from within --- */

static int send_fails(struct midge_hop *hop)
{
    (void)hop;
    return MIDGE_ERR_UNSUPPORTED;
}

static int send_cancels(struct midge_hop *hop)
{
    assert_int_equal(midge_hop_set(hop, "X", "y"), MIDGE_OK);
    assert_int_equal(midge_cancel(hop->client, hop->id), MIDGE_OK);
    assert_int_equal(midge_hop_set(hop, "X", "z"), MIDGE_ERR_STALE);
    assert_null(midge_hop_get(hop, "X"));
    return MIDGE_OK;
}

static int send_takes(struct midge_hop *hop)
{
    assert_int_equal(midge_cancel(hop->client, hop->id), MIDGE_OK);
    assert_int_equal(midge_take(hop->client, hop->id, NULL), MIDGE_OK);
    return MIDGE_ERR_UNSUPPORTED; /* too late */
}

static int send_closes(struct midge_hop *hop)
{
    midge_close(hop->client);
    return MIDGE_OK;
}

static int head_fails(struct midge_hop *hop, const struct midge_response *response)
{
    (void)hop, (void)response;
    return MIDGE_ERR_UNSUPPORTED;
}

static int head_cancels(struct midge_hop *hop, const struct midge_response *response)
{
    (void)response;
    assert_int_equal(midge_cancel(hop->client, hop->id), MIDGE_OK);
    assert_int_equal(midge_hop_repeat_after(hop, 7), MIDGE_ERR_STALE);
    return MIDGE_HOP_REPEAT;
}

static int head_takes(struct midge_hop *hop, const struct midge_response *response)
{
    (void)response;
    assert_int_equal(midge_cancel(hop->client, hop->id), MIDGE_OK);
    assert_int_equal(midge_take(hop->client, hop->id, NULL), MIDGE_OK);
    return MIDGE_OK;
}

static int head_closes(struct midge_hop *hop, const struct midge_response *response)
{
    (void)response;
    midge_close(hop->client);
    return MIDGE_HOP_REPEAT;
}

/* After it another request works, on this client. on: a kept connection. */
static void ends(bool on, int error, int status)
{
    struct sim_get next;
    if (on) {
        sim_get(&w, &next, URL);
        sim_world_run(&w);
        sim_get_ended(&next, MIDGE_OK, 200, "ok");
    }
    spy.hook.next = &other.hook;
    other.sends = other.heads = 0;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, error, status, "");
    assert_int_equal(status == 0 ? other.sends : other.heads, 0); /* no further hook was called */
    sim_get(&w, &next, URL);
    sim_world_run(&w);
    sim_get_ended(&next, MIDGE_OK, 200, "ok");
}

static void ends_in_on_send(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    for (int on = 0; on < 2; on++) {
        prepare(URL);
        spy.send = send_fails;
        ends(on, MIDGE_ERR_UNSUPPORTED, 0);
        prepare(URL);
        spy.send = send_cancels;
        ends(on, MIDGE_ERR_CANCELED, 0);
    }
    assert_int_equal(n_seen, 6);
}

static void ends_in_on_head(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    for (int on = 0; on < 2; on++) {
        prepare(URL);
        spy.head = head_fails;
        ends(on, MIDGE_ERR_UNSUPPORTED, 200);
        prepare(URL);
        spy.head = head_cancels;
        ends(on, MIDGE_ERR_CANCELED, 200);
    }
}

static void taken_within(void **state)
{
    midge_id id;
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    for (int at_head = 0; at_head < 2; at_head++) {
        prepare(URL);
        get.request.on_done = NULL;
        spy.send = at_head ? NULL : send_takes;
        spy.head = head_takes;
        spy.hook.next = &other.hook;
        assert_int_equal(midge_start(w.client, &get.request, &id), MIDGE_OK);
        sim_world_run(&w);
        assert_int_equal(midge_done(w.client, id), MIDGE_ERR_STALE);
        sim_get_free(&get);
    }
    assert_int_equal(other.heads, 0);
}

static void closes(int (*send)(struct midge_hop *),
                   int (*head)(struct midge_hop *, const struct midge_response *))
{
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    prepare(URL);
    get.request.sink = NULL;
    spy.send = send;
    spy.head = head;
    sim_get_start(&w, &get);
    for (unsigned i = 0; i < 100 && get.dones == 0; i++) {
        (void)midge_poll(w.client, -1);
    }
    w.client = NULL;
    assert_int_equal(get.dones, 1);
    assert_int_equal(get.result.error, MIDGE_ERR_CLOSED);
}

static void closes_in_on_send(void **state)
{
    (void)state;
    closes(send_closes, NULL);
}

static void closes_in_on_head(void **state)
{
    (void)state;
    closes(NULL, head_closes);
}

/* The other requests go on, and what a hook starts begins. */
static struct sim_get started;

static int head_starts(struct midge_hop *hop, const struct midge_response *response)
{
    (void)hop, (void)response;
    sim_get(&w, &started, URL);
    return MIDGE_OK;
}

static void starts_within(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    prepare(URL);
    spy.head = head_starts;
    go(MIDGE_OK, 200, "ok");
    sim_get_ended(&started, MIDGE_OK, 200, "ok");
}

/* --- memory --- */

/* A hook that has no memory waits like any other need of a request. */
static unsigned memory_fails;

static int lacks_memory(struct midge_hop *hop)
{
    (void)hop;
    return memory_fails-- > 0 ? MIDGE_ERR_NO_MEMORY : sets_a_token(hop);
}

static void no_memory(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    for (unsigned n = 1; n < 4; n++) {
        prepare(URL);
        spy.send = lacks_memory;
        memory_fails = n;
        get.request.body = "body"; /* a POST: nothing of it was sent */
        get.request.body_len = 4;
        go(n < 2 ? MIDGE_OK : MIDGE_ERR_NO_MEMORY, n < 2 ? 200 : 0, NULL);
    }
}

static void no_memory_on_a_kept_connection(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    for (int i = 0; i < 2; i++) {
        prepare(URL);
        spy.send = lacks_memory;
        memory_fails = (unsigned)i;
        go(MIDGE_OK, 200, "ok");
    }
    assert_int_equal(spy.sends, 3);
}

/* Long heads lose fields, but not those that hooks name. */
static int reads_cookies(struct midge_hop *hop, const struct midge_response *response)
{
    size_t at = 0, name_len, value_len;
    const char *name, *value;
    unsigned n = 0;
    (void)hop;
    while (midge_response_next(response, &at, &name, &name_len, &value, &value_len)) {
        n += name_len == 10 && memcmp(name, "Set-Cookie", 10) == 0;
    }
    assert_int_equal(response->headers_skipped, 1);
    return n == 2 && midge_response_header(response, "ETag", &value_len) != NULL ? MIDGE_OK
                                                                                 : MIDGE_ERR_HEADER;
}

static void kept_headers(void **state)
{
    static char lines[6000] = "Set-Cookie: a=b\r\nETag: \"1\"\r\n";
    (void)state;
    size_t n = strlen(lines);
    for (unsigned i = 0; i < 50; i++) {
        n += (size_t)snprintf(lines + n, sizeof lines - n, "X-%u: %0*d\r\n", i, 100, 0);
    }
    (void)snprintf(lines + n, sizeof lines - n, "Set-Cookie: c=d\r\n");
    open_with(&(struct midge_config){.max_header = 1024});
    reply("/", &(struct midge_sim_reply){.body = "ok", .headers = lines});
    prepare(URL);
    spy.head = reads_cookies;
    spy.hook.keep_headers = "Set-Cookie";
    spy.hook.next = &other.hook;
    other.hook.keep_headers = "ETag";
    go(MIDGE_OK, 200, "ok");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(fields),
        TEST(replaces_bearer_and_the_clients),
        TEST(bad_fields),
        TEST(set_in_on_head),
        TEST(long_heads),
        TEST(chain),
        TEST(redirects),
        TEST(retries),
        TEST(repeats),
        TEST(repeats_to_the_limit),
        TEST(repeats_of_two_hops),
        TEST(long_answers),
        TEST(stalled_answer),
        TEST(posts),
        TEST(sources),
        TEST(another_origin),
        TEST(dropped_by_a_redirect),
        TEST(prepared),
        TEST(one_renewal_for_many),
        TEST(held_in_order),
        TEST(renewal_fails),
        TEST(held),
        TEST(held_for_a_canceled_one),
        TEST(held_too_long),
        TEST(held_and_canceled),
        TEST(held_and_closed),
        TEST(held_for_itself),
        TEST(ends_in_on_send),
        TEST(ends_in_on_head),
        TEST(taken_within),
        TEST(closes_in_on_send),
        TEST(closes_in_on_head),
        TEST(starts_within),
        TEST(no_memory),
        TEST(no_memory_on_a_kept_connection),
        TEST(kept_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
