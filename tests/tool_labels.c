/* SPDX-License-Identifier: BSD-3-Clause
 * labels OUT [move=Z,Y,X] [without=BUBBLE] [row=FIRST] [planes=N] [voxel=UM] [bare] [real[=NOISE]]: a small cell as a
 * label volume, for the shell tests: ceramic with a crack, half of it filled, below a slanted face,
 * liquid with four bubbles above it, a ring of hardware, outside beyond the circle of view.
 * OUT: FILE.h5, FILE.tif (pages) or a folder (a TIFF a plane).
 * move: everything but the circle of view, in voxels. bare: without fractions and attenuation. real: the
 * attenuation in 1/cm instead of labels, as a reconstruction, 1 % too high, with noise. */
#include "core/metrics.h"
#include "io/hdf5_write.h"
#include "io/labels.h"
#include "io/tiff_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { NY = 90, NX = 90, MOST = 64 };
static const double attenuation[N_LABELS] = {0, 0, 0.24, 2.2, 0, 0.24, 0.3};
/* z, y, x, radius */
static const double bubbles[][4] = {
	{12, 40, 30, 6.3}, {10, 60, 55, 5.1}, {16, 30, 60, 3.4}, {8, 45, 45, 4.2}};

static uint8_t labels[MOST * NY * NX], full[MOST * NY * NX];
static float real[MOST * NY * NX];
static double move[3];
static int without = -1;

static int label_at(double z, double y, double x)
{
	double face = 30 + 0.08 * (x - 45) + 0.03 * (y - 45);

	if (hypot(y - 44.5, x - 44.5) > 36)
		return LABEL_HARDWARE;
	if (z > face)
		return fabs(z - face - 8 - 0.002 * (x - 45) * (x - 45)) < 0.8 && fabs(y - 45) < 20
			       ? x < 45 ? LABEL_CRACK : LABEL_CRACK_NAK
			       : LABEL_NASICON;
	for (int i = 0; i < (int)(sizeof(bubbles) / sizeof(*bubbles)); i++) {
		double dz = z - bubbles[i][0], dy = y - bubbles[i][1], dx = x - bubbles[i][2];

		if (i != without && dz * dz + dy * dy + dx * dx < bubbles[i][3] * bubbles[i][3])
			return LABEL_VOID;
	}
	return LABEL_NAK;
}

static void fill(int64_t nz, double noise)
{
	srand(1);
	for (int64_t i = 0; i < nz * NY * NX; i++) {
		double z = (double)(i / NX / NY), y = (double)(i / NX % NY), x = (double)(i % NX);
		double random = (double)rand() / RAND_MAX - 0.5;

		labels[i] = hypot(y - 44.5, x - 44.5) > 43
				    ? LABEL_OUTSIDE
				    : (uint8_t)label_at(z - move[0], y - move[1], x - move[2]);
		full[i] = 255;
		real[i] = (float)(1.01 * attenuation[labels[i]] + noise * random);
	}
}

static enum err write_hdf5(
	const char *path, int64_t nz, int64_t row, double voxel, bool bare, struct arena *arena)
{
	const struct labels_plan plan = {.path = path,
		.nz = nz,
		.ny = NY,
		.nx = NX,
		.first_row = row,
		.voxel_um = voxel,
		.fraction = !bare,
		.attenuation = bare ? NULL : attenuation,
		.config_yaml = "",
		.command = "labels",
		.version = "1"};
	struct labels_writer *w;
	enum err e = labels_create(&w, &plan, arena);

	if (e == OK)
		e = labels_put(w, 0, nz, labels, bare ? NULL : full);
	return e == OK ? labels_finish(w) : e;
}

static enum err write_real(const char *path, int64_t nz, int64_t row, double voxel)
{
	const struct hdf5_array array = {.type = HDF5_F32, .rank = 3, .shape = {nz, NY, NX}};
	struct hdf5_out out;

	TRY(hdf5_create(&out, path, false));
	TRY(hdf5_put(&out, "/entry/data/data", &array, real, NULL));
	TRY(hdf5_note(&out, "/entry/data/data", "units", "1/cm"));
	TRY(hdf5_note_integer(&out, "/entry/data/data", "first_row", row));
	TRY(hdf5_note_number(&out, "/entry/data/data", "voxel_um", voxel));
	return hdf5_close(&out);
}

static enum err write_tiff(const char *path, int64_t nz, bool pages, struct arena *arena)
{
	struct tiff_plan plan = {.n = pages ? nz : 1,
		.ny = NY,
		.nx = NX,
		.bits = 8,
		.voxel_um = NAN,
		.step_um = NAN,
		.min = NAN,
		.units = "",
		.origin = ""};
	char name[512];

	if (pages)
		return tiff_save(path, &plan, labels, arena);
	mkdir(path, 0777);
	for (int64_t z = 0; z < nz; z++) {
		snprintf(name, sizeof(name), "%s/plane_%d.tif", path, (int)z);
		TRY(tiff_save(name, &plan, labels + z * NY * NX, arena));
	}
	return OK;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n > m && !strcmp(text + n - m, end);
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	int64_t planes = 48, row = 100;
	double voxel = 1.3, noise = 0;
	bool bare = false, is_real = false;
	enum err e;

	for (int i = 2; i < argc; i++) {
		const char *value = strchr(argv[i], '=');

		value = value ? value + 1 : "";
		if (!strncmp(argv[i], "move=", 5))
			sscanf(value, "%lf,%lf,%lf", &move[0], &move[1], &move[2]);
		without = strncmp(argv[i], "without=", 8) ? without : atoi(value);
		row = strncmp(argv[i], "row=", 4) ? row : atoll(value);
		planes = strncmp(argv[i], "planes=", 7) ? planes : atoll(value);
		voxel = strncmp(argv[i], "voxel=", 6) ? voxel : atof(value);
		bare |= !strcmp(argv[i], "bare");
		is_real |= !strncmp(argv[i], "real", 4);
		noise = strncmp(argv[i], "real=", 5) ? noise : atof(value);
	}
	if (argc < 2 || !arena || planes > MOST)
		return 2;
	fill(planes, noise);
	if (ends_with(argv[1], ".h5"))
		e = is_real ? write_real(argv[1], planes, row, voxel)
			    : write_hdf5(argv[1], planes, row, voxel, bare, arena);
	else
		e = write_tiff(argv[1], planes, ends_with(argv[1], ".tif"), arena);
	if (e != OK)
		fprintf(stderr, "labels: %s\n", error_message());
	arena_free(arena);
	return (int)e;
}
