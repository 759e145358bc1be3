/* SPDX-License-Identifier: BSD-3-Clause
 * The HDF5 layouts of raw scans: HEX (ophyd-async and the older pyepics one), NXtomo
 * (manual.nexusformat.org), DXchange (dxfile.readthedocs.io). Names of scans and devices are
 * fixed: a simulated scan is told from a real one by its proposal pass-000000. */
#include "io/scan_layouts.h"

#include "io/disk.h"

#include <math.h>
#include <string.h>

/* Opens a file for writing; its folder is made. */
static enum err create(struct scan_writer *w, const char *path, bool newest, struct hdf5_out **file)
{
	const char *folder = disk_folder(path, w->arena);

	NEED(folder);
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
	struct scan_writer *w, struct hdf5_out *f, const char *key, int64_t n, bool growing)
{
	const struct scan_plan *plan = &w->plan;
	bool packed = plan->compression != COMPRESS_NONE;
	const struct hdf5_array array = {
		.type = HDF5_U16,
		.rank = 3,
		.shape = {n, plan->n_row, plan->n_col},
		.chunk = {growing || packed, plan->n_row, plan->n_col},
		.packing = plan->compression == COMPRESS_GZIP	? HDF5_GZIP
			   : plan->compression == COMPRESS_SZIP ? HDF5_SZIP
								: HDF5_PLAIN,
		.growing = growing,
		.early = !packed,
	};

	return hdf5_put(f, key, &array, NULL, NULL);
}

/* A file in the newest format with nothing but the angles. */
static enum err panda(struct scan_writer *w)
{
	const struct hdf5_array array = {.type = HDF5_F64,
		.rank = 1,
		.shape = {w->plan.n_reading},
		.chunk = {1024},
		.growing = true};
	struct hdf5_out *file;

	TRY(create(w, w->angles, true, &file));
	return hdf5_put(file, "Angle", &array, w->plan.reading, NULL);
}

/* What areaDetector's NDFileHDF5 writes: the frames twice by name, and their numbers. */
static enum err detector(struct scan_writer *w, enum frame_kind kind)
{
	const struct target *t = &w->target[kind];
	int64_t *number = ARENA_NEW(w->arena, int64_t, t->n);
	struct hdf5_out *f;

	NEED(number);
	for (int64_t i = 0; i < t->n; i++)
		number[i] = i + 1;
	TRY(create(w, t->path, false, &f));
	TRY(hdf5_group(f, "entry", "NXentry"));
	TRY(hdf5_group(f, "entry/data", "NXdata"));
	TRY(hdf5_group(f, "entry/instrument", "NXinstrument"));
	TRY(hdf5_group(f, "entry/instrument/detector", "NXdetector"));
	TRY(hdf5_group(f, "entry/instrument/NDAttributes", "NXcollection"));
	TRY(frames(w, f, t->key, t->n, true));
	TRY(hdf5_note_integer(f, t->key, "signal", 1));
	TRY(hdf5_link(f, "entry/data/data", NULL, t->key));
	return integers(f, "entry/instrument/NDAttributes/NDArrayUniqueId", number, t->n);
}

/* Scans are numbered in turn: darks and flats, projections. A single one is the first. */
static int64_t turn(const struct scan_plan *plan)
{
	return plan->step < 0 ? 0 : 2 * plan->step;
}

static int64_t flats_turn(const struct scan_plan *plan)
{
	return plan->own_flats ? turn(plan) : 0;
}

/* A file of a detector of its own. */
static void own_file(struct scan_writer *w, enum frame_kind kind, const char *path, int64_t n)
{
	w->target[kind] = (struct target){
		.path = path, .key = "entry/instrument/detector/data", .n = n, .fd = -1};
}

#define PASS "pass-000000/"
#define META PASS "tomography/metadata/"

/* DIR/pass-000000/assets/DEVICE/2026/scan_NUMBER/STEM_scan_NUMBER_UUID.h5, the UUID that of the scan of
 * projections. */
static const char *asset(struct scan_writer *w, const char *device, const char *stem,
	int64_t number, int64_t projections)
{
	return arena_format(w->arena,
		"%s/" PASS "assets/%s/2026/scan_%05lld/%s_scan_%05lld_"
		"c0ffee00-0000-4000-8000-%012lld.h5",
		w->plan.dir, device, (long long)number, stem, (long long)number,
		(long long)projections);
}

static enum err name_hex(struct scan_writer *w)
{
	const struct scan_plan *plan = &w->plan;
	long long scan = 12 + turn(plan), flats = 11 + flats_turn(plan);
	const char *camera = "kinetix-det1";

