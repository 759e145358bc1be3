/* SPDX-License-Identifier: BSD-3-Clause
 * The true volume against points: 8 x 8 x 8 of tests/cell_points.h in a voxel. */
#include "tests/cell_points.h"
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

/* Planes of labels, fractions and attenuation, and volumes added up. */
struct volume {
	int64_t n;
	uint8_t *label, *fraction, *aperture;
	float *mu;
	double volume[N_LABELS], pores;
};

static void fill_volume(struct made_cell *m, struct volume *v)
{
	int64_t n = m->scan->grid.n_col;

	*v = (struct volume){.n = n};
	v->label = ARENA_NEW(arena, uint8_t, n * n * n);
	v->fraction = ARENA_NEW(arena, uint8_t, n * n * n);
	v->aperture = ARENA_NEW(arena, uint8_t, n * n * n);
	v->mu = ARENA_NEW(arena, float, n *n *n);
	for (int i = 0; i < N_PARTS; i++)
		m->parts.mu[i] = 0.5 * i;
	for (int64_t row = 0; row < n; row++) {
		struct voxel_plane p = {v->label + row * n * n, v->fraction + row * n * n,
			v->mu + row * n * n, {0}, 0, v->aperture + row * n * n};

		assert_int_equal(voxels_plane(m->scan, row, &p, arena), OK);
		for (int i = 0; i < N_LABELS; i++)
			v->volume[i] += p.volume[i];
		v->pores += p.pores;
	}
}

static double share_of(const double part[N_PARTS], int label)
{
	double sum = 0;

	for (int i = 0; i < N_PARTS; i++)
		sum += (i < LABEL_HARDWARE ? i : LABEL_HARDWARE) == label ? part[i] : 0;
	return sum;
}

/* Shares of a voxel by points, scattered in the cells of a lattice. */
static void count_points(
	const struct points *w, const double at[3], uint64_t *seed, double part[N_PARTS])
{
	enum { SUB = 8 };

	memset(part, 0, N_PARTS * sizeof(*part));
	for (int k = 0; k < SUB * SUB * SUB; k++) {
		double p[3] = {at[0] + (k % SUB + draw(seed)) / SUB - 0.5,
			at[1] + (k / SUB % SUB + draw(seed)) / SUB - 0.5,
			at[2] + (k / SUB / SUB + draw(seed)) / SUB - 0.5};

		part[point_part(w, p)] += 1.0 / (SUB * SUB * SUB);
	}
}

struct errors {
	double square, worst, bias;
	int n;
};

static void add_error(struct errors *e, double off)
{
	e->square += off * off;
	e->bias += off;
	e->worst = fmax(e->worst, fabs(off));
	e->n++;
}

static void print_errors(const char *name, const struct errors *e)
{
	print_message("  %s: %d, r.m.s. %.4f, mean %.5f, worst %.3f\n", name, e->n,
		sqrt(e->square / e->n), e->bias / e->n, e->worst);
}

/* Voxels of which some is another part than the label, and a few others. Voxels that have crack stand for
 * themselves: columns two by two have its edges. */
static void compare_voxels(struct made_cell *m, int tries, const char *name)
{
	struct points w = points_of(m);
	struct errors cracked = {0, 0, 0, 0}, edge = {0, 0, 0, 0}, mu = {0, 0, 0, 0};
	struct volume v;
	uint64_t seed = 11;
	int wrong = 0, n = 0;

	fill_volume(m, &v);
	for (int i = 0; i < tries; i++) {
		int64_t at[3], k;
		double half = ((double)v.n - 1) / 2, lab[3], part[N_PARTS], attenuation = 0, crack;
		bool mixed;

		for (int a = 0; a < 3; a++) {
			at[a] = (int64_t)(draw(&seed) * (double)v.n);
			lab[a] = (double)at[a] - half;
		}
		k = (at[2] * v.n + at[1]) * v.n + at[0];
		if (hypot(lab[0], lab[1]) > half) {
			if (hypot(lab[0], lab[1]) > half + 0.6)
				assert_int_equal(v.label[k], LABEL_OUTSIDE);
			continue;
		}
		mixed = v.fraction[k] < 255 || v.label[k] == LABEL_CRACK;
		if (!mixed && draw(&seed) > 0.1)
			continue;
		count_points(&w, lab, &seed, part);
		crack = part[PART_CRACK] + part[PART_CRACK_NAK];
		for (int p = 0; p < N_PARTS; p++)
			attenuation += part[p] * m->parts.mu[p];
		add_error(crack > 0 ? &cracked : &edge,
			(double)v.fraction[k] / 255 - share_of(part, v.label[k]));
		if (crack <= 0)
			add_error(&mu, (double)v.mu[k] - attenuation);
		n++;
		for (int label = 0; label < N_LABELS; label++)
			wrong += crack <= 0 &&
				 share_of(part, label) > share_of(part, v.label[k]) + 0.1;
		assert_true(
			crack <= 0.6 || v.label[k] == LABEL_CRACK || v.label[k] == LABEL_CRACK_NAK);
	}
	print_message("%s: %d voxels, %d with a wrong label\n", name, n, wrong);
	print_errors("fraction", &edge);
	print_errors("attenuation (of 4.5)", &mu);
	/* 512 points know a share to 0.005 about */
	assert_true(edge.n > 1000 && sqrt(edge.square / edge.n) < 0.02 && edge.worst < 0.16);
	assert_near(edge.bias / edge.n, 0, 2e-3);
	assert_true(sqrt(mu.square / mu.n) < 0.06);
	assert_true(wrong * 500 < n);
	if (cracked.n > 0) {
		print_errors("fraction where there is crack", &cracked);
		assert_true(sqrt(cracked.square / cracked.n) < 0.08 && cracked.worst < 0.4);
		assert_near(cracked.bias / cracked.n, 0, 0.02);
	}
}

