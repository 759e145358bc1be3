/* SPDX-License-Identifier: BSD-3-Clause
 * Parsing by hand rather than by strtod() alone: that one would take hexadecimal, "inf", "nan" and
 * leading blanks, and says nothing about what follows the number. */
#include "config/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_DIGITS = 60, MAX_NAME = 64 };

/* A decimal number in its parts, so that a unit can move the point without rounding. */
struct decimal {
	char mantissa[MAX_DIGITS + 1];
	int exponent;
	const char *rest; /* behind the number and blanks */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip_blanks(const char *at)
{
	while (*at == ' ')
		at++;
	return at;
}

static const char *skip_sign(const char *at)
{
	return *at == '+' || *at == '-' ? at + 1 : at;
}

static enum err scan_decimal(const char *text, struct decimal *number)
{
	const char *at = skip_sign(text);
	int digits = 0;

	for (; is_digit(*at); at++)
		digits++;
	if (*at == '.')
		for (at++; is_digit(*at); at++)
			digits++;
	if (digits == 0)
		return fail(ERR_USAGE, "'%.80s' is not a number", text);
	if (at - text > MAX_DIGITS)
		return fail(ERR_USAGE, "'%.80s' has too many digits", text);
	memcpy(number->mantissa, text, (size_t)(at - text));
	number->mantissa[at - text] = 0;
	number->exponent = 0;
	if ((*at == 'e' || *at == 'E') && is_digit(*skip_sign(at + 1))) {
		bool negative = at[1] == '-';
		for (at = skip_sign(at + 1); is_digit(*at); at++)
			if (number->exponent < 10000)
				number->exponent = number->exponent * 10 + (*at - '0');
		if (negative)
			number->exponent = -number->exponent;
	}
	number->rest = skip_blanks(at);
	return OK;
}

static enum err decimal_value(
	const char *text, const struct decimal *number, int shift, double *value)
{
	char whole[MAX_DIGITS + 16];

	snprintf(whole, sizeof(whole), "%se%d", number->mantissa, number->exponent + shift);
	*value = strtod(whole, NULL);
	return isfinite(*value) ? OK : fail(ERR_USAGE, "'%.80s' is too large a number", text);
}

enum err text_real(const char *text, double *value)
{
	struct decimal number;

	TRY(scan_decimal(text, &number));
	if (*number.rest)
		return fail(ERR_USAGE, "'%.80s' is not a number: '%.40s' is too much", text,
			number.rest);
	return decimal_value(text, &number, 0, value);
}

enum err text_integer(const char *text, int64_t *value)
{
	const char *at = skip_sign(text);

	if (!is_digit(*at) || at[strspn(at, "0123456789")])
		return fail(ERR_USAGE, "'%.80s' is not a whole number", text);
	errno = 0;
	*value = strtoll(text, NULL, 10);
	return errno ? fail(ERR_USAGE, "'%.80s' is too large a number", text) : OK;
}

enum err text_bool(const char *text, bool *value)
{
	static const char *const words[] = {
		"false", "true", "no", "yes", "off", "on", "0", "1", NULL};

	for (int i = 0; words[i]; i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*value = i % 2;
			return OK;
		}
	}
	return fail(ERR_USAGE, "'%.80s' is neither true nor false", text);
}

static const struct unit {
	const char *name;
	char kind; /* units of a kind can be typed for each other */
	int power; /* of ten, to metres or electronvolts */
} units[] = {
	{"um", 'l', -6},
	{"\u00b5m", 'l', -6}, /* micro sign */
	{"\u03bcm", 'l', -6}, /* small mu */
	{"mm", 'l', -3},
	{"nm", 'l', -9},
	{"cm", 'l', -2},
	{"m", 'l', 0},
	{"keV", 'e', 3},
	{"kev", 'e', 3},
	{"KeV", 'e', 3},
	{"eV", 'e', 0},
	{"ev", 'e', 0},
	{"MeV", 'e', 6},
	{NULL, 0, 0},
};

static const struct unit *find_unit(const char *name)
{
	const struct unit *unit = units;

	while (unit->name && strcmp(unit->name, name) != 0)
		unit++;
	return unit->name ? unit : NULL;
}

enum err text_quantity(const char *text, const char *unit, double *value)
{
	const struct unit *to = find_unit(unit), *from = to;
	struct decimal number;

	TRY(scan_decimal(text, &number));
	if (*number.rest)
		from = find_unit(number.rest);
	if (!from || !to || from->kind != to->kind)
		return fail(ERR_USAGE, "'%.80s' has the unknown unit '%.40s' (%s)", text,
			number.rest, to && to->kind == 'l' ? "nm, um, mm, cm, m" : "eV, keV, MeV");
	return decimal_value(text, &number, from->power - to->power, value);
}

enum err text_bytes(const char *text, int64_t *value)
{
	static const char prefixes[] = "KMGT";
	const char *rest, *prefix = NULL;
	struct decimal number;
	double bytes;

