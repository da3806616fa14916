// SPDX-License-Identifier: MIT
// Three requests at once, over one TLS handshake; the LED blinks all the time, since loop() never
// waits. Put your network and, in roots.h, the certificates of your servers' CAs in.
#include <WiFi.h>
#include <Midge.h>

#include "roots.h"

static const char ssid[] = "your network";
static const char password[] = "its password";

static MidgeClient web;

static void show(const MidgeAnswer &answer)
{
    Serial.printf("%d %s\n%s\n", answer.status, answer.why(), answer.body);
}

static void start_all()
{
    char url[64];

    for (int i = 1; i <= 3; i++) {
        snprintf(url, sizeof url, "https://jsonplaceholder.typicode.com/posts/%d", i);
        const int err = web.get(url, show);
        if (err != MIDGE_OK) {
            Serial.printf("%s: %s\n", url, midge_err_text(err));
        }
    }
}

void setup()
{
    Serial.begin(115200);
    pinMode(LED_BUILTIN, OUTPUT);
    WiFi.begin(ssid, password);
    while (WiFi.status() != WL_CONNECTED) {
        delay(100);
    }
    // For the dates of certificates. Until the clock is set, midge checks them against a date of its
    // own, MIDGE_TIME_FLOOR.
    configTime(0, 0, "pool.ntp.org");
    const int err = web.begin(roots);
    if (err != MIDGE_OK) {
        Serial.printf("midge: %s\n", midge_err_text(err));
        return;
    }
    start_all();
}

void loop()
{
    web.loop();
    digitalWrite(LED_BUILTIN, millis() / 250 % 2 ? HIGH : LOW);
}
