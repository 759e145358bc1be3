/* SPDX-License-Identifier: BSD-3-Clause
 * The optics of a strip of detector rows; conventions in truth/optics.h.
 *
 * Everything is computed as a change from the open beam (psi - 1, I - 1), so that an empty field is
 * exactly 1. A strip is cut into tiles of columns; in each, bands of a few detector rows run down
 * through two windows of rows, of the wave and of the intensity, which stay in the second cache:
 *     T, D -> wave window -> (columns) -> band -> (rows) -> intensity window -> pixels  */
#include "truth/optics.h"

#include "core/isa.h"
#include "truth/optics_parts.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

ISA_DECLARE(struct optics_kernels, optics_kernels);

static const double HC = 1.2398419843320026e-3; /* keV um; exact in the SI of 2019 */
enum {
	MAX_REACH = 1024,
	BAND = 8,		/* detector rows at once */
	WINDOW_BYTES = 1 << 19, /* of the wave, about: half of a usual second cache */
	LEAST_TILE = 128,
	MOST_TILE = 1024, /* fine columns of a tile, about */
};

struct optics {
	int64_t oversample, spread, margin;
	int64_t tile; /* pixels across, a multiple of OPTICS_LANES */
	float turns;  /* waves a um; 0: no propagation */
	bool propagates;
	struct optics_taps taps; /* reach 0 if nothing propagates */
	float *weight;		 /* oversample + 2 spread */
};

double optics_wavelength(double energy_kev)
{
	return HC / energy_kev;
}

static int64_t round_up(int64_t n, int64_t to)
{
	return (n + to - 1) / to * to;
}

/* Pixels across a tile. */
static int64_t tile_width(const struct optics *o)
{
	int64_t rows = 2 * o->taps.reach + BAND * o->oversample;
	int64_t fine = WINDOW_BYTES / (2 * (int64_t)sizeof(float) * rows) - 2 * o->taps.reach -
		       2 * o->spread;

	fine = fine < LEAST_TILE ? LEAST_TILE : fine > MOST_TILE ? MOST_TILE : fine;
	return round_up(fine / o->oversample, OPTICS_LANES);
}

static enum err check_plan(const struct optics_plan *p, double q)
{
	if (p->oversample < 1 || p->oversample > 4)
		return fail(ERR_USAGE, "an oversampling of %lld; 1 to 4 would be right",
			(long long)p->oversample);
	if (!(p->pixel_um > 0 && isfinite(p->pixel_um)))
		return fail(
			ERR_USAGE, "a pixel size of %g um; above 0 would be right", p->pixel_um);
	if (!(p->energy_kev > 0 && isfinite(p->energy_kev)))
		return fail(
			ERR_USAGE, "an energy of %g keV; above 0 would be right", p->energy_kev);
	if (!(p->distance_mm >= 0 && isfinite(p->distance_mm)))
		return fail(ERR_USAGE, "a distance of %g mm; 0 or above would be right",
			p->distance_mm);
	if (!(p->blur_px >= 0 && p->blur_px <= 100))
		return fail(ERR_USAGE, "a blur of %g px; 0 to 100 would be right", p->blur_px);
	if (!(q <= 2 * (double)(MAX_REACH - 16)))
		return fail(ERR_USAGE,
			"a distance of %g mm is too far for pixels of %g um with an oversampling "
			"of "
			"%lld; at %g keV at most %.0f mm would be right",
			p->distance_mm, p->pixel_um, (long long)p->oversample, p->energy_kev,
			floor(2 * (double)(MAX_REACH - 16) / q * p->distance_mm));
	return OK;
}

enum err optics_new(struct optics **optics, const struct optics_plan *plan, struct arena *arena)
{
	struct optics *o = ARENA_ZERO(arena, struct optics, 1);
	double step = plan->pixel_um / (double)plan->oversample;
	double wavelength = optics_wavelength(plan->energy_kev);
	double q = wavelength * 1e3 * plan->distance_mm / (step * step);

