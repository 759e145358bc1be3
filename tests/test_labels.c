/* SPDX-License-Identifier: BSD-3-Clause
 * Label volumes: what is written is read again, the bytes do not depend on how the planes came, and every kind
 * of whole numbers in HDF5 and TIFF is read as labels or refused by value. */
#include "io/labels.h"
#include "io/tiff_write.h"

#include <hdf5.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { NZ = 19, NY = 140, NX = 131, PLANE = NY * NX, N = NZ * PLANE };
static const double attenuation[N_LABELS] = {0, 0, 0.23, 2.2, 0, 0.23, 0.3};
static uint8_t labels[N], fraction[N], got[N];
static char folder[256];
static struct arena *arena;

static int enter(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "%s/tomochron-test-XXXXXX",
		getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir);
	if (!mkdtemp(folder) || chdir(folder) != 0 || !(arena = arena_new()))
		return -1;
	srand(1);
	for (int i = 0; i < N; i++) {
		labels[i] = (uint8_t)(rand() % N_LABELS);
		fraction[i] = (uint8_t)rand();
	}
	return 0;
}

static int leave(void **state)
{
	char command[320];

	(void)state;
	arena_free(arena);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return chdir("/") == 0 ? system(command) : -1;
}

static struct labels_plan plan_for(const char *path)
{
	return (struct labels_plan){.path = path,
		.nz = NZ,
		.ny = NY,
		.nx = NX,
		.first_row = 100,
		.voxel_um = 1.3,
		.fraction = true,
		.attenuation = attenuation,
		.config_yaml = "simulate: {seed: 1}\n",
		.command = "tomochron simulate",
		.version = "1.2.3"};
}

/* `step` planes at once. */
static enum err write_all(const struct labels_plan *plan, int64_t step)
{
	struct labels_writer *w;
	enum err e = labels_create(&w, plan, arena);

	if (e != OK)
		return e;
	for (int64_t z = 0; z < NZ && e == OK; z += step) {
		int64_t n = z + step < NZ ? step : NZ - z;

		e = labels_put(
			w, z, n, labels + z * PLANE, plan->fraction ? fraction + z * PLANE : NULL);
	}
	if (e == OK)
		return labels_finish(w);
	labels_abandon(w);
	return e;
}

static bool same_bytes(const char *a, const char *b)
{
	char command[128];

	snprintf(command, sizeof(command), "cmp %s %s", a, b);
	return system(command) == 0;
}

static void what_is_written_is_read(void **state)
{
	struct labels_plan plan = plan_for("all.h5");
	struct labels l;

	(void)state;
	assert_int_equal(write_all(&plan, 5), OK);
	assert_int_not_equal(access("all.h5.tomochron-part", F_OK), 0);
	assert_int_equal(labels_open(&l, "all.h5", arena), OK);
	assert_int_equal(l.nz, NZ);
	assert_int_equal(l.ny, NY);
	assert_int_equal(l.nx, NX);
	assert_int_equal(l.first_row, 100);
	assert_true(l.voxel_um == 1.3);
	assert_int_equal(l.n_names, N_LABELS);
	for (int i = 0; i < N_LABELS; i++)
		assert_string_equal(l.names[i], label_names[i]);
	assert_non_null(l.attenuation);
	assert_memory_equal(l.attenuation, attenuation, sizeof(attenuation));
	assert_true(l.has_fraction);
	assert_int_equal(labels_depth(&l), LABELS_DEPTH);
	assert_int_equal(labels_read(&l, 0, NZ, got), OK);
	assert_memory_equal(got, labels, N);
	assert_int_equal(labels_read(&l, 7, 3, got), OK);
	assert_memory_equal(got, labels + 7 * PLANE, 3 * PLANE);
	assert_int_equal(labels_read_fraction(&l, 6, 5, got), OK);
	assert_memory_equal(got, fraction + 6 * PLANE, 5 * PLANE);
	labels_close(&l);
	labels_close(&l);
}

/* In any portions, and not without being planned. */
static void apertures_are_kept(void **state)
{
	struct labels_plan plan = plan_for("sheets.h5");
	struct labels_writer *w;
	struct labels l;

	(void)state;
	plan.aperture = true;
	for (int i = 0; i < 2; i++) {
		plan.fraction = i == 0;
		assert_int_equal(labels_create(&w, &plan, arena), OK);
		assert_int_equal(labels_put(w, 0, 1, labels, i ? NULL : fraction), ERR_FAILED);
		for (int64_t z = 0, n = 1; z < NZ; z += n, n = z + 7 < NZ ? 7 : NZ - z)
			assert_int_equal(
				labels_put_sheets(w, z, n, labels + z * PLANE,
					i ? NULL : fraction + z * PLANE, labels + z * PLANE),
				OK);
		assert_int_equal(labels_finish(w), OK);
		assert_int_equal(labels_open(&l, "sheets.h5", arena), OK);
		assert_true(l.has_aperture && l.has_fraction == plan.fraction);
		assert_int_equal(labels_read_aperture(&l, 5, 6, got), OK);
		assert_memory_equal(got, labels + 5 * PLANE, 6 * PLANE);
		labels_close(&l);
	}
	assert_int_equal(write_all(&plan, 5), ERR_FAILED);
	plan = plan_for("sheets.h5");
	assert_int_equal(write_all(&plan, 5), OK);
	assert_int_equal(labels_open(&l, "sheets.h5", arena), OK);
	assert_false(l.has_aperture);
	labels_close(&l);
}

