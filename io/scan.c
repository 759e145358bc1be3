/* SPDX-License-Identifier: BSD-3-Clause
 * Joins what --scan, --data, --darks-flats, --flats, --darks and --angles name into one scan, checks
 * that the parts fit, and reads frames. What is where in a file is the business of io/layout_*.c. */
#include "core/log.h"
#include "io/hdf5_read.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err open_hdf5(struct scan_source *source, const struct spec *spec, const char *detector,
	struct found *found)
{
	struct hdf5_file *file;
	bool mine = false;

	TRY(hdf5_open(source, spec->file, &file));
	if (*spec->key && hdf5_look(file, spec->key, NULL).kind == HDF5_ABSENT)
		return hdf5_missing(file, spec->key);
	TRY(layout_dxchange(source, file, spec->key, found, &mine));
	if (!mine)
		TRY(layout_nxtomo(source, file, spec->key, found, &mine));
	if (!mine)
		TRY(layout_hex(source, file, spec->key, detector, found, &mine));
	if (mine)
		return OK;
	if (!*spec->key) {
		const char *names = hdf5_stack_names(file, source->arena);
		return fail(ERR_INPUT,
			"%s: has no layout that is known (HEX, NXtomo, DXchange); %s%s", spec->file,
			*names ? "name the frames by FILE:KEY; it has " : "and it has no frames",
			names);
	}
	return layout_plain(source, file, spec->key, found);
}

/* TIFFs with flats or darks are a scan, whatever HDF5 file (a truth, a volume) lies beside them. */
static bool is_tiff_scan(struct scan_source *source, const char *folder, struct found *found)
{
	int inputs = source->n_inputs;

	if (layout_tiff_folder(source, folder, found) == OK && found->proj.stack &&
		(found->n_flats || found->n_darks))
		return true;
	source->n_inputs = inputs;
	found_init(found);
	return false;
}

static enum err open_folder(struct scan_source *source, const struct spec *spec,
	const char *detector, struct found *found)
{
	static const char *const nexus[] = {".nxs", NULL};
	static const char *const hdf5[] = {".h5", ".hdf", ".hdf5", NULL};
	const char **name, *one[2] = {NULL, NULL};
	int64_t n, count[2] = {0, 0};

	TRY(list_folder(spec->file, source->arena, &name, &n));
	for (int64_t i = 0; i < n; i++) {
		int which = has_suffix(name[i], nexus) ? 0 : has_suffix(name[i], hdf5) ? 1 : 2;
		if (which < 2 && !count[which]++)
			one[which] = name[i];
	}
	if (!count[0] && count[1] && is_tiff_scan(source, spec->file, found))
		return OK;
	if (!count[0] && count[1])
		TRY(hex_beside(source, spec->file, found));
	if (found->n_flats || found->n_darks)
		return OK;
	if (!count[0] && !count[1])
		return layout_tiff_folder(source, spec->file, found);
	if (count[0] > 1 || (!count[0] && count[1] > 1))
		return fail(ERR_INPUT, "%s: holds %lld scan files; name one of them, such as %s/%s",
			spec->file, (long long)(count[0] ? count[0] : count[1]), spec->file,
			count[0] ? one[0] : one[1]);
	struct spec inner = {spec->text,
		arena_format(source->arena, "%s/%s", spec->file, count[0] ? one[0] : one[1]), "", 0,
		-1};
	NEED(inner.file);
	return open_hdf5(source, &inner, detector, found);
}

/* Whatever a FILE, FOLDER or FILE:KEY holds. */
static enum err open_place(struct scan_source *source, const struct spec *spec,
	const char *detector, struct found *found)
{
	static const char *const tiff[] = {".tif", ".tiff", NULL};
	struct stat s;

	found_init(found);
	if (is_folder(spec->file))
		return open_folder(source, spec, detector, found);
	if (access(spec->file, R_OK) != 0 && errno == EACCES)
		return fail(ERR_INPUT, "%s: cannot be read: %s", spec->file, strerror(errno));
	if (stat(spec->file, &s) == 0 && s.st_size == 0)
		return fail(ERR_INPUT, "%s: is empty", spec->file);
	if (has_suffix(spec->file, tiff))
		return layout_tiff_file(source, spec->file, found);
	if (!hdf5_is(spec->file))
		return fail(ERR_INPUT, "%s: is neither HDF5 nor TIFF nor a folder of TIFFs",
			spec->file);
	return open_hdf5(source, spec, detector, found);
}

