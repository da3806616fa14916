/* SPDX-License-Identifier: MIT */
/* Private to port/resolver. Calls go down: resolver.c (queries), tcp.c (the connection), lookup.c
   (one name's questions and answers), dns_message.c. */
#ifndef MIDGE_PORT_RESOLVER_LOOKUP_H
#define MIDGE_PORT_RESOLVER_LOOKUP_H

#include "dns_message.h"
#include "resolver.h"

enum { MIDGE__LOOKUP_DONE, MIDGE__LOOKUP_UDP, MIDGE__LOOKUP_TCP }; /* states of a question */

enum { MIDGE__LOOKUP_V4, MIDGE__LOOKUP_V6 }; /* indexes of questions */

enum { MIDGE__LOOKUP_TCP_MS = 4000 };

static inline uint32_t midge__resolver_now(const struct midge__resolver *r)
{
    return r->port->clock_ms(r->port->ctx);
}

/* --- lookup.c; all but the last three may end the lookup --- */

/* Asks the next server that may still answer, or ends the question. */
void midge__lookup_ask(struct midge__resolver *r, struct midge__resolver_lookup *l,
                       struct midge__resolver_question *q);
/* The server that is asked cannot answer: asks the next one. */
void midge__lookup_fails(struct midge__resolver *r, struct midge__resolver_lookup *l,
                         struct midge__resolver_question *q, uint8_t code);
/* The question's time is over. */
void midge__lookup_late(struct midge__resolver *r, struct midge__resolver_lookup *l,
                        struct midge__resolver_question *q);
/* An answer of the server `from`, an index, has come. */
void midge__lookup_take(struct midge__resolver *r, struct midge__resolver_lookup *l,
                        struct midge__resolver_question *q, unsigned from,
                        enum midge__dns_verdict verdict, const struct midge__dns_answer *answer);

/* The message of a question that is asked now. */
struct midge__dns_question midge__lookup_message(const struct midge__resolver *r,
                                                 const struct midge__resolver_lookup *l,
                                                 const struct midge__resolver_question *q);
/* Afterwards it is free. */
void midge__lookup_close(struct midge__resolver *r, struct midge__resolver_lookup *l);
void midge__query_finish(struct midge_dns_query *query, int native, uint32_t ttl_s);

/* --- tcp.c --- */

/* Steps the connection until it waits; the next question's begins when it ends. */
void midge__resolver_tcp_run(struct midge__resolver *r);
/* Closes it if its question needs it no longer. Called when a lookup may have ended. */
void midge__resolver_tcp_check(struct midge__resolver *r);

#endif
