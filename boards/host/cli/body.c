/* SPDX-License-Identifier: MIT */
#include "body.h"

#include <midge/err.h>

#include "run.h"

static int open_upload(struct fetch *fetch)
{
    struct run *run = fetch->run;
    int err = upload_open(&fetch->upload, &run->shim.port, fetch->upload_path);

    run->stdin_uploads += fetch->upload.source == &fetch->upload.stdin_source;
    fetch->request.source = fetch->upload.source;
    return err;
}

static int open_form(struct fetch *fetch)
{
    int err = form_open(fetch->run->keep, &fetch->form, &fetch->run->shim.port);

    fetch->request.source = err == MIDGE_OK ? &fetch->form.multipart.source : NULL;
    return err;
}

int body_open(struct fetch *fetch)
{
    if (fetch->upload_path != NULL) {
        return open_upload(fetch);
    }
    return fetch->form.fields != NULL ? open_form(fetch) : MIDGE_OK;
}

void body_drop(struct fetch *fetch)
{
    upload_drop(&fetch->upload);
    if (fetch->request.source != NULL && fetch->form.fields != NULL) {
        form_drop(&fetch->form);
        fetch->request.source = NULL;
    }
}

const char *body_failed(const struct fetch *fetch)
{
    const char *failed =
        fetch->upload_path != NULL ? fetch->upload_path : form_failed(&fetch->form);

    return failed != NULL ? failed : "the body";
}

int body_native(const struct fetch *fetch)
{
    const int native = upload_native(&fetch->upload);

    return native != 0 || fetch->form.fields == NULL ? native : form_native(&fetch->form);
}
