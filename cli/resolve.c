/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/resolve.h"

#include "io/disk.h"

#include <math.h>
#include <string.h>

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcasecmp(text + n - m, end);
}

enum output_format output_format(const struct settings *s)
{
	static const char *const endings[] = {".h5", ".hdf5", ".hdf", ".nxs", ".nx"};

	if (s->output.format != OUTPUT_AUTO)
		return s->output.format;
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (ends_with(s->output.path, endings[i]))
			return OUTPUT_HDF5;
	return OUTPUT_TIFF;
}

static bool is_given(const bool *given, const char *section, const char *name)
{
	for (int i = 0; options[i].name; i++)
		if (!strcmp(options[i].section, section) && !strcmp(options[i].name, name))
			return given && given[i];
	return false;
}

/* Odd, in proportion to the width, not below `least`, never grown. */
static int64_t shrink(int64_t window, int64_t width, int64_t reference, int64_t least)
{
	int64_t scaled = (window * width + reference / 2) / reference | 1;

	scaled = scaled < least ? least : scaled;
	return scaled < window ? scaled : window;
}

void fit_ring_windows(struct settings *s, const bool *given, int64_t width)
{
	struct rings_settings *r = &s->rings;
	int64_t large = r->large, small = r->small;

	if (r->reference_width <= width)
		return;
	if (!is_given(given, "rings", "large"))
		r->large = shrink(large, width, r->reference_width, 11);
	if (!is_given(given, "rings", "small"))
		r->small = shrink(small, width, r->reference_width, 5);
	r->reference_width = width;
}

enum err check_output(const struct settings *s)
{
	const struct output_settings *o = &s->output;

	if (!o->path[0])
		return fail(
			ERR_USAGE, "-o is missing: an HDF5 file (.h5) or a folder for TIFF slices");
	if (ends_with(o->path, ".tif") || ends_with(o->path, ".tiff"))
		return fail(ERR_USAGE,
			"-o %s: recon writes HDF5 or a folder of TIFFs; one TIFF of all "
			"slices is made by 'tomochron export VOLUME.h5 -o %s'",
			o->path, o->path);
	if (o->bits != 32 && o->bits != 16 && o->bits != 8)
		return fail(ERR_USAGE, "output.bits %lld is not allowed (32, 16 or 8)",
			(long long)o->bits);
	if (o->bits != 32 && !(o->low < o->high))
		return fail(ERR_USAGE,
			"output.bits %lld needs one scale for all slices: --output.low and "
			"--output.high (or write 32 bit and let 'tomochron export' find them)",
			(long long)o->bits);
	return OK;
}

const char *output_stem(const struct settings *s, struct arena *arena)
{
	char *stem = arena_copy(arena, s->output.path);
	size_t n = stem ? strlen(stem) : 0;

	while (n > 1 && stem[n - 1] == '/')
		stem[--n] = '\0';
	return stem;
}

const char *scratch_folder(const struct settings *s, struct arena *arena)
{
	return s->run.scratch[0] ? s->run.scratch : disk_folder(s->output.path, arena);
}
