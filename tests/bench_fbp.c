/* SPDX-License-Identifier: BSD-3-Clause
 * Seconds per slice of filtering and direct back-projection: bench_fbp [ANGLES WIDTH LANES REPEATS].
 * Built with the tests, not run as one. */
#include "core/isa.h"
#include "core/parallel.h"
#include "recon/fbp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static enum err bench(int64_t n_angle, int64_t n_col, int lanes, int repeats, struct arena *arena)
{
	struct settings s = {
		.fbp = {.filter = FILTER_HANN, .cutoff = 1, .padding = PAD_ELLIPSE, .mask = 1}};
	double *angle = ARENA_NEW(arena, double, n_angle);
	float *batch = ARENA_NEW(arena, float, n_angle *n_col *lanes);
	float *out = ARENA_NEW(arena, float, n_col *n_col *lanes);
	struct geometry g = {n_angle, n_col, angle, 0.5 * (double)(n_col - 1), 0, 0, NAN, NAN, NAN};
	struct fbp *fbp;

	NEED(angle && batch && out);
	for (int64_t i = 0; i < n_angle; i++)
		angle[i] = M_PI * (double)i / (double)n_angle;
	TRY(fbp_new(&fbp, &s, &g, arena));
	for (int r = 0; r < repeats; r++) {
		double wall[3], cpu[3];

		for (int64_t i = 0; i < n_angle * n_col * lanes; i++)
			batch[i] = (float)(i % 97) * 0.01f;
		wall[0] = now(CLOCK_MONOTONIC), cpu[0] = now(CLOCK_PROCESS_CPUTIME_ID);
		TRY(fbp_filter(fbp, batch, lanes, NULL, arena));
		wall[1] = now(CLOCK_MONOTONIC), cpu[1] = now(CLOCK_PROCESS_CPUTIME_ID);
		TRY(fbp_backproject(fbp, batch, lanes, 0, n_col, out, arena));
		wall[2] = now(CLOCK_MONOTONIC), cpu[2] = now(CLOCK_PROCESS_CPUTIME_ID);
		printf("%s, %d threads, %lld x %lld, %d lanes, seconds a slice: filter %.4f (cpu "
		       "%.4f), "
		       "back-project %.4f (cpu %.4f)\n",
			isa_name(), parallel_threads(), (long long)n_angle, (long long)n_col, lanes,
			(wall[1] - wall[0]) / lanes, (cpu[1] - cpu[0]) / lanes,
			(wall[2] - wall[1]) / lanes, (cpu[2] - cpu[1]) / lanes);
	}
	return OK;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	enum err e = ERR_RESOURCE;

	if (arena)
		e = bench(argc > 1 ? atoll(argv[1]) : 3001, argc > 2 ? atoll(argv[2]) : 3072,
			argc > 3 ? atoi(argv[3]) : 16, argc > 4 ? atoi(argv[4]) : 1, arena);
	if (e != OK)
		fprintf(stderr, "bench_fbp: %s\n", error_message());
	arena_free(arena);
	return (int)e;
}
