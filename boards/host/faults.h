/* SPDX-License-Identifier: MIT */
/* Faults of the port that a user asks for (--fail-io OP:N:ERRNO): the Nth call of a kind fails. */
#ifndef MIDGE_HOST_FAULTS_H
#define MIDGE_HOST_FAULTS_H

#include <stddef.h>
#include <stdint.h>

enum fault_op {
    FAULT_CONNECT,
    FAULT_SEND,
    FAULT_RECV,
    FAULT_POLL,
    FAULT_RESOLVE,
    FAULT_FILE, /* open, size, seek, read, write and finish are counted together */
    FAULT_OPS
};

#define FAULTS_MAX 32

struct faults {
    struct {
        enum fault_op op;
        uint64_t nth; /* the first call is 1 */
        int code;     /* errno */
    } at[FAULTS_MAX];
    size_t n;
    uint64_t calls[FAULT_OPS]; /* so far */
};

/* The errno of a name like ECONNRESET; 0: there is none. */
int faults_errno(const char *name);

/* Adds the fault of a text OP:N:ERRNO, as "recv:3:ECONNRESET". NULL, or the reason of an error. */
const char *faults_add(struct faults *faults, const char *text);

/* Counts one call; the errno with which it has to fail, 0 none. */
int faults_next(struct faults *faults, enum fault_op op);

/* The allocation that has to fail, of a text N[,sticky]. NULL, or the reason of an error. */
const char *faults_alloc(const char *text, uint32_t *nth, uint8_t *sticky);

#endif
