/* SPDX-License-Identifier: BSD-3-Clause
 * True numbers of a step against sums over the surfaces of truth/cell.h, on a lattice of its own in the
 * cell's frame. */
#include "tests/cell_points.h"
#include "truth/measure.h"

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

static const double um = 1.3;

static struct settings cell_of(enum scenario what, double scale)
{
	struct settings s = cell_defaults(160, arena);

	s.simulate.scenario = what;
	s.simulate.steps = 12;
	s.cell.scale = scale * 160 * 1.3 / 4000;
	s.cell.porosity = 0;
	return s;
}

static struct step_metrics measure(struct made_cell *m)
{
	struct step_metrics out = metrics_unknown();

	assert_int_equal(measure_step(m->scan, &m->first.pose, &out, arena), OK);
	return out;
}

static void close_to(const char *name, double got, double want, double relative)
{
	print_message(
		"  %s: %.6g, by the surfaces %.6g (%+.2g)\n", name, got, want, got / want - 1);
	assert_near(got / want, 1, relative);
}

/* Sums over the lens, in px. */
struct lens {
	double crack, area, filled, chip, fracture, open, depth, chip_depth, extent;
};

enum { EDGES = 2000 };

static struct lens survey(const struct points *w)
{
	const struct cell *c = w->c;
	const double step = 0.13,
		     tall = 1 / sqrt(1 + c->slope[0] * c->slope[0] + c->slope[1] * c->slope[1]);
	struct lens sum = {0};
	double edge[EDGES][2], line[EDGES]; /* the ends of the crack in each line */
	double area = step * step;
	int n = 0;

	for (double y = -1.7 * c->lens_radius; y < 1.7 * c->lens_radius; y += step) {
		bool was = false;

		for (double x = -1.7 * c->lens_radius; x < 1.7 * c->lens_radius; x += step) {
			double p[2] = {c->lens_x + x, c->lens_y + y};
			double low = cell_lens(c, p[0], p[1]), face = cell_interface(c, p[0], p[1]);
			double open = point_opening(w, p[0], p[1]), stretch;
			bool cracked = false;

			if (low > face && cell_rim(c, p[0], p[1]) < 1.25) {
				stretch = cell_lens_stretch(c, p[0], p[1]);
				sum.fracture += area * stretch;
				cracked = open > 0;
			}
			if (cracked) {
				double at[3] = {p[0], p[1], low};

				sum.crack += area * fmin(open, low - face);
				sum.area += area * stretch;
				sum.filled +=
					crack_part(w, at) == PART_CRACK_NAK ? area * stretch : 0;
				sum.chip += area * fmax(0, low - open - face);
				sum.depth =
					fmax(sum.depth, (low - cell_plane(c, p[0], p[1])) * tall);
				/* where it is now */
				at[2] = low - open;
				pose_apply(&w->st->chip, at, at);
				sum.chip_depth = fmax(sum.chip_depth,
					(at[2] - cell_plane(c, at[0], at[1])) * tall);
			}
			if (cracked) {
				n += !was;
				edge[n - 1][was] = p[0];
				edge[n - 1][1] = p[0];
				line[n - 1] = p[1];
				was = true;
			}
		}
	}
	assert_true(n < EDGES);
	for (int i = 0; i < n; i++)
		for (int k = 0; k <= i; k++)
			for (int q = 0; q < 4; q++)
				sum.extent = fmax(sum.extent,
					hypot(edge[i][q / 2] - edge[k][q % 2], line[i] - line[k]));
	return sum;
}

