/* SPDX-License-Identifier: MIT */
/* midge app NAME --waterfall[=FILE] --har FILE: of the requests of an app. */
#ifndef MIDGE_CLI_APP_LOG_H
#define MIDGE_CLI_APP_LOG_H

/* As midge_app_main, but takes these two options away, and shows the app's log of events at the
   end, if it wrote one. */
int app_log_main(int argc, char **argv);

#endif
