/* SPDX-License-Identifier: MIT */
/*
 * One trial: a client, a server, one or two requests, and one fault. After it each request has
 * ended once, with a result that is right or an error that has a name; then the next request works,
 * and nothing is left.
 *
 * With TORTURE_HTTP2 all servers speak HTTP/2 (but for proxies, to which HTTP/1.1 is spoken), and
 * there are scenes of many streams besides.
 *
 * A kind of fault has many points. Cheap ones are all tried each time. Of dear ones (a handshake
 * takes milliseconds) a part is tried, which the seed MIDGE_TORTURE chooses: run.sh takes the
 * commit's hash and prints it, so that the part can be tried again. MIDGE_TORTURE=full: all.
 */
#ifndef TORTURE_H
#define TORTURE_H

#ifndef TORTURE_HTTP2
#define TORTURE_HTTP2 0
#endif

#include "client_identity.h"
#include "root_maker.h"
#include "root_pin.h"
#include "torture_events.h"
#include "torture_packed.h"
#include "torture_paths.h"
#include "torture_streams.h"
#include "unit/event_check.h"

/* CLOSING: the body ends with the connection, and comes slowly: in several records. In TLS its end
   is authentic, else it is not. REDIRECT: an upload that is sent again to another host. RETRY: two
   answers say 503. HOOK: a hook repeats an upload after 401, when a token has come. RATE: the
   client has rates, and one answer holds both requests back. TUNNEL: the server is a proxy too, and
   has a tunnel to itself. GUNZIP: a compressed answer in chunks. EVENTS: an event source in place
   of a request. PROXY: one that forwards. REFUSED: a proxy that opens no tunnel, so PROXY is the
   right result. DIGEST: a challenge. COOKIES: a redirect sets two. DOWNLOAD: on a condition; the
   first answer breaks off, the rest is asked for. SLICES: in place of a request. FORM: multipart,
   sent twice. EXPECT: an upload that waits for 100. TLS12 and TLS13 with the pin of the root;
   TLS12 and CLOSING_TLS have the root in a table.
   MISPINNED: TLS with another pin, so PIN is the right result. MUTUAL: the
   server requires the client's certificate. Of HTTP/2 only: MANY: requests at once on one
   connection. LONG: bodies longer than windows. CANCELED: one of three is canceled. PAUSED: the
   sink of one pauses until another one has ended. AWAY: GOAWAY, while a POST is on its way, which
   goes to another connection. STALLED: uploads wait for the server's window. */
enum scene {
    PLAIN,
    TLS12,
    TLS13,
    UPLOAD,
    GATHER,
    FILE_SINK,
    FILTER,
    CLOSING,
    CLOSING_TLS,
    REDIRECT,
    RETRY,
    HOOK,
    RATE,
    TUNNEL,
    GUNZIP,
    EVENTS,
    PROXY,
    REFUSED,
    DIGEST,
    COOKIES,
    DOWNLOAD,
    SLICES,
    FORM,
    EXPECT,
    MISPINNED,
    MUTUAL12,
    MUTUAL13,
    H1_SCENES,
    MANY = H1_SCENES,
    MANY_TLS,
    LONG,
    CANCELED,
    PAUSED,
    AWAY,
    STALLED,
    H2_SCENES
};
#define SCENES (TORTURE_HTTP2 ? (int)H2_SCENES : (int)H1_SCENES)

static const char *const scene_names[H2_SCENES] = {
    "plain",    "tls12",       "tls13",    "upload",    "gather",   "file",     "filter",
    "closing",  "closing_tls", "redirect", "retry",     "hook",     "rate",     "tunnel",
    "gunzip",   "events",      "proxy",    "refused",   "digest",   "cookies",  "download",
    "slices",   "form",        "expect",   "mispinned", "mutual12", "mutual13", "many",
    "many_tls", "long",        "canceled", "paused",    "away",     "stalled"};

enum { TORTURE_GETS = 6 };
#define TORTURE_JSON "{\"a\": 17, \"b\": \"xyz\"}"