static void cracks_match_their_surfaces(void **state)
{
	(void)state;
	for (int k = 0; k < 3; k++) {
		struct settings s = cell_of(SCENARIO_PLATING, 1.3);
		struct made_cell m;
		struct step_metrics got;
		struct points w;
		struct lens want;
		double um2 = um * um;

		s.cell.branches = 0;
		s.cell.bubbles = 0;
		s.cell.ligaments = k == 1 ? 0.3 : 0;
		s.simulate.seed = 1 + k;
		make_cell(&m, &s, k == 0 ? 5 : k == 1 ? 11 : 8, arena);
		got = measure(&m);
		w = points_of(&m);
		if (k == 2) /* the chip is loose, but let us see it in its bed */
			assert_true(m.state.loose);
		want = survey(&w);
		assert_int_equal(got.n_cracks, 1);
		print_message("step %d, ligaments %g:\n", (int)m.state.step, s.cell.ligaments);
		if (k < 2) {
			close_to("crack volume", got.cracks->volume_um3.value,
				want.crack * um2 * um, 3e-3);
			close_to("mean aperture", got.cracks->aperture_mean_um.value,
				want.crack / want.area * um, 3e-3);
			close_to("extent", got.cracks->lateral_extent_um.value, want.extent * um,
				0.01);
		}
		close_to("crack area", got.cracks->area_um2.value, want.area * um2, 5e-3);
		close_to("depth", got.cracks->depth_um.value, want.depth * um, 0.01);
		assert_near(got.cracks->filled_fraction.value, want.filled / want.area, 0.005);
		assert_int_equal(got.n_chips, k > 0);
		if (k == 0)
			continue;
		close_to("chip volume", got.chips->volume_um3.value, want.chip * um2 * um,
			k == 1 ? 3e-3 : 0.02);
		close_to("chip depth", got.chips->depth_um.value, want.chip_depth * um, 0.02);
		close_to("fracture surface", got.chips->area_um2.value, want.fracture * um2, 3e-3);
		assert_near(got.chips->severed_fraction.value, want.area / want.fracture, 0.005);
	}
}

/* Branches by points: their volume, and their faces' area by how volume grows with the opening. */
static void branches_count(void **state)
{
	struct settings s = cell_of(SCENARIO_PLATING, 1.3);
	struct made_cell with, without;
	struct step_metrics a, b;
	struct points w;
	double volume = 0, area = 0, low = -30, high = 90;
	uint64_t seed = 4;
	const int n = 3000000;
	double side;

	(void)state;
	s.cell.bubbles = 0;
	s.cell.branches = 5;
	s.simulate.seed = 6;
	make_cell(&with, &s, 7, arena);
	assert_false(with.state.loose);
	w = points_of(&with);
	side = 2.6 * with.cell->lens_radius;
	for (int i = 0; i < n; i++) {
		double p[3] = {with.cell->lens_x + side * (draw(&seed) - 0.5),
			with.cell->lens_y + side * (draw(&seed) - 0.5), 0};
		double lens = cell_lens(with.cell, p[0], p[1]),
		       open = point_opening(&w, p[0], p[1]);

		if (open <= 0 || lens <= cell_interface(with.cell, p[0], p[1]) ||
			cell_rim(with.cell, p[0], p[1]) > 1)
			continue;
		p[2] = low + (high - low) * draw(&seed);
		volume += p[2] > lens && in_branches(&w, p);
		for (int64_t k = 0; k < with.cell->n_branches; k++) {
			const struct branch *br = &with.cell->branches[k];
			double grown = fmin(1, (with.state.front - br->start - 0.08) / 0.3);
			double half = 0.35 * with.cell->aperture * with.state.open *
				      sqrt(1 + br->slope * br->slope);
			double z[5], o;
			bool there = grown > 0;

			for (int q = 0; q < 5 && there; q++)
				there = cell_branch(with.cell, br, grown,
					p[0] + (q == 1		? 0.2
						       : q == 2 ? -0.2
								: 0),
					p[1] + (q == 3		? 0.2
						       : q == 4 ? -0.2
								: 0),
					&z[q], &o);
			/* near its root it is one sheet with the crack */
			if (there && z[0] - half * o > lens)
				area += sqrt(1 + pow((z[1] - z[2]) / 0.4, 2) +
					     pow((z[3] - z[4]) / 0.4, 2));
		}
	}
	volume *= side * side * (high - low) / n;
	area *= side * side / n;
	a = measure(&with);
	s.cell.branches = 0;
	make_cell(&without, &s, 7, arena);
	b = measure(&without);
	print_message("branches: %.4g of the crack's volume, %.3g of its area\n",
		volume * pow(um, 3) / a.cracks->volume_um3.value,
		area * um * um / a.cracks->area_um2.value);
	close_to("volume", a.cracks->volume_um3.value,
		b.cracks->volume_um3.value + volume * pow(um, 3), 0.01);
	close_to("area", a.cracks->area_um2.value, b.cracks->area_um2.value + area * um * um, 0.01);
}

