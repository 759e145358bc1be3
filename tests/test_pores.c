/* SPDX-License-Identifier: BSD-3-Clause
 * Pores: how many, how large, where not, how they move, and their shadows against those of balls. */
#include "core/parallel.h"
#include "tests/cell_points.h"

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
	parallel_set_threads(0);
	arena_free(arena);
	return 0;
}

static struct settings porous(double porosity)
{
	struct settings s = cell_defaults(128, arena);

	s.cell.bubbles = 0;
	s.simulate.steps = 12;
	s.cell.scale = 1.5 * 128 * 1.3 / 4000;
	s.cell.porosity = porosity;
	s.cell.lean = 0.8;
	return s;
}

static void place_of(const struct made_cell *m, const struct pore *p, double lab[3])
{
	const struct grid *g = &m->scan->grid;

	lab[0] = (double)p->x;
	lab[1] = (double)p->y;
	lab[2] = (double)p->z / (double)g->os - 0.5 - g->middle;
}

/* Share of candidates of each class, by the square of the radius. */
static void class_shares(const double *radius, double share[PORE_CLASSES])
{
	double sum = 0;

	for (int i = 0; i < PORE_CLASSES; i++)
		sum += share[i] = 1 / radius[i];
	for (int i = 0; i < PORE_CLASSES; i++)
		share[i] /= sum;
}

static double ball(double r)
{
	return 4 * M_PI / 3 * r * r * r;
}

/* Of those whose middles are well inside the pellet and the view: volume over volume of places. */
static void count_inside(const struct made_cell *m, double *porosity, double *sd, double *number,
	double count[PORE_CLASSES])
{
	const struct pores *p = m->scan->pores;
	double low = 30, high = 70, r = 58, volume = 0, square = 0;
	double place = M_PI * r * r * (high - low);

	*number = 0;
	memset(count, 0, PORE_CLASSES * sizeof(*count));
	for (int64_t i = 0; i < p->n; i++) {
		double lab[3], v = ball(p->radius[p->pore[i].class]);

		place_of(m, &p->pore[i], lab);
		lab[2] += 0;
		if (hypot(lab[0], lab[1]) > r || lab[2] < low - 20 || lab[2] > high - 20)
			continue;
		volume += v;
		square += v * v;
		count[p->pore[i].class]++;
		(*number)++;
	}
	*porosity = volume / place;
	*sd = sqrt(square) / place;
}

static void reaches_the_porosity_and_the_radii(void **state)
{
	static const double asked[] = {0.005, 0.02, 0.06};

	(void)state;
	for (int k = 0; k < 3; k++) {
		struct settings s = porous(asked[k]);
		double got, sd, n, count[PORE_CLASSES], share[PORE_CLASSES], chi = 0, sum = 0;
		double kept[PORE_CLASSES];
		struct made_cell m;

		make_cell(&m, &s, 0, arena);
		count_inside(&m, &got, &sd, &n, count);
		print_message(
			"porosity %.5f +- %.5f of %g asked, %g pores\n", got, sd, asked[k], n);
		/* hard cores make counts more even than chance: 3 sd of chance */
		assert_near(got, asked[k], 3 * sd);
		/* of thinly spread pores nearly all are kept */
		class_shares(m.scan->pores->radius, share);
		for (int i = 0; i < PORE_CLASSES; i++) {
			double touch = 0, density = 0, low = 0, high = 1;

			/* density of candidates, by bisection on the number that is left */
			for (int round = 0; round < 50; round++) {
				double left = 0;

				density = (low + high) / 2;
				for (int a = 0; a < PORE_CLASSES; a++) {
					double v = 0;

					for (int b = 0; b < PORE_CLASSES; b++)
						v += density * share[b] *
						     ball(m.scan->pores->radius[a] +
							     m.scan->pores->radius[b]);
					left += density * share[a] * (1 - exp(-v)) / v;
				}
				if (left < n / (M_PI * 58 * 58 * 40))
					low = density;
				else
					high = density;
			}
			for (int b = 0; b < PORE_CLASSES; b++)
				touch += density * share[b] *
					 ball(m.scan->pores->radius[i] + m.scan->pores->radius[b]);
			kept[i] = share[i] * (1 - exp(-touch)) / touch;
			sum += kept[i];
		}
		for (int i = 0; i < PORE_CLASSES; i++) {
			double want = n * kept[i] / sum;

			chi += (count[i] - want) * (count[i] - want) / want;
		}
		/* 11 degrees of freedom: above 31 once in 1000 */
		print_message("radii: chi squared %.1f of 11\n", chi);
		assert_true(chi < 31);
	}
}