struct trial {
    enum scene scene;
    struct sim_world w; /* its sim, client and block */
    struct midge_sim_host *host;
    struct midge_stats at_close;
    struct event_check order; /* of the client's events */
    int open_error;
    bool fin;      /* the fault is a FIN */
    bool checked;  /* it is over */
    bool harmless; /* it is none: each request succeeds */
    bool drop;     /* bodies are not kept: their memory is the client's, which will be closed */
    struct sim_get gets[TORTURE_GETS];
    unsigned n_gets;
    bool started[TORTURE_GETS];
    midge_id ids[TORTURE_GETS], gather;
    struct midge_file_sink file;
    struct midge_json_filter filter;
    char text[64];
    int value; /* of the filter */
    struct midge_buffer_source source;
    struct midge_gunzip gunzip;
    struct midge_buffer decoded;
    char decoded_bytes[TORTURE_BODY + 1];
    struct torture_events events;
    struct torture_paths paths;
    struct torture_stream streams[TORTURE_GETS]; /* of HTTP/2's scenes */
    struct midge_hook hook;
    struct midge_request token; /* for HOOK */
    midge_id token_id;
    bool has_token;
};

/* --- points --- */

static char torture_point[160];
static unsigned long torture_tried, torture_points;

static inline void torture_fail(const char *what, long a, long b)
{
    fail_msg("%s: %s (%ld, %ld)", torture_point, what, a, b);
}

#define MUST(condition, what, a, b)                                                                \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            torture_fail(what, (long)(a), (long)(b));                                              \
        }                                                                                          \
    } while (0)

/* Is this point tried? One in `part` is. */
static inline bool torture_chosen(unsigned part)
{
    const char *seed = getenv("MIDGE_TORTURE");
    uint64_t z = ++torture_points;
    if (part <= 1 || (seed != NULL && strcmp(seed, "full") == 0)) {
        torture_tried++;
        return true;
    }
    z += (seed != NULL ? strtoull(seed, NULL, 16) : 0) * 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    bool chosen = (z >> 33) % part == 0;
    torture_tried += chosen;
    return chosen;
}

static inline void torture_report(const char *kind)
{
    print_message("%s: %lu of %lu points tried, 0 failed\n", kind, torture_tried, torture_points);
    torture_tried = torture_points = 0;
}

/* --- the world of a trial --- */

static inline bool torture_is_mutual(enum scene scene)
{
    return scene == MUTUAL12 || scene == MUTUAL13;
}

static inline bool torture_is_tls(enum scene scene)
{
    return scene == TLS12 || scene == TLS13 || scene == CLOSING_TLS || scene == MISPINNED ||
           scene == MANY_TLS || (TORTURE_HTTP2 && scene == TUNNEL) || torture_is_mutual(scene);
}

/* To a proxy HTTP/1.1 is spoken. */
static inline bool torture_is_h2(enum scene scene)
{
    return TORTURE_HTTP2 && scene != PROXY && scene != REFUSED;
}

static inline uint8_t torture_http(enum scene scene)
{
    return torture_is_h2(scene) ? MIDGE_HTTP_2_PRIOR : 0;
}

/* Bytes of the answer's body. */
static inline size_t torture_body(enum scene scene)
{
    return scene == LONG ? (size_t)TORTURE_LONG : (size_t)TORTURE_BODY;
}

/* Lookups, connects and answers take several turns, and a body that has no length some more. */
static inline void trial_slow(struct trial *t)
{
    bool closing = t->scene == CLOSING || t->scene == CLOSING_TLS;
    midge_sim_set_name(t->host, &(struct midge_sim_name){.ms = 5, .ttl_s = 60});
    midge_sim_set_path(t->w.sim, &(struct midge_sim_path){.latency_us = 1000,
                                                          .segment = closing ? 100 : 0,
                                                          .bytes_per_s = closing ? 100000 : 0});
}

static inline void trial_guard(void *ctx, const struct midge_sim_request *request,
                               struct midge_sim_reply *reply)
{
    (void)ctx;
    if (!sim_field_is(request->head, "X-Token", "good")) {
        reply->status = 401;
    }
}

