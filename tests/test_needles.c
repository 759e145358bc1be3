/* SPDX-License-Identifier: BSD-3-Clause
 * Shadows of needles against exact trapezoids, and lines through a rough interface, a crack, a chip and gas
 * against rays that ask tests/cell_points.h what they pass. */
#include "tests/cell_points.h"
#include "truth/shadow_kernels.h"
#include "truth/voxels.h"

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	return arena ? 0 : 1;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

enum { ROWS = 40, COLS = 60, PAD = 64 };

static struct grid small_grid(int64_t os, double roll)
{
	return (struct grid){.os = os,
		.n_row = ROWS,
		.n_col = COLS,
		.center = 31.3,
		.middle = (ROWS - 1) / 2.0,
		.cos_roll = cos(roll),
		.sin_roll = sin(roll)};
}

/* The shadow of one needle of weight 1 in each of n fine rows from `row`: ROWS os x COLS os. */
static float *shadow_of(const struct grid *g, double x, double y, int32_t row, uint16_t n,
	bool half, double angle, double sink)
{
	int64_t pitch = COLS * g->os + 2 * PAD;
	struct needle needle = {(float)x, (float)y, row, n, SHADE_NAK, half};
	struct needle_tile tile = {0, 1, 0, row, row + n};
	float *weight = ARENA_NEW(arena, float, n), *out;
	struct needles needles = {&needle, weight, &tile, 1, 1, n};
	struct strip strip = {0, ROWS * g->os, 0, COLS * g->os, pitch, PAD, {NULL}};

	for (int k = 0; k < n; k++)
		weight[k] = 1;
	for (int i = 0; i < N_SHADES; i++)
		strip.shade[i] = ARENA_ZERO(arena, float, ROWS * g->os * pitch) + PAD;
	needles_cast(&needles, g, angle, sink, &strip);
	out = ARENA_NEW(arena, float, ROWS * g->os * COLS * g->os);
	for (int64_t k = 0; k < ROWS * g->os; k++)
		memcpy(out + k * COLS * g->os, strip.shade[SHADE_NAK] + k * pitch,
			(size_t)(COLS * g->os) * sizeof(float));
	return out;
}

/* Share of a square's shadow left of x by counting: 400 x 400 points of the square. */
static double square_left(double x, double side, double angle)
{
	enum { N = 400 };
	double sum = 0;

	for (int i = 0; i < N; i++) {
		/* for each row of the square the points left of x are a length */
		double b = ((i + 0.5) / N - 0.5) * side, c = cos(angle), edge, low = -side / 2;

		if (fabs(c) < 1e-9) {
			sum += -b * sin(angle) < x;
			continue;
		}
		edge = (x + b * sin(angle)) / c;
		sum += fmin(1, fmax(0, c > 0 ? (edge - low) / side : (side / 2 - edge) / side));
	}
	return sum / N;
}

static void shadows_are_trapezoids(void **state)
{
	static const double degrees[] = {0, 45, 30, 90, 137};
	double worst = 0;

	(void)state;
	for (int64_t os = 1; os <= 3; os++)
		for (int k = 0; k < 10; k++) {
			struct grid g = small_grid(os, 0);
			double a = degrees[k / 2] * M_PI / 180, x = 7.31 + 0.7 * k, y = -9.05, t;
			double side = k % 2 ? 0.5 : 1, sum = 0, first = 0, place = 0, dense;
			float *line = shadow_of(&g, x, y, 11, 3, k % 2, a, 0);

			t = (x * cos(a) - y * sin(a) + g.center + 0.5) * (double)os;
			/* a place is off by 1/256 sample; density of the shadow at its middle */
			dense = 1 / (side * (double)os * fmax(fabs(cos(a)), fabs(sin(a))));
			for (int64_t i = 0; i < COLS * os; i++) {
				double got = (double)line[12 * COLS * os + i];
				double right = ((double)i + 1 - t) / (double)os;
				double want = square_left(right, side, a) -
					      square_left(right - 1 / (double)os, side, a);

				worst = fmax(worst, fabs(got - want));
				assert_near(got, want, dense / 256 + 2e-3 * dense);
				sum += got;
				first += got * (double)i;
				place += want * (double)i;
			}
			assert_near(sum, 1, 1e-5);
			/* what is narrower than a sample may seem up to 1/128 off */
			assert_near(first, place, 1 / 128.0);
		}
	print_message("worst sample of a shadow of weight 1: %.2g\n", worst);
}