/* --scan and --data: the frames of --data, and what else --scan says. */
static enum err open_main(
	struct scan_source *source, const struct input_settings *input, struct found *found)
{
	struct spec scan, data;
	struct found other;

	if (!*input->scan && !*input->data)
		return fail(ERR_USAGE, "no scan was given");
	if (*input->scan)
		TRY(spec_parse(&scan, input->scan, source->arena));
	if (!*input->data) {
		TRY(open_place(source, &scan, "", found));
		return found->proj.stack ? series_cut(&found->proj, &scan) : OK;
	}
	if (*input->scan && *input->data == '/' && !is_file(input->data) && is_file(scan.file) &&
		spec_parse(&data, input->data, source->arena) != OK) /* a key of the scan's file */
		data = (struct spec){input->data, scan.file, input->data, 0, -1};
	else
		TRY(spec_parse(&data, input->data, source->arena));
	TRY(open_place(source, &data, "", found));
	if (found->proj.stack)
		TRY(series_cut(&found->proj, &data));
	if (!*input->scan || !strcmp(scan.file, data.file))
		return OK;
	TRY(open_place(source, &scan, found->detector, &other));
	other.layout = found->layout;
	other.detector = found->detector;
	other.proj = found->proj;
	if (found->angles.n)
		other.angles = found->angles;
	*found = other;
	return OK;
}

static enum err fit_group(const struct found *found, const struct series *series)
{
	const struct stack *a = found->proj.stack, *b = series->stack;

	if (a->n_row == b->n_row && a->n_col == b->n_col)
		return OK;
	return fail(ERR_INPUT, "%s: frames are %lld x %lld, but those of %s are %lld x %lld",
		b->name, (long long)b->n_row, (long long)b->n_col, a->name, (long long)a->n_row,
		(long long)a->n_col);
}

/* Groups of a kind from another place replace those that there are. */
static enum err take_kind(struct found *found, enum frame_kind kind, const struct found *from)
{
	int n = kind == FRAME_FLAT ? from->n_flats : from->n_darks;
	const struct series *groups = kind == FRAME_FLAT ? from->flats : from->darks;

	if (n == 0)
		return OK;
	if (kind == FRAME_FLAT)
		found->n_flats = 0;
	else
		found->n_darks = 0;
	for (int i = 0; i < n; i++) {
		struct series series = groups[i];
		if (from->proj.stack) /* times of another scan mean nothing here */
			series.at = NAN;
		TRY(add_group(found, kind, series));
	}
	return OK;
}

static enum err open_darks_flats(
	struct scan_source *source, const struct input_settings *input, struct found *found)
{
	struct found from;
	struct spec spec;
	int at;

	if (!*input->darks_flats)
		return OK;
	TRY(spec_parse(&spec, input->darks_flats, source->arena));
	TRY(open_place(source, &spec, found->detector, &from));
	if (!from.n_flats && !from.n_darks && from.proj.stack &&
		kind_of_name(base_name(spec.file), &at) != FRAME_PROJECTION) {
		TRY(series_cut(&from.proj, &spec));
		TRY(add_group(&from, kind_of_name(base_name(spec.file), &at), from.proj));
		from.proj.stack = NULL;
	}
	if (!from.n_flats && !from.n_darks)
		return fail(ERR_INPUT,
			"%s: nothing in it says which frames are darks and which are flats; say it "
			"by "
			"--darks FILE:KEY:A:B and --flats FILE:KEY:A:B",
			input->darks_flats);
	if (found->n_flats || found->n_darks)
		log_info("%s: its darks and flats replace those of the scan", input->darks_flats);
	TRY(take_kind(found, FRAME_FLAT, &from));
	return take_kind(found, FRAME_DARK, &from);
}

/* --flats or --darks: frames of that kind if the place says so, else all that it has. */
static enum err open_kind(
	struct scan_source *source, const char *text, enum frame_kind kind, struct found *found)
{
	struct found from;
	struct hdf5_file *file;
	struct stack *stack;
	struct spec spec;

