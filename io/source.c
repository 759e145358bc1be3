/* SPDX-License-Identifier: BSD-3-Clause
 * Small things that all layouts share: FILE:KEY, names, folders, series of frames, lengths. */
#include "io/source.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool is_folder(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

bool is_file(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 && S_ISREG(s.st_mode);
}

const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *folder_of(const char *path, struct arena *arena)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	if (slash == path)
		return "/";
	return arena_format(arena, "%.*s", (int)(slash - path), path);
}

/* A whole number that fills [text, end); -1 is allowed. */
static bool parse_index(const char *text, const char *end, int64_t *value)
{
	char *stop;

	if (text == end || (!isdigit((unsigned char)*text) && strncmp(text, "-1", 2) != 0))
		return false;
	errno = 0;
	*value = strtoll(text, &stop, 10);
	return stop == end && errno == 0 && *value >= -1;
}

/* Takes ":A:B" (or "A:B" alone) off the end of a key. */
static void take_range(struct spec *spec, char *key)
{
	char *end = key + strlen(key);
	char *second = strrchr(key, ':'), *first;
	int64_t a, b;

	if (!second)
		return;
	for (first = second; first > key && first[-1] != ':'; first--)
		;
	if (!parse_index(first, second, &a) || !parse_index(second + 1, end, &b) || a < 0)
		return;
	spec->begin = a;
	spec->end = b;
	*(first > key ? first - 1 : first) = '\0';
}

enum err spec_parse(struct spec *spec, const char *text, struct arena *arena)
{
	char *file = arena_copy(arena, text);
	int64_t length;

	NEED(file);
	*spec = (struct spec){text, file, "", 0, -1};
	if (is_folder(text) || is_file(text))
		return OK;
	length = (int64_t)strlen(file);
	for (int64_t i = length - 1; i > 0; i--) {
		if (file[i] != ':')
			continue;
		file[i] = '\0';
		if (is_folder(file) || is_file(file)) {
			char *key = file + i + 1;
			take_range(spec, key);
			spec->key = key;
			return OK;
		}
		file[i] = ':';
	}
	return fail(ERR_INPUT, "%s: there is no such file or folder", text);
}

/* image_9 before image_10 */
static int natural_compare(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			size_t n, m;
			int order;

			while (*a == '0' && isdigit((unsigned char)a[1]))
				a++;
			while (*b == '0' && isdigit((unsigned char)b[1]))
				b++;
			n = strspn(a, "0123456789");
			m = strspn(b, "0123456789");
			if (n != m)
				return n < m ? -1 : 1;
			order = strncmp(a, b, n);
			if (order)
				return order;
			a += n;
			b += n;
		} else if (*a != *b) {
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		} else {
			a++;
			b++;
		}
	}
	return *a ? 1 : *b ? -1 : 0;
}

bool has_suffix(const char *name, const char *const *suffixes)
{
	size_t n = strlen(name);

	for (; *suffixes; suffixes++) {
		size_t m = strlen(*suffixes);
		if (n > m && !strcasecmp(name + n - m, *suffixes))
			return true;
	}
	return false;
}

static bool word_in(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(word, *list))
			return true;
	return false;
}

enum frame_kind kind_of_name(const char *name, int *at)
{
	static const char *const flat[] = {"flat", "flats", "flatfield", "ff", "bg", "white",
		"whites", "ref", "refs", "ob", "bak", "bkg", "background", "backgrounds", NULL};
	static const char *const dark[] = {"dark", "darks", "darkfield", "df", "drk", "bias", NULL};
	static const char *const before[] = {"before", "pre", NULL};
	static const char *const after[] = {"after", "post", NULL};
	enum frame_kind kind = FRAME_PROJECTION;
	char word[64];

	*at = 0;
	while (*name) {
		size_t n = 0;

		for (; isalpha((unsigned char)*name); name++)
			if (n < sizeof(word) - 1)
				word[n++] = (char)tolower((unsigned char)*name);
		word[n] = '\0';
		if (n > 3 && (!strcmp(word + n - 3, "bak") || !strcmp(word + n - 3, "drk")))
			memmove(word, word + n - 3, 4); /* ALS: namebak_0000.tif */
		if (word_in(word, flat))
			kind = FRAME_FLAT;
		if (word_in(word, dark))
			kind = FRAME_DARK;
		*at = word_in(word, before) ? -1 : word_in(word, after) ? 1 : *at;
		while (*name && !isalpha((unsigned char)*name))
			name++;
	}
	return kind;
}

static int compare_names(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	int order = natural_compare(x, y);

	return order ? order : strcmp(x, y);
}

/* A volume written here lies beside its journal, and is not part of a scan whose folder it is in. */
static int64_t leave_out_volumes(const char **names, int64_t n)
{
	static const char *const journal[] = {".journal", NULL};
	int64_t kept = 0;

	for (int64_t i = 0; i < n; i++) {
		size_t length = strlen(names[i]) - strlen(*journal);

		if (!has_suffix(names[i], journal))
			continue;
		for (int64_t j = 0; j < n; j++)
			if (strlen(names[j]) == length && !strncmp(names[j], names[i], length))
				names[j] = "";
	}
	for (int64_t i = 0; i < n; i++)
		if (*names[i])
			names[kept++] = names[i];
	return kept;
}