static inline void trial_serve(struct trial *t)
{
    uint16_t port = torture_is_tls(t->scene) ? 443 : 80;
    t->host = midge_sim_add_host(t->w.sim, "a.test");
    trial_slow(t);
    if (torture_is_h2(t->scene)) {
        torture_speak_h2(t->w.sim, t->host, port, t->scene == STALLED);
    }
    midge_sim_add_reply(t->host, port, "/", &(struct midge_sim_reply){.fill = TORTURE_BODY});
    midge_sim_add_reply(t->host, port, "/json", &(struct midge_sim_reply){.body = TORTURE_JSON});
    midge_sim_add_reply(
        t->host, port, "/close",
        &(struct midge_sim_reply){.fill = TORTURE_BODY, .until_close = 1, .bytes_per_s = 10000});
    midge_sim_add_reply(t->host, port, "/moved",
                        &(struct midge_sim_reply){.status = 307,
                                                  .headers = "Location: http://b.test/\r\n",
                                                  .fill = TORTURE_BODY});
    midge_sim_add_reply(t->host, port, "/busy",
                        &(struct midge_sim_reply){.status = 503, .body = "busy", .times = 2});
    midge_sim_add_reply(t->host, port, "/busy", &(struct midge_sim_reply){.fill = TORTURE_BODY});
    midge_sim_add_reply(t->host, port, "/guarded",
                        &(struct midge_sim_reply){.fill = TORTURE_BODY, .on_request = trial_guard});
    midge_sim_add_reply(
        t->host, port, "/later",
        &(struct midge_sim_reply){
            .status = 429, .headers = "Retry-After: 1\r\n", .body = "later", .times = 1});
    midge_sim_add_reply(t->host, port, "/later", &(struct midge_sim_reply){.fill = TORTURE_BODY});
    midge_sim_add_reply(t->host, port, "/packed",
                        &(struct midge_sim_reply){.headers = "Content-Encoding: gzip\r\n",
                                                  .body = torture_packed(TORTURE_BODY)->data,
                                                  .body_len = torture_packed(TORTURE_BODY)->len,
                                                  .chunk = 50});
    midge_sim_add_reply(t->host, port, "/events",
                        &(struct midge_sim_reply){.on_request = torture_serve_events});
    midge_sim_add_reply(
        t->host, port, "a.test:81",
        &(struct midge_sim_reply){.method = "CONNECT", .headers = "Via: 1.1 a.test\r\n"});
    torture_serve_paths(t->host);
    midge_sim_add_reply(midge_sim_add_host(t->w.sim, "b.test"), 80, "/",
                        &(struct midge_sim_reply){.fill = TORTURE_BODY});
    if (torture_is_tls(t->scene)) {
        bool is_12 = t->scene == TLS12 || t->scene == MUTUAL12;
        const struct midge_sim_tls tls = {
            .max_version = is_12 ? MIDGE_TLS_1_2 : 0,
            .client_ca = torture_is_mutual(t->scene) ? client_certificate : NULL,
            .client_ca_len = sizeof client_certificate,
            .client_required = 1,
            .http2 = TORTURE_HTTP2};
        assert_int_equal(midge_sim_use_tls(t->host, 443, &tls), MIDGE_OK);
    }
    if (TORTURE_HTTP2 && t->scene == TUNNEL) {
        torture_tunnel(t->w.sim, t->host);
    }
}

static inline const struct midge_pins *torture_pins(enum scene scene)
{
    static struct midge_pin pins[] = {{.sha256 = {1}}, {.host = "a.test"}};
    static const struct midge_pins right = {pins, 2, MIDGE_PIN_PATH};
    static const struct midge_pins wrong = {pins, 1, MIDGE_PIN_PATH};
    assert_true(root_pin(&pins[1]));
    return scene == TLS12 || scene == TLS13 ? &right : scene == MISPINNED ? &wrong : NULL;
}

static inline void torture_trust(enum scene scene, struct midge_tls *tls)
{
    static uint8_t *table; /* of the process */
    static size_t table_len;
    tls->ca = midge_sim_root(&tls->ca_len);
    if (tls->ca == NULL || (scene != TLS12 && scene != CLOSING_TLS)) {
        return;
    }
    if (table == NULL) {
        table = root_maker_table(tls->ca, tls->ca_len, &table_len);
    }
    tls->roots = table;
    tls->roots_len = table_len;
    tls->ca = NULL;
}

