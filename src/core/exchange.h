/* SPDX-License-Identifier: MIT */
/* The seam to the protocols: how a connection carries exchanges. */
#ifndef MIDGE_CORE_EXCHANGE_H
#define MIDGE_CORE_EXCHANGE_H

#include <stddef.h>

struct midge__conn;
struct midge__transfer;

enum midge__step {
    MIDGE__STEP_WAIT, /* nothing to do until the socket is ready or the exchange is resumed */
    MIDGE__STEP_MORE, /* call again, this turn or the next */
    MIDGE__STEP_IDLE, /* the exchange is over, and the connection may carry another one */
    MIDGE__STEP_OVER  /* the connection cannot be used again: close it in order */
};

/* Parts of an exchange that wait until they are resumed. */
enum { MIDGE__RESUME_SINK = 1, MIDGE__RESUME_SOURCE = 2, MIDGE__RESUME_MEMORY = 4 };

struct midge__protocol_ops {
    size_t exchange_size; /* bytes of one exchange */
    /* How many more exchanges it can carry now. */
    unsigned (*capacity)(const struct midge__conn *conn);
    /* Takes the transfer; NO_MEMORY: nothing changed. */
    int (*attach)(struct midge__conn *conn, struct midge__transfer *t);
    /* One bounded piece of work in both directions. */
    enum midge__step (*step)(struct midge__conn *conn);
    /* The MIDGE_POLL_x that it waits for. */
    unsigned (*want)(const struct midge__conn *conn);
    /* After a sink's PAUSE or a source's AGAIN, or within the callback that is about to return it.
       who: MIDGE__RESUME_x. t NULL: any transfer that the connection carries. */
    void (*resume)(struct midge__conn *conn, struct midge__transfer *t, unsigned who);
    /* Forget the transfer without a call to it. The caller closes the connection. */
    void (*cancel)(struct midge__conn *conn, struct midge__transfer *t);
    /* Free all exchanges. */
    void (*detach)(struct midge__conn *conn);
};
extern const struct midge__protocol_ops midge__h1_ops;

#endif