	NEED(o);
	TRY(check_plan(plan, q));
	o->oversample = plan->oversample;
	o->spread = optics_spread(plan->blur_px, plan->oversample);
	o->weight = ARENA_NEW(arena, float, o->oversample + 2 * o->spread);
	NEED(o->weight);
	optics_weights(plan->blur_px, plan->oversample, o->weight);
	o->propagates = plan->distance_mm > 0;
	if (o->propagates)
		TRY(optics_taps_fit(&o->taps, q, arena));
	o->turns = (float)(1 / wavelength);
	o->margin = round_up(o->taps.reach + o->spread, o->oversample) / o->oversample;
	o->tile = tile_width(o);
	*optics = o;
	return OK;
}

int64_t optics_margin(const struct optics *o)
{
	return o->margin;
}

/* Samples of a row of intensity for n pixels, with what bin() reads beyond them. */
static int64_t narrow_row(const struct optics *o, int64_t n)
{
	int64_t n_weight = o->oversample + 2 * o->spread;

	return round_up((round_up(n, OPTICS_LANES) + n_weight / o->oversample + 1) * o->oversample,
		OPTICS_LANES);
}

/* A tile on its way down the strip. Windows are lists of rows that are turned as it moves. */
struct tile {
	const struct optics *o;
	const struct optics_kernels *kernels;
	const float *T, *D;	   /* next row of the input, from the first sample needed */
	int64_t stride, available; /* of its rows; samples that there are from T on */
	int64_t n, narrow, wide;   /* pixels; samples of a row of intensity, of wave */
	int64_t n_wave, n_intensity, wave_stride;
	float **wave, **intensity, **spare;
	float *row_T, *row_D; /* wide: padded with zeros */
	float *band, *line, *phases, *pixels;
};

static enum err row_list(float ***list, int64_t n, int64_t stride, struct arena *arena)
{
	float *rows = ARENA_NEW(arena, float, n *stride);

	*list = ARENA_NEW(arena, float *, n);
	NEED(rows && *list);
	for (int64_t i = 0; i < n; i++)
		(*list)[i] = rows + i * stride;
	return OK;
}

static void measure(struct tile *t, const struct optics *o, int64_t n)
{
	t->o = o;
	t->n = n;
	t->narrow = narrow_row(o, n);
	t->wide = round_up(t->narrow + 2 * o->taps.reach, OPTICS_LANES);
	/* an odd number of cache lines, so that the rows of a column spread over the sets */
	t->wave_stride = 2 * t->wide + OPTICS_LANES;
	t->n_wave = 2 * o->taps.reach + BAND * o->oversample;
	t->n_intensity = 2 * o->spread + BAND * o->oversample;
}

static enum err allocate(struct tile *t, struct arena *arena)
{
	if (t->o->propagates) {
		TRY(row_list(&t->wave, t->n_wave, t->wave_stride, arena));
		t->band = ARENA_NEW(arena, float, BAND * t->o->oversample * t->wave_stride);
		NEED(t->band);
	}
	TRY(row_list(&t->intensity, t->n_intensity, t->narrow + OPTICS_LANES, arena));
	t->spare = ARENA_NEW(arena, float *, BAND * t->o->oversample);
	t->row_T = ARENA_NEW(arena, float, t->wide);
	t->row_D = ARENA_NEW(arena, float, t->wide);
	t->line = ARENA_NEW(arena, float, t->narrow);
	t->phases = ARENA_NEW(arena, float, t->narrow);
	t->pixels = ARENA_NEW(arena, float, round_up(t->n, OPTICS_LANES));
	NEED(t->spare && t->row_T && t->row_D && t->line && t->phases && t->pixels);
	return OK;
}

int64_t optics_scratch_bytes(const struct optics *o)
{
	struct tile t;
	int64_t rows, floats;

	measure(&t, o, o->tile);
	rows = o->propagates ? t.n_wave + BAND * o->oversample : 0;
	floats = rows * t.wave_stride + t.n_intensity * (t.narrow + OPTICS_LANES) + 2 * t.wide +
		 3 * t.narrow;
	/* the lists, and what the arena rounds up */
	return floats * (int64_t)sizeof(float) + (t.n_wave + t.n_intensity) * 16 + 4096;
}

