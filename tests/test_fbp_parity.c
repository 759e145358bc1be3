/* SPDX-License-Identifier: BSD-3-Clause
 * Real sinograms: orientation and values against reconstructions by Algotom of the same data. */
#include "core/arena.h"
#include "recon/fbp.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdlib.h>

#include <setjmp.h> /* cmocka comes last: its macro fail() hides ours */
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct pair {
	double correlation, scale;
};

/* Inside 0.95 of the circle; scale: least squares factor from b to a. */
static struct pair correlate(const float *a, const float *b, int64_t w)
{
	double half = 0.5 * (double)(w - 1), n = 0, sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;

	for (int64_t i = 0; i < w * w; i++) {
		double x = a[i], y = b[i];

		if (hypot((double)(i % w) - half, (double)(i / w) - half) > 0.95 * half)
			continue;
		n++, sa += x, sb += y, aa += x * x, bb += y * y, ab += x * y;
	}
	aa -= sa * sa / n, bb -= sb * sb / n, ab -= sa * sb / n;
	return (struct pair){ab / sqrt(aa * bb), ab / bb};
}

/* 0.999: linear interpolation and the ramp are the same, padding and arcs are not. */
static void compare(const char *path, enum fbp_filter filter, const char *name)
{
	struct arena *arena = arena_new();
	struct settings s = {.fbp = {.filter = filter,
				     .cutoff = 1,
				     .padding = PAD_EDGE,
				     .weights = WEIGHTS_UNIFORM,
				     .mask = 1}};
	hid_t file;
	hsize_t dims[2];
	struct geometry g = {.pixel_um = NAN};
	struct fbp *fbp;
	float *batch, *image, *theirs;
	double *angle;
	struct pair pair;

	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	if (!arena || file < 0) {
		print_message("no %s: skipped\n", path);
		arena_free(arena);
		skip();
	}
	assert_true(H5LTget_dataset_info(file, "sinogram", dims, NULL, NULL) >= 0);
	g.n_angle = (int64_t)dims[0], g.n_col = (int64_t)dims[1];
	batch = ARENA_NEW(arena, float, g.n_angle *g.n_col);
	image = ARENA_NEW(arena, float, g.n_col *g.n_col);
	theirs = ARENA_NEW(arena, float, g.n_col *g.n_col);
	g.angle = angle = ARENA_NEW(arena, double, g.n_angle);
	assert_true(H5LTread_dataset_float(file, "sinogram", batch) >= 0);
	assert_true(H5LTread_dataset_double(file, "angles_deg", angle) >= 0);
	assert_true(H5LTread_dataset_float(file, name, theirs) >= 0);
	assert_true(H5LTget_attribute_double(file, name, "center", &g.center) >= 0);
	H5Fclose(file);
	for (int64_t i = g.n_angle - 1; i >= 0; i--) /* Algotom was not given where they begin */
		angle[i] = (angle[i] - angle[0]) * M_PI / 180;
	for (int64_t i = 0; i < g.n_angle * g.n_col; i++)
		batch[i] = -logf(batch[i] > 0 ? batch[i] : 1); /* as Algotom does */
	assert_int_equal(fbp_new(&fbp, &s, &g, arena), OK);
	assert_int_equal(fbp_filter(fbp, batch, 1, NULL, arena), OK);
	assert_int_equal(fbp_backproject(fbp, batch, 1, 0, g.n_col, image, arena), OK);
	pair = correlate(image, theirs, g.n_col);
	print_message("%s: correlation %.6f, scale %.5f (weights (N-1)/N: %.5f)\n", name,
		pair.correlation, pair.scale, 1 - 1 / (double)g.n_angle);
	arena_free(arena);
	assert_true(pair.correlation > 0.999 && fabs(pair.scale - 1) < 0.02);
}

static void i13_ramp(void **state)
{
	(void)state;
	compare(SOURCE_DIR "/../shared/data/algotom/i13_24737_row60.h5", FILTER_RAMLAK, "fbp_ramp");
}

static void i13_hann(void **state)
{
	(void)state;
	compare(SOURCE_DIR "/../shared/data/algotom/i13_24737_row60.h5", FILTER_HANN, "fbp_hann");
}

static void tooth_ramp(void **state)
{
	(void)state;
	compare(SOURCE_DIR "/../shared/data/algotom/tooth_row0.h5", FILTER_RAMLAK, "fbp_ramp");
}

static void tooth_hann(void **state)
{
	(void)state;
	compare(SOURCE_DIR "/../shared/data/algotom/tooth_row0.h5", FILTER_HANN, "fbp_hann");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(i13_ramp),
		cmocka_unit_test(i13_hann),
		cmocka_unit_test(tooth_ramp),
		cmocka_unit_test(tooth_hann),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