static void axes_are_those_of_volumes(void **state)
{
	struct labels_plan plan = plan_for("axes.h5");
	double z[NZ], y[NY], x[NX];
	struct hdf5_view h;

	(void)state;
	assert_int_equal(write_all(&plan, NZ), OK);
	assert_int_equal(hdf5_view(&h, "axes.h5", arena), OK);
	assert_true(hdf5_view_values(&h, "/entry/data/z", NZ, z));
	assert_true(hdf5_view_values(&h, "/entry/data/y", NY, y));
	assert_true(hdf5_view_values(&h, "/entry/data/x", NX, x));
	assert_false(hdf5_view_values(&h, "/entry/data/x", NX + 1, x));
	assert_true(fabs(z[0] - (130)) < 1e-9);
	assert_true(fabs(z[NZ - 1] - (130 + 18 * 1.3)) < 1e-9);
	assert_true(fabs(y[0] - (-69.5 * 1.3)) < 1e-9);
	assert_true(x[65] == 0);
	hdf5_view_close(&h);

	plan.voxel_um = NAN;
	plan.fraction = false;
	plan.attenuation = NULL;
	assert_int_equal(write_all(&plan, NZ), OK);
	struct labels l;

	assert_int_equal(labels_open(&l, "axes.h5:/entry/data/data", arena), OK);
	assert_true(isnan(l.voxel_um));
	assert_false(l.has_fraction);
	assert_null(l.attenuation);
	assert_true(hdf5_view_values(&l.view.hdf5, "/entry/data/z", NZ, z));
	assert_true(z[3] == 103);
	labels_close(&l);
}

static void bytes_do_not_depend_on_slabs(void **state)
{
	struct labels_plan plan = plan_for("a.h5");

	(void)state;
	assert_int_equal(write_all(&plan, NZ), OK);
	plan.path = "b.h5";
	for (int64_t step = 1; step < 18; step += 4) {
		assert_int_equal(write_all(&plan, step), OK);
		assert_true(same_bytes("a.h5", "b.h5"));
	}
}

static void whole_or_not_there(void **state)
{
	struct labels_plan plan = plan_for("half.h5");
	struct labels_writer *w;

	(void)state;
	assert_int_equal(labels_create(&w, &plan, arena), OK);
	assert_int_equal(labels_put(w, 0, 9, labels, fraction), OK);
	assert_int_equal(labels_put(w, 10, 1, labels, fraction), ERR_FAILED);
	assert_int_equal(labels_put(w, 9, 1, labels, NULL), ERR_FAILED);
	assert_int_equal(labels_put(w, 9, 11, labels, fraction), ERR_FAILED);
	assert_int_not_equal(access("half.h5", F_OK), 0);
	assert_int_equal(labels_finish(w), ERR_FAILED);
	assert_non_null(strstr(error_message(), "10 of 19 planes are missing"));
	assert_int_not_equal(access("half.h5", F_OK), 0);
	assert_int_not_equal(access("half.h5.tomochron-part", F_OK), 0);
	labels_abandon(NULL);
	plan.path = "nowhere/a.h5";
	assert_int_equal(labels_create(&w, &plan, arena), ERR_USAGE);
	assert_null(w);
	plan = plan_for("none.h5");
	plan.ny = 0;
	assert_int_equal(labels_create(&w, &plan, arena), ERR_USAGE);
}

/* Noise does not pack: the limit is met, in a write or in the closing. The process must live. */
static void full_disk_is_an_error(void **state)
{
	struct labels_plan plan = plan_for("full.h5");

	(void)state;
	for (int kb = 8; kb < 600; kb += 90) {
		pid_t child = fork();
		int status;

		if (child == 0) {
			struct rlimit limit = {(rlim_t)kb << 10, (rlim_t)kb << 10};

			signal(SIGXFSZ, SIG_IGN);
			setrlimit(RLIMIT_FSIZE, &limit);
			exit((int)write_all(&plan, 3));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), ERR_RESOURCE);
		assert_int_not_equal(access("full.h5", F_OK), 0);
	}
}