static void touch_nothing(void **state)
{
	enum { POINTS = 60 };

	(void)state;
	for (int step = 0; step < 12; step += 5) {
		struct settings s = porous(0.05);
		struct made_cell m;
		const struct pores *p;
		struct points w;
		double least = INFINITY;
		int64_t touching = 0, astray = 0;
		uint64_t seed = 1;

		s.cell.branches = 8;
		s.simulate.seed = 3;
		make_cell(&m, &s, step, arena);
		p = m.scan->pores;
		w = points_of(&m);
		for (int64_t i = 0; i < p->n; i++) {
			double lab[3], r = p->radius[p->pore[i].class];
			bool outside = false;

			place_of(&m, &p->pore[i], lab);
			for (int64_t k = 0; k < i; k++) {
				double q[3], d;

				place_of(&m, &p->pore[k], q);
				d = sqrt(pow(q[0] - lab[0], 2) + pow(q[1] - lab[1], 2) +
					    pow(q[2] - lab[2], 2)) -
				    r - p->radius[p->pore[k].class];
				least = fmin(least, d);
			}
			for (int k = 0; k < POINTS; k++) {
				double up = 2 * draw(&seed) - 1, a = 2 * M_PI * draw(&seed);
				double side = sqrt(1 - up * up);
				double at[3] = {lab[0] + r * side * cos(a),
					lab[1] + r * side * sin(a), lab[2] + r * up};

				touching += point_part(&w, at) != PART_NASICON;
				outside = outside || point_part(&w, at) != PART_NASICON;
			}
			astray += outside;
		}
		print_message("step %d: %lld pores, nearest two %.3f px apart, %lld reach out of "
			      "the ceramic (%.2g of all surface)\n",
			step, (long long)p->n, least, (long long)astray,
			(double)touching / (double)(p->n * POINTS));
		/* places along z are rounded to 1/8 of a fine row */
		assert_true(least > -0.07);
		assert_true(astray <= p->n / 1000);
	}
}

/* Is there a pore of that class within `reach` of a place? */
static bool pore_near(const struct made_cell *m, const double at[3], int32_t class, double reach)
{
	const struct pores *p = m->scan->pores;

	for (int64_t i = 0; i < p->n; i++) {
		double lab[3];

		place_of(m, &p->pore[i], lab);
		if (p->pore[i].class == class && fabs(lab[0] - at[0]) < reach &&
			fabs(lab[1] - at[1]) < reach && fabs(lab[2] - at[2]) < reach)
			return true;
	}
	return false;
}

