/* SPDX-License-Identifier: MIT */
/* libcurl's multi interface, on the TLS library of Debian's package. */
#include <curl/curl.h>

#include "bench.h"

static struct bench bench;

static size_t on_body(char *data, size_t size, size_t len, void *ctx)
{
    (void)data;
    (void)ctx;
    bench.bytes += size * len;
    return size * len;
}

static CURL *request_new(bool fresh)
{
    CURL *easy = curl_easy_init();

    if (easy == NULL) {
        exit(1);
    }
    curl_easy_setopt(easy, CURLOPT_URL, bench.url);
    curl_easy_setopt(easy, CURLOPT_CAINFO, bench.ca);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                     (long)CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, BENCH_USER_AGENT);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    if (fresh) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }
    return easy;
}

static void request_start(CURLM *multi, CURL *easy)
{
    if (curl_multi_add_handle(multi, easy) != CURLM_OK) {
        exit(1);
    }
    bench.started++;
}

static void request_ended(CURLM *multi, CURL *easy, CURLcode code)
{
    long status = 0;

    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    bench_ended(&bench, code == CURLE_OK && status == 200, curl_easy_strerror(code));
    curl_multi_remove_handle(multi, easy);
    if (bench.started < bench.n) {
        request_start(multi, easy);
    } else {
        curl_easy_cleanup(easy);
    }
}

int main(int argc, char **argv)
{
    CURLM *multi;
    CURLMsg *message;
    int running, left;
    bool fresh;
    char more[200];

    bench_arguments(&bench, argc, argv);
    fresh = bench_is(&bench, "fresh");
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)bench.k);
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)bench.k);
    for (unsigned i = 0; i < (fresh ? 1 : bench.k); i++) {
        request_start(multi, request_new(fresh));
    }
    while (bench.done < bench.n) {
        curl_multi_perform(multi, &running);
        while ((message = curl_multi_info_read(multi, &left)) != NULL) {
            request_ended(multi, message->easy_handle, message->data.result);
        }
        bench_note_heap(&bench);
        if (bench.done < bench.n) {
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
        }
    }
    curl_multi_cleanup(multi);
    curl_global_cleanup();
    snprintf(more, sizeof more, ",\"version\":\"%s\"", curl_version());
    return bench_print(&bench, more);
}