static inline void trial_open(struct trial *t, enum scene scene, const struct midge_config *with,
                              const struct midge_sim_config *sim)
{
    static const struct midge_rate rate = {.requests = 5, .bytes = 10000};
    static const struct midge_credential own = {.certificate = client_certificate,
                                                .certificate_len = sizeof client_certificate,
                                                .key = client_key,
                                                .key_len = sizeof client_key};
    struct midge_config config = with != NULL ? *with : (struct midge_config){0};
    struct midge_sim_config sim_config = sim != NULL ? *sim : (struct midge_sim_config){.seed = 1};
    *t = (struct trial){.scene = scene, .w = {.wanted = "fault: "}};
    sim_config.trace = sim_world_line;
    sim_config.ctx = &t->w;
    assert_int_equal(midge_sim_open(&t->w.sim, &sim_config), MIDGE_OK);
    trial_serve(t);
    config.port = midge_sim_port(t->w.sim);
    config.max_connections = config.max_connections > 0 ? config.max_connections : 2;
    config.stats_at_close = &t->at_close;
    config.on_event = event_check;
    config.event_ctx = &t->order;
    t->order.wraps = true; /* some set the clock */
    config.http = torture_http(scene);
    config.rate = scene == RATE ? &rate : NULL;
    torture_trust(scene, &config.tls);
    config.tls.pins = torture_pins(scene);
    config.tls.credential = torture_is_mutual(scene) ? &own : NULL;
    if (config.memory_size == 0) {
        config.memory_size = midge_memory_needed(&config) + 8192; /* for the bodies */
        config.memory_size += scene == GUNZIP ? MIDGE_GUNZIP_MEMORY : 0;
        config.memory_size += scene >= H1_SCENES ? TORTURE_GETS * 2 * torture_body(scene) : 0;
    }
    config.memory = t->w.block = malloc(config.memory_size);
    t->open_error = midge_open(&t->w.client, &config);
}

/* --- its requests --- */

static inline int trial_value(void *ctx, const struct midge_json_value *value)
{
    struct trial *t = ctx;
    (void)value;
    t->value++;
    return MIDGE_OK;
}

static inline const char *trial_url(const struct trial *t)
{
    static const char *const urls[H2_SCENES] = {
        [TLS12] = "https://a.test/",        [TLS13] = "https://a.test/",
        [MUTUAL12] = "https://a.test/",     [MUTUAL13] = "https://a.test/",
        [MISPINNED] = "https://a.test/",    [FILTER] = "http://a.test/json",
        [CLOSING] = "http://a.test/close",  [CLOSING_TLS] = "https://a.test/close",
        [REDIRECT] = "http://a.test/moved", [RETRY] = "http://a.test/busy",
        [HOOK] = "http://a.test/guarded",   [RATE] = "http://a.test/later",
        [GUNZIP] = "http://a.test/packed",  [EVENTS] = "http://a.test/events",
        [DIGEST] = "http://a.test/digest",  [COOKIES] = "http://a.test/login",
        [DOWNLOAD] = "http://a.test/part",  [SLICES] = "http://a.test/part",
        [FORM] = "http://a.test/form",      [EXPECT] = "http://a.test/asks",
        [MANY_TLS] = "https://a.test/",     [LONG] = "http://a.test/long",
        [AWAY] = "http://a.test/last",      [TUNNEL] = TORTURE_HTTP2 ? "https://a.test/" : NULL,
    };
    return urls[t->scene] != NULL ? urls[t->scene] : "http://a.test/";
}

/* --- the hook: the token is another request's answer --- */

static inline void trial_token(void *ctx, const struct midge_result *result)
{
    struct trial *t = (struct trial *)ctx;
    t->has_token = result->error == MIDGE_OK;
}

static inline int trial_on_send(struct midge_hook *hook, struct midge_hop *hop)
{
    const struct trial *t = (struct trial *)((char *)hook - offsetof(struct trial, hook));
    int err = midge_hop_set(hop, "X-Other", "value");
    return err == MIDGE_OK && t->has_token ? midge_hop_set(hop, "X-Token", "good") : err;
}

static inline int trial_on_head(struct midge_hook *hook, struct midge_hop *hop,
                                const struct midge_response *response)
{
    struct trial *t = (struct trial *)((char *)hook - offsetof(struct trial, hook));
    if (response->status != 401) {
        return MIDGE_OK;
    }
    if (!hop->can_repeat) {
        return MIDGE_ERR_HTTP_STATUS;
    }
    t->token =
        (struct midge_request){.url = "http://a.test/json", .ctx = t, .on_done = trial_token};
    int err = midge_start(hop->client, &t->token, &t->token_id);
    return err == MIDGE_OK ? midge_hop_repeat_after(hop, t->token_id) : err;
}