static void move_with_the_cell_and_the_chip(void **state)
{
	struct settings s = porous(0.03);
	struct made_cell before, after;
	struct pose back;
	int64_t n = 0, in_chips = 0;

	(void)state;
	s.cell.chip_shift = 8;
	s.cell.settle = 30;
	make_cell(&before, &s, 0, arena);
	make_cell(&after, &s, 11, arena);
	assert_true(after.state.loose);
	back = pose_inverse(&before.state.pose);
	for (int64_t i = 0; i < before.scan->pores->n; i++) {
		const struct pore *p = &before.scan->pores->pore[i];
		double lab[3], cell[3];
		bool chip;

		place_of(&before, p, lab);
		pose_apply(&back, lab, cell);
		chip = cell_rim(before.cell, cell[0], cell[1]) < 1.2 &&
		       cell[2] < cell_lens(before.cell, cell[0], cell[1]);
		if (chip)
			pose_apply(&after.state.chip, cell, cell);
		pose_apply(&after.state.pose, cell, lab);
		if (hypot(lab[0], lab[1]) > 63 || fabs(lab[2]) > 63)
			continue;
		n++;
		in_chips += chip;
		/* rounded to 1/8 of a fine row, twice */
		if (!pore_near(&after, lab, p->class, 0.07)) {
			print_error("no pore at %g %g %g, chip %d\n", lab[0], lab[1], lab[2], chip);
			fail();
		}
	}
	print_message("%lld pores found again, %lld of them in the chip\n", (long long)n,
		(long long)in_chips);
	assert_true(n > 1000 && in_chips > 10);
}

static void same_for_any_number_of_threads(void **state)
{
	struct settings s = porous(0.03);
	struct made_cell one, many;

	(void)state;
	parallel_set_threads(1);
	make_cell(&one, &s, 9, arena);
	parallel_set_threads(5);
	make_cell(&many, &s, 9, arena);
	assert_int_equal(one.scan->pores->n, many.scan->pores->n);
	assert_memory_equal(one.scan->pores->pore, many.scan->pores->pore,
		(size_t)one.scan->pores->n * sizeof(struct pore));
	assert_int_equal(one.scan->needles->n, many.scan->needles->n);
	assert_memory_equal(one.scan->needles->needle, many.scan->needles->needle,
		(size_t)one.scan->needles->n * sizeof(struct needle));
	assert_memory_equal(one.scan->needles->weight, many.scan->needles->weight,
		(size_t)one.scan->needles->n_weights * sizeof(float));
}

/* Mean chord of a ball over a square of side w, (du, dv) from its middle. */
static double mean_chord(double r, double du, double dv, double w)
{
	enum { SUB = 24 };
	double sum = 0;

	for (int k = 0; k < SUB * SUB; k++) {
		double u = du + ((k % SUB + 0.5) / SUB - 0.5) * w;
		double v = dv + ((k / SUB + 0.5) / SUB - 0.5) * w;
		double rest = r * r - u * u - v * v;

		sum += rest > 0 ? 2 * sqrt(rest) : 0;
	}
	return sum / (SUB * SUB);
}

