/* SPDX-License-Identifier: BSD-3-Clause
 * The HDF5 layouts of raw scans: HEX (ophyd-async and the older pyepics one), NXtomo
 * (manual.nexusformat.org), DXchange (dxfile.readthedocs.io). Names of scans and devices are
 * fixed: a simulated scan is told from a real one by its proposal pass-000000. */
#include "io/scan_layouts.h"

#include "io/disk.h"

#include <math.h>

#define UUID "c0ffee00-0000-4000-8000-000000000012"

/* Opens a file below the folder of the scan. */
static enum err create(struct scan_writer *w, const struct scan_plan *plan, const char *name,
	bool newest, struct hdf5_out **file)
{
	const char *path = arena_format(w->arena, "%s/%s", plan->dir, name), *folder;

	NEED(path);
	NEED(folder = disk_folder(path, w->arena));
	TRY(make_folders(folder));
	*file = &w->files[w->n_files];
	TRY(hdf5_create(*file, path, newest));
	w->n_files++;
	return OK;
}

static enum err numbers(struct hdf5_out *f, const char *key, const double *value, int64_t n)
{
	const struct hdf5_array array = {.type = HDF5_F64, .rank = 1, .shape = {n}};

	return hdf5_put(f, key, &array, value, NULL);
}

static enum err integers(struct hdf5_out *f, const char *key, const int64_t *value, int64_t n)
{
	const struct hdf5_array array = {
		.type = HDF5_I64, .rank = 1, .shape = {n}, .chunk = {1024}, .growing = true};

	return hdf5_put(f, key, &array, value, NULL);
}

/* Room for n frames; growing ones and compressed ones have one frame a chunk. */
static enum err frames(
	struct hdf5_out *f, const char *key, const struct scan_plan *plan, int64_t n, bool growing)
{
	bool chunks = growing || plan->compression != COMPRESS_NONE;
	const struct hdf5_array array = {
		.type = HDF5_U16,
		.rank = 3,
		.shape = {n, plan->n_row, plan->n_col},
		.chunk = {chunks, plan->n_row, plan->n_col},
		.packing = plan->compression == COMPRESS_GZIP	? HDF5_GZIP
			   : plan->compression == COMPRESS_SZIP ? HDF5_SZIP
								: HDF5_PLAIN,
		.growing = growing,
	};

	return hdf5_put(f, key, &array, NULL, NULL);
}

/* A file in the newest format with nothing but the angles. */
static enum err panda(struct scan_writer *w, const struct scan_plan *plan, const char *name)
{
	const struct hdf5_array array = {.type = HDF5_F64,
		.rank = 1,
		.shape = {plan->n_reading},
		.chunk = {1024},
		.growing = true};
	struct hdf5_out *file;

	TRY(create(w, plan, name, true, &file));
	return hdf5_put(file, "Angle", &array, plan->reading, NULL);
}

/* What areaDetector's NDFileHDF5 writes: the frames twice by name, and their numbers. */
static enum err detector(struct scan_writer *w, const struct scan_plan *plan, const char *name,
	enum frame_kind kind, int64_t n)
{
	int64_t *number = ARENA_NEW(w->arena, int64_t, n);
	struct hdf5_out *f;

	NEED(number);
	for (int64_t i = 0; i < n; i++)
		number[i] = i + 1;
	TRY(create(w, plan, name, false, &f));
	TRY(hdf5_group(f, "entry", "NXentry"));
	TRY(hdf5_group(f, "entry/data", "NXdata"));
	TRY(hdf5_group(f, "entry/instrument", "NXinstrument"));
	TRY(hdf5_group(f, "entry/instrument/detector", "NXdetector"));
	TRY(hdf5_group(f, "entry/instrument/NDAttributes", "NXcollection"));
	TRY(frames(f, "entry/instrument/detector/data", plan, n, true));
	TRY(hdf5_note_integer(f, "entry/instrument/detector/data", "signal", 1));
	TRY(hdf5_link(f, "entry/data/data", NULL, "entry/instrument/detector/data"));
	TRY(integers(f, "entry/instrument/NDAttributes/NDArrayUniqueId", number, n));
	w->target[kind] = (struct target){.file = f, .key = "entry/data/data"};
	return OK;
}

static enum err no_flats_after(const struct scan_plan *plan, const char *layout)
{
	if (plan->n_flat_after == 0)
		return OK;
	return fail(ERR_USAGE, "layout %s: has no place for flats after the scan", layout);
}

