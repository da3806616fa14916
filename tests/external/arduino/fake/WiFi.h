/* SPDX-License-Identifier: MIT */
#ifndef FAKE_WIFI_H
#define FAKE_WIFI_H

enum wl_status_t { WL_IDLE_STATUS, WL_CONNECTED = 3 };

struct FakeWiFi {
    wl_status_t begin(const char *ssid, const char *password);
    wl_status_t status();
};
extern FakeWiFi WiFi;

#endif