	NEED(w->scan = arena_format(
		     w->arena, "%s/" META "scan_%05lld/scan_%05lld.nxs", plan->dir, scan, scan));
	NEED(w->darks_flats = arena_format(
		     w->arena, "%s/" META "scan_%05lld/scan_%05lld.nxs", plan->dir, flats, flats));
	NEED(w->angles = asset(w, "panda1", "panda1", scan, scan));
	own_file(w, FRAME_PROJECTION, asset(w, camera, "proj", scan, scan), plan->n_proj);
	own_file(w, FRAME_FLAT, asset(w, camera, "flat", flats, flats + 1), plan->n_flat);
	own_file(w, FRAME_DARK, asset(w, camera, "dark", flats, flats + 1), plan->n_dark);
	for (int kind = 0; kind < 3; kind++)
		NEED(w->target[kind].path);
	return OK;
}

/* An external link from a .nxs in META to an asset, both below the same folder. */
static enum err link_asset(struct scan_writer *w, struct hdf5_out *from, const char *key,
	const char *path, const char *target)
{
	const char *relative = arena_format(
		w->arena, "../../../%s", path + strlen(w->plan.dir) + strlen("/" PASS));

	NEED(relative);
	return hdf5_link(from, key, relative, target);
}

static enum err make_hex(struct scan_writer *w)
{
	static const char *const keys[] = {"entry/data/data", "entry/data/flat", "entry/data/dark"};
	bool flats = w->plan.step <= 0 || w->plan.own_flats;
	struct hdf5_out *joined, *other = NULL;

	TRY(create(w, w->scan, false, &joined));
	if (flats)
		TRY(create(w, w->darks_flats, false, &other));
	TRY(panda(w));
	TRY(link_asset(w, joined, "entry/data/rotation_angle", w->angles, "Angle"));
	for (int kind = 0; kind < 3; kind++) {
		struct target *t = &w->target[kind];

		if (kind != FRAME_PROJECTION && (!flats || t->n == 0))
			continue;
		TRY(detector(w, (enum frame_kind)kind));
		TRY(link_asset(w, kind == FRAME_PROJECTION ? joined : other, keys[kind], t->path,
			"entry/data/data"));
	}
	return OK;
}

#define RAW "tomography/raw_data/scan_"

static enum err name_hex_legacy(struct scan_writer *w)
{
	const struct scan_plan *plan = &w->plan;
	long long scan = 8 + turn(plan), flats = 9 + flats_turn(plan);
	struct arena *arena = w->arena;
	const char *dir = plan->dir;

	NEED(w->scan = arena_format(arena, "%s/" RAW "%05lld/scan_%05lld.nxs", dir, scan, scan));
	NEED(w->angles = arena_format(arena, "%s/" RAW "%05lld/panda.hdf", dir, scan));
	if (plan->n_dark || plan->n_flat || (plan->step > 0 && !plan->own_flats))
		NEED(w->darks_flats = arena_format(arena, "%s/" RAW "%05lld", dir, flats));
	own_file(w, FRAME_PROJECTION,
		arena_format(arena, "%s/" RAW "%05lld/proj_00000.hdf", dir, scan), plan->n_proj);
	own_file(w, FRAME_FLAT, arena_format(arena, "%s/" RAW "%05lld/flat_00000.hdf", dir, flats),
		plan->n_flat);
	own_file(w, FRAME_DARK, arena_format(arena, "%s/" RAW "%05lld/dark_00000.hdf", dir, flats),
		plan->n_dark);
	for (int kind = 0; kind < 3; kind++)
		NEED(w->target[kind].path);
	return OK;
}

static enum err make_hex_legacy(struct scan_writer *w)
{
	struct hdf5_out *joined;

	TRY(create(w, w->scan, false, &joined));
	TRY(panda(w));
	TRY(detector(w, FRAME_PROJECTION));
	TRY(hdf5_link(joined, "entry/data/data", "proj_00000.hdf", "entry/data/data"));
	TRY(numbers(joined, "entry/data/rotation_angle", w->plan.reading, w->plan.n_reading));
	if (w->plan.n_dark)
		TRY(detector(w, FRAME_DARK));
	if (w->plan.n_flat)
		TRY(detector(w, FRAME_FLAT));
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

/* One file a scan: `single`, or DIR/scan_NUMBER in a series, whose darks and flats may be those of the
 * first step. */
static enum err one_file(
	struct scan_writer *w, const char *single, const char *suffix, int digits, int64_t first)
{
	const struct scan_plan *plan = &w->plan;

	if (plan->step < 0)
		w->scan = arena_format(w->arena, "%s/%s", plan->dir, single);
	else
		w->scan = arena_format(w->arena, "%s/scan_%0*lld%s", plan->dir, digits,
			(long long)(first + plan->step), suffix);
	if (plan->step > 0 && !plan->own_flats)
		w->darks_flats = arena_format(
			w->arena, "%s/scan_%0*lld%s", plan->dir, digits, (long long)first, suffix);
	NEED(w->scan);
	NEED(w->darks_flats);
	return OK;
}

static enum err name_nxtomo(struct scan_writer *w)
{
	const struct scan_plan *plan = &w->plan;
	int64_t before = plan->n_flat + plan->n_dark, last = before + plan->n_proj;

