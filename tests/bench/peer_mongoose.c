/* SPDX-License-Identifier: MIT */
/* mongoose on the same mbedTLS objects. It can't be told a TLS version and offers 1.3 too. */
#include "mongoose.h"

#include "bench.h"

static struct bench bench;
static struct mg_mgr mgr;
static struct mg_str ca, host;
static char request[300];
static int request_len;
static bool fresh;

static void on_event(struct mg_connection *c, int event, void *data);

static void ask(struct mg_connection *c)
{
    bench.started++;
    mg_send(c, request, (size_t)request_len);
}

static void connect_one(void)
{
    if (mg_http_connect(&mgr, bench.url, on_event, NULL) == NULL) {
        exit(1);
    }
}

static void on_connect(struct mg_connection *c)
{
    struct mg_tls_opts options = {.ca = ca, .name = host};

    if (ca.len > 0) {
        mg_tls_init(c, &options);
    }
    ask(c);
}

static void on_answer(struct mg_connection *c, struct mg_http_message *message)
{
    bench.bytes += message->body.len;
    bench_ended(&bench, mg_http_status(message) == 200, "mongoose: the status is not 200");
    if (fresh) {
        c->is_draining = 1;
    } else if (bench.started < bench.n) {
        ask(c);
    }
}

static void on_event(struct mg_connection *c, int event, void *data)
{
    switch (event) {
    case MG_EV_CONNECT:
        on_connect(c);
        break;
    case MG_EV_HTTP_MSG:
        on_answer(c, data);
        break;
    case MG_EV_ERROR:
        bench_ended(&bench, false, data);
        break;
    case MG_EV_CLOSE:
        if (fresh && bench.started < bench.n) {
            connect_one();
        }
        break;
    default:
        break;
    }
}

int main(int argc, char **argv)
{
    bench_arguments(&bench, argc, argv);
    fresh = bench_is(&bench, "fresh");
    mg_log_set(MG_LL_NONE);
    host = mg_url_host(bench.url);
    if (mg_url_is_ssl(bench.url)) {
        ca = mg_file_read(&mg_fs_posix, bench.ca);
    }
    request_len = snprintf(
        request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: %.*s:%u\r\nUser-Agent: %s\r\nAccept: */*\r\n\r\n",
        mg_url_uri(bench.url), (int)host.len, host.buf, mg_url_port(bench.url), BENCH_USER_AGENT);
    mg_mgr_init(&mgr);
    for (unsigned i = 0; i < (fresh ? 1 : bench.k); i++) {
        connect_one();
    }
    while (bench.done < bench.n) {
        bench_note_heap(&bench);
        mg_mgr_poll(&mgr, 1000);
    }
    mg_mgr_free(&mgr);
    mg_free(ca.buf);
    return bench_print(&bench, ",\"version\":\"mongoose " MG_VERSION "\"");
}
