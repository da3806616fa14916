// SPDX-License-Identifier: MIT
//
// midge for Arduino: many HTTPS requests at once, and loop() never waits.
//
//     MidgeClient web;
//
//     void setup() {
//         WiFi.begin(...);                   // wait until it is connected
//         web.begin(roots);                  // PEM of the CAs that you trust
//         web.get("https://example.com/", [](const MidgeAnswer &answer) {
//             Serial.println(answer.ok() ? answer.body : answer.why());
//         });
//     }
//     void loop() { web.loop(); }
//
// This is a thin layer: each call is one or two of midge's C functions, which a sketch may use
// beside it with web.client(). midge/client.h is their manual.
#ifndef MIDGE_ARDUINO_H
#define MIDGE_ARDUINO_H

#include <functional>
#include <new>
#include <string.h>

#include <midge/midge.h>
#if defined(ARDUINO_ARCH_ESP32)
#include <midge_esp.h>
#endif

// How a request ended; valid during the callback.
struct MidgeAnswer {
    int error;                  // MIDGE_OK, or why there is no whole answer
    int status;                 // of HTTP; 0: none came
    const char *body;           // NUL-terminated, never NULL
    size_t length;              // of body, bytes
    const midge_result *result; // all else: phase, times, TLS version (midge/response.h)

    bool ok() const
    {
        return error == MIDGE_OK && status >= 200 && status < 300;
    }
    // A sentence, also for a status that is no success.
    const char *why() const
    {
        return error != MIDGE_OK ? midge_err_text(error) : midge_status_text(status);
    }
};

class MidgeClient
{
  public:
    // May call get, post and end. Called once for each request that was started.
    using Done = std::function<void(const MidgeAnswer &)>;

    MidgeClient() = default;
    ~MidgeClient()
    {
        end();
    }
    MidgeClient(const MidgeClient &) = delete;
    MidgeClient &operator=(const MidgeClient &) = delete;

#if defined(ARDUINO_ARCH_ESP32)
    // Opens the client; Wi-Fi must be connected (without it there are no random numbers: ENTROPY).
    // roots: trusted CAs, PEM; NULL: requests over https are refused. memory: bytes for midge, from
    // new; 0: as many as the worst case takes. mbedTLS takes some 45 KB for a connection from
    // the heap in addition. MIDGE_OK or an error of midge_esp_open and midge_open; BUSY: it is
    // open.
    int begin(const char *roots, size_t memory = 0)
    {
        if (client_ != nullptr || polling_) {
            return MIDGE_ERR_BUSY;
        }
        const int err = midge_esp_open(&esp_, nullptr);
        if (err != MIDGE_OK) {
            return err;
        }
        opened_ = true;
        return begin(&esp_.port, roots, memory);
    }
#endif

    // The same on a port of your own, which must live until end().
    int begin(midge_port *port, const char *roots, size_t memory = 0)
    {
        if (client_ != nullptr || polling_) {
            return MIDGE_ERR_BUSY;
        }
        midge_config config = {};
        config.port = port;
        config.tls.ca = roots;
        config.tls.ca_len = roots != nullptr ? strlen(roots) : 0;
        config.memory_size = memory != 0 ? memory : midge_memory_needed(&config);
        config.memory = block_ = new (std::nothrow) char[config.memory_size];
        const int err = block_ != nullptr ? midge_open(&client_, &config) : MIDGE_ERR_NO_MEMORY;
        if (err != MIDGE_OK) {
            client_ = nullptr;
            release();
        }
        return err;
    }

    // Starts a request and returns at once: MIDGE_OK, or an error of midge_start, and then done is
    // not called. max_body: bytes of an answer's body at most (TOO_LARGE above).
    int get(const char *url, Done done, size_t max_body = 16384)
    {
        midge_request request = {};
        request.url = url;
        return start(request, static_cast<Done &&>(done), max_body);
    }

    // body is copied.
    int post(const char *url, const char *content_type, const char *body, Done done,
             size_t max_body = 16384)
    {
        midge_request request = {};
        request.url = url;
        request.method = "POST";
        request.content_type = content_type;
        request.body = body;
        request.body_len = strlen(body);
        return start(request, static_cast<Done &&>(done), max_body);
    }

    // Any request (midge/request.h); its body is copied, its sink, ctx and on_done are replaced.
    int start(midge_request request, Done done, size_t max_body = 16384)
    {
        if (client_ == nullptr) {
            return MIDGE_ERR_CLOSED;
        }
        Call *call = Call::make(request.body, request.body_len);
        if (call == nullptr) {
            return MIDGE_ERR_NO_MEMORY;
        }
        call->done = static_cast<Done &&>(done);
        midge_blob_init(&call->answer, client_, max_body + 1);
        request.body = request.body_len != 0 ? call->body : nullptr;
        request.sink = &call->answer.sink;
        request.ctx = call;
        request.on_done = on_done;
        midge_id id;
        const int err = midge_start(client_, &request, &id);
        if (err != MIDGE_OK) {
            Call::drop(call);
        }
        return err;
    }

    // One turn without a wait: call it in loop(). Returns how many requests are under
    // way, or a negative error of the port.
    int loop()
    {
        if (client_ == nullptr || polling_) {
            return 0;
        }
        polling_ = true;
        const int live = midge_poll(client_, 0);
        polling_ = false;
        if (client_ == nullptr) {
            release(); // a callback has called end()
        }
        return live;
    }

    // Ends all requests (CLOSED) and gives the memory back.
    void end()
    {
        midge_client *client = client_;
        client_ = nullptr;
        midge_close(client);
        if (!polling_) {
            release();
        }
    }

    midge_client *client()
    {
        return client_;
    }

  private:
    // A request under way. It is freed when it has ended.
    struct Call {
        Done done;
        midge_blob answer;
        char *body;

        static Call *make(const void *body, size_t length)
        {
            char *copy = length != 0 ? new (std::nothrow) char[length] : nullptr;
            Call *call = length == 0 || copy != nullptr ? new (std::nothrow) Call() : nullptr;
            if (call == nullptr) {
                delete[] copy;
                return nullptr;
            }
            if (length != 0) {
                memcpy(copy, body, length);
            }
            call->body = copy;
            return call;
        }
        static void drop(Call *call)
        {
            midge_blob_free(&call->answer);
            delete[] call->body;
            delete call;
        }
    };

    static void on_done(void *ctx, const midge_result *result)
    {
        Call *call = static_cast<Call *>(ctx);
        const bool has_body = call->answer.data != nullptr;
        const MidgeAnswer answer = {result->error, result->status,
                                    has_body ? reinterpret_cast<const char *>(call->answer.data)
                                             : "",
                                    has_body ? call->answer.len : 0, result};
        if (call->done) {
            call->done(answer);
        }
        Call::drop(call);
    }

    void release()
    {
        delete[] block_;
        block_ = nullptr;
#if defined(ARDUINO_ARCH_ESP32)
        if (opened_) {
            midge_esp_close(&esp_);
            opened_ = false;
        }
#endif
    }

#if defined(ARDUINO_ARCH_ESP32)
    midge_esp esp_ = {};
    bool opened_ = false;
#endif
    midge_client *client_ = nullptr;
    char *block_ = nullptr; // aligned as new does it, as malloc
    bool polling_ = false;
};

#endif
