/* SPDX-License-Identifier: BSD-3-Clause
 * What truncation does to values: bodies wider than the detector, reconstructed with each padding and,
 * beside them, with edge padding of min(0.15 W, 150) columns as Algotom does by default. Prints the
 * table of docs/interior.md. Built with the tests, not run as one. */
#include "tests/fbp_reference.h"

#include <stdio.h>
#include <string.h>

enum { N_ANGLE = 400, ALGOTOM = PAD_ELLIPSE + 1 };

/* Concentric cylinders: radii as shares of half the width. The inner value is `truth`. */
struct body {
	const char *name;
	int n;
	double radius[3], value[3], truth;
};
static const struct body bodies[] = {
	{"uniform, 1.0 widths", 1, {0.999}, {1}, 1},
	{"uniform, 1.2 widths", 1, {1.2}, {1}, 1},
	{"uniform, 1.5 widths", 1, {1.5}, {1}, 1},
	{"uniform, 2 widths", 1, {2}, {1}, 1},
	{"uniform, 3 widths", 1, {3}, {1}, 1},
	{"1.5 widths in a shell (0.1) of 3", 2, {1.5, 3}, {0.9, 0.1}, 1},
	{"1.5 widths in a shell (1.0) of 2.2", 2, {1.5, 2.2}, {-0.1, 1.1}, 1},
	{"0.6 widths (3.0) in 1.5", 2, {0.6, 1.5}, {2, 1}, 1},
};
enum { N_BODIES = 8 };

/* The filter on the projection extended by `pad` edge values, a circle of that length. */
static void filter_algotom(float *row, int64_t w, double weight, double *padded)
{
	int64_t pad = (int64_t)fmin(0.15 * (double)w, 150), n = w + 2 * pad;

	for (int64_t i = 0; i < n; i++)
		padded[i] = row[i < pad ? 0 : i - pad < w ? i - pad : w - 1];
	for (int64_t x = 0; x < w; x++) {
		double sum = 0.25 * padded[x + pad];

		for (int64_t k = 1; k <= n / 2; k += 2) {
			double both = padded[(x + pad + k) % n] + padded[(x + pad - k + n) % n];

			sum -= both / (M_PI * M_PI * (double)k * (double)k);
		}
		row[x] = (float)(weight * sum);
	}
}

/* Mean error and centre minus 0.9 radius, of the true value, over the part that has it. */
static void judge(const struct body *body, const float *line, int64_t w, double out[2])
{
	double half = 0.5 * (double)(w - 1), sum = 0, area = 0, rim = 0, middle = 0;
	double from = body->n > 1 && body->radius[0] < 1 ? body->radius[0] + 0.05 : 0;

	for (int64_t x = 0; x < w; x++) {
		double r = fabs((double)x - half) / half;

		if (r < from || r > 0.9)
			continue;
		sum += r * (line[x] / body->truth - 1);
		area += r;
	}
	for (int64_t i = 0; i < 2 * (w / 100) + 1; i++) {
		middle += line[(int64_t)(half + from * half) + i];
		rim += line[(int64_t)(half + 0.9 * half) - i];
	}
	out[0] = sum / area;
	out[1] = (middle - rim) / (double)(2 * (w / 100) + 1);
}

static enum err measure(
	const struct body *body, int64_t w, int padding, struct arena *arena, double out[2])
{
	struct settings s = {.fbp = {.filter = FILTER_RAMLAK, .cutoff = 1, .mask = 0}};
	struct geometry g = {N_ANGLE, w, ARENA_ZERO(arena, double, N_ANGLE), 0.5 * (double)(w - 1),
		0, 0, NAN, NAN, NAN};
	double angle[N_ANGLE];
	float *batch = ARENA_NEW(arena, float, N_ANGLE *w), *line = ARENA_NEW(arena, float, w);
	struct test_ellipse e[3];
	struct fbp *fbp;

	NEED(g.angle && batch && line);
	s.fbp.padding = padding == ALGOTOM ? PAD_EDGE : (enum fbp_padding)padding;
	for (int i = 0; i < N_ANGLE; i++)
		angle[i] = M_PI * i / N_ANGLE;
	for (int k = 0; k < body->n; k++)
		e[k] = (struct test_ellipse){.a = body->radius[k] * 0.5 * (double)w,
			.b = body->radius[k] * 0.5 * (double)w,
			.value = body->value[k]};
	test_project(e, body->n, &g, (struct sinogram){batch, 1, w, w});
	g.angle = angle;
	if (padding == ALGOTOM)
		filter_algotom(batch, w, M_PI / N_ANGLE, ARENA_NEW(arena, double, 2 * w));
	for (int64_t i = 1; i < N_ANGLE; i++)
		memcpy(batch + i * w, batch, (size_t)w * sizeof(float));
	TRY(fbp_new(&fbp, &s, &g, arena));
	if (padding != ALGOTOM)
		TRY(fbp_filter(fbp, batch, 1, NULL, arena));
	TRY(fbp_backproject(fbp, batch, 1, w / 2, w / 2 + 1, line, arena));
	judge(body, line, w, out);
	return OK;
}

int main(void)
{
	static const int order[] = {ALGOTOM, PAD_ZERO, PAD_EDGE, PAD_DECAY, PAD_ELLIPSE};
	static const int64_t widths[] = {512, 1024, 3072};

	printf("| body | W | Algotom's default | zero | edge | decay | ellipse |\n"
	       "|---|---|---|---|---|---|---|\n");
	for (int b = 0; b < N_BODIES; b++)
		for (int i = 0; i < 3; i++) {
			printf("| %s | %lld |", bodies[b].name, (long long)widths[i]);
			for (int k = 0; k < 5; k++) {
				struct arena *arena = arena_new();
				double out[2];

				if (!arena ||
					measure(bodies + b, widths[i], order[k], arena, out)) {
					fprintf(stderr, "bench_padding: %s\n", error_message());
					return 1;
				}
				printf(" %+.1f / %+.1f |", 100 * out[0], 100 * out[1]);
				arena_free(arena);
			}
			printf("\n");
		}
	return 0;
}
