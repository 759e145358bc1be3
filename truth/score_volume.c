/* SPDX-License-Identifier: BSD-3-Clause
 * Planes of the truth become maps of what is uniform in 5 x 5; five maps that agree are an interior.
 * Read and computed in turn: the reconstruction is read one plane at a time. */
#include "truth/score_volume.h"

#include "core/parallel.h"

#include <math.h>
#include <string.h>

enum { HALF = 2, SIDE = 2 * HALF + 1, NONE = 255 };

struct sums {
	int64_t n;
	double error, square; /* of value - truth */
	bool bad;	      /* not a number */
};

struct interior {
	const struct score_interior *job;
	int64_t nz, ny, nx, at;
	uint8_t *labels, *fraction, *flat; /* flat: a plane, uniform along rows */
	uint8_t *map[SIDE];		   /* ring: the label that is uniform around, or NONE */
	float *values;
	struct sums *rows; /* ny x N_LABELS */
	struct sums total[N_LABELS];
};

/* Is the label of [x - HALF, x + HALF] one, and are they full? */
static enum err flatten_row(void *context, int64_t y, int thread)
{
	struct interior *in = context;
	const uint8_t *row = in->labels + y * in->nx;
	const uint8_t *full = in->fraction ? in->fraction + y * in->nx : NULL;
	uint8_t *out = in->flat + y * in->nx;
	int64_t run = 0;

	(void)thread;
	memset(out, NONE, (size_t)in->nx);
	for (int64_t x = 0; x < in->nx; x++) {
		bool usable = row[x] > 0 && row[x] < N_LABELS && (!full || full[x] == 255);

		run = usable ? (x > 0 && row[x - 1] == row[x] ? run + 1 : 1) : 0;
		if (run >= SIDE)
			out[x - HALF] = row[x];
	}
	return OK;
}

static enum err map_row(void *context, int64_t y, int thread)
{
	struct interior *in = context;
	uint8_t *out = in->map[in->at % SIDE] + y * in->nx;

	(void)thread;
	memset(out, NONE, (size_t)in->nx);
	if (y < HALF || y >= in->ny - HALF)
		return OK;
	memcpy(out, in->flat + y * in->nx, (size_t)in->nx);
	for (int64_t dy = -HALF; dy <= HALF; dy++) {
		const uint8_t *other = in->flat + (y + dy) * in->nx;

		for (int64_t x = 0; x < in->nx; x++)
			out[x] = out[x] == other[x] ? out[x] : NONE;
	}
	return OK;
}

static bool in_circle(const struct interior *in, int64_t y, int64_t x)
{
	const struct score_setup *s = in->job->setup;
	double dy = (double)(y + s->begin[SCORE_TRUTH][1]) -
		    0.5 * (double)(s->side[SCORE_TRUTH]->ny - 1);
	double dx = (double)(x + s->begin[SCORE_TRUTH][2]) -
		    0.5 * (double)(s->side[SCORE_TRUTH]->nx - 1);
	double radius = 0.5 * s->mask * (double)s->side[SCORE_TRUTH]->nx - HALF;

	return !isfinite(s->mask) || (radius > 0 && dy * dy + dx * dx <= radius * radius);
}

/* Hardware is of several materials: its attenuation is NAN, and 0 stands for it in the sums. */
static double from_truth(double attenuation)
{
	return isfinite(attenuation) ? attenuation : 0;
}

static enum err sum_row(void *context, int64_t y, int thread)
{
	struct interior *in = context;
	struct sums *row = in->rows + y * N_LABELS;

	(void)thread;
	memset(row, 0, N_LABELS * sizeof(*row));
	for (int64_t x = 0; x < in->nx; x++) {
		int64_t i = y * in->nx + x;
		uint8_t label = in->map[0][i];
		double error;

		for (int k = 1; k < SIDE; k++)
			label = in->map[k][i] == label ? label : NONE;
		if (label == NONE || !in_circle(in, y, x))
			continue;
		error = (double)in->values[i] - from_truth(in->job->attenuation[label]);
		row[label].n++;
		row[label].error += error;
		row[label].square += error * error;
		row[label].bad |= !isfinite(error);
	}
	return OK;
}

/* The plane in the middle of the five maps. */
static enum err sum_plane(struct interior *in, int64_t z)
{
	const struct score_setup *s = in->job->setup;

	TRY(in->job->real.read(in->job->real.context, s->begin[SCORE_FOUND][0] + z, in->values));
	TRY(parallel_for(in->ny, sum_row, in));
	for (int64_t y = 0; y < in->ny; y++)
		for (int label = 0; label < N_LABELS; label++) {
			const struct sums *row = &in->rows[y * N_LABELS + label];

			in->total[label].n += row->n;
			in->total[label].error += row->error;
			in->total[label].square += row->square;
			if (row->bad)
				return fail(ERR_INPUT,
					"%s: slice %lld has values in %s that are not numbers",
					s->side[SCORE_FOUND]->name,
					(long long)(s->begin[SCORE_FOUND][0] + z),
					label_names[label]);
		}
	return OK;
}

static enum err run(struct interior *in)
{
	const struct score_setup *s = in->job->setup;
	const struct score_volume *truth = s->side[SCORE_TRUTH];

	for (int64_t z = 0; z < in->nz; z++) {
		int64_t from = s->begin[SCORE_TRUTH][0] + z;

		if (s->stop && s->stop())
			return fail(ERR_INTERRUPTED, "interrupted");
		TRY(truth->read(truth->context, from, 1, in->labels));
		if (in->fraction)
			TRY(in->job->read_fraction(truth->context, from, 1, in->fraction));
		in->at = z;
		TRY(parallel_for(in->ny, flatten_row, in));
		TRY(parallel_for(in->ny, map_row, in));
		if (z >= SIDE - 1)
			TRY(sum_plane(in, z - HALF));
		if (s->progress)
			s->progress(1);
	}
	return OK;
}

static struct score_material result(const struct sums *sums, double truth)
{
	struct score_material m = {.n = sums->n, .truth = truth};
	double n = (double)sums->n, bias = sums->error / n, square = sums->square / n;

	m.mean = m.sd = m.bias = m.rmse = m.relative_bias = m.relative_rmse = NAN;
	if (sums->n == 0)
		return m;
	m.mean = from_truth(truth) + bias;
	m.sd = sqrt(fmax(square - bias * bias, 0));
	if (!isfinite(truth))
		return m;
	m.bias = bias;
	m.rmse = sqrt(square);
	if (truth != 0) {
		m.relative_bias = bias / truth;
		m.relative_rmse = m.rmse / truth;
	}
	return m;
}

enum err score_interior(const struct score_interior *job, struct score_material material[N_LABELS],
	struct arena *arena)
{
	struct interior in = {
		.job = job, .nz = job->setup->n[0], .ny = job->setup->n[1], .nx = job->setup->n[2]};
	int64_t plane = in.ny * in.nx;

	NEED(in.labels = ARENA_NEW(arena, uint8_t, plane));
	NEED(in.flat = ARENA_NEW(arena, uint8_t, plane));
	if (job->read_fraction)
		NEED(in.fraction = ARENA_NEW(arena, uint8_t, plane));
	for (int i = 0; i < SIDE; i++)
		NEED(in.map[i] = ARENA_NEW(arena, uint8_t, plane));
	NEED(in.values = ARENA_NEW(arena, float, plane));
	NEED(in.rows = ARENA_NEW(arena, struct sums, in.ny * N_LABELS));
	TRY(run(&in));
	for (int label = 0; label < N_LABELS; label++)
		material[label] = result(&in.total[label], job->attenuation[label]);
	return OK;
}
