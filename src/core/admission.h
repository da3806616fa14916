/* SPDX-License-Identifier: MIT */
/* Admission: which transfers, handshakes and exchanges may begin now (admission.c). */
#ifndef MIDGE_CORE_ADMISSION_H
#define MIDGE_CORE_ADMISSION_H

struct midge_client;

/* Admits transfers, handshakes and exchanges that wait, if there is room. */
void midge__admission_run(struct midge_client *client);
/* For the memory, when no request is live: closes all idle connections and forgets all sessions. */
void midge__admission_clear(struct midge_client *client);

#endif