	if (!*text)
		return OK;
	TRY(spec_parse(&spec, text, source->arena));
	found_init(&from);
	if (*spec.key && hdf5_is(spec.file)) {
		TRY(hdf5_open(source, spec.file, &file));
		TRY(hdf5_stack(source, file, spec.key, true, &stack));
		TRY(series_all(source, &from.proj, stack));
	} else {
		TRY(open_place(source, &spec, found->detector, &from));
	}
	if (!(kind == FRAME_FLAT ? from.n_flats : from.n_darks)) {
		if (!from.proj.stack)
			return fail(ERR_INPUT, "%s: has no %s", text,
				kind == FRAME_FLAT ? "flats" : "darks");
		TRY(series_cut(&from.proj, &spec));
		TRY(add_group(&from, kind, from.proj));
	}
	return take_kind(found, kind, &from);
}

static enum err open_angles(
	struct scan_source *source, const struct input_settings *input, struct found *found)
{
	struct angles *a = &found->angles;
	const struct series *proj = &found->proj;
	struct spec spec;
	double *kept;

	if (!*input->angles)
		return OK;
	TRY(spec_parse(&spec, input->angles, source->arena));
	TRY(angles_read(source, a, &spec));
	if (a->n == proj->n || a->n != proj->stack->n)
		return OK;
	kept = ARENA_NEW(source->arena, double, proj->n); /* one for every frame, flats included */
	NEED(kept);
	for (int64_t i = 0; i < proj->n; i++)
		kept[i] = a->value[proj->frame[i]];
	a->value = kept;
	a->n = proj->n;
	return OK;
}

/* --proj A:B:S on projections and angles alike. */
static enum err select_projections(
	struct scan *scan, const struct range *range, struct series *proj, struct arena *arena)
{
	int64_t n = scan->n_proj_file, step = range->step == 0 ? 1 : range->step;
	int64_t end = range->end < 0 ? n : range->end;
	int64_t *frame;

	if (range->begin < 0 || step < 1 || end > n || range->begin >= end)
		return fail(ERR_USAGE, "--proj %lld:%lld:%lld: %s has %lld projections (0 to %lld)",
			(long long)range->begin, (long long)range->end, (long long)step, scan->from,
			(long long)n, (long long)n - 1);
	scan->n_proj = (end - range->begin + step - 1) / step;
	frame = ARENA_NEW(arena, int64_t, scan->n_proj);
	NEED(frame);
	for (int64_t i = 0; i < scan->n_proj; i++) {
		frame[i] = proj->frame[range->begin + i * step];
		scan->angle[i] = scan->angle[range->begin + i * step];
	}
	proj->frame = frame;
	proj->n = scan->n_proj;
	if (scan->n_proj < 2)
		return fail(ERR_INPUT, "%s: %s; at least 2 are needed", scan->from,
			n < 2 ? "has one projection" : "--proj leaves one projection");
	return OK;
}

static void fill_groups(struct scan *scan, const struct range *range, const struct series *from,
	int n, struct frame_group *to, struct series *kept)
{
	double step = range->step < 1 ? 1 : (double)range->step;

	for (int i = 0; i < n; i++) {
		double at = isinf(from[i].at) ? (double)scan->n_proj_file : from[i].at;

		to[i] = (struct frame_group){
			from[i].n, (at - (double)range->begin) / step, from[i].stack->name};
		kept[i] = from[i];
	}
}

static void fill_facts(
	struct scan *scan, const struct input_settings *input, const struct found *found)
{
	scan->pixel_um = input->pixel_size;
	scan->pixel_source = isnan(input->pixel_size) ? "" : "--pixel-size";
	if (isnan(input->pixel_size) && isfinite(found->pixel_um)) {
		if (found->pixel_um >= 0.001 && found->pixel_um <= 1000) {
			scan->pixel_um = found->pixel_um;
			scan->pixel_source = found->pixel_source ? found->pixel_source : "file";
		} else {
			log_warning("%s: a pixel of %g um makes no sense and is ignored",
				found->pixel_source ? found->pixel_source : scan->path,
				found->pixel_um);
		}
	}
	scan->energy_kev = input->energy;
	if (isnan(input->energy) && found->energy_kev > 0.01 && found->energy_kev < 1e4)
		scan->energy_kev = found->energy_kev;
	scan->distance_mm = input->distance;
	if (isnan(input->distance) && found->distance_mm > 0 && found->distance_mm < 1e6)
		scan->distance_mm = found->distance_mm;
	for (int i = 0; i < 3; i++)
		scan->exposure[i] = found->exposure[i] > 0 ? found->exposure[i] : NAN;
	scan->half = found->half;
}

