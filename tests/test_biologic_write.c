/* SPDX-License-Identifier: BSD-3-Clause
 * The record of a cell, read back by a small parser of its own: lines and columns as EC-Lab has them, every
 * number, charge against its integral. */
#include "io/biologic_write.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { N = 12 };

static struct arena *arena;
static char path[] = "biologic_XXXXXX";

/* rest, plating, rest, stripping */
static const double set[N] = {0, 0, 0.7, 0.7, 0.7, 0, 0, -0.7, -0.7, -0.7, 0.7, 0.7};
static double time_s[N], voltage[N], current[N];

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	arena = arena_new();
	if (!arena || fd < 0)
		return 1;
	close(fd);
	for (int i = 0; i < N; i++) {
		time_s[i] = 100.5 * i + i % 3;
		voltage[i] = 2.9 - 0.01 * i;
		current[i] = set[i] * (1 + 1e-4 * (i % 2));
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	remove(path);
	arena_free(arena);
	return 0;
}

static struct cell_record record(void)
{
	return (struct cell_record){.n = N,
		.time_s = time_s,
		.voltage_v = voltage,
		.current_ma = current,
		.control_ma = set,
		.started = "02/28/2026 17:03:59",
		.comments = "Na | NASICON | NaK",
		.area_cm2 = 0.283};
}

static char *content(void)
{
	char *text = arena_zero(arena, 1 << 16, 1);
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_in_range(fread(text, 1, (1 << 16) - 1, file), 10, (1 << 16) - 2);
	fclose(file);
	return text;
}

/* Line `want` from 1 on, without its CRLF. */
static char *line_at(const char *text, int want)
{
	for (int line = 1; line < want; line++)
		assert_non_null(text = strstr(text, "\r\n") ? strstr(text, "\r\n") + 2 : NULL);
	assert_non_null(strstr(text, "\r\n"));
	return arena_format(arena, "%.*s", (int)(strstr(text, "\r\n") - text), text);
}

