/* SPDX-License-Identifier: BSD-3-Clause
 * Speed of the functions of segment/: bench_segment [SIZE [NAME]], a cube of SIZE voxels (256). Best of
 * three runs, all threads: voxels a second, and voxels a second of processor time, which a busy machine
 * disturbs less; threads that wait for each other spend it too, so pin to one processor to compare. */
#include "core/arena.h"
#include "core/parallel.h"
#include "segment/cells.h"
#include "segment/components.h"
#include "segment/distance.h"
#include "segment/faces.h"
#include "segment/features.h"
#include "segment/forest.h"
#include "segment/gaussian.h"
#include "segment/hessian.h"
#include "segment/median.h"
#include "segment/nlm.h"
#include "segment/tv.h"
#include "segment/watershed.h"
#include "tests/segment_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct bench {
	int64_t size, n;
	uint8_t *bytes, *labels, *markers;
	float *in, *out;
	struct arena *arena;
	struct forest forest;
};

static void need(enum err e)
{
	if (e == OK)
		return;
	fprintf(stderr, "%s\n", error_message());
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void walls(struct bench *b)
{
	make_walls(b->bytes, b->size, b->size, b->size, 0, 1);
}

static void noisy_walls(struct bench *b)
{
	make_walls(b->bytes, b->size, b->size, b->size, 0.02f, 1);
}

static void label_components(struct bench *b)
{
	struct components *c;

	need(components_new(&c, b->size, b->size, 26, (struct label_range){1, 255}, b->arena));
	need(components_add(c, b->bytes, b->size));
	need(components_finish(c));
}

static void noise(struct bench *b)
{
	make_noise(b->in, b->n, 1);
}

static void smooth_by(struct bench *b, double sigma)
{
	struct slab s = slab_whole(b->size, b->size, b->size);

	need(gaussian(&s, b->in, sigma, b->out, b->arena));
}

static void smooth_15(struct bench *b)
{
	smooth_by(b, 1.5);
}

static void smooth_3(struct bench *b)
{
	smooth_by(b, 3);
}

static void sheets(struct bench *b)
{
	struct slab s = slab_whole(b->size, b->size, b->size);

	need(hessian_sheetness(&s, b->in, 1, b->out, b->arena));
}

static void gradient(struct bench *b)
{
	struct slab s = slab_whole(b->size, b->size, b->size);

	need(gradient_levels(&s, b->in, 0.004, b->bytes, b->arena));
}

/* Few voxels, so that many are far from all. */
static void sparse(struct bench *b)
{
	make_mask(b->bytes, b->n, 1e-6f, 1);
}

static void bounded(struct bench *b)
{
	struct slab s = slab_whole(b->size, b->size, b->size);

	need(distance_bounded(
		&s, b->bytes, (struct label_range){1, 255}, 16, (uint16_t *)b->out, b->arena));
}

static void exact(struct bench *b)
{
	need(distance_exact(b->size, b->size, b->size, b->bytes, (struct label_range){1, 255},
		(int32_t *)b->out, b->arena));
}

static void median(struct bench *b)
{
	struct slab s = slab_whole(b->size, b->size, b->size);

	need(median_27(&s, b->in, b->out, b->arena));
}

static void means(struct bench *b)
{
	struct slab s = slab_whole(b->size, b->size, b->size);

	need(nlm(&s, b->in, 0.5, 0.8, b->out, b->arena));
}

static void variation(struct bench *b)
{
	struct slab s = slab_whole(b->size, b->size, b->size);

	need(tv(&s, b->in, 0.6, TV_STEPS, b->out, b->arena));
}

/* Walls under noise, smoothed; markers where the gradient is low: about a tenth is left to flood. */
static void flood_input(struct bench *b)
{
	struct slab s = slab_whole(b->size, b->size, b->size);
	uint64_t seed = 1;
	int64_t open = 0;

	walls(b);
	for (int64_t i = 0; i < b->n; i++)
		b->out[i] = b->bytes[i] + 0.3f * (2 * make_random(&seed) - 1);
	need(gaussian(&s, b->out, 1.5, b->in, b->arena));
	need(gradient_levels(&s, b->in, 0.004, b->bytes, b->arena));
	for (int64_t i = 0; i < b->n; i++) {
		b->markers[i] = b->bytes[i] > 15 ? 0 : b->in[i] > 0.5f ? 2 : 1;
		open += !b->markers[i];
	}
	printf("%.1f %% of voxels to be flooded\n", 100 * (double)open / (double)b->n);
}

static void flood(struct bench *b)
{
	struct slab s = slab_whole(b->size, b->size, b->size);
	int64_t uncertain;

	need(watershed(&s, b->bytes, b->markers, b->labels, &uncertain, b->arena));
}

static void configurations(struct bench *b)
{
	struct slab s = slab_whole(b->size, b->size, b->size);
	struct cells cells = {{0}};

	need(cells_count(&s, b->bytes, (struct label_range){1, 255}, false, &cells, b->arena));
}

static void walls_smoothed(struct bench *b)
{
	struct slab s = slab_whole(b->size, b->size, b->size);

	walls(b);
	need(gaussian_indicator(&s, b->bytes, (struct label_range){1, 1}, 2, b->in, b->arena));
}

static void face_areas(struct bench *b)
{
	struct slab s = slab_whole(b->size, b->size, b->size);
	double *area = ARENA_NEW(b->arena, double, b->size);

	if (!area)
		exit(1);
	need(faces_area(&s, b->bytes, (struct label_range){1, 1}, (struct label_range){0, 0}, b->in,
		area, b->arena));
}

static enum err drop(void *context, int64_t feature, const float *values)
{
	(void)context;
	(void)feature;
	(void)values;
	return OK;
}

static void features(struct bench *b)
{
	struct slab s = slab_whole(b->size, b->size, b->size);

	need(features_slab(&s, b->in, 3, drop, b, b->arena));
}

/* Samples of noise in which two features tell three classes apart: trees as deep as they may be. */
static struct forest grown(struct bench *b)
{
	struct forest f = {.n_features = 25, .n_classes = 3};
	struct forest_samples s = {.n = 30000};
	struct forest_report report;

	s.values = ARENA_NEW(b->arena, float, s.n *f.n_features);
	s.class = ARENA_NEW(b->arena, uint8_t, s.n);
	s.place = ARENA_NEW(b->arena, uint32_t, s.n);
	if (!s.values || !s.class || !s.place)
		exit(1);
	make_noise(s.values, s.n * f.n_features, 1);
	for (int64_t i = 0; i < s.n; i++) {
		float sum = s.values[i] + s.values[s.n + i] + s.values[2 * s.n + i];

		s.class[i] = sum < -0.3F ? 0 : sum < 0.3F ? 1 : 2;
		s.place[i] = (uint32_t)i;
	}
	need(forest_grow(&f, &s, &(struct forest_growing){20, 10, 1}, &report, b->arena));
	return f;
}

struct voting {
	struct bench *b;
	struct forest f;
	uint32_t *scratch;
	int64_t n;
};

static enum err vote(void *context, int64_t i, int thread)
{
	struct voting *v = context;
	int64_t from = i * FOREST_BLOCK,
		n = v->n - from < FOREST_BLOCK ? v->n - from : FOREST_BLOCK;

	forest_classify(&v->f, (const uint8_t *)v->b->in + from, v->n, n,
		v->scratch + thread * 3 * FOREST_BLOCK, v->b->labels + from, v->b->markers + from);
	return OK;
}

/* A sixteenth of the voxels, whose 25 bins are bytes of the noise, sixteen times. */
static void forest(struct bench *b)
{
	struct voting v;

	v.b = b;
	v.f = b->forest;
	v.n = b->n / 16;
	v.scratch = ARENA_NEW(b->arena, uint32_t, 3 * FOREST_BLOCK * parallel_threads());
	if (!v.scratch)
		exit(1);
	for (int k = 0; k < 16; k++)
		need(parallel_for((v.n + FOREST_BLOCK - 1) / FOREST_BLOCK, vote, &v));
}

/* A forest, and bytes at random. */
static void trees(struct bench *b)
{
	uint64_t seed = 1;

	b->forest = grown(b);
	for (int64_t i = 0; i < b->n * 4; i++)
		((uint8_t *)b->in)[i] = (uint8_t)(256 * make_random(&seed));
}

static const struct row {
	const char *name;
	void (*make)(struct bench *b);
	void (*run)(struct bench *b);
} rows[] = {
	{"components-26 of smooth walls", walls, label_components},
	{"components-26, 2 % of voxels flipped", noisy_walls, label_components},
	{"median of 27", noise, median},
	{"non-local means, 5^3 and 3^3", noise, means},
	{"total variation", noise, variation},
	{"gaussian, sigma 1.5", noise, smooth_15},
	{"gaussian, sigma 3", noise, smooth_3},
	{"hessian sheetness of a smoothed volume", noise, sheets},
	{"distance up to 16 from smooth walls", walls, bounded},
	{"distance, exact, from smooth walls", walls, exact},
	{"distance, exact, from 1 voxel in 10^6", sparse, exact},
	{"watershed", flood_input, flood},
	{"2 x 2 x 2 configurations", walls, configurations},
	{"2 x 2 x 2 configurations, noisy", noisy_walls, configurations},
	{"area of faces with normals", walls_smoothed, face_areas},
	{"gradient levels", noise, gradient},
	{"25 features of voxels", noise, features},
	{"forest of 20 trees of depth 10", trees, forest},
};

static void run_row(struct bench *b, const struct row *row)
{
	double least = 1e9, least_cpu = 1e9;

	row->make(b);
	for (int k = 0; k < 3; k++) {
		struct arena_mark mark = arena_mark(b->arena);
		double begin = now(), cpu = (double)clock(), t;

		row->run(b);
		t = now() - begin;
		cpu = ((double)clock() - cpu) / CLOCKS_PER_SEC;
		least = t < least ? t : least;
		least_cpu = cpu < least_cpu ? cpu : least_cpu;
		arena_release(b->arena, mark);
	}
	printf("%-40s %8.1f Mvoxel/s, %8.1f a processor second\n", row->name,
		(double)b->n / least * 1e-6, (double)b->n / least_cpu * 1e-6);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct bench b = {.size = argc > 1 ? atoll(argv[1]) : 256};

	b.n = b.size * b.size * b.size;
	b.arena = arena_new();
	b.bytes = arena_zero(b.arena, b.n, 1);
	b.labels = arena_zero(b.arena, b.n, 1);
	b.markers = arena_zero(b.arena, b.n, 1);
	b.in = arena_zero(b.arena, b.n, sizeof(float));
	b.out = arena_zero(b.arena, b.n, sizeof(float));
	if (!b.bytes || !b.labels || !b.markers || !b.in || !b.out)
		return 1;
	for (size_t k = 0; k < sizeof(rows) / sizeof(*rows); k++)
		if (argc < 3 || strstr(rows[k].name, argv[2]))
			run_row(&b, rows + k);
	arena_free(b.arena);
	return 0;
}
