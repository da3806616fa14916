/* SPDX-License-Identifier: MIT */
/*
 * midge in an application's own loop of poll(2): its descriptors are waited for beside those of
 * midge. select, epoll and libuv take the same three calls: midge_interest, midge_next_timeout,
 * midge_poll with a timeout of 0.
 */
#ifndef POLL_LOOP_H
#define POLL_LOOP_H

#include <midge/midge.h>
#include <poll.h>

#define POLL_LOOP_OWN 8 /* descriptors of the application at most */
#define POLL_LOOP_SOCKETS                                                                          \
    32 /* of midge; as many as config.max_connections, and some for lookups                        \
        */

struct poll_loop_fd {
    struct pollfd poll; /* fd -1: none */
    void (*ready)(struct poll_loop_fd *own);
    void *ctx;
};

/* One round: a turn of midge, then a wait until a descriptor is ready or midge has a deadline, at
   most ms milliseconds (-1: no limit); then `ready` of those that are. Returns how many started
   things of midge live, or a negative error. */
int poll_loop_once(struct midge_client *client, struct poll_loop_fd own[], size_t n, int ms);

#endif