/* Every place of the interface within the circle and inside the O-ring. */
static void interface_and_contact_match(void **state)
{
	struct settings s = cell_of(SCENARIO_STRIPPING, 1.3);
	struct made_cell m;
	struct step_metrics got;
	const struct cell *c;
	const struct bubble *b;
	double wet = 0, area = 0, square = 0, n = 0, gas = 0, plane[3], tall, first[3] = {0, 0, 0};
	const double step = 0.23;

	(void)state;
	s.cell.bubbles = 3;
	s.cell.bubble_radius = 300;
	make_cell(&m, &s, 11, arena);
	got = measure(&m);
	c = m.cell;
	b = &m.state.bubbles[0];
	assert_true(b->attached);
	tall = 1 / sqrt(1 + c->slope[0] * c->slope[0] + c->slope[1] * c->slope[1]);
	for (double y = -120; y < 120; y += step)
		for (double x = -120; x < 120; x += step) {
			double face = cell_interface(c, x, y), lab[3], stretch, d2, half, above,
			       below;
			bool dry = scenario_gap(c, &m.state, x, y) > 1e-4;

			pose_apply(&m.state.pose, (double[3]){x, y, face}, lab);
			if (hypot(lab[0], lab[1]) > 80)
				continue;
			d2 = pow(x - b->centre[0], 2) + pow(y - b->centre[1], 2);
			half = sqrt(fmax(0, b->radius * b->radius - d2));
			dry = dry || (half > 0 && face - b->centre[2] < half);
			stretch = cell_interface_stretch(c, x, y);
			area += step * step * stretch;
			wet += dry ? 0 : step * step * stretch;
			square += pow((face - cell_plane(c, x, y)) * tall, 2);
			n++;
			above = b->centre[2] - half;
			below = fmin(face, b->centre[2] + half);
			if (below > above && half > 0) {
				gas += step * step * (below - above);
				first[0] += step * step * (below - above) * x;
				first[1] += step * step * (below - above) * y;
				first[2] += step * step * (below - above) * (below + above) / 2;
			}
		}
	for (int i = 0; i < 3; i++)
		first[i] /= gas;
	print_message("interface:\n");
	/* slopes over a pixel are less steep than those over half a pixel */
	close_to("area", got.interface.area_um2.value, area * um * um, 0.02);
	close_to("roughness", got.interface.roughness_um.value, sqrt(square / n) * um, 5e-3);
	assert_near(got.interface.contact_fraction.value, wet / area, 0.003);
	print_message("  contact %.4f, by the surfaces %.4f\n",
		got.interface.contact_fraction.value, wet / area);
	/* three points of the plane */
	for (int i = 0; i < 3; i++) {
		double x = i == 1 ? 40 : -10, y = i == 2 ? 50 : -20, lab[3], z;

		pose_apply(&m.state.pose, (double[3]){x, y, cell_plane(c, x, y)}, lab);
		memcpy(plane, got.interface.plane, sizeof(plane));
		z = plane[0] + plane[1] * lab[0] * um + plane[2] * lab[1] * um;
		assert_near(z, (lab[2] + 79.5) * um, 1e-3);
	}
	print_message("attached bubble:\n");
	assert_true(got.bubbles[0].touches_interface);
	close_to("volume", got.bubbles[0].volume_um3.value, gas * pow(um, 3), 5e-3);
	pose_apply(&m.state.pose, first, first);
	print_message("  centroid off by %.3f %.3f %.3f px\n",
		got.bubbles[0].centroid_um[0] / um - 79.5 - first[2],
		got.bubbles[0].centroid_um[1] / um - first[1],
		got.bubbles[0].centroid_um[2] / um - first[0]);
	assert_near(got.bubbles[0].centroid_um[0], (first[2] + 79.5) * um, 0.05);
	assert_near(got.bubbles[0].centroid_um[1], first[1] * um, 0.05);
	assert_near(got.bubbles[0].centroid_um[2], first[0] * um, 0.05);
}

