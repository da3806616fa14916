/* SPDX-License-Identifier: MIT */
/* Admission: which transfers, handshakes and exchanges may begin now (admission.c, room.c). */
#ifndef MIDGE_CORE_ADMISSION_H
#define MIDGE_CORE_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>

struct midge_client;
struct midge__conn;
struct midge__transfer;

/* Admits transfers, handshakes and exchanges that wait, if there is room. */
void midge__admission_run(struct midge_client *client);
/* For the memory, when no request is live: closes all idle connections and forgets all sessions. */
void midge__admission_clear(struct midge_client *client);
/* Is there any connection apart from `but` (NULL: none) and those that wait for a name server? */
bool midge__others_work(const struct midge_client *client, const struct midge__conn *but);
/* An allocation for conn failed. True: others will free memory, try again then. */
bool midge__admission_later(struct midge_client *client, const struct midge__conn *conn);

/* --- room: memory that is free and not promised (room.c) --- */

/* Promises conn the memory that it may take in its state. */
void midge__room_promise(const struct midge__conn *conn);
/* Bytes that conn will take when its handshake begins: client->later is the sum. */
size_t midge__room_later(const struct midge__conn *conn);
/* May another request wait? */
bool midge__room_to_wait(const struct midge_client *client);
/* Is there room to open a connection for t; to continue conn after its lookup; to use an idle
   connection again; to begin conn's handshake? */
bool midge__room_to_open(const struct midge_client *client, const struct midge__transfer *t);
bool midge__room_to_connect(const struct midge__conn *conn);
bool midge__room_to_reuse(const struct midge_client *client);
bool midge__room_to_shake(const struct midge__conn *conn);
/* May a response's head get a buffer of so many bytes? */
bool midge__room_to_grow(const struct midge_client *client, size_t bytes);
/* Is there now the memory that conn, which starves, waits for? */
bool midge__room_to_feed(const struct midge__conn *conn);
/* Would closing this idle connection help a handshake that waits for room? */
bool midge__room_comes_from(const struct midge__conn *conn);

#endif
