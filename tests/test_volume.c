/* SPDX-License-Identifier: BSD-3-Clause
 * Volumes: what is in them, and that breaking off at any moment and going on gives the same bytes
 * as an unbroken run. */
#include "core/log.h"
#include "core/parallel.h"
#include "io/volume.h"

#include <fcntl.h>
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

enum { NZ = 7, NY = 11, NX = 13, SLAB = 3 };
static const char *const names[] = {"zingers", "clipped"};
static const char *const warnings[] = {"pixel size is a guess"};
static const char *inputs[3000]; /* as many as a scan of TIFFs has */
static char folder[256];
static char last_log[512];

static void keep_log(enum log_level level, const char *text)
{
	(void)level;
	snprintf(last_log, sizeof(last_log), "%s", text);
}

static int enter(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "%s/tomochron-test-XXXXXX",
		getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir);
	if (!mkdtemp(folder) || chdir(folder) != 0)
		return -1;
	for (int i = 0; i < 3000; i++)
		inputs[i] = "scan.h5";
	log_set_sink(keep_log);
	return system("printf raw > scan.h5");
}

static int leave(void **state)
{
	char command[320];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return chdir("/") == 0 ? system(command) : -1;
}

static struct volume_plan plan_for(const char *path, enum output_format format, int64_t bits)
{
	return (struct volume_plan){.path = path,
		.format = format,
		.nz = NZ,
		.ny = NY,
		.nx = NX,
		.first_row = 100,
		.row_step = 2,
		.origin_row_um = 130,
		.voxel_um = 2.6,
		.units = "1/cm",
		.bits = bits,
		.low = -0.5,
		.high = 1.5,
		.command = "tomochron recon scan.h5",
		.config_yaml = "fbp:\n  filter: hann # of the spectrum\noutput:\n  path: a\n",
		.version = "0.1.0",
		.center = 6.25,
		.center_sd = NAN,
		.inputs = inputs,
		.n_inputs = 1,
		.warnings = warnings,
		.n_warnings = 1,
		.n_counts = 2,
		.count_names = names};
}

static float value_at(int64_t z, int64_t y, int64_t x)
{
	return (float)(sin(0.3 * (double)(z * NY * NX + y * NX + x)) + 0.25);
}

static enum err put_rows(struct volume *v, int64_t z, int64_t y0, int64_t n)
{
	float rows[NY * NX];

	for (int64_t y = 0; y < n; y++)
		for (int64_t x = 0; x < NX; x++)
			rows[y * NX + x] = value_at(z, y0 + y, x);
	return volume_put(v, z, y0, n, rows);
}

/* Slabs from the first missing slice on; rows in bands, all slices of a band together, in falling
 * order for odd slabs. Stops before step number `stop` (-1: never): then *stopped. */
static enum err write_slabs(struct volume *v, int stop, bool *stopped)
{
	int step = 0;

	*stopped = true;
	for (int64_t z0 = 0; z0 < NZ; z0 += SLAB) {
		int64_t z1 = z0 + SLAB < NZ ? z0 + SLAB : NZ, counts[2 * SLAB];
		bool there = true;

		for (int64_t z = z0; z < z1; z++)
			there = there && volume_has(v, z);
		if (there)
			continue;
		for (int band = 0; band < 3; band++) {
			int64_t y0 = 4 * ((z0 / SLAB) % 2 ? 2 - band : band);

			for (int64_t z = z0; z < z1; z++) {
				if (step++ == stop)
					return OK;
				TRY(put_rows(v, z, y0, y0 + 4 < NY ? 4 : NY - y0));
			}
		}
		for (int64_t z = z0; z < z1; z++) {
			counts[2 * (z - z0)] = 1000000007 * z;
			counts[2 * (z - z0) + 1] = z;
		}
		if (step++ == stop)
			return OK;
		TRY(volume_commit(v, z0, z1, counts));
	}
	if (step++ == stop)
		return OK;
	*stopped = false;
	return OK;
}

/* One run: create or resume, write, finish or break off. */
static enum err run(const struct volume_plan *plan, bool force, int stop, bool *stopped)
{
	struct arena *arena = arena_new();
	struct volume *v;
	enum err e = volume_create(&v, plan, force, arena);

	*stopped = false;
	if (e == OK)
		e = write_slabs(v, stop, stopped);
	if (e == OK && !*stopped)
		e = volume_finish(v);
	else
		volume_abandon(v);
	arena_free(arena);
	return e;
}

