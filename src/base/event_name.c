/* SPDX-License-Identifier: MIT */
/* Names of events, for people. */
#include "base/text.h"
#include "midge/events.h"

const char *midge_event_name(unsigned kind)
{
    static const char names[] =
        "queue\0dns\0connect\0tls\0send\0wait\0body\0ended\0start\0head\0redirect\0repeat\0opened\0"
        "resolved\0trying\0connected\0certificate\0secure\0failed\0session\0idle\0memory\0"
        "memory end\0closing\0closed";
    return kind < MIDGE_EVENTS ? midge__text_nth(names, kind) : "unknown";
}