	TRY(scan_decimal(text, &number));
	TRY(decimal_value(text, &number, 0, &bytes));
	rest = number.rest;
	if (*rest)
		prefix = strchr(prefixes, *rest >= 'a' ? *rest - 'a' + 'A' : *rest);
	if (prefix)
		bytes = ldexp(bytes, 10 * (int)(prefix - prefixes + 1));
	rest += prefix ? 1 : 0;
	if (*rest && strcasecmp(rest, "B") != 0 && !(prefix && strcasecmp(rest, "iB") == 0))
		return fail(
			ERR_USAGE, "'%.80s' is not an amount of memory such as 24G or 512M", text);
	if (!(bytes >= 0 && bytes < 9e18))
		return fail(ERR_USAGE, "'%.80s' is out of range", text);
	*value = (int64_t)bytes;
	/* a bare 24 surely means 24G, and neither guess is safe */
	if (*value && *value < 1 << 20)
		return fail(
			ERR_USAGE, "'%.80s' is less than one megabyte; write 24G or 512M", text);
	return OK;
}

/* Splits at ':' in place; the number of parts, or 0 when there are more than `most`. */
static int split(char *text, char *part[], int most)
{
	int n = 0;

	for (char *at = text; at; n++) {
		if (n == most)
			return 0;
		part[n] = at;
		at = strchr(at, ':');
		if (at)
			*at++ = 0;
	}
	return n;
}

enum err text_range(const char *text, struct range *value)
{
	char copy[128], *part[3];
	int n = 0;

	if (strlen(text) < sizeof(copy) && *text)
		n = split(strcpy(copy, text), part, 3);
	if (n == 0)
		return fail(ERR_USAGE, "'%.80s' is not a range A:B or A:B:S", text);
	*value = (struct range){0, -1, 1};
	if (*part[0])
		TRY(text_integer(part[0], &value->begin));
	if (n == 1)
		value->end = value->begin + (value->begin < INT64_MAX);
	else if (*part[1])
		TRY(text_integer(part[1], &value->end));
	if (n == 3)
		TRY(text_integer(part[2], &value->step));
	if (value->begin < 0)
		return fail(ERR_USAGE, "'%.80s' begins before 0 (only an end can be -1)", text);
	if (value->end < -1)
		return fail(
			ERR_USAGE, "'%.80s' has a negative end (only -1, the end, is known)", text);
	if (value->end != -1 && value->end <= value->begin)
		return fail(ERR_USAGE, "'%.80s' is empty: the end is not part of a range", text);
	if (value->step < 1)
		return fail(ERR_USAGE, "'%.80s' has a step below 1", text);
	return OK;
}

enum err text_sweep(const char *text, struct sweep *value)
{
	char copy[256], *part[3];
	int n = 0;

	*value = (struct sweep){0, 0, 0};
	if (!*text)
		return OK;
	if (strlen(text) < sizeof(copy))
		n = split(strcpy(copy, text), part, 3);
	if (n != 3)
		return fail(ERR_USAGE, "'%.80s' is not a sweep A:B:S such as 1530:1540:0.5", text);
	TRY(text_real(part[0], &value->begin));
	TRY(text_real(part[1], &value->end));
	TRY(text_real(part[2], &value->step));
	if (!(value->step > 0) || value->end < value->begin)
		return fail(ERR_USAGE, "'%.80s' must go upwards, with a step above 0", text);
	if ((value->end - value->begin) / value->step > 10000)
		return fail(ERR_USAGE, "'%.80s' has more than 10000 steps", text);
	return OK;
}

struct character text_character(const char *text)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *at = (const unsigned char *)text;
	const struct character bad = {0, 0};
	size_t n = at[0] < 0x80 ? 1 : at[0] < 0xc0 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	uint32_t code = n == 1 ? at[0] : at[0] & (0x7fU >> n);

	if (n == 0 || at[0] > 0xf4)
		return bad;
	for (size_t i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return bad;
		code = code << 6 | (at[i] & 0x3fU);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return bad;
	return (struct character){code, n};
}

static char plain(char c)
{
	return c == '-' ? '_' : c;
}

bool same_name(const char *a, const char *b)
{
	while (*a && plain(*a) == plain(*b)) {
		a++;
		b++;
	}
	return *a == *b;
}

/* Optimal string alignment distance, three rows at a time. */
static int distance(const char *a, const char *b)
{
	int row[3][MAX_NAME + 1];
	int n = (int)strlen(a), m = (int)strlen(b);

	for (int j = 0; j <= m; j++)
		row[0][j] = j;
	for (int i = 1; i <= n; i++) {
		int *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
		now[0] = i;
		for (int j = 1; j <= m; j++) {
			bool same = plain(a[i - 1]) == plain(b[j - 1]);
			int best = last[j - 1] + !same;
			best = last[j] + 1 < best ? last[j] + 1 : best;
			best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
	}
	return row[n % 3][m];
}

void near_miss_try(struct near_miss *near, const char *name)
{
	size_t n = strlen(near->typed), m = strlen(name);
	int found;

	/* of a mistyped number no name is near */
	if (n == 0 || n > MAX_NAME || m > MAX_NAME || is_digit(*near->typed))
		return;
	found = distance(near->typed, name);
	if (found > (int)(n < m ? n : m) / 3 + 1 || found >= (int)n)
		return;
	if (!near->name || found < near->distance) {
		near->name = name;
		near->distance = found;
	}
}