static void whole(const struct volume_plan *plan, bool force)
{
	bool stopped;

	if (run(plan, force, -1, &stopped) != OK)
		fail_msg("%s", error_message());
}

static void expect(enum err code, const struct volume_plan *plan, bool force, const char *part)
{
	bool stopped;

	assert_int_equal(run(plan, force, -1, &stopped), code);
	if (!strstr(error_message(), part))
		fail_msg("'%s' is not in: %s", part, error_message());
}

static bool same(const char *a, const char *b)
{
	char command[256];

	snprintf(command, sizeof(command), "diff -r %s %s >/dev/null", a, b);
	return system(command) == 0;
}

static void read_all(const char *path, const char *key, hid_t type, void *out)
{
	hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	hid_t set = H5Dopen2(file, key, H5P_DEFAULT);

	assert_true(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0);
	H5Dclose(set);
	H5Fclose(file);
}

static void what_is_in_it(void **state)
{
	struct volume_plan plan = plan_for("in.h5", OUTPUT_HDF5, 32);
	float data[NZ][NY][NX];
	double z[NZ], x[NX], center;
	int64_t counts[NZ];
	uint8_t finished[NZ];

	(void)state;
	whole(&plan, false);
	read_all("in.h5", "/entry/data/data", H5T_NATIVE_FLOAT, data);
	for (int i = 0; i < NZ; i++)
		for (int j = 0; j < NY; j++)
			for (int k = 0; k < NX; k++)
				assert_true(data[i][j][k] == value_at(i, j, k));
	read_all("in.h5", "/entry/data/z", H5T_NATIVE_DOUBLE, z);
	read_all("in.h5", "/entry/data/x", H5T_NATIVE_DOUBLE, x);
	assert_true(fabs(z[0] - 130) < 1e-9 && fabs(z[6] - 145.6) < 1e-9);
	assert_true(fabs(x[6]) < 1e-9 && fabs(x[0] + 15.6) < 1e-9);
	read_all("in.h5", "/entry/process/center", H5T_NATIVE_DOUBLE, &center);
	assert_true(center == 6.25);
	read_all("in.h5", "/entry/process/slices/zingers", H5T_NATIVE_INT64, counts);
	assert_int_equal(counts[6], 6000000042);
	read_all("in.h5", "/entry/process/slices/finished", H5T_NATIVE_UINT8, finished);
	for (int i = 0; i < NZ; i++)
		assert_int_equal(finished[i], 1);
}

static void scaled_numbers(void **state)
{
	struct volume_plan plan = plan_for("scaled.h5", OUTPUT_HDF5, 16);
	uint16_t data[NZ][NY][NX];
	int64_t beyond[NZ], expected[NZ] = {0};

	(void)state;
	plan.low = 0;
	plan.high = 1;
	whole(&plan, false);
	read_all("scaled.h5", "/entry/data/data", H5T_NATIVE_UINT16, data);
	read_all("scaled.h5", "/entry/process/slices/beyond_scale", H5T_NATIVE_INT64, beyond);
	for (int i = 0; i < NZ; i++) {
		for (int j = 0; j < NY; j++)
			for (int k = 0; k < NX; k++) {
				double value = value_at(i, j, k);
				double clipped = value < 0 ? 0 : value > 1 ? 1 : value;

				expected[i] += value < 0 || value > 1;
				assert_int_equal(data[i][j][k], floor(clipped * 65535 + 0.5));
			}
		assert_true(expected[i] > 0);
		assert_int_equal(beyond[i], expected[i]);
	}
}

/* Break off before each step in turn, going on from the last; the result must be as unbroken. */
static void broken_off_everywhere(
	const char *path, const char *other, enum output_format format, int64_t bits)
{
	struct volume_plan plan = plan_for(path, format, bits),
			   again = plan_for(other, format, bits);
	bool stopped = true;
	char journal[64];

	whole(&plan, false);
	for (int stop = 0; stopped; stop++) {
		bool once;

		assert_int_equal(run(&again, true, stop, &stopped), OK);
		if (stopped)
			assert_int_equal(run(&again, false, 2, &once), OK);
		if (stopped && once)
			assert_int_equal(run(&again, false, -1, &once), OK);
		assert_true(same(path, other));
		snprintf(journal, sizeof(journal), "%s.journal", other);
		assert_int_equal(access(journal, F_OK), 0);
	}
}

static void broken_off_hdf5(void **state)
{
	(void)state;
	broken_off_everywhere("a32.h5", "b32.h5", OUTPUT_HDF5, 32);
	broken_off_everywhere("a8.h5", "b8.h5", OUTPUT_HDF5, 8);
}