static void free_bubbles_are_balls(void **state)
{
	struct settings s = cell_of(SCENARIO_STRIPPING, 1);
	struct made_cell m;
	struct step_metrics got;

	(void)state;
	s.simulate.rows = 24;
	make_cell(&m, &s, 9, arena);
	for (int64_t i = 0; i < m.state.n_bubbles; i++) {
		/* some reach beyond the first or the last row */
		struct pose back = pose_inverse(&m.state.pose);

		pose_apply(
			&back, (double[3]){3, -4, 6.0 * (double)i - 14}, m.state.bubbles[i].centre);
		m.state.bubbles[i].radius = 4.5;
	}
	got = measure(&m);
	assert_true(got.n_bubbles > 3);
	for (int64_t i = 0; i < got.n_bubbles; i++) {
		const struct bubble_metrics *b = &got.bubbles[i];
		const struct bubble *of = NULL;
		double p[3], volume = 0, height = 0;

		for (int64_t k = 0; k < m.state.n_bubbles; k++)
			if (m.state.bubbles[k].id == b->id)
				of = &m.state.bubbles[k];
		assert_non_null(of);
		if (of->attached)
			continue;
		pose_apply(&m.state.pose, of->centre, p);
		for (double z = -11.9995; z < 12; z += 1e-3) {
			double a =
				M_PI * fmax(0, of->radius * of->radius - (z - p[2]) * (z - p[2]));

			volume += a * 1e-3;
			height += a * 1e-3 * z;
		}
		close_to("volume", b->volume_um3.value, volume * pow(um, 3), 1e-3);
		assert_near(b->equivalent_diameter_um.value, cbrt(6 / M_PI * b->volume_um3.value),
			1e-6);
		assert_near(b->centroid_um[0], (height / volume + 11.5) * um, 0.02);
		assert_near(b->centroid_um[1], p[1] * um, 1e-9);
		assert_near(b->centroid_um[2], p[0] * um, 1e-9);
		if (fabs(p[2]) + of->radius < 12)
			assert_near(b->sphericity.value, 1, 1e-9);
	}
}

static void transforms_carry_points(void **state)
{
	struct settings s = cell_of(SCENARIO_QUIET, 1);
	struct made_cell m;
	struct step_metrics got;
	uint64_t seed = 2;

	(void)state;
	s.cell.turn = 4;
	s.cell.sway = 1;
	s.simulate.rows = 100;
	make_cell(&m, &s, 7, arena);
	got = measure(&m);
	assert_true(got.has_transform);
	for (int k = 0; k < 20; k++) {
		double p[3] = {50 * draw(&seed), 50 * draw(&seed) - 30, 80 * draw(&seed) - 40};
		double a[3], b[3], from[3], to[3];

		pose_apply(&m.first.pose, p, a);
		pose_apply(&m.state.pose, p, b);
		for (int i = 0; i < 3; i++) {
			from[i] = (a[2 - i] + (i == 0 ? 49.5 : 0)) * um;
			to[i] = (b[2 - i] + (i == 0 ? 49.5 : 0)) * um;
		}
		for (int i = 0; i < 3; i++)
			assert_near(got.transform[i][0] * from[0] + got.transform[i][1] * from[1] +
					    got.transform[i][2] * from[2] + got.transform[i][3],
				to[i], 1e-9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(cracks_match_their_surfaces, setup, teardown),
		cmocka_unit_test_setup_teardown(branches_count, setup, teardown),
		cmocka_unit_test_setup_teardown(interface_and_contact_match, setup, teardown),
		cmocka_unit_test_setup_teardown(free_bubbles_are_balls, setup, teardown),
		cmocka_unit_test_setup_teardown(transforms_carry_points, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
