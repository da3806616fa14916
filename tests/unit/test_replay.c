/* SPDX-License-Identifier: MIT */
/* May a request be sent again? Each condition alone. */
#include "fake_port.h"

#include "core/replay.h"

static unsigned rewinds;
static int rewind_answer;

static int note_rewind(struct midge_source *source)
{
    (void)source;
    rewinds++;
    return rewind_answer;
}

struct subject {
    struct midge_client *client;
    struct midge_source source;
    struct midge_request request;
    struct midge__transfer *t;
};

static void subject_init(struct subject *s, bool idempotent)
{
    memset(s, 0, sizeof *s);
    s->client = test_calloc(1, sizeof *s->client);
    s->t = test_calloc(1, sizeof *s->t);
    s->client->n_conns = 2;
    s->source.rewind = note_rewind;
    s->request.source = &s->source;
    s->t->aw.client = s->client;
    s->t->request = &s->request;
    s->t->method = idempotent ? MIDGE__METHOD_IDEMPOTENT : 0;
    rewinds = 0;
    rewind_answer = MIDGE_OK;
}

static void subject_free(struct subject *s)
{
    test_free(s->t);
    test_free(s->client);
}

static void after_a_break(void **state)
{
    static const struct {
        enum midge__replay replay;
        bool idempotent;
        unsigned tries;
    } cases[] = {{MIDGE__REPLAY_NEVER, true, 0},      {MIDGE__REPLAY_NEVER, false, 0},
                 {MIDGE__REPLAY_IDEMPOTENT, true, 1}, {MIDGE__REPLAY_IDEMPOTENT, false, 0},
                 {MIDGE__REPLAY_SAFE, true, 3},       {MIDGE__REPLAY_SAFE, false, 3}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(cases); i++) {
        struct subject s;
        subject_init(&s, cases[i].idempotent);
        for (unsigned retries = 0; retries < 5; retries++) {
            s.t->result->retries = (uint8_t)retries;
            assert_int_equal(midge__replay_after_break(s.t, cases[i].replay),
                             retries < cases[i].tries);
        }
        midge__report_renew(s.t->result); /* of the next hop: it counts anew */
        assert_int_equal(s.t->result->retries, 4);
        assert_int_equal(midge__replay_after_break(s.t, cases[i].replay), cases[i].tries > 0);
        s.t->result->retries = s.t->result->retries_before = 0;
        s.client->closing = true;
        assert_false(midge__replay_after_break(s.t, cases[i].replay));
        assert_int_equal(rewinds, 0); /* the source was not read */
        subject_free(&s);
    }
}

static void a_source_goes_back(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s, true);
    s.t->source_begun = true;
    assert_true(midge__replay_after_break(s.t, MIDGE__REPLAY_SAFE));
    assert_int_equal(rewinds, 1);
    assert_false(s.t->source_begun);
    s.t->source_begun = true;
    rewind_answer = MIDGE_ERR_RECV;
    assert_false(midge__replay_after_break(s.t, MIDGE__REPLAY_SAFE));
    assert_int_equal(rewinds, 2);
    s.source.rewind = NULL;
    assert_false(midge__replay_after_break(s.t, MIDGE__REPLAY_SAFE));
    s.t->source_begun = false;
    assert_true(midge__replay_after_break(s.t, MIDGE__REPLAY_SAFE));
    subject_free(&s);
}

static void steps_back(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s, true);
    assert_true(midge__transfer_steps_back(s.t));
    s.t->source_begun = true;
    assert_true(midge__transfer_steps_back(s.t)); /* it can be rewound */
    s.source.rewind = NULL;
    assert_false(midge__transfer_steps_back(s.t));
    s.t->source_begun = false;
    assert_true(midge__transfer_steps_back(s.t));
    s.t->result->status = 200; /* the application has seen an answer */
    assert_false(midge__transfer_steps_back(s.t));
    s.t->result->status = 0;
    s.t->method = 0;
    assert_false(midge__transfer_steps_back(s.t));
    assert_int_equal(rewinds, 0);
    subject_free(&s);
}

static void for_memory(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s, true);
    s.t->need = MIDGE__NEED_USUAL;
    assert_false(midge__replay_for_memory(s.t, MIDGE_ERR_RECV));
    s.client->n_conns = 1; /* nothing else has memory */
    assert_false(midge__replay_for_memory(s.t, MIDGE_ERR_NO_MEMORY));
    s.client->n_conns = 2;
    s.client->closing = true;
    assert_false(midge__replay_for_memory(s.t, MIDGE_ERR_NO_MEMORY));
    s.client->closing = false;
    s.t->result->status = 200;
    assert_false(midge__replay_for_memory(s.t, MIDGE_ERR_NO_MEMORY));
    s.t->result->status = 0;
    assert_int_equal(s.t->need, MIDGE__NEED_USUAL);
    s.t->source_begun = true;
    assert_true(midge__replay_for_memory(s.t, MIDGE_ERR_NO_MEMORY));
    assert_int_equal(s.t->need, MIDGE__NEED_ALONE);
    assert_int_equal(rewinds, 1);
    subject_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_break),
        cmocka_unit_test(a_source_goes_back),
        cmocka_unit_test(steps_back),
        cmocka_unit_test(for_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