static inline void trial_dress_route(struct trial *t, struct midge_request *request)
{
    static const struct midge_proxy proxy = {
        .host = "a.test", .port = 80, .credentials = "user:password"};
    if (t->scene == TUNNEL || t->scene == PROXY || t->scene == REFUSED) {
        request->proxy = &proxy;
        request->connect_port = t->scene == REFUSED                    ? 82
                                : t->scene == TUNNEL && !TORTURE_HTTP2 ? 81
                                                                       : 0;
    }
}

static inline void trial_dress_hooks(struct trial *t, struct midge_request *request)
{
    struct torture_paths *p = &t->paths;
    struct midge_port *port = midge_sim_port(t->w.sim);
    t->hook = (struct midge_hook){.on_send = trial_on_send, .on_head = trial_on_head};
    midge_auth_init(&p->auth, port, MIDGE_AUTH_DIGEST, "http://a.test/", "me", "secret");
    midge_cookies_init(&p->jar, port, p->jar_memory, sizeof p->jar_memory);
    request->hooks = t->scene == HOOK      ? &t->hook
                     : t->scene == DIGEST  ? &p->auth.hook
                     : t->scene == COOKIES ? &p->jar.hook
                                           : NULL;
}

static inline void trial_dress_retry(const struct trial *t, struct midge_request *request)
{
    static const struct midge_retry retry = {.max = 9}, always = {.max = 9, .repeatable = 1};
    if (t->scene == RETRY || t->scene == RATE || t->scene == DOWNLOAD || t->scene == FORM) {
        request->retry = t->scene == FORM ? &always : &retry;
    }
}

static inline void trial_dress(struct trial *t, struct sim_get *get)
{
    static uint8_t body[TORTURE_UPLOAD];
    static const char *const paths[] = {"a", "b"};
    trial_dress_route(t, &get->request);
    trial_dress_hooks(t, &get->request);
    trial_dress_retry(t, &get->request);
    get->request.max_redirects = 1;
    get->request.expect_ms = t->scene == EXPECT ? 1000 : 0;
    midge_buffer_init(&t->decoded, t->decoded_bytes, sizeof t->decoded_bytes);
    if (t->scene == UPLOAD || t->scene == REDIRECT || t->scene == HOOK || t->scene == EXPECT) {
        midge_buffer_source_init(&t->source, body, sizeof body);
        get->request.source = &t->source.source;
    } else if (t->scene == FORM) {
        torture_dress_form(&t->paths, midge_sim_port(t->w.sim), &get->request);
    } else if (t->scene == FILE_SINK) {
        midge_file_sink_init(&t->file, midge_sim_port(t->w.sim), "/file");
        get->request.sink = &t->file.sink;
    } else if (t->scene == FILTER) {
        assert_int_equal(
            midge_json_filter_init(&t->filter, paths, 2, t->text, sizeof t->text, trial_value, t),
            MIDGE_OK);
        get->request.sink = &t->filter.sink;
    } else if (t->scene == GUNZIP) {
        midge_gunzip_init(&t->gunzip, t->w.client, &t->decoded.sink);
        get->request.sink = &t->gunzip.sink;
    } else if (t->scene == DOWNLOAD) {
        torture_dress_download(&t->paths, &get->request, &t->decoded.sink);
    } else if (t->scene == GATHER) {
        get->request.on_done = NULL;
    }
}

/* --- scenes of HTTP/2 only --- */

static inline void trial_start_one(struct trial *t, unsigned i);

static inline void trial_done(void *ctx, const struct midge_result *result)
{
    struct torture_stream *stream = ctx;
    struct trial *t = stream->trial;
    sim_get_done(&t->gets[stream - t->streams], result);
    if (t->w.client != NULL && t->scene == PAUSED) {
        t->streams[0].pauses = false;
        (void)midge_resume(t->w.client, t->ids[0]);
    }
}

static inline int trial_response(void *ctx, midge_id id, const struct midge_response *response)
{
    const struct torture_stream *stream = ctx;
    struct trial *t = stream->trial;
    (void)id, (void)response;
    if (t->scene == CANCELED && stream == &t->streams[1]) {
        (void)midge_cancel(t->w.client, t->ids[0]);
    }
    return MIDGE_OK;
}

