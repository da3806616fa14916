/* SPDX-License-Identifier: MIT */
/* The phases of each request over time, as text. */
#ifndef MIDGE_APPS_WATERFALL_H
#define MIDGE_APPS_WATERFALL_H

#include "app.h"

void waterfall_show(const struct app *app, const struct app_rows *rows);

#endif
