/* SPDX-License-Identifier: BSD-3-Clause
 * A reconstruction in the interior of its materials, and the numbers of a step against the true ones. */
#include "core/parallel.h"
#include "truth/score_metrics.h"
#include "truth/score_volume.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NZ = 9, NY = 24, NX = 24, PLANE = NY * NX, N = NZ * PLANE };

static uint8_t labels[N], fraction[N];
static float values[N];
static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	srand(5);
	return (arena = arena_new()) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	parallel_set_threads(0);
	arena_free(arena);
	return 0;
}

static void same(double a, double b, double within)
{
	if (!(isnan(a) && isnan(b)) && !(fabs(a - b) <= within))
		fail_msg("%.9g is not %.9g within %.3g", a, b, within);
}

/* ------------------------------------------------------------------ volume */

static enum err read_labels(void *context, int64_t z0, int64_t n, uint8_t *out)
{
	(void)context;
	memcpy(out, labels + z0 * PLANE, (size_t)(n * PLANE));
	return OK;
}

static enum err read_fraction(void *context, int64_t z0, int64_t n, uint8_t *out)
{
	(void)context;
	memcpy(out, fraction + z0 * PLANE, (size_t)(n * PLANE));
	return OK;
}

static enum err read_values(void *context, int64_t z, float *out)
{
	(void)context;
	memcpy(out, values + z * PLANE, PLANE * sizeof(float));
	return OK;
}

static bool interior(int64_t i, bool full, double radius)
{
	int64_t z = i / PLANE, y = i / NX % NY, x = i % NX;
	double dy = (double)y - 0.5 * (NY - 1), dx = (double)x - 0.5 * (NX - 1);

	if (z < 2 || y < 2 || x < 2 || z >= NZ - 2 || y >= NY - 2 || x >= NX - 2 || !labels[i] ||
		hypot(dx, dy) > radius - 2)
		return false;
	for (int64_t k = -2; k <= 2; k++)
		for (int64_t j = -2; j <= 2; j++)
			for (int64_t l = -2; l <= 2; l++) {
				int64_t at = i + (k * NY + j) * NX + l;

				if (labels[at] != labels[i] || (full && fraction[at] != 255))
					return false;
			}
	return true;
}

static void interior_of_materials(void **state)
{
	static const double attenuation[N_LABELS] = {0, 0, 0.25, 2.2, 0, 0.25, 0.3};
	const struct score_volume side = {
		.name = "v", .nz = NZ, .ny = NY, .nx = NX, .read = read_labels};
	struct score_setup setup = {.side = {&side, &side}, .n = {NZ, NY, NX}, .mask = 0.9};

	(void)state;
	for (int64_t i = 0; i < N; i++) {
		int64_t x = i % NX, y = i / NX % NY;

		labels[i] = x < 9 ? LABEL_NAK : x < 17 ? LABEL_NASICON : LABEL_VOID;
		labels[i] = y > 20 ? 0 : labels[i];
		fraction[i] = i % 997 ? 255 : 100;
		values[i] = (float)(attenuation[labels[i]] + 0.01 + 0.1 * (rand() % 11 - 5));
	}
	for (int run = 0; run < 4; run++) {
		bool full = run & 1;
		struct score_interior job = {.setup = &setup,
			.real = {&side, NULL, read_values},
			.read_fraction = full ? read_fraction : NULL,
			.attenuation = attenuation};
		struct score_material m[N_LABELS];

		parallel_set_threads(1 + run / 2);
		assert_int_equal(score_interior(&job, m, arena), OK);
		for (int label = 0; label < N_LABELS; label++) {
			double n = 0, sum = 0, square = 0;

			for (int64_t i = 0; i < N; i++) {
				double d = (double)values[i] - attenuation[label];

				if (labels[i] != label || !interior(i, full, 0.9 * NX / 2))
					continue;
				n++;
				sum += d;
				square += d * d;
			}
			assert_int_equal(m[label].n, (int64_t)n);
			if (label >= LABEL_VOID && label <= LABEL_NASICON)
				assert_true(n > 20);
			same(m[label].bias, n > 0 ? sum / n : NAN, 1e-12);
			same(m[label].rmse, n > 0 ? sqrt(square / n) : NAN, 1e-12);
			same(m[label].mean, n > 0 ? attenuation[label] + sum / n : NAN, 1e-12);
			same(m[label].sd, n > 0 ? sqrt(square / n - sum * sum / n / n) : NAN, 1e-9);
			same(m[label].relative_rmse,
				n > 0 && label != LABEL_VOID ? sqrt(square / n) / attenuation[label]
							     : NAN,
				1e-12);
		}
	}
}