/* One pore anywhere: its shadow's volume, place, and samples. */
static void shadows_are_those_of_balls(void **state)
{
	enum { SIZE = 32, PAD = 64, TRIES = 150 };

	(void)state;
	for (int64_t os = 1; os <= 3; os++) {
		struct grid g = {os, SIZE, SIZE, 0, 15.2, (SIZE - 1) / 2.0, 1, 0};
		struct pores pores = {.n = 1, .n_blocks = 1};
		struct pore_stamps stamps;
		double volume = 0, u_worst = 0, v_worst = 0, sample = 0;
		int64_t n = SIZE * os, pitch = n + 2 * PAD;
		uint64_t seed = 9;

		for (int i = 0; i < PORE_CLASSES; i++)
			pores.radius[i] = 0.5 * pow(7, i / (PORE_CLASSES - 1.0));
		assert_int_equal(pores_stamps(&stamps, &pores, &g, arena), OK);
		for (int k = 0; k < TRIES; k++) {
			struct pore pore = {(float)(8 * draw(&seed) - 4),
				(float)(8 * draw(&seed) - 4),
				(float)((double)os * (16 + 2 * draw(&seed))), k % PORE_CLASSES};
			struct pore_block block = {0, 1, 0, (float)n};
			struct strip strip = {0, n, 0, n, pitch, PAD, {NULL}};
			double a = 6 * draw(&seed), r = pores.radius[pore.class], sum = 0, u = 0,
			       v = 0;
			double t = (double)pore.x * cos(a) - (double)pore.y * sin(a), z, low, want;

			/* in a place of its own, as pores_new() leaves them */
			pore.z = (float)((floor((double)pore.z * PLACES_ROW) + 0.5) / PLACES_ROW);
			z = (double)pore.z / (double)os - 0.5 - g.middle;
			pores.pore = &pore;
			pores.block = &block;
			for (int i = 0; i < N_SHADES; i++)
				strip.shade[i] = ARENA_ZERO(arena, float, n *pitch) + PAD;
			pores_cast(&pores, &stamps, &g, a, 0, &strip);
			for (int64_t i = 0; i < n * n; i++) {
				double got =
					-(double)strip.shade[SHADE_NASICON][i / n * pitch + i % n];
				double du =
					((double)(i % n) + 0.5) / (double)os - 0.5 - g.center - t;
				double dv =
					((double)(i / n) + 0.5) / (double)os - 0.5 - g.middle - z;

				sum += got;
				u += got * du;
				v += got * dv;
				if (hypot(du, dv) > r + 1)
					continue;
				want = mean_chord(r, du, dv, 1 / (double)os);
				u -= want * du;
				v -= want * dv;
				/* within 1/100 px of where it should be */
				low = INFINITY;
				for (int d = -1; d <= 1; d++)
					low = fmin(low, fabs(got - mean_chord(r, du + 0.008 * d, dv,
									   1 / (double)os)));
				sample = fmax(sample, low / (2 * r));
			}
			volume = fmax(volume, fabs(sum / (double)(os * os) / ball(r) - 1));
			u_worst = fmax(u_worst, fabs(u / sum));
			v_worst = fmax(v_worst, fabs(v / sum));
		}
		print_message("%lld samples a pixel: volume right to %.2g, place to %.4f, %.4f px, "
			      "samples to %.3f of a diameter\n",
			(long long)os, volume, u_worst, v_worst, sample);
		assert_true(volume < 1e-5);
		/* a sample has 64 places across */
		assert_true(u_worst < 0.015 / (double)os && v_worst < 0.015 / (double)os);
		assert_true(sample < 0.02);
	}
}

/* Pores far smaller than a pixel still weigh what they do. */
static void tiny_pores_are_finite(void **state)
{
	(void)state;
	for (int64_t os = 1; os <= 2; os++) {
		struct settings s = cell_defaults(32, arena);
		struct made_cell m, full;
		double solid = 0, thin = 0;
		float *a, *b;

		smooth_only(&s);
		s.input.pixel_size = 16;
		s.simulate.oversample = os;
		s.cell.scale = 1;
		s.cell.view = 800;
		make_cell(&full, &s, 0, arena);
		s.cell.porosity = 0.01;
		s.cell.pore_small = 0.1;
		s.cell.pore_large = 6;
		make_cell(&m, &s, 0, arena);
		only_part(&m, PART_NASICON);
		only_part(&full, PART_NASICON);
		a = lines_of(&full, 0.3, 0.5, 0, 32, arena);
		b = lines_of(&m, 0.3, 0.5, 0, 32, arena);
		for (int64_t i = 0; i < 32 * 32 * os * os; i++) {
			assert_true(isfinite(b[i]));
			solid += (double)a[i];
			thin += (double)b[i];
		}
		print_message(
			"porosity in lines of 16 um pixels: %.4f of 0.01\n", 1 - thin / solid);
		assert_near(1 - thin / solid, 0.01, 5e-4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			reaches_the_porosity_and_the_radii, setup, teardown),
		cmocka_unit_test_setup_teardown(touch_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(move_with_the_cell_and_the_chip, setup, teardown),
		cmocka_unit_test_setup_teardown(same_for_any_number_of_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(shadows_are_those_of_balls, setup, teardown),
		cmocka_unit_test_setup_teardown(tiny_pores_are_finite, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