static struct settings cell_of(enum scenario what, double scale)
{
	struct settings s = cell_defaults(96, arena);

	s.simulate.scenario = what;
	s.simulate.steps = 12;
	s.cell.scale = scale * 96 * 1.3 / 4000;
	s.cell.porosity = 0;
	return s;
}

static void voxels_match_points(void **state)
{
	struct settings crack = cell_of(SCENARIO_PLATING, 1.5), chip = crack;
	struct settings gas = cell_of(SCENARIO_STRIPPING, 2);
	struct settings all = cell_of(SCENARIO_QUIET, 0.45);
	struct made_cell m;

	(void)state;
	all.cell.bubbles = 0;
	make_cell(&m, &all, 3, arena);
	compare_voxels(&m, 30000, "whole cell");
	crack.cell.bubble_radius = 100;
	make_cell(&m, &crack, 7, arena);
	compare_voxels(&m, 40000, "crack");
	chip.cell.lean = 2;
	chip.cell.branches = 8;
	chip.simulate.seed = 4;
	make_cell(&m, &chip, 11, arena);
	compare_voxels(&m, 40000, "chip, leaning 2 degrees");
	gas.cell.bubbles = 4;
	make_cell(&m, &gas, 11, arena);
	compare_voxels(&m, 40000, "gas");
}

/* Volumes are those of the labels, of pores what balls have. */
static void volumes_add_up(void **state)
{
	struct settings s = cell_of(SCENARIO_STRIPPING, 1.5);
	struct made_cell m;
	struct volume v;
	double filled[N_LABELS] = {0}, sum = 0, circle = 0, balls = 0, fraction = 0;

	(void)state;
	s.cell.porosity = 0.02;
	make_cell(&m, &s, 11, arena);
	fill_volume(&m, &v);
	for (int64_t i = 0; i < v.n * v.n * v.n; i++) {
		double x = (double)(i % v.n) - 47.5, y = (double)(i / v.n % v.n) - 47.5;

		if (hypot(x, y) > 48)
			continue;
		circle++;
		filled[v.label[i]]++;
		fraction += (double)v.fraction[i] / 255;
	}
	for (int i = 0; i < N_LABELS; i++) {
		print_message(
			"  %s: %.0f px3, voxels %.0f\n", label_names[i], v.volume[i], filled[i]);
		sum += v.volume[i];
		/* voxels count as a whole: more or less than is in them, which evens out */
		assert_near(v.volume[i], filled[i], 0.05 * filled[i] + 500);
	}
	assert_near(sum, circle, 1e-6 * circle);
	assert_true(fraction < circle && fraction > 0.9 * circle);
	for (int64_t i = 0; i < m.scan->pores->n; i++) {
		const struct pore *p = &m.scan->pores->pore[i];
		double r = m.scan->pores->radius[p->class], z = (double)p->z / 2 - 0.5 - 47.5;

		if (hypot((double)p->x, (double)p->y) < 48 && fabs(z) < 48)
			balls += 4 * M_PI / 3 * r * r * r;
	}
	/* those at the border are partly in */
	print_message("  pores %.1f px3 of %.1f\n", v.pores, balls);
	assert_near(v.pores, balls, 0.02 * balls);
}

/* Height in the lab frame of the middle of the crack's sheet at (x, y); NAN: none there. */
static double sheet_at(const struct points *w, double x, double y)
{
	double z = 0, p[3], low = 0, top = 0;

	for (int round = 0; round < 6; round++) {
		pose_apply(&w->to_cell, (double[3]){x, y, z}, p);
		low = cell_lens(w->c, p[0], p[1]);
		top = fmax(low - point_opening(w, p[0], p[1]), cell_interface(w->c, p[0], p[1]));
		z += ((low + top) / 2 - p[2]) / w->to_cell.r[2][2];
	}
	return low - top > 0.05 && cell_rim(w->c, p[0], p[1]) < 1.25 ? z : NAN;
}