static inline int trial_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct torture_stream *stream =
        (struct torture_stream *)(void *)((char *)sink - offsetof(struct torture_stream, sink));
    struct midge_sink *below = stream->below;
    const int err = below != NULL ? below->write(below, data, len) : MIDGE_OK;
    return err == MIDGE_OK && stream->pauses ? MIDGE_ERR_PAUSE : err;
}

/* A POST starts when the answer that says GOAWAY leaves the server. */
static inline void trial_start_late(void *ctx)
{
    struct trial *t = ctx;
    if (!t->checked && t->w.client != NULL) {
        t->n_gets = 4;
        trial_start_one(t, 3);
    }
}

static inline void trial_dress_stream(struct trial *t, unsigned i)
{
    static uint8_t body[TORTURE_UPLOAD];
    struct midge_request *request = &t->gets[i].request;
    struct torture_stream *stream = &t->streams[i];
    *stream = (struct torture_stream){.trial = t, .below = request->sink};
    request->ctx = stream;
    request->on_done = trial_done;
    request->on_response = trial_response;
    if (t->scene == PAUSED && i == 0) {
        stream->sink.write = trial_write;
        stream->pauses = true;
        request->sink = &stream->sink;
    } else if (t->scene == STALLED || i == 3) {
        request->body = body;
        request->body_len = sizeof body;
    }
    if (t->scene == AWAY && i == 2) {
        request->url = "http://a.test/";
        midge_sim_at(t->w.sim, 8, trial_start_late, t);
    }
}

static inline bool torture_defined(int err)
{
    return err == MIDGE_OK || (err < 0 && strcmp(midge_err_name(err), "UNKNOWN") != 0);
}

static inline unsigned trial_gets(enum scene scene)
{
    return scene == MANY || scene == MANY_TLS ? TORTURE_GETS
           : scene == GATHER || scene == RATE ? 2
           : scene >= H1_SCENES               ? 3
                                              : 1;
}

static inline void trial_start_one(struct trial *t, unsigned i)
{
    struct sim_get *get = &t->gets[i];
    sim_get_init(&t->w, get, trial_url(t));
    get->request.sink = t->drop ? NULL : get->request.sink;
    trial_dress(t, get);
    if (t->scene >= H1_SCENES) {
        trial_dress_stream(t, i);
    }
    int err = midge_start(t->w.client, &get->request, &t->ids[i]);
    t->started[i] = err == MIDGE_OK;
    MUST(torture_defined(err), "start gives no defined error", err, 0);
}

static inline void trial_start(struct trial *t)
{
    if (t->scene == EVENTS) {
        int err = torture_events_start(&t->events, t->w.client, trial_url(t));
        MUST(torture_defined(err), "the source's start gives no defined error", err, 0);
        return;
    }
    if (t->scene == SLICES) {
        midge_buffer_init(&t->decoded, t->decoded_bytes, sizeof t->decoded_bytes);
        int err = torture_start_slices(&t->paths, t->w.client, trial_url(t), &t->decoded.sink);
        MUST(torture_defined(err), "the slices' start gives no defined error", err, 0);
        return;
    }
    t->n_gets = trial_gets(t->scene);
    for (unsigned i = 0; i < t->n_gets; i++) {
        trial_start_one(t, i);
    }
    if (t->scene == GATHER && t->started[0] && t->started[1]) {
        int err = midge_gather(t->w.client, t->ids, 2, MIDGE_GATHER_ALL, &t->gather);
        MUST(err == MIDGE_OK || err == MIDGE_ERR_NO_MEMORY || err == MIDGE_ERR_NO_SLOT,
             "gather fails", err, 0);
    }
}

static inline void trial_take(struct trial *t)
{
    struct midge_result result;
    for (unsigned i = 0; t->scene == GATHER && i < t->n_gets; i++) {
        if (t->started[i]) {
            int err = midge_take(t->w.client, t->ids[i], &t->gets[i].result);
            MUST(err == MIDGE_OK, "no result to take", err, i);
            t->gets[i].dones++;
        }
    }
    if (t->events.id != 0) {
        int err = midge_take(t->w.client, t->events.id, &t->events.result);
        MUST(err == MIDGE_OK, "no result of the source", err, 0);
    }
    if (t->paths.slices_id != 0) {
        int err = midge_take(t->w.client, t->paths.slices_id, &t->paths.slices_result);
        MUST(err == MIDGE_OK, "no result of the slices", err, 0);
    }
    if (t->gather != 0) {
        int err = midge_take(t->w.client, t->gather, &result);
        MUST(err == MIDGE_OK, "no result of the gather", err, 0);
        MUST(result.error == MIDGE_OK || result.error == MIDGE_ERR_NO_MEMORY, "gather's error",
             result.error, 0);
    }
}

