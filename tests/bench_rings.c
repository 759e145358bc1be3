/* SPDX-License-Identifier: BSD-3-Clause
 * Benchmark of ring removal.
 *   bench_rings [ANGLES COLUMNS]      CPU seconds and peak scratch of each method, one sinogram
 *   bench_rings --residual SIZE       the tables of docs/rings.md: root mean square errors x 1000;
 *                                     SIZE is the object over the detector: 1 all in, 1.6 wider
 *   bench_rings --write FOLDER SIZE   the sinograms of a table, 721 x 1024 raw float32: none.raw
 *                                     (clean with noise), full.raw, partial.raw, ... */
#include "tests/sino_rings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const method_names[] = {
	"none", "sort", "filter", "fit", "large", "dead", "all", "norm", "wavelet"};
static const char *const kind_names[] = {"none", "full", "partial", "wide", "dead", "drift"};

static struct settings defaults(enum rings_method method)
{
	struct settings s = rings_defaults(method);

	s.rings.snr = 2.5;
	s.rings.large = 71;
	s.rings.small = 31;
	return s;
}

static double run(
	enum rings_method method, float *data, int64_t n_angle, int64_t n_col, struct arena *arena)
{
	struct settings s = defaults(method);
	struct geometry g = {.n_angle = n_angle, .n_col = n_col};
	struct sinogram sino = {data, n_angle, n_col, n_col};
	struct counts counts = {0};
	clock_t begin = clock();

	if (stage_rings.apply(&s, &g, sino, arena, &counts) != OK) {
		fprintf(stderr, "%s\n", error_message());
		exit(1);
	}
	return (double)(clock() - begin) / CLOCKS_PER_SEC;
}

static void time_methods(int64_t n_angle, int64_t n_col)
{
	size_t bytes = (size_t)(n_angle * n_col) * sizeof(float);
	float *clean = malloc(bytes), *x = malloc(bytes);

	if (!clean || !x)
		exit(1);
	simulate_ellipses(clean, n_angle, n_col, 1);
	add_stripes(clean, n_angle, n_col, STRIPES_FULL, 2);
	add_noise(clean, n_angle * n_col, 30000, 1);
	for (enum rings_method m = RINGS_SORT; m <= RINGS_WAVELET; m++) {
		struct settings s = defaults(m);
		struct geometry g = {.n_angle = n_angle, .n_col = n_col};
		struct arena *arena = arena_new();
		double least = 1e9;

		for (int k = 0; k < 3; k++) {
			double t;

			memcpy(x, clean, bytes);
			t = run(m, x, n_angle, n_col, arena);
			least = t < least ? t : least;
		}
		printf("%-8s %.3f s  scratch %.2f sinograms\n", method_names[m], least,
			(double)stage_rings.scratch(&s, &g) / (double)bytes);
		arena_free(arena);
	}
	free(clean);
	free(x);
}

enum { ANGLES = 721, COLS = 1024, SIZE = ANGLES * COLS };
static float noisy[SIZE], striped[SIZE];

/* The same noise in both, so that they differ by the stripes alone. */
static void make(enum stripes kind, double size)
{
	simulate_ellipses(noisy, ANGLES, COLS, size);
	add_noise(noisy, SIZE, 30000, 7);
	memcpy(striped, noisy, sizeof(striped));
	add_stripes(striped, ANGLES, COLS, kind, 11);
}

static double error_of(const float *x)
{
	double sum = 0;

	for (int64_t i = 0; i < SIZE; i++)
		sum += ((double)x[i] - (double)noisy[i]) * ((double)x[i] - (double)noisy[i]);
	return 1e3 * sqrt(sum / SIZE);
}

static void residuals(double size)
{
	struct arena *arena = arena_new();

	for (enum rings_method m = RINGS_NONE; m <= RINGS_WAVELET; m++) {
		printf("| %s |", method_names[m]);
		for (enum stripes kind = STRIPES_NONE; kind < N_STRIPES; kind++) {
			make(kind, size);
			run(m, striped, ANGLES, COLS, arena);
			printf(" %.2f |", error_of(striped));
		}
		printf("\n");
	}
	arena_free(arena);
}

static void write_raw(const char *folder, const char *name, const float *x)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.raw", folder, name);
	file = fopen(path, "wb");
	if (!file || fwrite(x, sizeof(*x), SIZE, file) != SIZE || fclose(file)) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--residual")) {
		residuals(atof(argv[2]));
	} else if (argc == 4 && !strcmp(argv[1], "--write")) {
		for (enum stripes kind = STRIPES_NONE; kind < N_STRIPES; kind++) {
			make(kind, atof(argv[3]));
			write_raw(argv[2], kind_names[kind], striped);
		}
	} else {
		time_methods(argc == 3 ? atoll(argv[1]) : 3001, argc == 3 ? atoll(argv[2]) : 3072);
	}
	return 0;
}
