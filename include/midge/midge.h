/* SPDX-License-Identifier: MIT */
/*
 * midge: many HTTPS requests at once on very small machines. This header includes all others
 * except those of midge's own ports (port_posix.h, port_bsd.h, port_lwip.h): a program includes the
 * header of the port that it opens. Read client.h first.
 */
#ifndef MIDGE_H
#define MIDGE_H

#include <midge/auth.h>
#include <midge/body.h>
#include <midge/client.h>
#include <midge/conditional.h>
#include <midge/config.h>
#include <midge/cookies.h>
#include <midge/credential.h>
#include <midge/download.h>
#include <midge/err.h>
#include <midge/event_log.h>
#include <midge/event_source.h>
#include <midge/events.h>
#include <midge/gather.h>
#include <midge/gunzip.h>
#include <midge/hash.h>
#include <midge/header.h>
#include <midge/hooks.h>
#include <midge/json.h>
#include <midge/json_write.h>
#include <midge/ledger.h>
#include <midge/memory_use.h>
#include <midge/multipart.h>
#include <midge/pins.h>
#include <midge/port.h>
#include <midge/prepared.h>
#include <midge/range.h>
#include <midge/rate.h>
#include <midge/request.h>
#include <midge/response.h>
#include <midge/roots.h>
#include <midge/sessions.h>
#include <midge/slices.h>
#include <midge/sse.h>
#include <midge/task.h>
#include <midge/tls.h>
#include <midge/update.h>
#include <midge/url.h>
#include <midge/version.h>

#endif
