/* SPDX-License-Identifier: BSD-3-Clause
 * Nanoseconds of one core a detector pixel for the simulator's optics, of the pixels wanted, margin
 * included: bench_optics [COLUMNS ROWS REPEATS]. Built with the tests, not run as one. */
#include "core/isa.h"
#include "truth/optics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static enum err bench(const struct optics_plan *plan, int64_t n_row, int64_t n_col, int repeats,
	struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	struct optics *o;
	int64_t rows, cols, m;
	float *T, *D, *out;
	double start, best = INFINITY, designed = seconds();

	TRY(optics_new(&o, plan, arena));
	designed = seconds() - designed;
	m = optics_margin(o);
	rows = (n_row + 2 * m) * plan->oversample;
	cols = (n_col + 2 * m) * plan->oversample;
	T = ARENA_NEW(arena, float, rows *cols);
	D = ARENA_NEW(arena, float, rows *cols);
	out = ARENA_NEW(arena, float, n_row *n_col);
	NEED(T && D && out);
	for (int64_t i = 0; i < rows * cols; i++) {
		T[i] = (float)(i % 977) * 1e-3f;
		D[i] = (float)(i % 1009) * 6e-7f;
	}
	for (int r = 0; r < repeats; r++) {
		start = seconds();
		TRY(optics_apply(o, n_row, n_col, T, D, out, arena));
		start = seconds() - start;
		best = start < best ? start : best;
	}
	printf("%4.0f mm, oversample %lld, blur %.1f px: margin %3lld px, %6.1f ns a pixel, "
	       "scratch %.2f MB, "
	       "plan %.1f ms\n",
		plan->distance_mm, (long long)plan->oversample, plan->blur_px, (long long)m,
		best * 1e9 / (double)(n_row * n_col), (double)optics_scratch_bytes(o) * 1e-6,
		designed * 1e3);
	arena_release(arena, mark);
	return OK;
}

static enum err all(int64_t n_row, int64_t n_col, int repeats, struct arena *arena)
{
	static const double distance[] = {0, 300, 500, 1000};

	printf("%s, strips of %lld x %lld pixels of 1.3 um at 80 keV, best of %d\n", isa_name(),
		(long long)n_row, (long long)n_col, repeats);
	for (int64_t oversample = 1; oversample <= 4; oversample++)
		for (int i = 0; i < 4; i++)
			TRY(bench(&(struct optics_plan){oversample, 1.3, 80, distance[i], 0.6},
				n_row, n_col, repeats, arena));
	return OK;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	enum err e = ERR_RESOURCE;

	if (arena)
		e = all(argc > 2 ? atoll(argv[2]) : 64, argc > 1 ? atoll(argv[1]) : 3072,
			argc > 3 ? atoi(argv[3]) : 5, arena);
	if (e != OK)
		fprintf(stderr, "bench_optics: %s\n", error_message());
	arena_free(arena);
	return (int)e;
}