static void turn(float **rows, int64_t n, int64_t by, float **spare)
{
	memcpy(spare, rows, (size_t)by * sizeof(*rows));
	memmove(rows, rows + by, (size_t)(n - by) * sizeof(*rows));
	memcpy(rows + n - by, spare, (size_t)by * sizeof(*rows));
}

static void pad(const float *row, int64_t available, float *padded, int64_t n)
{
	int64_t there = available < n ? available : n;

	memcpy(padded, row, (size_t)there * sizeof(*row));
	memset(padded + there, 0, (size_t)(n - there) * sizeof(*row));
}

/* The next n rows of the input become rows of the wave. */
static void take(struct tile *t, int64_t n, float **wave)
{
	for (int64_t r = 0; r < n; r++) {
		pad(t->T, t->available, t->row_T, t->wide);
		pad(t->D, t->available, t->row_D, t->wide);
		t->kernels->wave(t->row_T, t->row_D, t->wide, t->o->turns, wave[r], t->wide);
		t->T += t->stride;
		t->D += t->stride;
	}
}

/* The next n rows of the intensity, at most BAND pixels of them. */
static void expose(struct tile *t, int64_t n, float **intensity)
{
	const struct optics *o = t->o;

	if (!o->propagates) {
		for (int64_t r = 0; r < n; r++, t->T += t->stride) {
			pad(t->T, t->available, t->row_T, t->narrow);
			t->kernels->shadow(t->row_T, t->narrow, intensity[r]);
		}
		return;
	}
	take(t, n, t->wave + 2 * o->taps.reach);
	t->kernels->columns(t->wave, t->wide, &o->taps, n, t->wide, t->band, t->wave_stride);
	for (int64_t r = 0; r < n; r++)
		t->kernels->intensity(
			t->band + r * t->wave_stride, t->wide, &o->taps, t->narrow, intensity[r]);
	turn(t->wave, t->n_wave, n, t->spare);
}

/* The windows are filled up to what comes before the first band. */
static void prime(struct tile *t)
{
	const struct optics *o = t->o;
	int64_t n = 2 * o->spread, most = BAND * o->oversample;

	if (o->propagates)
		take(t, 2 * o->taps.reach, t->wave);
	for (int64_t r = 0; r < n; r += most)
		expose(t, n - r < most ? n - r : most, t->intensity + r);
}

static void run_down(struct tile *t, int64_t n_row, float *transmission, int64_t stride)
{
	const struct optics *o = t->o;
	int64_t n_weight = o->oversample + 2 * o->spread;

	prime(t);
	for (int64_t first = 0; first < n_row; first += BAND) {
		int64_t n = n_row - first < BAND ? n_row - first : BAND;

		expose(t, n * o->oversample, t->intensity + 2 * o->spread);
		for (int64_t p = 0; p < n; p++) {
			t->kernels->blend(t->intensity + p * o->oversample, o->weight, n_weight,
				t->narrow, t->line);
			t->kernels->bin(t->line, o->oversample, o->weight, n_weight,
				round_up(t->n, OPTICS_LANES), t->phases, t->pixels);
			memcpy(transmission + (first + p) * stride, t->pixels,
				(size_t)t->n * sizeof(*transmission));
		}
		turn(t->intensity, t->n_intensity, n * o->oversample, t->spare);
	}
}

enum err optics_apply(const struct optics *o, int64_t n_row, int64_t n_col, const float *T,
	const float *D, float *transmission, struct arena *scratch)
{
	struct arena_mark mark = arena_mark(scratch);
	int64_t stride = (n_col + 2 * o->margin) * o->oversample;
	int64_t first = o->margin * o->oversample - o->spread - o->taps.reach;
	struct tile t = {.kernels = ISA_PICK(optics_kernels), .stride = stride};

	measure(&t, o, n_col < o->tile ? n_col : o->tile);
	TRY(allocate(&t, scratch));
	for (int64_t column = 0; column < n_col; column += o->tile) {
		int64_t left = first + column * o->oversample;

		measure(&t, o, n_col - column < o->tile ? n_col - column : o->tile);
		t.T = T + first * stride + left;
		t.D = o->propagates ? D + first * stride + left : NULL;
		t.available = stride - left;
		run_down(&t, n_row, transmission + column, n_col);
	}
	arena_release(scratch, mark);
	return OK;
}