/* All names go to one block of text: a folder may hold 100000 frames. */
enum err list_folder(const char *path, struct arena *arena, const char ***names, int64_t *n)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	int64_t count = 0, bytes = 0, used = 0, i = 0;
	char *text;

	*n = 0;
	if (!folder)
		return fail(ERR_INPUT, "%s: cannot list the folder: %s", path, strerror(errno));
	for (; (entry = readdir(folder)); count++)
		bytes += (int64_t)strlen(entry->d_name) + 1;
	text = arena_alloc(arena, bytes, 1);
	*names = ARENA_NEW(arena, const char *, count);
	if (!text || !*names) {
		closedir(folder);
		return ERR_RESOURCE;
	}
	rewinddir(folder);
	while ((entry = readdir(folder)) && i < count) {
		int64_t length = (int64_t)strlen(entry->d_name) + 1;
		if (entry->d_name[0] == '.' || used + length > bytes)
			continue;
		(*names)[i++] = memcpy(text + used, entry->d_name, (size_t)length);
		used += length;
	}
	closedir(folder);
	qsort(*names, (size_t)i, sizeof(**names), compare_names);
	*n = leave_out_volumes(*names, i);
	return OK;
}

enum err add_input(struct scan_source *source, const char *path)
{
	for (int i = 0; i < source->n_inputs; i++)
		if (!strcmp(source->inputs[i], path))
			return OK;
	return append_input(source, path);
}

enum err append_input(struct scan_source *source, const char *path)
{
	if (source->n_inputs == source->max_inputs) {
		int larger = source->max_inputs ? source->max_inputs * 2 : 16;
		const char **inputs = ARENA_NEW(source->arena, const char *, larger);
		NEED(inputs);
		for (int i = 0; i < source->n_inputs; i++)
			inputs[i] = source->inputs[i];
		source->inputs = inputs;
		source->max_inputs = larger;
	}
	source->inputs[source->n_inputs] = arena_copy(source->arena, path);
	NEED(source->inputs[source->n_inputs]);
	source->n_inputs++;
	return OK;
}

enum err series_all(struct scan_source *source, struct series *series, struct stack *stack)
{
	int64_t *frame = ARENA_NEW(source->arena, int64_t, stack->n);

	NEED(frame);
	for (int64_t i = 0; i < stack->n; i++)
		frame[i] = i;
	*series = (struct series){stack, stack->n, frame, NAN};
	return OK;
}

enum err series_cut(struct series *series, const struct spec *spec)
{
	int64_t end = spec->end < 0 ? series->n : spec->end;

	if (spec->begin == 0 && end == series->n)
		return OK;
	if (end > series->n || spec->begin >= end)
		return fail(ERR_INPUT,
			"%s: asks for frames %lld to %lld, but there are %lld (0 to %lld)",
			spec->text, (long long)spec->begin, (long long)end - 1,
			(long long)series->n, (long long)series->n - 1);
	series->frame += spec->begin;
	series->n = end - spec->begin;
	return OK;
}

enum err add_group(struct found *found, enum frame_kind kind, struct series series)
{
	int *n = kind == FRAME_FLAT ? &found->n_flats : &found->n_darks;

	if (*n == MAX_GROUPS)
		return fail(ERR_INPUT, "%s: more than %d separate groups of flats or darks",
			series.stack->name, MAX_GROUPS);
	(kind == FRAME_FLAT ? found->flats : found->darks)[(*n)++] = series;
	return OK;
}

static enum err read_constant(
	struct stack *stack, int64_t first, int64_t n, int64_t row0, int64_t row1, void *out)
{
	float *to = out;

	(void)first;
	for (int64_t i = 0; i < n * (row1 - row0) * stack->n_col; i++)
		to[i] = stack->constant;
	return OK;
}

enum err constant_stack(struct scan_source *source, struct stack **stack, double value,
	const struct stack *like, const char *name)
{
	struct stack *s = ARENA_ZERO(source->arena, struct stack, 1);

	NEED(s);
	*s = (struct stack){.name = name,
		.n = 1,
		.n_row = like->n_row,
		.n_col = like->n_col,
		.type = SAMPLE_F32,
		.constant = (float)value,
		.read = read_constant,
		.next = source->stacks};
	*stack = source->stacks = s;
	return OK;
}

/* Frames that follow each other on disk are read by one call. */
enum err series_read(const struct series *series, int64_t first, int64_t n, int64_t row0,
	int64_t row1, void *out)
{
	struct stack *stack = series->stack;
	const int64_t *frame = series->frame + first;
	int64_t bytes = (row1 - row0) * stack->n_col * sample_bytes(stack->type), run;

	for (int64_t i = 0; i < n; i += run) {
		run = 1;
		while (i + run < n && frame[i + run] == frame[i] + run)
			run++;
		TRY(stack->read(stack, frame[i], run, row0, row1, (char *)out + i * bytes));
	}
	return OK;
}

void found_init(struct found *found)
{
	memset(found, 0, sizeof(*found));
	found->layout = "";
	found->detector = "";
	found->pixel_source = "";
	found->pixel_um = found->energy_kev = found->distance_mm = NAN;
	for (int i = 0; i < 3; i++)
		found->exposure[i] = NAN;
}

double length_um(double value, const char *unit)
{
	static const struct {
		const char *name;
		double um;
	} units[] = {{"m", 1e6}, {"meter", 1e6}, {"meters", 1e6}, {"metre", 1e6}, {"metres", 1e6},
		{"cm", 1e4}, {"mm", 1e3}, {"millimeter", 1e3}, {"millimeters", 1e3},
		{"millimetre", 1e3}, {"um", 1}, {"µm", 1}, {"μm", 1}, {"micron", 1}, {"microns", 1},
		{"micrometer", 1}, {"micrometers", 1}, {"micrometre", 1}, {"nm", 1e-3},
		{"nanometer", 1e-3}, {"nanometers", 1e-3}};

	if (unit && *unit) {
		for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
			if (!strcasecmp(unit, units[i].name))
				return value * units[i].um;
		return NAN;
	}
	return value > 0 && value < 1e-3 ? value * 1e6 : NAN; /* NeXus without units: metres */
}
