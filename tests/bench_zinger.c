/* SPDX-License-Identifier: BSD-3-Clause
 * What the zinger test leaves and harms, on a simulated sinogram whose clean truth is known: the table of
 * docs/stages.md, root mean square errors x 1000 against the sinogram without zingers (noise kept).
 *   bench_zinger                   the table
 *   bench_zinger --write FOLDER    its sinograms, 721 x 1024 raw float32: clean.raw, few.raw, ... */
#include "tests/sino_rings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANGLES = 721, COLS = 1024, SIZE = ANGLES * COLS };

/* Share of the values that a hit starts at, and how many columns it runs over. */
static const struct {
	const char *name;
	double share;
	int length;
} kinds[] = {{"clean", 0, 1}, {"few", 1e-4, 1}, {"many", 1e-2, 1}, {"tracks", 1e-3, 4}};
enum { N_KINDS = sizeof(kinds) / sizeof(*kinds) };

static float clean[SIZE], hit[SIZE];

static void make(int kind)
{
	uint64_t seed = 77;

	simulate_ellipses(clean, ANGLES, COLS, 1);
	add_noise(clean, SIZE, 30000, 5);
	memcpy(hit, clean, sizeof(hit));
	for (int64_t i = 0; i < SIZE - 4; i++) {
		if (random_unit(&seed) >= kinds[kind].share)
			continue;
		for (int k = 0; k < kinds[kind].length; k++)
			hit[i + k] += (float)(0.2 + 2 * random_unit(&seed));
	}
}

static double left(void)
{
	double sum = 0;

	for (int64_t i = 0; i < SIZE; i++)
		sum += pow((double)hit[i] - (double)clean[i], 2);
	return 1000 * sqrt(sum / SIZE);
}

static void row(const char *name, double threshold, int64_t size, enum zinger_sign sign)
{
	struct settings s = {
		.zinger = {threshold > 0 ? ZINGER_RATIO : ZINGER_NONE, threshold, size, sign}};
	struct geometry g = {.n_angle = ANGLES, .n_col = COLS};
	struct sinogram sino = {hit, ANGLES, COLS, COLS};
	struct arena *arena = arena_new();
	struct counts counts = {0};

	printf("| %s |", name);
	for (int kind = 0; kind < N_KINDS; kind++) {
		make(kind);
		if (threshold > 0 && stage_zinger.apply(&s, &g, sino, arena, &counts) != OK)
			exit(1);
		printf(" %.2f |", left());
	}
	printf("\n");
	arena_free(arena);
}

static void write_all(const char *folder)
{
	for (int kind = 0; kind < N_KINDS; kind++) {
		char path[4096];
		FILE *file;

		make(kind);
		snprintf(path, sizeof(path), "%s/%s.raw", folder, kinds[kind].name);
		file = fopen(path, "wb");
		if (!file || fwrite(hit, sizeof(*hit), SIZE, file) != SIZE || fclose(file)) {
			perror(path);
			exit(1);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--write")) {
		write_all(argv[2]);
		return 0;
	}
	row("none", 0, 1, ZINGER_BRIGHT);
	row("ratio 0.08, size 1 (default)", 0.08, 1, ZINGER_BRIGHT);
	row("ratio 0.08, size 2", 0.08, 2, ZINGER_BRIGHT);
	row("ratio 0.05, size 2", 0.05, 2, ZINGER_BRIGHT);
	row("ratio 0.08, size 1, both", 0.08, 1, ZINGER_BOTH);
	return 0;
}