/* Thin cracks are a closed sheet of voxels: labelled where its middle passes two of four columns. */
static void thin_cracks_are_sheets(void **state)
{
	struct settings s = cell_of(SCENARIO_PLATING, 1.5);
	struct made_cell m;
	struct points w;
	struct volume v;
	int labelled = 0, wrong = 0, columns = 0, missing = 0;

	(void)state;
	s.cell.crack_aperture = 0.4;
	s.cell.branches = 0;
	make_cell(&m, &s, 7, arena);
	w = points_of(&m);
	fill_volume(&m, &v);
	for (int64_t j = 2; j < v.n - 2; j++)
		for (int64_t i = 2; i < v.n - 2; i++) {
			double x = (double)i - 47.5, y = (double)j - 47.5, z[4];
			int all = 0, here = 0;

			if (hypot(x, y) > 46)
				continue;
			for (int k = 0; k < 4; k++) {
				z[k] = sheet_at(&w, x + k % 2 * 0.5 - 0.25, y + k / 2 * 0.5 - 0.25);
				all += isfinite(z[k]);
			}
			for (int64_t row = 0; row < v.n; row++) {
				int label = v.label[(row * v.n + j) * v.n + i], votes = 0, near = 0;
				bool is = label == LABEL_CRACK || label == LABEL_CRACK_NAK;

				for (int k = 0; k < 4; k++) {
					votes += fabs(z[k] - (double)row + 47.5) <= 0.5;
					near += fabs(fabs(z[k] - (double)row + 47.5) - 0.5) < 0.02;
				}
				labelled += is;
				here += is;
				/* the aperture is below half a voxel: only the sheet's middle counts */
				wrong += near == 0 && is != (votes >= 2);
			}
			columns += all == 4;
			missing += all == 4 && here == 0;
		}
	print_message("%d voxels of crack, %d against the rule; %d of %d columns without\n",
		labelled, wrong, missing, columns);
	assert_true(labelled > 300 && wrong * 100 <= labelled);
	assert_true(missing * 50 <= columns);
}

/* The aperture of a voxel lies between those of its four columns, within a step; all voxels of cracks have one. */
static void apertures_are_those_of_columns(void **state)
{
	struct settings s = cell_of(SCENARIO_PLATING, 1.5);
	struct made_cell m;
	struct points w;
	struct volume v;
	int labelled = 0, wrong = 0, wide = 0;

	(void)state;
	s.cell.crack_aperture = 4;
	s.cell.branches = 0;
	make_cell(&m, &s, 6, arena);
	w = points_of(&m);
	fill_volume(&m, &v);
	for (int64_t i = 0; i < v.n * v.n * v.n; i++) {
		double x = (double)(i % v.n) - 47.5, y = (double)(i / v.n % v.n) - 47.5;
		double low = INFINITY, high = 0, p[3], aperture = v.aperture[i] / 16.0;
		bool is = v.label[i] == LABEL_CRACK || v.label[i] == LABEL_CRACK_NAK;

		assert_true(is == (v.aperture[i] > 0));
		for (int k = 0; k < 4 && is; k++) {
			double at[3] = {x + k % 2 * 0.5 - 0.25, y + k / 2 * 0.5 - 0.25, 0}, across;

			at[2] = sheet_at(&w, at[0], at[1]);
			if (!isfinite(at[2]))
				continue;
			pose_apply(&w.to_cell, at, p);
			across = point_opening(&w, p[0], p[1]);
			across = fmin(across, cell_lens(w.c, p[0], p[1]) -
						      cell_interface(w.c, p[0], p[1])) /
				 cell_lens_stretch(w.c, p[0], p[1]);
			low = fmin(low, across);
			high = fmax(high, across);
		}
		labelled += is;
		wide += is && aperture > 1;
		wrong += is && !(aperture > low - 0.07 && aperture < high + 0.07);
	}
	print_message("%d voxels of crack, %d wider than one, %d wrong\n", labelled, wide, wrong);
	/* along the rim the opening changes within a voxel */
	assert_true(wide > 300 && wide < labelled && wrong * 50 <= labelled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(voxels_match_points, setup, teardown),
		cmocka_unit_test_setup_teardown(volumes_add_up, setup, teardown),
		cmocka_unit_test_setup_teardown(thin_cracks_are_sheets, setup, teardown),
		cmocka_unit_test_setup_teardown(apertures_are_those_of_columns, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
