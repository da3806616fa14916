/* SPDX-License-Identifier: MIT */
/*
 * Retries, as functions of values. A failure may pass if it is one of
 *
 *     408, 429, 500, 502, 503, 504; name, connect, send, receive, no answer, cut body, timeout
 *
 * and the request may be sent again (RFC 9110 9.2.2) if its method is idempotent, or it is marked
 * as repeatable, or the server did not process it: 429, 503 with Retry-After, nothing was sent.
 */
#include "policy/retry.h"
#include "midge/config.h"
#include "midge/err.h"

#if MIDGE_WITH_RETRY

static bool is_passing_status(unsigned status)
{
    switch (status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
        return true;
    default:
        return false;
    }
}

static bool is_passing_error(int err)
{
    switch (err) {
    case MIDGE_ERR_RESOLVE:
    case MIDGE_ERR_CONNECT:
    case MIDGE_ERR_SEND:
    case MIDGE_ERR_RECV:
    case MIDGE_ERR_EMPTY_REPLY:
    case MIDGE_ERR_PARTIAL:
    case MIDGE_ERR_TIMEOUT:
        return true;
    default:
        return false;
    }
}

/* Of the other errors, those of the peer; the rest is the application's own. */
static bool is_peers_error(int err)
{
    return err == MIDGE_ERR_TLS || err == MIDGE_ERR_CERT || err == MIDGE_ERR_PROTOCOL ||
           (MIDGE_WITH_PINS && err == MIDGE_ERR_PIN) ||
           (MIDGE_WITH_PROXY && err == MIDGE_ERR_PROXY) ||
           (MIDGE_WITH_GUNZIP && err == MIDGE_ERR_ENCODING);
}

bool midge__retry_helps(const struct midge__retry_case *how)
{
    if (how->err != MIDGE_OK) {
        return (is_passing_error(how->err) || (how->any_failure && is_peers_error(how->err))) &&
               (how->is_repeatable || !how->was_sent);
    }
    bool unprocessed = how->status == 429 || (how->status == 503 && how->asks_later);
    return (is_passing_status(how->status) || (how->any_failure && how->status >= 400)) &&
           (how->is_repeatable || unprocessed);
}

#endif