static enum err open_all(struct scan *scan, const struct input_settings *input)
{
	struct scan_source *source = scan->source;
	struct found found;

	TRY(open_main(source, input, &found));
	if (!found.proj.stack)
		return fail(ERR_INPUT, "%s: holds %s but no projections%s", scan->path,
			found.n_flats || found.n_darks ? "darks and flats" : "angles",
			found.n_flats || found.n_darks ? "; it may be meant as --darks-flats" : "");
	TRY(open_darks_flats(source, input, &found));
	TRY(open_kind(source, input->flats, FRAME_FLAT, &found));
	TRY(open_kind(source, input->darks, FRAME_DARK, &found));
	for (int i = 0; i < found.n_flats; i++)
		TRY(fit_group(&found, &found.flats[i]));
	for (int i = 0; i < found.n_darks; i++)
		TRY(fit_group(&found, &found.darks[i]));
	TRY(open_angles(source, input, &found));
	scan->layout = found.layout;
	scan->from = found.proj.stack->name;
	scan->n_row = found.proj.stack->n_row;
	scan->n_col = found.proj.stack->n_col;
	scan->type = found.proj.stack->type;
	scan->compressed = found.proj.stack->compressed;
	scan->n_proj_file = found.proj.n;
	TRY(angles_settle(scan, &found.angles, &scan->n_proj_file, input, source->arena));
	source->proj = found.proj;
	TRY(select_projections(scan, &input->proj, &source->proj, source->arena));
	scan->n_flat_groups = found.n_flats;
	scan->n_dark_groups = found.n_darks;
	fill_groups(scan, &input->proj, found.flats, found.n_flats, scan->flats, source->flats);
	fill_groups(scan, &input->proj, found.darks, found.n_darks, scan->darks, source->darks);
	fill_facts(scan, input, &found);
	scan->inputs = source->inputs;
	scan->n_inputs = source->n_inputs;
	return OK;
}

enum err scan_open(struct scan **out, const struct input_settings *input, struct arena *arena)
{
	struct scan *scan = ARENA_ZERO(arena, struct scan, 1);
	enum err code;

	*out = NULL;
	NEED(scan);
	scan->source = ARENA_ZERO(arena, struct scan_source, 1);
	NEED(scan->source);
	scan->source->arena = arena;
	scan->path = arena_copy(arena, *input->scan ? input->scan : input->data);
	NEED(scan->path);
	code = open_all(scan, input);
	if (code != OK)
		scan_close(scan);
	else
		*out = scan;
	return code;
}

void scan_close(struct scan *scan)
{
	if (!scan)
		return;
	for (struct stack *s = scan->source->stacks; s; s = s->next)
		if (s->close)
			s->close(s);
	scan->source->stacks = NULL;
	hdf5_close_all(scan->source);
}

static const struct series *series_of(const struct scan *scan, enum frame_kind kind, int group)
{
	if (kind == FRAME_PROJECTION)
		return &scan->source->proj;
	return kind == FRAME_FLAT ? &scan->source->flats[group] : &scan->source->darks[group];
}

enum sample scan_type(const struct scan *scan, enum frame_kind kind, int group)
{
	return series_of(scan, kind, group)->stack->type;
}

enum err scan_read(struct scan *scan, enum frame_kind kind, int group, int64_t first, int64_t n,
	int64_t row0, int64_t row1, void *out)
{
	const struct series *series;

	if (kind != FRAME_PROJECTION &&
		(group < 0 ||
			group >= (kind == FRAME_FLAT ? scan->n_flat_groups : scan->n_dark_groups)))
		return fail(ERR_FAILED, "%s: there is no group %d of frames", scan->path, group);
	series = series_of(scan, kind, group);
	if (first < 0 || n < 0 || first > series->n - n || row0 < 0 || row0 > row1 ||
		row1 > scan->n_row)
		return fail(ERR_FAILED, "%s: frames %lld+%lld, rows %lld:%lld are outside",
			series->stack->name, (long long)first, (long long)n, (long long)row0,
			(long long)row1);
	if (n == 0 || row0 == row1)
		return OK;
	return series_read(series, first, n, row0, row1, out);
}