static void not_numbers_are_told(void **state)
{
	static const double attenuation[N_LABELS] = {0, 0, 0.25, 2.2, 0, 0.25, 0.3};
	const struct score_volume side = {
		.name = "v.h5", .nz = NZ, .ny = NY, .nx = NX, .read = read_labels};
	struct score_setup setup = {.side = {&side, &side}, .n = {NZ, NY, NX}, .mask = NAN};
	const struct score_interior job = {
		.setup = &setup, .real = {&side, NULL, read_values}, .attenuation = attenuation};
	struct score_material m[N_LABELS];

	(void)state;
	memset(labels, LABEL_NAK, sizeof(labels));
	values[0] = NAN; /* not in the interior */
	assert_int_equal(score_interior(&job, m, arena), OK);
	values[4 * PLANE + 9 * NX + 9] = NAN;
	assert_int_equal(score_interior(&job, m, arena), ERR_INPUT);
	assert_string_equal(
		error_message(), "v.h5: slice 4 has values in nak that are not numbers");
}

/* ------------------------------------------------------------------ two volumes */

static void what_cannot_be_compared(void **state)
{
	struct score_volume t = {.name = "truth",
		.nz = NZ,
		.ny = NY,
		.nx = NX,
		.first_row = -1,
		.voxel_um = NAN,
		.depth = 1,
		.read = read_labels};
	struct score_volume f = t;
	struct score_setup setup = {.side = {&t, &f}, .min_voxels = 1, .mask = NAN};
	struct score s;

	(void)state;
	for (int64_t i = 0; i < N; i++)
		labels[i] = (uint8_t)i;
	assert_int_equal(score_align(&setup), OK);
	assert_int_equal(score_labels(&s, &setup, arena), ERR_INPUT);
	assert_non_null(strstr(error_message(), "more than 16 different values"));
	f.nx = NX + 1;
	assert_int_equal(score_align(&setup), ERR_INPUT);
	assert_non_null(strstr(error_message(), "same rows and columns"));
	f.nx = NX;
	f.nz = NZ - 1;
	f.first_row = 4;
	assert_int_equal(score_align(&setup), ERR_INPUT);
	assert_non_null(strstr(error_message(), "both know their detector rows"));
	t.first_row = 7;
	assert_int_equal(score_align(&setup), OK);
	assert_int_equal(setup.n[0], NZ - 4);
	assert_int_equal(setup.begin[SCORE_FOUND][0], 3);
	assert_int_equal(setup.begin[SCORE_TRUTH][0], 0);
	f.first_row = 7 + NZ;
	assert_int_equal(score_align(&setup), ERR_INPUT);
	assert_non_null(strstr(error_message(), "no row in common"));
	f.first_row = 7;
	t.voxel_um = 1.3;
	assert_int_equal(score_align(&setup), OK);
	f.voxel_um = 1.31;
	assert_int_equal(score_align(&setup), ERR_INPUT);
	assert_non_null(strstr(error_message(), "they must be the same"));
}

/* ------------------------------------------------------------------ numbers */

static struct bubble_metrics bubble(
	int64_t id, double z, double y, double x, double volume, double sd)
{
	struct bubble_metrics b = {.id = id, .volume_um3 = {volume, sd}, .centroid_um = {z, y, x}};

	b.equivalent_diameter_um = b.sphericity = (struct quantity){NAN, NAN};
	return b;
}

static const struct metric_score *row_of(
	const struct metrics_score *s, const char *object, int64_t id, const char *quantity)
{
	for (int64_t i = 0; i < s->n; i++)
		if (!strcmp(s->rows[i].object, object) && s->rows[i].truth_id == id &&
			!strcmp(s->rows[i].quantity, quantity))
			return &s->rows[i];
	return NULL;
}

static void bubbles_by_centroid_and_volume(void **state)
{
	struct bubble_metrics t[] = {bubble(1, 0, 0, 0, 4000, 0), bubble(2, 0, 0, 30, 4000, 0),
		bubble(3, 0, 0, 60, 10, 0), bubble(4, 50, 0, 0, 4000, 0)};
	/* id 8 lies nearest to true 1 but is a speck; 9 is the real one; nothing for 4 */
	struct bubble_metrics f[] = {bubble(7, 0, 1, 31, 4400, 100), bubble(8, 0, 0, 0, 20, 1),
		bubble(9, 1, 1, 0, 3900, 100), bubble(10, 2, 0, 60, 11, NAN),
		bubble(11, 90, 0, 0, 4000, 1)};
	struct step_metrics truth = metrics_unknown(), found = metrics_unknown();
	const struct metric_score *row;
	struct metrics_score s;

	(void)state;
	truth.voxel_um = 1;
	truth.bubbles = t;
	truth.n_bubbles = 4;
	found.bubbles = f;
	found.n_bubbles = 5;
	assert_int_equal(score_metrics(&s, &truth, &found, arena), OK);
	assert_string_equal(s.objects[0].object, "bubbles");
	assert_int_equal(s.objects[0].n_truth, 4);
	assert_int_equal(s.objects[0].n_found, 5);
	assert_int_equal(s.objects[0].matched, 3);
	assert_int_equal(row_of(&s, "bubble", 1, "volume_um3")->found_id, 9);
	row = row_of(&s, "bubble", 2, "volume_um3");
	assert_int_equal(row->found_id, 7);
	same(row->error, 400, 0);
	same(row->relative, 0.1, 1e-12);
	same(row->z, 4, 1e-12);
	same(row_of(&s, "bubble", 2, "centroid_x_um")->error, 1, 0);
	row = row_of(&s, "bubble", 3, "volume_um3");
	assert_int_equal(row->found_id, 10);
	assert_true(isnan(row->z) && isnan(row->sd));
	assert_null(row_of(&s, "bubble", 4, "volume_um3"));
	assert_null(row_of(&s, "bubble", 1, "sphericity")); /* not known */
	assert_int_equal(s.n_z, 2);
	assert_int_equal(s.n_within, 1);
	same(s.within, 0.5, 0);
}

