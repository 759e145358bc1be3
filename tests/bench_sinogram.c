/* SPDX-License-Identifier: BSD-3-Clause
 * Seconds that each stage takes for one sinogram of a file, for scripts/bench-peers:
 * bench_sinogram FILE ANGLES COLUMNS, where FILE holds raw float32 transmission over half a turn.
 * Prints "stage wall cpu" a line. Stages run on one thread; fbp, on all threads, is a slice of
 * sixteen, filtered and back-projected; vo is the search of the centre in this one sinogram. */
#include "core/parallel.h"
#include "recon/center.h"
#include "recon/fbp.h"
#include "recon/normalise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct settings settings = {
	.zinger = {ZINGER_RATIO, 0.08, 2, ZINGER_BRIGHT},
	.rings = {.method = RINGS_ALL, .snr = 3, .large = 71, .small = 31, .drop = 0.1},
	.log = {1e-6},
	.center = {.method = CENTER_VO, .search = 0.1},
	.fbp = {.filter = FILTER_HANN, .cutoff = 1, .padding = PAD_EDGE, .mask = 1},
};

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double wall, cpu;

static void start(void)
{
	wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
}

static void stop(const char *name, int slices)
{
	wall = now(CLOCK_MONOTONIC) - wall, cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("%s %.6f %.6f\n", name, wall / slices, cpu / slices);
}

static enum err flat_field(const float *from, struct sinogram sino, struct arena *arena)
{
	struct fields f = {.n_row = 1, .n_col = sino.n_col, .n_flats = 1, .at = {-1}};
	struct counts counts = {{0}};
	int64_t values = sino.n_angle * sino.n_col;
	uint16_t *raw = ARENA_NEW(arena, uint16_t, values);

	float *dark = ARENA_ZERO(arena, float, sino.n_col);

	f.dark = dark;
	f.flat[0] = ARENA_NEW(arena, float, sino.n_col);
	NEED(raw && dark && f.flat[0]);
	for (int64_t i = 0; i < values; i++)
		raw[i] = (uint16_t)(40000 * fmin(fmax((double)from[i], 0), 1.5));
	for (int64_t i = 0; i < sino.n_col; i++)
		f.flat[0][i] = 40000;
	TRY(fields_prepare(&f, &settings.normalise, arena));
	memset(sino.data, 0, (size_t)values * sizeof(float)); /* its pages are there */
	start();
	normalise_sinogram(&f, 0, raw, RAW_U16, sino.n_col, sino, &counts);
	stop("flat-field", 1);
	return OK;
}

static enum err stages_of(
	const float *from, struct sinogram sino, const struct geometry *g, struct arena *arena)
{
	static const struct stage *const timed[] = {&stage_zinger, &stage_rings, &stage_log};
	struct counts counts = {{0}};

	for (int i = 0; i < 3; i++) {
		struct arena_mark mark = arena_mark(arena);

		memcpy(sino.data, from, (size_t)(g->n_angle * g->n_col) * sizeof(float));
		start();
		TRY(timed[i]->apply(&settings, g, sino, arena, &counts));
		stop(timed[i]->name, 1);
		arena_release(arena, mark);
	}
	return OK;
}

static enum err slices_of(struct sinogram sino, const struct geometry *g, struct arena *arena)
{
	int64_t n = g->n_col;
	float *batch = ARENA_NEW(arena, float, g->n_angle *n *FBP_LANES);
	float *out = ARENA_ZERO(arena, float, n *n *FBP_LANES);
	struct fbp *fbp;

	NEED(batch && out);
	for (int64_t i = 0; i < g->n_angle; i++)
		for (int64_t l = 0; l < FBP_LANES; l++)
			memcpy(batch + (i * FBP_LANES + l) * n, sino.data + i * n,
				(size_t)n * sizeof(float));
	TRY(fbp_new(&fbp, &settings, g, arena));
	start();
	TRY(fbp_filter(fbp, batch, FBP_LANES, NULL, arena));
	TRY(fbp_backproject(fbp, batch, FBP_LANES, 0, n, out, arena));
	stop("fbp", FBP_LANES);
	return OK;
}

static enum err bench(const char *path, int64_t n_angle, int64_t n_col, struct arena *arena)
{
	double *angle = ARENA_NEW(arena, double, n_angle), row = 0;
	float *from = ARENA_NEW(arena, float, n_angle *n_col);
	float *data = ARENA_NEW(arena, float, n_angle *n_col);
	struct geometry g = {.n_angle = n_angle,
		.n_col = n_col,
		.angle = angle,
		.center = 0.5 * (double)(n_col - 1)};
	struct sinogram sino = {data, n_angle, n_col, n_col};
	struct center_result found;
	FILE *file = fopen(path, "rb");

	NEED(angle && from && data);
	if (!file || fread(from, 4, (size_t)(n_angle * n_col), file) != (size_t)(n_angle * n_col))
		return fail(ERR_INPUT, "%s: does not hold %lld x %lld float32", path,
			(long long)n_angle, (long long)n_col);
	fclose(file);
	for (int64_t i = 0; i < n_angle; i++)
		angle[i] = M_PI * (double)i / (double)(n_angle - 1);
	TRY(flat_field(from, sino, arena));
	TRY(stages_of(from, sino, &g, arena));
	TRY(slices_of(sino, &g, arena)); /* stages_of left the logarithm */
	sino.data = from;
	start();
	TRY(center_find(&found, &settings, &g, &sino, &row, 1, arena));
	stop("vo", 1);
	printf("center %.3f %.3f\n", found.center, found.confidence);
	return OK;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	enum err e = ERR_USAGE;

	if (argc == 4 && arena)
		e = bench(argv[1], atoll(argv[2]), atoll(argv[3]), arena);
	else
		fail(e, "bench_sinogram FILE ANGLES COLUMNS");
	if (e != OK)
		fprintf(stderr, "bench_sinogram: %s\n", error_message());
	arena_free(arena);
	return (int)e;
}
