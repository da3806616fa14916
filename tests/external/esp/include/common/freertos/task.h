/* SPDX-License-Identifier: MIT */
#ifndef FREERTOS_TASK_H
#define FREERTOS_TASK_H
#include "FreeRTOS.h"
typedef struct tskTaskControlBlock *TaskHandle_t;
void vTaskDelay(TickType_t ticks);
/* ESP-IDF counts stacks in bytes. */
UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t task);
#endif
