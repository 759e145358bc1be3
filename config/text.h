/* SPDX-License-Identifier: BSD-3-Clause
 * Values as people type them, and the search for names. Private to config/.
 * Parsers fail with ERR_USAGE and a sentence that quotes the text; callers add the place. */
#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

#include "config/settings.h"
#include "core/error.h"

#include <stddef.h>

enum err text_bool(const char *text, bool *value); /* true yes on 1, false no off 0 */
enum err text_integer(const char *text, int64_t *value);
enum err text_real(const char *text, double *value);

/* A number with a unit of length or energy, bare in `unit` itself: "1.3um", "1.3 um", "0.0013 mm".
 * The unit moves the decimal point of the text, so that 0.0013 mm is exactly 1.3 um. */
enum err text_quantity(const char *text, const char *unit, double *value);

/* Bytes: 24G, 512 MB, 1.5GiB; K M G T are powers of 1024 with or without B or iB. */
enum err text_bytes(const char *text, int64_t *value);

/* A:B or A:B:S, N for N:N+1; A left out is 0, B left out is -1 (the end), S is 1. */
enum err text_range(const char *text, struct range *value);
/* A:B:S of real numbers with S above 0; "" is not given (all 0). */
enum err text_sweep(const char *text, struct sweep *value);

/* The next character of UTF-8 text and its length; length 0 where the bytes are not UTF-8. */
struct character {
	uint32_t code;
	size_t length;
};
struct character text_character(const char *text);

/* Are the names the same, with - and _ taken as one? */
bool same_name(const char *a, const char *b);

/* The nearest of several names to what was typed. Starts as {typed}; `name` stays NULL when nothing
 * comes near. Distance: letters inserted, removed, replaced or swapped with their neighbour. */
struct near_miss {
	const char *typed, *name;
	int distance;
};
void near_miss_try(struct near_miss *near, const char *name);

#endif
