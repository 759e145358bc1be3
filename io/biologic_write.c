/* SPDX-License-Identifier: BSD-3-Clause */
#include "io/biologic_write.h"

#include "io/disk.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* EC-Lab's tables of settings are as wide as there are sequences; more than these are not listed. */
enum { MAX_SEQUENCES = 50, ROW_BYTES = 400, HEAD_BYTES = 16384 };

static const char COLUMNS[] = "mode\tox/red\terror\tcontrol changes\tNs changes\tcounter inc.\tNs\t"
			      "time/s\tcontrol/V/mA\tEwe/V\t<I>/mA\tdQ/mA.h\t(Q-Qo)/mA.h\t"
			      "half cycle\t";

struct text {
	char *bytes;
	int64_t n, room;
};

static __attribute__((format(printf, 2, 3))) void add(struct text *t, const char *format, ...)
{
	va_list values;
	int n;

	va_start(values, format);
	n = vsnprintf(t->bytes + t->n, (size_t)(t->room - t->n), format, values);
	va_end(values);
	t->n = n < 0 || n >= t->room - t->n ? t->room : t->n + n; /* full: seen at the end */
}

static enum err save(const char *path, const struct text *t, struct arena *arena)
{
	if (t->n >= t->room)
		return fail(ERR_FAILED, "%s: does not fit %lld bytes", path, (long long)t->room);
	return disk_save(path, t->bytes, arena);
}

