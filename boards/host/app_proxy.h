/* SPDX-License-Identifier: MIT */
/* The environment's proxy for an app. */
#ifndef MIDGE_HOST_APP_PROXY_H
#define MIDGE_HOST_APP_PROXY_H

#include <stdbool.h>

#include <midge/request.h>

/* Sets *proxy, whose host is NULL if there is none, for an app that asks this API; NULL: one that
   is on https. Its strings stay. False: it cannot be used, after one line. */
bool app_proxy_find(const char *api, struct midge_proxy *proxy);

#endif