/* Polls that fail end no request: they are repeated. At most a day of virtual time. */
static inline void trial_run(struct trial *t)
{
    int live = 1;
    for (int i = 0; i < 1000 && live != 0; i++) {
        live = midge_sim_run(t->w.sim, t->w.client, 86400000);
        MUST(live >= 0 || live == MIDGE_ERR_PORT, "poll's error", live, 0);
        MUST(live <= 0, "requests that never end", live, 0);
        if (live < 0 && i == 100) { /* the calls that fail stop to fail */
            for (int call = 0; call < MIDGE_SIM_CLOCK; call++) {
                (void)midge_sim_fail(t->w.sim, (enum midge_sim_call)call, 0, 0, 0);
            }
        }
    }
    MUST(live == 0, "polls that always fail", live, 0);
}

/* --- what must hold --- */

static inline void check_body(const uint8_t *data, size_t len, bool whole, size_t all)
{
    for (size_t i = 0; i < len; i++) {
        MUST(data[i] == midge_sim_fill(i), "a wrong byte of the body", i, data[i]);
    }
    MUST(!whole || len == all, "complete, with another length", len, all);
}

static inline void check_bytes(const uint8_t *data, size_t len, bool whole)
{
    check_body(data, len, whole, TORTURE_BODY);
}

static inline void check_file(const struct trial *t, bool whole)
{
    size_t len;
    const uint8_t *data = midge_sim_get_file(t->w.sim, "/file", &len);
    MUST((data != NULL) == whole, "a file without success, or the other way round", whole, len);
    if (data != NULL) {
        check_bytes(data, len, true);
    }
}

/* Of a download the last answer is a part of the file, so all bytes are counted. */
static inline bool is_whole_download(const struct trial *t, const struct midge_result *result)
{
    return t->decoded.len == TORTURE_BODY && result->complete == MIDGE_COMPLETE_YES;
}

/* Only a plain body that ends with the connection may be cut unseen, and only by a FIN. */
static inline bool is_whole(const struct trial *t, const struct midge_result *result)
{
    size_t len = t->scene == FILTER   ? strlen(TORTURE_JSON)
                 : t->scene == GUNZIP ? torture_packed(TORTURE_BODY)->len
                                      : torture_body(t->scene);
    bool whole = result->body_len == len;
    if (t->scene == DOWNLOAD) {
        return is_whole_download(t, result);
    }
    return t->scene == CLOSING && !TORTURE_HTTP2
               ? (whole || t->fin) && result->complete == MIDGE_COMPLETE_UNVERIFIED
               : whole && result->complete == MIDGE_COMPLETE_YES;
}

/* 206, if the file came in parts. */
static inline bool is_success(const struct trial *t, const struct midge_result *result)
{
    return result->status == (t->scene == DOWNLOAD && t->paths.download.parts > 0 ? 206 : 200);
}

static inline void check_slices(const struct trial *t)
{
    const struct midge_result *result = &t->paths.slices_result;
    bool good = t->paths.slices_id != 0 && result->error == MIDGE_OK;
    MUST(!t->harmless || good, "an error without a fault", result->error, result->native);
    MUST(torture_defined(result->error), "no defined error", result->error, 0);
    MUST(!good || is_whole_download(t, result), "success with a part", t->decoded.len,
         result->complete);
    check_bytes((const uint8_t *)t->decoded_bytes, t->decoded.len, good);
}

static inline void check_events(const struct trial *t)
{
    const struct torture_events *e = &t->events;
    int err = e->result.error;
    MUST(!t->harmless || (e->id != 0 && err == MIDGE_OK), "an error without a fault", err,
         e->result.native);
    MUST(torture_defined(err), "no defined error", err, 0);
    MUST(!e->wrong, "events that are wrong", e->seen, 0);
    MUST(e->id == 0 || err != MIDGE_OK || e->seen == TORTURE_EVENTS, "events", e->seen, 0);
}