static void cracks_and_chips_by_size(void **state)
{
	struct crack_metrics tc[2] = {0}, fc[3] = {0};
	struct chip_metrics th[1] = {0}, fh[1] = {0};
	struct step_metrics truth = metrics_unknown(), found = metrics_unknown();
	struct metrics_score s;

	(void)state;
	tc[0].id = 1;
	tc[0].volume_um3.value = 10;
	tc[1].id = 2;
	tc[1].volume_um3.value = 100;
	fc[0].volume_um3.value = 9;
	fc[0].id = 5;
	fc[1].volume_um3.value = 1;
	fc[2].volume_um3 = (struct quantity){104, 2};
	fc[2].id = 6;
	th[0].depth_um.value = 30;
	fh[0].depth_um = (struct quantity){31, 0.5};
	truth.cracks = tc;
	truth.n_cracks = 2;
	found.cracks = fc;
	found.n_cracks = 3;
	truth.chips = th;
	found.chips = fh;
	truth.n_chips = found.n_chips = 1;
	assert_int_equal(score_metrics(&s, &truth, &found, arena), OK);
	assert_int_equal(row_of(&s, "crack", 2, "volume_um3")->found_id, 6);
	same(row_of(&s, "crack", 2, "volume_um3")->z, 2, 0);
	assert_int_equal(row_of(&s, "crack", 1, "volume_um3")->found_id, 5);
	same(row_of(&s, "chip", 0, "depth_um")->z, 2, 0);
	assert_int_equal(s.objects[1].matched, 2);
	assert_int_equal(s.objects[2].matched, 1);
	assert_int_equal(s.n_within, 2);
}

static void interface_phases_and_motion(void **state)
{
	struct step_metrics truth = metrics_unknown(), found = metrics_unknown();
	double a = 0.3 * M_PI / 180;
	const struct metric_score *row;
	struct metrics_score s;

	(void)state;
	truth.phase_um3[LABEL_NAK] = (struct quantity){1000, 0};
	found.phase_um3[LABEL_NAK] = (struct quantity){990, 4};
	found.phase_um3[LABEL_VOID] = (struct quantity){3, 1}; /* not known in truth */
	truth.has_interface = found.has_interface = true;
	truth.interface.plane[0] = 100;
	found.interface.plane[0] = 100.5;
	truth.interface.contact_fraction = (struct quantity){0.9, 0};
	found.interface.contact_fraction = (struct quantity){0.88, 0.02};
	truth.has_transform = found.has_transform = true;
	memset(truth.transform, 0, sizeof(truth.transform));
	for (int i = 0; i < 3; i++)
		truth.transform[i][i] = 1;
	memcpy(found.transform, truth.transform, sizeof(truth.transform));
	found.transform[1][1] = found.transform[2][2] = cos(a);
	found.transform[1][2] = -sin(a);
	found.transform[2][1] = sin(a);
	found.transform[0][3] = 2.5;
	assert_int_equal(score_metrics(&s, &truth, &found, arena), OK);
	row = row_of(&s, "phase", -1, "volume_um3");
	assert_string_equal(row->name, "nak");
	same(row->z, -2.5, 1e-12);
	same(row_of(&s, "interface", -1, "plane_z_um")->error, 0.5, 1e-12);
	same(row_of(&s, "interface", -1, "contact_fraction")->z, -1, 1e-12);
	assert_null(row_of(&s, "interface", -1, "roughness_um"));
	same(row_of(&s, "transform", -1, "shift_z_um")->error, 2.5, 0);
	same(row_of(&s, "transform", -1, "turn_deg")->error, 0.3, 1e-9);
	assert_int_equal(s.n_z, 2);
	assert_int_equal(s.n_within, 1);
	found.has_interface = false;
	assert_int_equal(score_metrics(&s, &truth, &found, arena), OK);
	assert_null(row_of(&s, "interface", -1, "plane_z_um"));
	truth = metrics_unknown();
	assert_int_equal(score_metrics(&s, &truth, &found, arena), OK);
	assert_int_equal(s.n, 0);
	assert_true(isnan(s.within));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interior_of_materials),
		cmocka_unit_test(not_numbers_are_told),
		cmocka_unit_test(what_cannot_be_compared),
		cmocka_unit_test(bubbles_by_centroid_and_volume),
		cmocka_unit_test(cracks_and_chips_by_size),
		cmocka_unit_test(interface_phases_and_motion),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
