/* SPDX-License-Identifier: BSD-3-Clause */
#include "truth/score_sheet.h"

#include "core/metrics.h"
#include "core/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 2 * SHEET_REACH + 1, BALL = 33, UNIT = 1 << 16 }; /* of areas */

const double aperture_from[APERTURES + 1] = {0, 0.5, 1, 2, INFINITY};
const char *const face_names[FACES] = {"nak", "void", "hardware"};

struct offset {
	int z, y, x, square; /* z from 0 to SIDE - 1 */
};

struct sums {
	int64_t n[APERTURES], found[APERTURES], area[2][FILLS], faces[FACES], skins[FACES];
};

struct sheet {
	int64_t ny, nx;
	bool has_aperture;
	struct offset ball[BALL]; /* nearest first */
	struct sums *sums;	  /* of each thread */
};

/* The planes around a voxel. */
struct place {
	const struct sheet *sheet;
	const uint8_t *const *plane;
	int64_t y, x;
};

static int nearest_first(const void *a, const void *b)
{
	const struct offset *p = a, *q = b;

	if (p->square != q->square)
		return p->square - q->square;
	return (p->z - q->z) * 100 + (p->y - q->y) * 10 + p->x - q->x;
}

enum err sheet_new(
	struct sheet **sheet, int64_t ny, int64_t nx, bool has_aperture, struct arena *arena)
{
	struct sheet *s = ARENA_ZERO(arena, struct sheet, 1);
	int n = 0;

	NEED(*sheet = s);
	s->ny = ny;
	s->nx = nx;
	s->has_aperture = has_aperture;
	for (int i = 0; i < SIDE * SIDE * SIDE; i++) {
		int z = i / SIDE / SIDE - SHEET_REACH, y = i / SIDE % SIDE - SHEET_REACH;
		int x = i % SIDE - SHEET_REACH, square = z * z + y * y + x * x;

		if (square <= SHEET_REACH * SHEET_REACH)
			s->ball[n++] = (struct offset){z + SHEET_REACH, y, x, square};
	}
	qsort(s->ball, BALL, sizeof(*s->ball), nearest_first);
	NEED(s->sums = ARENA_ZERO(arena, struct sums, parallel_threads()));
	return OK;
}

/* The label at a place of the ball; -1: beyond the volume. */
static int label_at(const struct place *p, const struct offset *o)
{
	const uint8_t *plane = p->plane[o->z];
	int64_t y = p->y + o->y, x = p->x + o->x;

	if (!plane || y < 0 || y >= p->sheet->ny || x < 0 || x >= p->sheet->nx)
		return -1;
	return plane[y * p->sheet->nx + x];
}

static int fill_of(int label)
{
	switch (label) {
	case LABEL_CRACK:
		return FILL_EMPTY;
	case LABEL_CRACK_NAK:
		return FILL_FILLED;
	case SHEET_UNTOLD:
		return FILL_UNTOLD;
	default:
		return FILL_NONE;
	}
}

/* The filling of the nearest crack found; of several as near the right one, if it is among them. */
static int nearest_fill(const struct place *found, int right)
{
	int best = FILL_NONE, square = 0;

	for (int i = 0; i < BALL; i++) {
		const struct offset *o = &found->sheet->ball[i];
		int fill = fill_of(label_at(found, o));

		if (best != FILL_NONE && o->square > square)
			break;
		if (fill == FILL_NONE || best == right)
			continue;
		if (best == FILL_NONE || fill == right)
			best = fill;
		square = o->square;
	}
	return best;
}

/* aperture: in steps; 0: not known. */
static void add_crack(struct sums *s, const struct place *found, int fill, int aperture)
{
	int nearest = nearest_fill(found, fill), class = 0;

	s->area[fill][nearest] += aperture > APERTURE_STEP ? UNIT * APERTURE_STEP / aperture : UNIT;
	if (aperture == 0)
		return;
	while (aperture >= aperture_from[class + 1] * APERTURE_STEP)
		class ++;
	s->n[class]++;
	s->found[class] += nearest != FILL_NONE;
}

/* Does the ball hold anything but these two? Beyond the volume nothing is. */
static bool holds_other(const struct place *p, int a, int b)
{
	for (int i = 0; i < BALL; i++) {
		int label = label_at(p, &p->sheet->ball[i]);

		if (label >= 0 && label != a && label != b)
			return true;
	}
	return false;
}

