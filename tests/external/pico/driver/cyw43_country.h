/* SPDX-License-Identifier: MIT */
/* In place of cyw43-driver's, as cyw43.h. */
#ifndef CYW43_COUNTRY_H
#define CYW43_COUNTRY_H

#define CYW43_COUNTRY_WORLDWIDE 0

#endif