enum err open_hex(struct scan_writer *w, const struct scan_plan *plan)
{
#define ASSETS "assets/kinetix-det1/2026/"
#define PANDA  "assets/panda1/2026/scan_00012/panda1_scan_00012_" UUID ".h5"
#define PROJ   ASSETS "scan_00012/proj_scan_00012_" UUID ".h5"
#define FLAT   ASSETS "scan_00011/flat_scan_00011_" UUID ".h5"
#define DARK   ASSETS "scan_00011/dark_scan_00011_" UUID ".h5"
#define META   "pass-000000/tomography/metadata/"
	struct hdf5_out *joined, *other;

	TRY(no_flats_after(plan, "hex"));
	TRY(create(w, plan, META "scan_00012/scan_00012.nxs", false, &joined));
	TRY(create(w, plan, META "scan_00011/scan_00011.nxs", false, &other));
	TRY(panda(w, plan, "pass-000000/" PANDA));
	TRY(detector(w, plan, "pass-000000/" PROJ, FRAME_PROJECTION, plan->n_proj));
	TRY(hdf5_link(joined, "entry/data/data", "../../../" PROJ, "entry/data/data"));
	TRY(hdf5_link(joined, "entry/data/rotation_angle", "../../../" PANDA, "Angle"));
	if (plan->n_dark) {
		TRY(detector(w, plan, "pass-000000/" DARK, FRAME_DARK, plan->n_dark));
		TRY(hdf5_link(other, "entry/data/dark", "../../../" DARK, "entry/data/data"));
	}
	if (plan->n_flat) {
		TRY(detector(w, plan, "pass-000000/" FLAT, FRAME_FLAT, plan->n_flat));
		TRY(hdf5_link(other, "entry/data/flat", "../../../" FLAT, "entry/data/data"));
	}
	w->scan = joined->path;
	w->darks_flats = other->path;
	return OK;
}

enum err open_hex_legacy(struct scan_writer *w, const struct scan_plan *plan)
{
#define RAW "tomography/raw_data/"
	struct hdf5_out *joined;

	TRY(no_flats_after(plan, "hex-legacy"));
	TRY(create(w, plan, RAW "scan_00008/scan_00008.nxs", false, &joined));
	TRY(panda(w, plan, RAW "scan_00008/panda.hdf"));
	TRY(detector(w, plan, RAW "scan_00008/proj_00000.hdf", FRAME_PROJECTION, plan->n_proj));
	TRY(hdf5_link(joined, "entry/data/data", "proj_00000.hdf", "entry/data/data"));
	TRY(numbers(joined, "entry/data/rotation_angle", plan->reading, plan->n_reading));
	if (plan->n_dark)
		TRY(detector(w, plan, RAW "scan_00009/dark_00000.hdf", FRAME_DARK, plan->n_dark));
	if (plan->n_flat)
		TRY(detector(w, plan, RAW "scan_00009/flat_00000.hdf", FRAME_FLAT, plan->n_flat));
	w->scan = joined->path;
	if (plan->n_dark || plan->n_flat)
		w->darks_flats = arena_format(w->arena, "%s/" RAW "scan_00009", plan->dir);
	NEED(w->darks_flats);
	return OK;
}

/* One number with its units, unless unknown. */
static enum err fact(struct hdf5_out *f, const char *key, double value, const char *units)
{
	if (!isfinite(value))
		return OK;
	TRY(hdf5_put_number(f, key, value));
	return hdf5_note(f, key, "units", units);
}

/* image_key and angle of every frame: 0 projection, 1 flat, 2 dark. */
static enum err nxtomo_frames(
	struct scan_writer *w, const struct scan_plan *plan, struct hdf5_out *f, int64_t n)
{
	int64_t *key = ARENA_NEW(w->arena, int64_t, n);
	double *angle = ARENA_NEW(w->arena, double, n);
	int64_t first = plan->n_flat + plan->n_dark, last = first + plan->n_proj;

	NEED(key);
	NEED(angle);
	for (int64_t i = 0; i < n; i++) {
		int64_t at = i < first ? 0 : i < last ? i - first : plan->n_proj - 1;

		key[i] = i < plan->n_flat ? 1 : i < first ? 2 : i < last ? 0 : 1;
		angle[i] = plan->reading[at];
	}
	TRY(integers(f, "entry/instrument/detector/image_key", key, n));
	TRY(numbers(f, "entry/sample/rotation_angle", angle, n));
	return hdf5_note(f, "entry/sample/rotation_angle", "units", "degree");
}