static inline bool is_canceled(const struct trial *t, unsigned i)
{
    return t->scene == CANCELED && i == 0 && t->gets[i].result.error == MIDGE_ERR_CANCELED;
}

static inline void trial_check(struct trial *t)
{
    t->checked = true;
    if (t->scene == EVENTS) {
        check_events(t);
    } else if (t->scene == SLICES) {
        check_slices(t);
    }
    for (unsigned i = 0; i < t->n_gets; i++) {
        struct sim_get *get = &t->gets[i];
        bool good = get->dones > 0 && get->result.error == MIDGE_OK;
        MUST(get->dones == t->started[i], "completions", get->dones, t->started[i]);
        if (t->scene == REFUSED || t->scene == MISPINNED) {
            int right = t->scene == REFUSED ? MIDGE_ERR_PROXY : MIDGE_ERR_PIN;
            MUST(!good, "a request that had to be refused", get->result.error, 0);
            good = !t->harmless || get->result.error == right;
            MUST(good, "not the reason for it", get->result.error, get->result.native);
            continue;
        }
        MUST(!t->harmless || good || is_canceled(t, i), "an error without a fault",
             get->result.error, get->result.native);
        if (get->dones > 0) {
            MUST(torture_defined(get->result.error), "no defined error", get->result.error, i);
            MUST(!good || is_success(t, &get->result), "a wrong status", get->result.status, i);
            MUST(!good || is_whole(t, &get->result), "success with a part", get->result.body_len,
                 get->result.complete);
        }
        MUST(t->scene != DOWNLOAD || t->paths.stored.etag[1] == (good ? 'v' : 'o'),
             "validators of another body", good, 0);
        if (t->scene == FILE_SINK) {
            check_file(t, good);
        } else if (t->scene == GUNZIP || t->scene == DOWNLOAD) {
            check_bytes((const uint8_t *)t->decoded_bytes, t->decoded.len, good);
        } else if (t->scene == FILTER) {
            MUST(!good || t->value == 2, "values of the filter", t->value, 2);
        } else {
            check_body(get->body.data, get->body.len,
                       get->dones > 0 && get->result.complete == MIDGE_COMPLETE_YES,
                       torture_body(t->scene));
        }
        sim_get_free(get);
    }
}

/* Without the fault a request works, on the same client; fresh: on a connection of its own. */
static inline void trial_next(struct trial *t, bool fresh)
{
    static const struct midge_pins none = {NULL, 0, MIDGE_PIN_PATH};
    struct sim_get get;
    for (int call = 0; call < MIDGE_SIM_CLOCK; call++) {
        (void)midge_sim_fail(t->w.sim, (enum midge_sim_call)call, 0, 0, 0);
    }
    midge_sim_set_cut(t->host, NULL);
    sim_get_init(&t->w, &get, torture_is_tls(t->scene) ? "https://a.test/" : "http://a.test/");
    get.request.no_reuse = fresh;
    get.request.pins = t->scene == MISPINNED ? &none : NULL;
    int err = midge_start(t->w.client, &get.request, NULL);
    MUST(err == MIDGE_OK, "the next request does not start", err, 0);
    trial_run(t);
    MUST(get.result.error == MIDGE_OK, "the next request fails", get.result.error,
         get.result.native);
    check_bytes(get.body.data, get.body.len, true);
    sim_get_free(&get);
}

static inline void trial_close(struct trial *t)
{
    if (t->open_error == MIDGE_OK) {
        midge_close(t->w.client);
        event_check_over(&t->order);
        MUST(t->at_close.alloc_live == 0, "memory that leaked", t->at_close.alloc_live, 0);
    }
    unsigned left = midge_sim_close(t->w.sim);
    MUST(left == 0, "sockets, lookups or files left open", left, 0);
    free(t->w.block);
}

/* All of it, after trial_open and the fault. next: on this client, if it does not fail for ever. */
static inline void trial_do(struct trial *t, bool next)
{
    if (t->open_error == MIDGE_OK) {
        trial_start(t);
        trial_run(t);
        trial_take(t);
        trial_check(t);
        if (next) {
            trial_next(t, false);
        }
    } else {
        MUST(!t->harmless, "open fails without a fault", t->open_error, 0);
        MUST(torture_defined(t->open_error), "open gives no defined error", t->open_error, 0);
    }
    trial_close(t);
}

#endif