/* Where a needle's middle must be seen: truth/grid.h. */
static void rolls_and_settles(void **state)
{
	static const double rolls[] = {0, 0.5, 3}, sinks[] = {0, 0.3, -4.7, 9};
	double worst_u = 0, worst_v = 0;

	(void)state;
	for (int k = 0; k < 24; k++) {
		struct grid g = small_grid(2, rolls[k % 3] * M_PI / 180);
		double x = 11.2 - k, y = 4.4 + 0.3 * k, a = 0.5 * k, sink = sinks[k / 3 % 4];
		double z = (31 + 6 / 2.0) / 2 - 0.5 - g.middle + sink; /* of its middle */
		double t = x * cos(a) - y * sin(a), sum = 0, u = 0, v = 0;
		float *got = shadow_of(&g, x, y, 31, 6, true, a, sink);

		for (int64_t i = 0; i < ROWS * 2 * COLS * 2; i++) {
			sum += (double)got[i];
			u += (double)got[i] * (((double)(i % (COLS * 2)) + 0.5) / 2 - 0.5);
			v += (double)got[i] * (((double)(i / (COLS * 2)) + 0.5) / 2 - 0.5);
		}
		assert_near(sum, 6, 1e-4);
		u = u / sum - (g.center + t * g.cos_roll - z * g.sin_roll);
		v = v / sum - (g.middle + t * g.sin_roll + z * g.cos_roll);
		worst_u = fmax(worst_u, fabs(u));
		worst_v = fmax(worst_v, fabs(v));
		/* samples as wide as its shadow blur its place by up to 0.02; a needle stays upright:
		 * half its length times the roll */
		assert_near(u, 0, 0.02 + 1.5 * g.sin_roll);
		assert_near(v, 0, 1e-3 + 1.5 * (1 - g.cos_roll));
	}
	print_message("a needle 3 px long, rolled up to 3 degrees, is seen within %.2g, %.2g px\n",
		worst_u, worst_v);
}

/* Pixels near the interface: the mean of their fine lines and of 8 x 8 rays. */
static void compare_rays(struct made_cell *m, double angle, double time, double range, int n,
	double rms_limit, const char *name)
{
	enum { SUB = 8 };
	static const enum part parts[] = {PART_NASICON, PART_NAK};
	const struct grid *g = &m->scan->grid;
	struct points w = points_of(m);
	double sink = m->state.settle * (time - 0.5), square = 0, bias = 0, worst = 0;
	double half = m->cell->tube_inner + 5, step = 0.1;
	uint64_t seed = 3;
	float *lines[2];

	w.edge = m->scan->reach;
	for (int k = 0; k < 2; k++) {
		only_part(m, parts[k]);
		lines[k] = lines_of(m, angle, time, 0, g->n_row, arena);
	}
	for (int i = 0; i < n; i++) {
		int64_t u = (int64_t)(draw(&seed) * (double)g->n_col), v;
		const double *plane = m->scan->columns->plane;
		double p[3], d[3], want[2] = {0, 0};

		ray_of(g, angle, sink, (double)u, g->middle, p, d);
		v = (int64_t)(g->middle + plane[0] + plane[1] * p[0] + plane[2] * p[1] +
			      range * (draw(&seed) - 0.5) + sink +
			      ((double)u - g->center) * g->sin_roll + 0.5);
		for (int q = 0; q < SUB * SUB; q++) {
			ray_of(g, angle, sink, (double)u + (q % SUB + 0.5) / SUB - 0.5,
				(double)v + (q / SUB + 0.5) / SUB - 0.5, p, d);
			for (double s = step * draw(&seed) - half; s < half; s += step) {
				double at[3] = {p[0] + s * d[0], p[1] + s * d[1], p[2]};
				enum part part = point_part(&w, at);

				part = part == PART_CRACK_NAK ? PART_NAK : part;
				for (int k = 0; k < 2; k++)
					want[k] += part == parts[k] ? step / (SUB * SUB) : 0;
			}
		}
		for (int k = 0; k < 2; k++) {
			double off = -want[k];

			for (int64_t q = 0; q < g->os * g->os; q++)
				off += (double)lines[k][(v * g->os + q / g->os) * g->n_col * g->os +
							u * g->os + q % g->os] /
				       (double)(g->os * g->os);
			square += off * off / (2 * n);
			bias += off / (2 * n);
			worst = fmax(worst, fabs(off));
		}
	}
	print_message("%s: lines off by %.3f px r.m.s., mean %.4f, at worst %.2f\n", name,
		sqrt(square), bias, worst);
	assert_true(sqrt(square) < rms_limit);
	assert_near(bias, 0, 0.02);
	assert_true(worst < 10 * rms_limit);
}

static struct settings rough_cell(enum scenario scenario)
{
	struct settings s = cell_defaults(128, arena);

	s.simulate.scenario = scenario;
	s.simulate.steps = 12;
	s.cell.porosity = 0;
	s.cell.bubbles = 0;
	return s;
}