	if (plan->n_reading != plan->n_proj)
		return fail(ERR_USAGE,
			"layout nxtomo: %lld angles for %lld projections, must be as many (no "
			"dropped frames); the hex layouts hold others",
			(long long)plan->n_reading, (long long)plan->n_proj);
	TRY(one_file(w, "scan.nxs", ".nxs", 2, 0));
	for (int kind = 0; kind < 3; kind++)
		own_file(w, (enum frame_kind)kind, w->scan, last + plan->n_flat_after);
	w->target[FRAME_DARK].offset = plan->n_flat;
	w->target[FRAME_PROJECTION].offset = before;
	w->target[FRAME_FLAT].after = last;
	return OK;
}

static enum err make_nxtomo(struct scan_writer *w)
{
	const struct scan_plan *plan = &w->plan;
	int64_t n = w->target[0].n;
	const char *data = w->target[0].key;
	struct hdf5_out *f;

	TRY(create(w, w->scan, false, &f));
	TRY(hdf5_group(f, "entry", "NXentry"));
	TRY(hdf5_put_text(f, "entry/definition", "NXtomo"));
	TRY(hdf5_group(f, "entry/instrument", "NXinstrument"));
	TRY(hdf5_group(f, "entry/instrument/detector", "NXdetector"));
	TRY(hdf5_group(f, "entry/instrument/beam", "NXbeam"));
	TRY(hdf5_group(f, "entry/sample", "NXsample"));
	TRY(hdf5_group(f, "entry/data", "NXdata"));
	TRY(hdf5_note(f, "entry/data", "signal", "data"));
	TRY(frames(w, f, data, n, false));
	TRY(nxtomo_frames(w, plan, f, n));
	TRY(hdf5_put_text(
		f, "entry/sample/name", plan->sample ? plan->sample : "phantom of ellipsoids"));
	TRY(hdf5_put_text(
		f, "entry/instrument/detector/field_of_view", plan->half ? "Half" : "Full"));
	TRY(fact(f, "entry/instrument/detector/x_pixel_size", plan->pixel_um * 1e-6, "m"));
	TRY(fact(f, "entry/instrument/detector/y_pixel_size", plan->pixel_um * 1e-6, "m"));
	TRY(fact(f, "entry/instrument/detector/distance", plan->distance_mm * 1e-3, "m"));
	TRY(fact(f, "entry/instrument/beam/incident_energy", plan->energy_kev, "keV"));
	TRY(hdf5_link(f, "entry/data/data", NULL, data));
	TRY(hdf5_link(f, "entry/data/rotation_angle", NULL, "entry/sample/rotation_angle"));
	return hdf5_link(f, "entry/data/image_key", NULL, "entry/instrument/detector/image_key");
}

static enum err name_dxchange(struct scan_writer *w)
{
	static const char *const keys[] = {
		"exchange/data", "exchange/data_white", "exchange/data_dark"};
	const int64_t n[] = {w->plan.n_proj, w->plan.n_flat, w->plan.n_dark};

	TRY(one_file(w, "scan_001.h5", ".h5", 3, 1));
	for (int kind = 0; kind < 3; kind++)
		w->target[kind] =
			(struct target){.path = w->scan, .key = keys[kind], .n = n[kind], .fd = -1};
	return OK;
}

/* One of the three stacks of DXchange. */
static enum err exchange(struct scan_writer *w, struct hdf5_out *f, enum frame_kind kind)
{
	static const char *const axes[] = {"theta:y:x", "theta_white:y:x", "theta_dark:y:x"};
	const struct target *t = &w->target[kind];

	if (t->n == 0)
		return OK;
	TRY(frames(w, f, t->key, t->n, false));
	TRY(hdf5_note(f, t->key, "axes", axes[kind]));
	return hdf5_note(f, t->key, "units", "counts");
}

static enum err make_dxchange(struct scan_writer *w)
{
	const struct scan_plan *plan = &w->plan;
	struct hdf5_out *f;

	TRY(create(w, w->scan, false, &f));
	TRY(hdf5_put_text(f, "implements", "exchange:measurement"));
	TRY(exchange(w, f, FRAME_PROJECTION));
	TRY(hdf5_note(f, "exchange/data", "description", "transmission"));
	TRY(exchange(w, f, FRAME_FLAT));
	TRY(exchange(w, f, FRAME_DARK));
	TRY(numbers(f, "exchange/theta", plan->reading, plan->n_reading));
	TRY(hdf5_note(f, "exchange/theta", "units", "degrees"));
	TRY(fact(f, "measurement/instrument/detection_system/objective/resolution", plan->pixel_um,
		"microns"));
	return fact(f, "measurement/instrument/monochromator/energy", plan->energy_kev, "keV");
}

const struct scan_layout scan_hex = {name_hex, make_hex};
const struct scan_layout scan_hex_legacy = {name_hex_legacy, make_hex_legacy};
const struct scan_layout scan_nxtomo = {name_nxtomo, make_nxtomo};
const struct scan_layout scan_dxchange = {name_dxchange, make_dxchange};
