// SPDX-License-Identifier: MIT
// A stream of server-sent events that is connected again by itself, beside other requests: the C
// functions of midge/event_source.h with the client of a MidgeClient.
#include <WiFi.h>
#include <Midge.h>

#include "roots.h"

static const char ssid[] = "your network";
static const char password[] = "its password";
static const char stream[] = "https://stream.wikimedia.org/v2/stream/recentchange";

static MidgeClient web;
static struct midge_request request;
static struct midge_event_source events;
static char text[8192]; // of one event; a longer one ends the stream with TOO_LARGE

static int on_event(void *, const struct midge_sse_event *event)
{
    Serial.printf("%s: %u bytes\n", event->type, (unsigned)event->data_len);
    return MIDGE_OK;
}

static int listen()
{
    midge_id id;

    request.url = stream;
    events.request = &request;
    events.text = text;
    events.text_size = sizeof text;
    events.on_event = on_event;
    return midge_event_source_start(web.client(), &events, &id);
}

void setup()
{
    Serial.begin(115200);
    WiFi.begin(ssid, password);
    while (WiFi.status() != WL_CONNECTED) {
        delay(100);
    }
    int err = web.begin(roots);
    if (err == MIDGE_OK) {
        err = listen();
    }
    if (err != MIDGE_OK) {
        Serial.printf("midge: %s\n", midge_err_text(err));
    }
}

void loop()
{
    web.loop();
}
