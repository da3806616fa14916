/* SPDX-License-Identifier: MIT */
/*
 * Each fetch has credentials of its own, for the origin of its URL, so no nonce is counted by two
 * requests. -u counts before the user in the URL, and that before --netrc. With --basic and
 * --digest, as with --anyauth, the server's answer 401 decides.
 */
#include "auth.h"

#include <string.h>
#include <midge/auth.h>
#include <midge/err.h>

#include "failure.h"
#include "headers.h"
#include "netrc.h"
#include "run.h"

int auth_check(struct keep *keep, struct group *group)
{
    const char *colon = group->user != NULL ? strchr(group->user, ':') : NULL;

    if (group->user == NULL) {
        return 0;
    }
    if (colon == NULL) {
        return usage_error("option --user: no ':' between name and password; 'name:' has none");
    }
    if (group->bearer != NULL) {
        return usage_error("-u and --oauth2-bearer don't go together");
    }
    if (has_control(group->user)) {
        return usage_error("option --user: control character");
    }
    group->password = colon + 1;
    group->user = keep_copy(keep, group->user, (size_t)(colon - group->user));
    return 0;
}

void auth_apply(struct fetch *fetch)
{
    const struct group *group = fetch->group;
    unsigned schemes = group->basic || group->anyauth ? MIDGE_AUTH_BASIC : 0;
    const char *user = group->user, *password = group->password;
    struct midge_auth *auth;

    if (user == NULL && group->bearer == NULL) {
        user = fetch->in_url.user;
        password = fetch->in_url.password;
    }
    if (user == NULL && (group->bearer != NULL || !netrc_find(fetch, &user, &password))) {
        return;
    }
    if (has_control(user) || has_control(password)) { /* of the URL or netrc */
        fetch_refuse(fetch, MIDGE_ERR_HEADER, 0, "control character in the user or password");
        return;
    }
    schemes |= group->digest || group->anyauth ? MIDGE_AUTH_DIGEST : 0;
    auth = keep_alloc(fetch->run->keep, sizeof *auth);
    midge_auth_init(auth, &fetch->run->shim.port, schemes != 0 ? schemes : MIDGE_AUTH_BASIC,
                    fetch->url, user, password);
    auth->all_origins = group->location_trusted;
    fetch_add_hook(fetch, &auth->hook);
}