enum err open_nxtomo(struct scan_writer *w, const struct scan_plan *plan)
{
	int64_t n = plan->n_flat + plan->n_dark + plan->n_proj + plan->n_flat_after;
	const char *data = "entry/instrument/detector/data";
	struct hdf5_out *f;

	if (plan->n_reading != plan->n_proj)
		return fail(ERR_USAGE,
			"layout nxtomo: %lld angles for %lld projections, must be as many (no "
			"dropped frames); the hex layouts hold others",
			(long long)plan->n_reading, (long long)plan->n_proj);
	TRY(create(w, plan, "scan.nxs", false, &f));
	TRY(hdf5_group(f, "entry", "NXentry"));
	TRY(hdf5_put_text(f, "entry/definition", "NXtomo"));
	TRY(hdf5_group(f, "entry/instrument", "NXinstrument"));
	TRY(hdf5_group(f, "entry/instrument/detector", "NXdetector"));
	TRY(hdf5_group(f, "entry/instrument/beam", "NXbeam"));
	TRY(hdf5_group(f, "entry/sample", "NXsample"));
	TRY(hdf5_group(f, "entry/data", "NXdata"));
	TRY(hdf5_note(f, "entry/data", "signal", "data"));
	TRY(frames(f, data, plan, n, false));
	TRY(nxtomo_frames(w, plan, f, n));
	TRY(hdf5_put_text(f, "entry/sample/name", "phantom of ellipsoids"));
	TRY(hdf5_put_text(
		f, "entry/instrument/detector/field_of_view", plan->half ? "Half" : "Full"));
	TRY(fact(f, "entry/instrument/detector/x_pixel_size", plan->pixel_um * 1e-6, "m"));
	TRY(fact(f, "entry/instrument/detector/y_pixel_size", plan->pixel_um * 1e-6, "m"));
	TRY(fact(f, "entry/instrument/detector/distance", plan->distance_mm * 1e-3, "m"));
	TRY(fact(f, "entry/instrument/beam/incident_energy", plan->energy_kev, "keV"));
	TRY(hdf5_link(f, "entry/data/data", NULL, data));
	TRY(hdf5_link(f, "entry/data/rotation_angle", NULL, "entry/sample/rotation_angle"));
	TRY(hdf5_link(f, "entry/data/image_key", NULL, "entry/instrument/detector/image_key"));
	w->target[FRAME_FLAT] = (struct target){
		.file = f, .key = data, .after = plan->n_flat + plan->n_dark + plan->n_proj};
	w->target[FRAME_DARK] = (struct target){.file = f, .key = data, .offset = plan->n_flat};
	w->target[FRAME_PROJECTION] =
		(struct target){.file = f, .key = data, .offset = plan->n_flat + plan->n_dark};
	w->scan = f->path;
	return OK;
}

/* One of the three stacks of DXchange. */
static enum err exchange(struct scan_writer *w, const struct scan_plan *plan, struct hdf5_out *f,
	enum frame_kind kind, int64_t n)
{
	static const char *const keys[] = {
		"exchange/data", "exchange/data_white", "exchange/data_dark"};
	static const char *const axes[] = {"theta:y:x", "theta_white:y:x", "theta_dark:y:x"};

	w->target[kind] = (struct target){.file = f, .key = keys[kind]};
	if (n == 0)
		return OK;
	TRY(frames(f, keys[kind], plan, n, false));
	TRY(hdf5_note(f, keys[kind], "axes", axes[kind]));
	TRY(hdf5_note(f, keys[kind], "units", "counts"));
	return OK;
}

enum err open_dxchange(struct scan_writer *w, const struct scan_plan *plan)
{
	struct hdf5_out *f;

	TRY(no_flats_after(plan, "dxchange"));
	TRY(create(w, plan, "scan_001.h5", false, &f));
	TRY(hdf5_put_text(f, "implements", "exchange:measurement"));
	TRY(exchange(w, plan, f, FRAME_PROJECTION, plan->n_proj));
	TRY(hdf5_note(f, "exchange/data", "description", "transmission"));
	TRY(exchange(w, plan, f, FRAME_FLAT, plan->n_flat));
	TRY(exchange(w, plan, f, FRAME_DARK, plan->n_dark));
	TRY(numbers(f, "exchange/theta", plan->reading, plan->n_reading));
	TRY(hdf5_note(f, "exchange/theta", "units", "degrees"));
	TRY(fact(f, "measurement/instrument/detection_system/objective/resolution", plan->pixel_um,
		"microns"));
	TRY(fact(f, "measurement/instrument/monochromator/energy", plan->energy_kev, "keV"));
	w->scan = f->path;
	return OK;
}
