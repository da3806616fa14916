/* SPDX-License-Identifier: MIT */
#include "midge/err.h"
#include "midge/config.h"

const char *midge_err_name(int err)
{
    switch (err) {
    case MIDGE_OK:
        return "";
#define ERR_NAME(name, value, text)                                                                \
    case value:                                                                                    \
        return #name;
        MIDGE_ERR_MAP(ERR_NAME)
#undef ERR_NAME
    default:
        return "UNKNOWN";
    }
}

#if MIDGE_TEXTS

const char *midge_err_text(int err)
{
    switch (err) {
    case MIDGE_OK:
        return "success";
#define ERR_TEXT(name, value, text)                                                                \
    case value:                                                                                    \
        return text;
        MIDGE_ERR_MAP(ERR_TEXT)
#undef ERR_TEXT
    default:
        return "unknown error";
    }
}

#else

const char *midge_err_text(int err)
{
    return midge_err_name(err);
}

#endif

const char *midge_phase_name(enum midge_phase phase)
{
    switch (phase) {
    case MIDGE_PHASE_QUEUE:
        return "queue";
    case MIDGE_PHASE_DNS:
        return "dns";
    case MIDGE_PHASE_CONNECT:
        return "connect";
    case MIDGE_PHASE_TLS:
        return "tls";
    case MIDGE_PHASE_SEND:
        return "send";
    case MIDGE_PHASE_WAIT:
        return "wait";
    case MIDGE_PHASE_BODY:
        return "body";
    case MIDGE_PHASE_DONE:
        return "done";
    case MIDGE_PHASES:
        break;
    }
    return "unknown";
}