static int count(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static void the_head_is_that_of_ec_lab(void **state)
{
	struct cell_record r = record();
	char *text;
	int lines;

	(void)state;
	assert_int_equal(biologic_write_mpt(path, &r, arena), OK);
	text = content();
	assert_int_equal(count(text, "\n"), count(text, "\r\n"));
	assert_string_equal(line_at(text, 1), "EC-Lab ASCII FILE");
	assert_int_equal(sscanf(line_at(text, 2), "Nb header lines : %d", &lines), 1);
	assert_string_equal(line_at(text, 3), "");
	assert_string_equal(line_at(text, 4), "Galvanostatic Cycling with Potential Limitation");
	assert_string_equal(line_at(text, 5), "");
	assert_non_null(strstr(text, "Acquisition started on : 02/28/2026 17:03:59\r\n"));
	assert_non_null(strstr(text, "Comments : Na | NASICON | NaK\r\n"));
	assert_non_null(strstr(text, "Electrode surface area : 0.283 cm\xb2\r\n")); /* Latin-1 */
	/* five sequences of 20 letters */
	assert_non_null(
		strstr(text, "\r\nIs                  0.000               0.700               "
			     "0.000               -0.700              0.700               "
			     "\r\n"));
	assert_string_equal(line_at(text, lines - 1), "");
	assert_string_equal(line_at(text, lines),
		"mode\tox/red\terror\tcontrol changes\tNs changes\tcounter inc.\tNs\ttime/s\t"
		"control/V/mA\tEwe/V\t<I>/mA\tdQ/mA.h\t(Q-Qo)/mA.h\thalf cycle\t");
	assert_int_equal(count(text, "\n"), lines + N);
	assert_int_equal(count(line_at(text, lines + 1), "\t"), 13);
	/* exponents have three digits */
	assert_non_null(strstr(line_at(text, lines + 2), "\t1.015000000000000E+002\t"));
}

static void numbers_are_read_back(void **state)
{
	const int sequences[N] = {0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4};
	const int halves[N] = {0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2};
	struct cell_record r = record();
	double charge = 0;
	char *text;
	int lines;

	(void)state;
	assert_int_equal(biologic_write_mpt(path, &r, arena), OK);
	text = content();
	sscanf(line_at(text, 2), "Nb header lines : %d", &lines);
	for (int i = 0; i < N; i++) {
		char *at = line_at(text, lines + 1 + i);
		double got[14], step = i ? current[i] * (time_s[i] - time_s[i - 1]) / 3600 : 0;
		bool change = i > 0 && set[i] != set[i - 1];

		for (int k = 0; k < 14; k++)
			got[k] = strtod(at, &at);
		charge += step;
		assert_int_equal(got[0], set[i] != 0 ? 1 : 3);
		assert_int_equal(got[1], set[i] > 0);
		assert_int_equal(got[3], change);
		assert_int_equal(got[4], change);
		assert_int_equal(got[6], sequences[i]);
		assert_int_equal(got[13], halves[i]);
		assert_true(fabs(got[7] - time_s[i]) <= 1e-12);
		assert_true(fabs(got[8] - set[i]) <= 1e-8);
		assert_true(fabs(got[9] - voltage[i]) <= 1e-7);
		assert_true(fabs(got[10] - current[i]) <= 1e-15);
		assert_true(fabs(got[11] - step) <= 1e-15);
		assert_true(fabs(got[12] - charge) <= 1e-14);
	}
}

static void csv_has_the_same(void **state)
{
	struct cell_record r = record();
	double charge = 0;
	char *text, *at;

	(void)state;
	assert_int_equal(biologic_write_csv(path, &r, arena), OK);
	text = content();
	at = strchr(text, '\n') + 1;
	assert_int_equal(strncmp(text, "time_s,voltage_V,current_mA,charge_mAh\n", 39), 0);
	assert_int_equal(count(text, "\n"), N + 1);
	for (int i = 0; i < N; i++) {
		double t, u, c, q;

		assert_int_equal(sscanf(at, "%lf,%lf,%lf,%lf\n", &t, &u, &c, &q), 4);
		charge += i ? current[i] * (time_s[i] - time_s[i - 1]) / 3600 : 0;
		assert_true(fabs(t - time_s[i]) <= 1e-6 && fabs(u - voltage[i]) <= 1e-6);
		assert_true(fabs(c - current[i]) <= 1e-9 && fabs(q - charge) <= 1e-9);
		at = strchr(at, '\n') + 1;
	}
}

static void many_sequences_fit(void **state)
{
	enum { MANY = 1000 };
	double *all = ARENA_NEW(arena, double, 2 * MANY);
	struct cell_record r = {.n = MANY,
		.time_s = all,
		.voltage_v = all,
		.current_ma = all + MANY,
		.area_cm2 = NAN};
	char *text;
	int lines;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		all[i] = i * 1e5 - 1e7;
		all[MANY + i] = i % 2 ? -1.5e5 : 1.23456789e-7;
	}
	assert_int_equal(biologic_write_mpt(path, &r, arena), OK);
	r.n = 200;
	assert_int_equal(biologic_write_mpt(path, &r, arena), OK);
	text = content();
	sscanf(line_at(text, 2), "Nb header lines : %d", &lines);
	assert_int_equal(count(text, "\n"), lines + 200);
	assert_non_null(strstr(text, "Acquisition started on : 01/12/2026 09:00:00\r\n"));
}

static void refused(const struct cell_record *r, const char *why)
{
	assert_int_equal(biologic_write_mpt(path, r, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), why));
	assert_int_equal(biologic_write_csv(path, r, arena), ERR_USAGE);
}

static void what_is_no_record_is_refused(void **state)
{
	static const char *const dates[] = {"2026-01-12 09:00:00", "13/01/2026 09:00:00",
		"01/12/2026 24:00:00", "01/12/2026 09:00:00\n", ""};
	struct cell_record r = record();

	(void)state;
	r.n = 0;
	refused(&r, "without points");
	r = record();
	for (int i = 0; i < 5; i++) {
		r.started = dates[i];
		refused(&r, "must be MM/DD/YYYY HH:MM:SS");
	}
	r = record();
	r.comments = "two\nlines";
	refused(&r, "more than one line");
	r = record();
	voltage[3] = NAN;
	refused(&r, "point 3");
	voltage[3] = 1;
	time_s[4] = 0;
	refused(&r, "at point 4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_head_is_that_of_ec_lab),
		cmocka_unit_test(numbers_are_read_back),
		cmocka_unit_test(csv_has_the_same),
		cmocka_unit_test(many_sequences_fit),
		cmocka_unit_test(what_is_no_record_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
