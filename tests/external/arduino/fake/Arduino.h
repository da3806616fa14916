/* SPDX-License-Identifier: MIT */
/* The names of Arduino that the examples use, for a compiler that has no Arduino. */
#ifndef FAKE_ARDUINO_H
#define FAKE_ARDUINO_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LED_BUILTIN 2
#define HIGH        1
#define LOW         0
#define OUTPUT      3

unsigned long millis();
void delay(uint32_t ms);
void pinMode(uint8_t pin, uint8_t mode);
void digitalWrite(uint8_t pin, uint8_t value);
void configTime(long offset_s, int summer_s, const char *server);
void setup();
void loop();

struct FakeSerial {
    void begin(unsigned long baud);
    size_t println(const char *text);
    __attribute__((format(printf, 2, 3))) size_t printf(const char *format, ...);
};
extern FakeSerial Serial;

#endif