static bool is_date(const char *text)
{
	static const char pattern[] = "00/00/0000 00:00:00";
	int month, day, year, hour, minute, second;

	if (strlen(text) != strlen(pattern))
		return false;
	for (int i = 0; pattern[i]; i++)
		if (pattern[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != pattern[i])
			return false;
	sscanf(text, "%d/%d/%d %d:%d:%d", &month, &day, &year, &hour, &minute, &second);
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 && year >= 1970 && hour < 24 &&
	       minute < 60 && second < 60;
}

static enum err check(const char *path, const struct cell_record *r)
{
	if (r->n < 1)
		return fail(ERR_USAGE, "%s: a record of the cell without points", path);
	for (int64_t i = 0; i < r->n; i++) {
		double control = r->control_ma ? r->control_ma[i] : 0;

		if (!isfinite(r->time_s[i]) || !isfinite(r->voltage_v[i]) ||
			!isfinite(r->current_ma[i]) || !isfinite(control))
			return fail(ERR_USAGE, "%s: point %lld of the cell's record is not finite",
				path, (long long)i);
		if (i > 0 && r->time_s[i] < r->time_s[i - 1])
			return fail(ERR_USAGE,
				"%s: time falls from %g to %g s at point %lld, must rise", path,
				r->time_s[i - 1], r->time_s[i], (long long)i);
	}
	if (r->started && !is_date(r->started))
		return fail(
			ERR_USAGE, "%s: start '%s', must be MM/DD/YYYY HH:MM:SS", path, r->started);
	if (r->comments && strpbrk(r->comments, "\r\n"))
		return fail(ERR_USAGE, "%s: the comment has more than one line", path);
	return OK;
}

static double control(const struct cell_record *r, int64_t i)
{
	return r->control_ma ? r->control_ma[i] : r->current_ma[i];
}

/* Since the point before, in mA.h. */
static double charge_step(const struct cell_record *r, int64_t i)
{
	return i ? r->current_ma[i] * (r->time_s[i] - r->time_s[i - 1]) / 3600 : 0;
}

/* A double as EC-Lab writes it: an exponent of three digits. */
static void add_number(struct text *t, int digits, double value)
{
	char number[48], *exponent;

	snprintf(number, sizeof(number), "%.*E", digits, value + 0.0); /* no -0 */
	exponent = strchr(number, 'E');
	add(t, "%.*sE%+04ld", (int)(exponent - number), number, strtol(exponent + 1, NULL, 10));
}

/* Where sequences begin, and behind them where the last of these ends. */
static int find_sequences(const struct cell_record *r, int64_t first[MAX_SEQUENCES + 1])
{
	int n = 0;

	for (int64_t i = 0; i < r->n && n <= MAX_SEQUENCES; i++)
		if (i == 0 || control(r, i) != control(r, i - 1))
			first[n++] = i;
	if (n > MAX_SEQUENCES)
		return MAX_SEQUENCES;
	first[n] = r->n - 1;
	return n;
}

struct setting {
	const char *name, *value; /* the same in each sequence; NULL: made */
};

/* A row of the table of settings. */
static void add_setting(struct text *t, const struct cell_record *r, const struct setting *s,
	const int64_t *first, int n)
{
	add(t, "%-20s", s->name);
	for (int k = 0; k < n; k++) {
		double current = control(r, first[k]);
		double seconds = r->time_s[first[k + 1]] - r->time_s[first[k]];
		char made[32] = "";

		if (!strcmp(s->name, "Ns"))
			snprintf(made, sizeof(made), "%d", k);
		else if (!strcmp(s->name, "Is"))
			snprintf(made, sizeof(made), "%.3f", current);
		else if (!strcmp(s->name, "I sign"))
			snprintf(made, sizeof(made), "%s", current < 0 ? "< 0" : "> 0");
		else if (!strncmp(s->name, "t1", 2))
			snprintf(made, sizeof(made), "%d:%02d:%.4f", (int)(seconds / 3600),
				(int)(fmod(seconds, 3600) / 60), fmod(seconds, 60));
		add(t, "%-20.20s", s->value ? s->value : made);
	}
	add(t, "\r\n");
}

static void add_settings(struct text *t, const struct cell_record *r)
{
	static const struct setting settings[] = {
		{"Ns", NULL},
		{"Set I/C", "I"},
		{"Is", NULL},
		{"unit Is", "mA"},
		{"vs.", "<None>"},
		{"N", "1.00"},
		{"I sign", NULL},
		{"t1 (h:m:s)", NULL},
		{"I Range", "10 mA"},
		{"Bandwidth", "5"},
		{"E range min (V)", "-5.000"},
		{"E range max (V)", "5.000"},
	};
	int64_t first[MAX_SEQUENCES + 1];
	int n = find_sequences(r, first);

	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		add_setting(t, r, &settings[i], first, n);
}

/* The lines between the second one and the names of the columns. */
static void add_head(struct text *t, const struct cell_record *r)
{
	add(t, "\r\nGalvanostatic Cycling with Potential Limitation\r\n\r\n"
	       "Run on channel : 1 (SN 0)\r\nUser : \r\n"
	       "Electrode connection : standard\r\nPotential control : Ewe\r\n"
	       "Ewe ctrl range : min = -5.00 V, max = 5.00 V\r\n"
	       "Safety Limits :\r\n\tDo not start on E overload\r\n");
	add(t, "Acquisition started on : %s\r\n", r->started ? r->started : "01/12/2026 09:00:00");
	add(t, "Saved on :\r\n\tFile : cell.mpr\r\n"
	       "Device : simulated by tomochron " TOMO_VERSION "\r\n"
	       "Electrode material : \r\nInitial state : \r\nElectrolyte : \r\n");
	add(t, "Comments : %s\r\n", r->comments ? r->comments : "");
	add(t, "Battery capacity : 0.000 A.h\r\nElectrode surface area : %.3f cm\xb2\r\n",
		isfinite(r->area_cm2) && r->area_cm2 > 0 ? r->area_cm2 : 0.001);
	add(t, "Characteristic mass : 0.001 g\r\nVolume (V) : 0.001 cm\xb3\r\n"
	       "Cycle Definition : Charge/Discharge alternance\r\n");
	add_settings(t, r);
	add(t, "\r\n");
}

static void add_points(struct text *t, const struct cell_record *r)
{
	double charge = 0, sign = 0;
	int64_t sequence = 0, half_cycle = 0;

	for (int64_t i = 0; i < r->n; i++) {
		double set = control(r, i), step = charge_step(r, i);
		bool changed = i > 0 && set != control(r, i - 1);

		sequence += changed;
		charge += step;
		if (set * sign < 0)
			half_cycle++;
		if (set != 0)
			sign = set;
		add(t, "%d\t%d\t0\t%d\t%d\t0\t%lld\t", set != 0 ? 1 : 3, r->current_ma[i] > 0,
			changed, changed, (long long)sequence);
		add_number(t, 15, r->time_s[i]);
		add(t, "\t");
		add_number(t, 7, set);
		add(t, "\t");
		add_number(t, 7, r->voltage_v[i]);
		add(t, "\t");
		add_number(t, 15, r->current_ma[i]);
		add(t, "\t");
		add_number(t, 15, step);
		add(t, "\t");
		add_number(t, 15, charge);
		add(t, "\t%lld\r\n", (long long)half_cycle);
	}
}

enum err biologic_write_mpt(const char *path, const struct cell_record *record, struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	struct text head = {.room = HEAD_BYTES + MAX_SEQUENCES * 20 * 16}, all;
	int64_t lines = 3; /* the first two, and the names of the columns */
	enum err e;

	TRY(check(path, record));
	head.room += record->comments ? (int64_t)strlen(record->comments) : 0;
	NEED(head.bytes = ARENA_NEW(arena, char, head.room));
	add_head(&head, record);
	for (int64_t i = 0; i < head.n && head.n < head.room; i++)
		lines += head.bytes[i] == '\n';
	all = (struct text){.room = head.room + 1024 + record->n * ROW_BYTES};
	NEED(all.bytes = ARENA_NEW(arena, char, all.room));
	add(&all, "EC-Lab ASCII FILE\r\nNb header lines : %-28lld\r\n%s%s\r\n", (long long)lines,
		head.n < head.room ? head.bytes : "", COLUMNS);
	add_points(&all, record);
	e = save(path, head.n < head.room ? &all : &head, arena);
	arena_release(arena, mark);
	return e;
}

enum err biologic_write_csv(const char *path, const struct cell_record *record, struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	struct text t = {.room = 1024 + record->n * ROW_BYTES};
	double charge = 0;
	enum err e;

	TRY(check(path, record));
	NEED(t.bytes = ARENA_NEW(arena, char, t.room));
	add(&t, "time_s,voltage_V,current_mA,charge_mAh\n");
	for (int64_t i = 0; i < record->n; i++) {
		charge += charge_step(record, i);
		add(&t, "%.6f,%.6f,%.9g,%.9g\n", record->time_s[i], record->voltage_v[i],
			record->current_ma[i] + 0.0, charge + 0.0);
	}
	e = save(path, &t, arena);
	arena_release(arena, mark);
	return e;
}
