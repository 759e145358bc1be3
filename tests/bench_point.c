/* SPDX-License-Identifier: BSD-3-Clause
 * Not a test: prints the CPU time of each stage for one sinogram on one core, and of Paganin's filter for a
 * projection: bench_point [ANGLES COLUMNS]. The data are random; each time is the least of five. */
#include "core/isa.h"
#include "recon/normalise.h"
#include "recon/phase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { REPEATS = 5 };
static int64_t n_angle = 3001, n_col = 3072;

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const struct settings settings = {
	.zinger = {ZINGER_RATIO, 0.08, 2, ZINGER_BRIGHT},
	.phase = {PHASE_RATIO, 100, 300},
	.log = {1e-6},
	.hardening = {0.01, 0.001},
};
static struct geometry geometry = {.pixel_um = 1.4, .energy_kev = 60, .distance_mm = 500};

static void time_stage(
	const struct stage *stage, struct sinogram sino, const float *from, struct arena *arena)
{
	double least = 1e9;
	struct counts counts;

	for (int i = 0; i < REPEATS; i++) {
		struct arena_mark mark = arena_mark(arena);
		double start;

		memcpy(sino.data, from, (size_t)(n_angle * n_col) * sizeof(float));
		memset(&counts, 0, sizeof(counts));
		start = seconds();
		if (stage->apply(&settings, &geometry, sino, arena, &counts) != OK)
			exit(1);
		start = seconds() - start;
		least = start < least ? start : least;
		arena_release(arena, mark);
	}
	printf("%-10s %8.4f s\n", stage->name, least);
}

static void time_normalise(
	int n_flats, const uint16_t *raw, struct sinogram sino, struct arena *arena)
{
	struct fields f = {.n_row = 1, .n_col = n_col, .n_flats = n_flats};
	struct counts counts = {{0}};
	double least = 1e9;

	for (int k = 0; k < n_flats; k++) {
		f.flat[k] = ARENA_NEW(arena, float, n_col);
		f.at[k] = k ? (double)n_angle : -1;
		for (int i = 0; i < n_col; i++)
			f.flat[k][i] = (float)(60000 + 100 * k + i % 50);
	}
	if (fields_prepare(&f, &settings.normalise, arena) != OK)
		exit(1);
	for (int i = 0; i < REPEATS; i++) {
		double start = seconds();

		normalise_sinogram(&f, 0, raw, RAW_U16, n_col, sino, &counts);
		start = seconds() - start;
		least = start < least ? start : least;
	}
	printf("normalise, %d flat group%s %8.4f s\n", n_flats, n_flats > 1 ? "s" : "", least);
}

static void time_paganin(struct arena *arena)
{
	enum { ROWS = 64 };
	struct settings s = settings;
	struct paganin *p;
	int64_t halo;
	float *in, *out;
	double start, least = 1e9;

	s.phase.method = PHASE_PAGANIN;
	if (paganin_new(&p, &s, &geometry, arena) != OK)
		exit(1);
	halo = paganin_halo(&s, &geometry);
	in = ARENA_NEW(arena, float, (ROWS + 2 * halo) * n_col);
	out = ARENA_NEW(arena, float, ROWS *n_col);
	for (int64_t i = 0; i < (ROWS + 2 * halo) * n_col; i++)
		in[i] = (float)(i % 97) / 97;
	for (int i = 0; i < REPEATS; i++) {
		start = seconds();
		if (paganin_apply(p, out, in, ROWS, arena) != OK)
			exit(1);
		start = seconds() - start;
		least = start < least ? start : least;
	}
	printf("paganin    %8.4f s for %d rows of a projection, halo %lld\n", least, ROWS,
		(long long)halo);
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct sinogram sino;
	uint64_t seed = 1;
	uint16_t *raw;
	float *from;

	if (argc == 3)
		n_angle = atoll(argv[1]), n_col = atoll(argv[2]);
	geometry.n_angle = n_angle, geometry.n_col = n_col;
	sino = (struct sinogram){ARENA_NEW(arena, float, n_angle *n_col), n_angle, n_col, n_col};
	from = ARENA_NEW(arena, float, n_angle *n_col);
	raw = ARENA_NEW(arena, uint16_t, n_angle * n_col);
	if (!sino.data || !from || !raw)
		return 1;
	for (int64_t i = 0; i < n_angle * n_col; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		raw[i] = (uint16_t)(seed >> 48);
		from[i] = 0.2f + (float)raw[i] / 65536.0f;
	}
	printf("%s, one core, %lld x %lld\n", isa_name(), (long long)n_angle, (long long)n_col);
	time_normalise(1, raw, sino, arena);
	time_normalise(2, raw, sino, arena);
	time_stage(&stage_zinger, sino, from, arena);
	time_stage(&stage_phase_ratio, sino, from, arena);
	time_stage(&stage_log, sino, from, arena);
	time_stage(&stage_hardening, sino, from, arena);
	time_paganin(arena);
	arena_free(arena);
	return 0;
}