static void put_numbers(const char *path, hid_t file_type, const int32_t *values)
{
	hsize_t shape[3] = {2, 3, 4};
	hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	hid_t space = H5Screate_simple(3, shape, NULL);
	hid_t set =
		H5Dcreate2(file, "seg", file_type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

	H5Dwrite(set, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
	H5Dclose(set);
	H5Sclose(space);
	H5Fclose(file);
}

static void all_whole_numbers_are_read(void **state)
{
	hid_t types[] = {H5T_STD_I8LE, H5T_STD_U8LE, H5T_STD_U16BE, H5T_STD_I16LE, H5T_STD_I32BE,
		H5T_STD_U64LE};
	int32_t values[24];
	struct labels l;

	(void)state;
	for (int i = 0; i < 24; i++)
		values[i] = i % 7;
	for (size_t t = 0; t < sizeof(types) / sizeof(*types); t++) {
		values[17] = t == 0 ? 127 : 255;
		put_numbers("n.h5", types[t], values);
		assert_int_equal(labels_open(&l, "n.h5:seg", arena), OK);
		assert_int_equal(l.first_row, -1);
		assert_true(isnan(l.voxel_um));
		assert_int_equal(l.n_names, 0);
		assert_int_equal(labels_read(&l, 0, 2, got), OK);
		for (int i = 0; i < 24; i++)
			assert_int_equal(got[i], values[i]);
		labels_close(&l);
	}
}

static void other_numbers_are_refused(void **state)
{
	hid_t types[] = {H5T_STD_I8LE, H5T_STD_U16LE, H5T_STD_I32LE, H5T_STD_I64LE};
	int bad[] = {-1, 256, 70000, -300};
	int32_t values[24] = {0};
	struct labels l;

	(void)state;
	for (int t = 0; t < 4; t++) {
		values[18] = bad[t];
		put_numbers("n.h5", types[t], values);
		assert_int_equal(labels_open(&l, "n.h5:seg", arena), OK);
		assert_int_equal(labels_read(&l, 0, 2, got), ERR_INPUT);
		assert_non_null(strstr(error_message(), "at z 1, y 1, x 2 is "));
		labels_close(&l);
	}
	put_numbers("n.h5", H5T_IEEE_F32LE, values);
	assert_int_equal(labels_open(&l, "n.h5:seg", arena), ERR_INPUT);
	assert_non_null(strstr(error_message(), "real numbers"));
	assert_int_equal(labels_open(&l, "n.h5:other", arena), ERR_INPUT);
	assert_int_equal(labels_open(&l, "none.h5", arena), ERR_INPUT);
}

/* Folder and pages, 8 and 16 bit and float. */
static void tiffs_are_read(void **state)
{
	struct tiff_plan tiff = {.ny = NY, .nx = NX, .voxel_um = 2, .step_um = 2, .min = NAN};
	uint16_t *wide = ARENA_NEW(arena, uint16_t, N);
	float *real = ARENA_NEW(arena, float, N);
	char name[64], place[64];
	struct labels l;

	(void)state;
	for (int i = 0; i < N; i++)
		real[i] = wide[i] = labels[i];
	tiff.units = tiff.origin = "";
	for (int64_t bits = 8; bits <= 32; bits *= 2) {
		const void *all = bits == 8 ? (void *)labels : bits == 16 ? (void *)wide : real;

		tiff.bits = bits;
		tiff.n = NZ;
		snprintf(name, sizeof(name), "pages%d.tif", (int)bits);
		assert_int_equal(tiff_save(name, &tiff, all, arena), OK);
		snprintf(place, sizeof(place), "slices%d", (int)bits);
		assert_int_equal(mkdir(place, 0777), 0);
		tiff.n = 1;
		for (int64_t z = 0; z < NZ; z++) {
			char slice[128];

			snprintf(slice, sizeof(slice), "%s/seg_%d.tif", place, (int)z);
			assert_int_equal(tiff_save(slice, &tiff,
						 (const char *)all + z * PLANE * bits / 8, arena),
				OK);
		}
		for (int pages = 0; pages < 2; pages++) {
			assert_int_equal(labels_open(&l, pages ? name : place, arena), OK);
			assert_int_equal(l.nz, NZ);
			assert_int_equal(l.ny, NY);
			assert_int_equal(l.nx, NX);
			assert_int_equal(labels_depth(&l), 1);
			memset(got, 99, N);
			assert_int_equal(labels_read(&l, 0, NZ, got), OK);
			assert_memory_equal(got, labels, N);
			assert_int_equal(labels_read(&l, 11, 2, got), OK);
			assert_memory_equal(got, labels + 11 * PLANE, 2 * PLANE);
			labels_close(&l);
		}
	}
	real[2 * PLANE + 1] = 0.5f;
	tiff.n = NZ;
	assert_int_equal(tiff_save("pages32.tif", &tiff, real, arena), OK);
	assert_int_equal(labels_open(&l, "pages32.tif", arena), OK);
	assert_int_equal(labels_read(&l, 1, 2, got), ERR_INPUT);
	assert_non_null(strstr(error_message(), "at z 2, y 0, x 1 is 0.5"));
	labels_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(apertures_are_kept),
		cmocka_unit_test(axes_are_those_of_volumes),
		cmocka_unit_test(bytes_do_not_depend_on_slabs),
		cmocka_unit_test(whole_or_not_there),
		cmocka_unit_test(full_disk_is_an_error),
		cmocka_unit_test(all_whole_numbers_are_read),
		cmocka_unit_test(other_numbers_are_refused),
		cmocka_unit_test(tiffs_are_read),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