/* A ceramic voxel: what touches it. Offsets 1 to 6 of the ball are the six neighbours. */
static void add_face(struct sums *s, const struct place *truth, const struct place *found)
{
	static const int other_of[FACES] = {LABEL_NAK, LABEL_VOID, LABEL_HARDWARE};

	for (int k = 0; k < FACES; k++) {
		bool touches = false;

		for (int i = 1; i <= 6; i++)
			touches |= label_at(truth, &truth->sheet->ball[i]) == other_of[k];
		if (!touches || holds_other(truth, LABEL_NASICON, other_of[k]))
			continue;
		s->faces[k]++;
		s->skins[k] += holds_other(found, LABEL_NASICON, other_of[k]);
	}
}

/* Are eight voxels all the same as those above, below, in front and behind? Most are. */
static bool is_plain(const uint8_t *row, const uint8_t *const around[4], int64_t x)
{
	uint64_t word, other, first = row[x] * 0x0101010101010101u;

	memcpy(&word, row + x, sizeof(word));
	if (word != first || row[x - 1] != row[x] || row[x + 8] != row[x])
		return false;
	for (int k = 0; k < 4; k++) {
		memcpy(&other, around[k] + x, sizeof(other));
		if (other != first)
			return false;
	}
	return true;
}

void sheet_row(struct sheet *sheet, const uint8_t *const *truth, const uint8_t *const *found,
	const uint8_t *aperture, int64_t y, int thread)
{
	const int64_t nx = sheet->nx;
	const uint8_t *row = truth[SHEET_REACH] + y * nx;
	const uint8_t *up = truth[SHEET_REACH - 1], *down = truth[SHEET_REACH + 1];
	const uint8_t *const around[4] = {up ? up + y * nx : row, down ? down + y * nx : row,
		y > 0 ? row - nx : row, y + 1 < sheet->ny ? row + nx : row};
	struct sums *sums = &sheet->sums[thread];

	for (int64_t x = 0; x < nx; x++) {
		const struct place t = {sheet, truth, y, x}, f = {sheet, found, y, x};
		int fill = fill_of(row[x]);

		if (row[x] != LABEL_CRACK && row[x] != LABEL_CRACK_NAK && x > 0 && x + 8 < nx &&
			is_plain(row, around, x))
			x += 7;
		else if (fill == FILL_EMPTY || fill == FILL_FILLED)
			add_crack(sums, &f, fill, aperture ? aperture[y * nx + x] : 0);
		else if (row[x] == LABEL_NASICON)
			add_face(sums, &t, &f);
	}
}

static double ratio(double a, double b)
{
	return b > 0 ? a / b : NAN;
}

static void sum_threads(const struct sheet *sheet, struct score_sheet *r)
{
	for (int t = 0; t < parallel_threads(); t++) {
		const struct sums *s = &sheet->sums[t];

		for (int i = 0; i < APERTURES; i++) {
			r->n[i] += s->n[i];
			r->found[i] += s->found[i];
		}
		for (int i = 0; i < FACES; i++) {
			r->faces[i] += s->faces[i];
			r->skins[i] += s->skins[i];
		}
		for (int i = 0; i < 2 * FILLS; i++)
			r->area[i / FILLS][i % FILLS] +=
				(double)s->area[i / FILLS][i % FILLS] / UNIT;
	}
}

void sheet_result(const struct sheet *sheet, struct score_sheet *r)
{
	double told = 0, wrong, untold;

	*r = (struct score_sheet){.has_aperture = sheet->has_aperture};
	sum_threads(sheet, r);
	for (int i = 0; i < APERTURES; i++)
		r->recall[i] = ratio((double)r->found[i], (double)r->n[i]);
	for (int i = 0; i < FACES; i++)
		r->skin[i] = ratio((double)r->skins[i], (double)r->faces[i]);
	for (int i = 0; i < 2; i++)
		told += r->area[i][FILL_EMPTY] + r->area[i][FILL_FILLED];
	untold = r->area[FILL_EMPTY][FILL_UNTOLD] + r->area[FILL_FILLED][FILL_UNTOLD];
	wrong = r->area[FILL_EMPTY][FILL_FILLED] + r->area[FILL_FILLED][FILL_EMPTY];
	r->told = ratio(told, told + untold);
	r->wrong = ratio(wrong, told + untold);
}