static void broken_off_tiff(void **state)
{
	(void)state;
	broken_off_everywhere("a32", "b32", OUTPUT_TIFF, 32);
	broken_off_everywhere("a16", "b16", OUTPUT_TIFF, 16);
	assert_int_equal(access("a16/recon_00100.tif", F_OK), 0);
	assert_int_equal(access("a16/recon_00112.tif", F_OK), 0);
	assert_int_equal(access("a16/counters.csv", F_OK), 0);
}

static void poke(const char *path, int64_t from_end)
{
	int fd = open(path, O_RDWR);
	struct stat st;

	fstat(fd, &st);
	assert_int_equal(pwrite(fd, "\xaa\x55", 2, st.st_size - from_end), 2);
	close(fd);
}

/* Bytes spoilt between the runs, and a journal line torn: found and made again. */
static void spoilt(void **state)
{
	struct volume_plan plan = plan_for("s.h5", OUTPUT_HDF5, 32);
	struct volume_plan slices = plan_for("s", OUTPUT_TIFF, 32);
	struct volume_plan good = plan_for("good.h5", OUTPUT_HDF5, 32);
	hid_t file, set;
	int64_t offset;
	bool stopped;
	struct stat st;

	(void)state;
	whole(&good, false);
	assert_int_equal(run(&plan, false, 22, &stopped), OK);
	assert_true(stopped);
	file = H5Fopen("s.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
	set = H5Dopen2(file, "/entry/data/data", H5P_DEFAULT);
	offset = (int64_t)H5Dget_offset(set);
	H5Dclose(set);
	H5Fclose(file);
	stat("s.h5", &st);
	poke("s.h5", st.st_size - offset - 4 * NY * NX - 8); /* slice 1 */
	assert_int_equal(system("printf 'slab 3 6 12' >> s.h5.journal"), 0);
	whole(&plan, false);
	assert_true(same("s.h5", "good.h5"));

	assert_int_equal(run(&slices, false, 22, &stopped), OK);
	poke("s/recon_00102.tif", 40);
	assert_int_equal(truncate("s/recon_00104.tif", 100), 0);
	whole(&slices, false);
	slices.path = "t";
	whole(&slices, false);
	assert_true(same("s", "t"));
}

static void refusals(void **state)
{
	struct volume_plan plan = plan_for("r.h5", OUTPUT_HDF5, 32), other;
	bool stopped;

	(void)state;
	assert_int_equal(run(&plan, false, 15, &stopped), OK);
	other = plan;
	other.config_yaml = "fbp:\n  filter: shepp\n";
	expect(ERR_USAGE, &other, false, "(fbp.filter was hann, is shepp)");
	other = plan;
	other.nx = NX + 1;
	expect(ERR_USAGE, &other, false, "shape was 7 x 11 x 13, is 7 x 11 x 14");
	other = plan;
	other.config_yaml =
		"# comments and the output's own name do not count\nfbp: \n  filter: hann\n"
		"output:\n  path: elsewhere/r.h5\n";
	other.command = "another way to say it";
	assert_int_equal(run(&other, false, 1, &stopped), OK);
	assert_int_equal(system("printf more >> scan.h5"), 0);
	expect(ERR_USAGE, &plan, false, "input 1 was ");
	whole(&plan, true);
	expect(ERR_USAGE, &plan, false, "is complete; --force makes it again");
	whole(&plan, true);

	assert_int_equal(system("mkdir full empty; echo mine > full/x; echo mine > file.h5"), 0);
	other = plan_for("file.h5", OUTPUT_HDF5, 32);
	expect(ERR_USAGE, &other, false, "file.h5: exists and has no journal");
	other = plan_for("full", OUTPUT_TIFF, 32);
	expect(ERR_USAGE, &other, false, "full: exists and has no journal");
	whole(&other, true);
	assert_int_equal(access("full/x", F_OK), 0);
	other.path = "empty";
	whole(&other, false);
	other.path = "none/deep";
	expect(ERR_USAGE, &other, false, "none/deep: there is no folder none");
	other = plan_for("empty", OUTPUT_HDF5, 32);
	expect(ERR_USAGE, &other, true, "is not a file");
	other.path = "scan.h5";
	expect(ERR_USAGE, &other, true, "scan.h5: is an input of this command");
	other = plan_for("x.h5", OUTPUT_HDF5, 16);
	other.low = NAN;
	expect(ERR_USAGE, &other, false, "need output.low and output.high");
	other.low = 2;
	expect(ERR_USAGE, &other, false, "is not below");
	other = plan_for("x.h5", OUTPUT_HDF5, 32);
	inputs[0] = "gone.h5";
	expect(ERR_INPUT, &other, false, "gone.h5: No such file");
	inputs[0] = "scan.h5";
	assert_int_equal(access("x.h5", F_OK), -1);
	assert_int_equal(access("x.h5.journal", F_OK), -1);
}

static void no_second_writer(void **state)
{
	struct volume_plan plan = plan_for("w.h5", OUTPUT_HDF5, 32);
	struct arena *arena = arena_new();
	struct volume *v;

	(void)state;
	plan.n_inputs = 3000;
	assert_int_equal(volume_create(&v, &plan, false, arena), OK);
	expect(ERR_USAGE, &plan, false, "another process is writing");
	expect(ERR_USAGE, &plan, true, "another process is writing");
	volume_abandon(v);
	whole(&plan, false);
	arena_free(arena);
}

/* A size limit stands for a full disk: it is met by the same calls. */
static void no_room(void **state)
{
	struct volume_plan plan = plan_for("big.h5", OUTPUT_HDF5, 32);
	struct volume_plan slices = plan_for("big", OUTPUT_TIFF, 32);
	struct rlimit before, small = {.rlim_cur = 600};
	bool stopped;
	enum err e;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small.rlim_max = before.rlim_max;
	assert_int_equal(run(&slices, false, 0, &stopped), OK); /* its journal is larger */
	setrlimit(RLIMIT_FSIZE, &small);
	e = run(&slices, false, -1, &stopped);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(e, ERR_RESOURCE);
	assert_non_null(strstr(error_message(), "recon_00100.tif: writing failed: File too large"));
	small.rlim_cur = 12000; /* enough for the tables, not for the pixels */
	setrlimit(RLIMIT_FSIZE, &small);
	e = run(&plan, false, -1, &stopped);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(e, ERR_RESOURCE);
	assert_non_null(strstr(error_message(), "big.h5: reserving room failed"));
	assert_int_equal(access("big.h5", F_OK), -1);
	assert_int_equal(access("big.h5.tomochron-part", F_OK), -1);
	whole(&plan, false);
	whole(&slices, false);
	plan.path = "room.h5";
	plan.ny = 1 << 22;
	plan.nx = 1 << 22; /* 493 TB */
	expect(ERR_RESOURCE, &plan, false, "are free on its file system");
}

/* 0 when it is complete in the end: a kill may come just after the last line of the journal. */
static int complete(const struct volume_plan *plan)
{
	bool stopped;

	if (run(plan, false, -1, &stopped) == OK || strstr(error_message(), "is complete"))
		return 0;
	return dprintf(STDERR_FILENO, "%s\n", error_message());
}

/* Killed at random moments, creation included; the same command must always go on. */
static void killed(void **state)
{
	struct volume_plan good = plan_for("k0.h5", OUTPUT_HDF5, 32);
	struct volume_plan plan = plan_for("k.h5", OUTPUT_HDF5, 32);
	struct volume_plan slices = plan_for("k", OUTPUT_TIFF, 32);
	unsigned seed = 1;
	int kills = 0;

	(void)state;
	whole(&good, false);
	good = plan_for("k0", OUTPUT_TIFF, 32);
	whole(&good, false);
	parallel_set_threads(1); /* no thread pool across fork() */
	for (int round = 0; round < 60; round++) {
		const struct volume_plan *p = round % 2 ? &slices : &plan;
		int status;
		pid_t child = fork();

		if (child == 0)
			_exit(complete(p));
		seed = seed * 1103515245 + 12345;
		usleep((seed >> 8) % 6000);
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		kills += WIFSIGNALED(status);
		if (WIFEXITED(status))
			assert_int_equal(WEXITSTATUS(status), 0);
		if (WIFEXITED(status) || round >= 58) {
			assert_int_equal(complete(p), 0);
			assert_true(same(p->path, round % 2 ? "k0" : "k0.h5"));
			assert_int_equal(system(round % 2 ? "rm -r k" : "rm k.h5"), 0);
		}
	}
	assert_true(kills > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_it),
		cmocka_unit_test(scaled_numbers),
		cmocka_unit_test(broken_off_hdf5),
		cmocka_unit_test(broken_off_tiff),
		cmocka_unit_test(spoilt),
		cmocka_unit_test(refusals),
		cmocka_unit_test(no_second_writer),
		cmocka_unit_test(no_room),
		cmocka_unit_test(killed),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