static void lines_match_rays(void **state)
{
	struct settings quiet = rough_cell(SCENARIO_QUIET), plating = rough_cell(SCENARIO_PLATING);
	struct settings stripping = rough_cell(SCENARIO_STRIPPING);
	struct made_cell m;

	(void)state;
	make_cell(&m, &quiet, 0, arena);
	compare_rays(&m, 0, 0.5, 14, 60, 0.15, "roughness, 0 degrees");
	compare_rays(&m, 0.6, 0.5, 14, 60, 0.15, "roughness, 34 degrees");
	make_cell(&m, &plating, 6, arena);
	compare_rays(&m, M_PI / 4, 0.5, 14, 40, 0.15, "crack, 45 degrees");
	plating.cell.lean = 2;
	make_cell(&m, &plating, 11, arena);
	compare_rays(&m, M_PI / 6, 0.5, 20, 40, 0.15, "chip, leaning 2 degrees");
	stripping.cell.scale = 1.5 * 128 * 1.3 / 4000;
	stripping.cell.bubbles = 2;
	make_cell(&m, &stripping, 11, arena);
	compare_rays(&m, 2.2, 0.5, 60, 50, 0.15, "gas at the interface");
}

/* What lines add up to is the volume of the voxels, at any angle, when all is in view. */
static void lines_hold_the_volume(void **state)
{
	enum { N = 128 };
	struct settings s = rough_cell(SCENARIO_PLATING);
	struct made_cell rough, smooth;
	uint8_t *plane = ARENA_NEW(arena, uint8_t, 2 * N * N);
	double volume[2] = {0, 0};

	(void)state;
	s.cell.scale = 0.6 * N * 1.3 / 4000;
	s.cell.roughness = 0; /* which would reach into the O-ring */
	make_cell(&rough, &s, 9, arena);
	s.simulate.scenario = SCENARIO_QUIET;
	s.cell.roughness = 0;
	make_cell(&smooth, &s, 9, arena);
	for (int64_t row = 30; row < 98; row++) {
		struct voxel_plane p = {.label = plane, .fraction = plane + N * N};

		assert_int_equal(voxels_plane(rough.scan, row, &p, arena), OK);
		volume[0] += p.volume[LABEL_NASICON];
		volume[1] += p.volume[LABEL_NAK] + p.volume[LABEL_CRACK_NAK];
		assert_int_equal(voxels_plane(smooth.scan, row, &p, arena), OK);
		volume[0] -= p.volume[LABEL_NASICON];
		volume[1] -= p.volume[LABEL_NAK];
	}
	for (int k = 0; k < 6; k++) {
		enum part part = k % 2 ? PART_NAK : PART_NASICON;
		float *a, *b;
		double sum = 0;

		only_part(&rough, part);
		only_part(&smooth, part);
		a = lines_of(&rough, 0.7 * k, 0.5, 30, 68, arena);
		b = lines_of(&smooth, 0.7 * k, 0.5, 30, 68, arena);
		for (int64_t i = 0; i < 68 * 2 * N * 2; i++)
			sum += ((double)a[i] - (double)b[i]) / 4;
		/* lengths below 5e-4 of a fine row are dropped, lines are floats */
		print_message("%s: %.3f px3 in lines, %.3f in voxels\n",
			part == PART_NAK ? "liquid" : "ceramic", sum, volume[k % 2]);
		assert_near(sum, volume[k % 2], 1e-3 * fabs(volume[k % 2]) + 1);
	}
}

/* A cell that has settled looks as one that stands there. */
static void settling_moves_everything(void **state)
{
	struct settings s = rough_cell(SCENARIO_STRIPPING);

	(void)state;
	s.cell.bubbles = 2;
	s.cell.scale = 1.5 * 128 * 1.3 / 4000;
	s.cell.porosity = 0.02;
	s.cell.pellet_height = 6000;
	for (int k = 0; k < 4; k++) {
		struct made_cell settled, there;
		double square = 0;
		float *a, *b;

		s.simulate.tilt = k < 2 ? 0 : 2;
		s.cell.settle = (k % 2 ? 40 : -160) * 1.3;
		make_cell(&settled, &s, 11, arena);
		s.cell.settle = 0;
		assert_int_equal(try_cell(&there, &s, 11, arena), OK);
		there.state.pose.t[2] += settled.state.settle / 2;
		assert_int_equal(cell_scan_new(&there.scan, there.cell, &there.state, &there.parts,
					 &there.view, arena),
			OK);
		for (int part = 0; part < 2; part++) {
			only_part(&settled, part ? PART_NAK : PART_NASICON);
			only_part(&there, part ? PART_NAK : PART_NASICON);
			a = lines_of(&settled, 0.4, 1, 0, 128, arena);
			b = lines_of(&there, 0.4, 1, 0, 128, arena);
			for (int64_t i = 0; i < 256 * 256; i++)
				square += pow((double)a[i] - (double)b[i], 2) / (256 * 256);
		}
		print_message("settled by %g px, rolled %g degrees: %.3f px r.m.s.\n",
			settled.state.settle / 2, s.simulate.tilt, sqrt(square));
		assert_true(sqrt(square) < 0.01);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shadows_are_trapezoids, setup, teardown),
		cmocka_unit_test_setup_teardown(rolls_and_settles, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_match_rays, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_hold_the_volume, setup, teardown),
		cmocka_unit_test_setup_teardown(settling_moves_everything, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
