/* SPDX-License-Identifier: MIT */
/*
 * A list of faults and a counter for each kind of call. A call fails when a fault of its kind has
 * its number. The names of errors are those of libc.
 */
#define _GNU_SOURCE
#include "faults.h"

#include <errno.h>
#include <string.h>

#include "number.h"

#define ERRNO_END 200 /* above all errno values of Linux */

static const char *const ops[FAULT_OPS] = {
    [FAULT_CONNECT] = "connect", [FAULT_SEND] = "send",       [FAULT_RECV] = "recv",
    [FAULT_POLL] = "poll",       [FAULT_RESOLVE] = "resolve", [FAULT_FILE] = "file",
};

static int same(const char *name, const char *text, size_t len)
{
    return name != NULL && strlen(name) == len && memcmp(name, text, len) == 0;
}

static enum fault_op op_of(const char *text, size_t len)
{
    unsigned op = 0;

    while (op < FAULT_OPS && !same(ops[op], text, len)) {
        op++;
    }
    return (enum fault_op)op;
}

int faults_errno(const char *name)
{
    for (int code = 1; code < ERRNO_END; code++) {
        if (same(strerrorname_np(code), name, strlen(name))) {
            return code;
        }
    }
    return 0;
}

const char *faults_add(struct faults *faults, const char *text)
{
    const char *number = strchr(text, ':');
    const char *name = number != NULL ? strchr(number + 1, ':') : NULL;

    if (name == NULL) {
        return "it is OP:N:ERRNO, as recv:3:ECONNRESET";
    }
    if (faults->n == FAULTS_MAX) {
        return "too many faults";
    }
    faults->at[faults->n].op = op_of(text, (size_t)(number - text));
    if (faults->at[faults->n].op == FAULT_OPS) {
        return "OP is connect, send, recv, poll, resolve or file";
    }
    number++;
    if (!number_parse(number, (size_t)(name - number), 1, UINT32_MAX, &faults->at[faults->n].nth)) {
        return "N is a number from 1";
    }
    faults->at[faults->n].code = faults_errno(name + 1);
    if (faults->at[faults->n].code == 0) {
        return "ERRNO is a name as ECONNRESET";
    }
    faults->n++;
    return NULL;
}

int faults_next(struct faults *faults, enum fault_op op)
{
    const uint64_t call = ++faults->calls[op];

    for (size_t i = 0; i < faults->n; i++) {
        if (faults->at[i].op == op && faults->at[i].nth == call) {
            return faults->at[i].code;
        }
    }
    return 0;
}

const char *faults_alloc(const char *text, uint32_t *nth, uint8_t *sticky)
{
    const char *comma = strchr(text, ',');
    const size_t len = comma != NULL ? (size_t)(comma - text) : strlen(text);
    uint64_t number;

    if (!number_parse(text, len, 1, UINT32_MAX, &number) ||
        (comma != NULL && strcmp(comma, ",sticky") != 0)) {
        return "it is N or N,sticky, the first allocation is 1";
    }
    *nth = (uint32_t)number;
    *sticky = comma != NULL;
    return NULL;
}
