/* SPDX-License-Identifier: BSD-3-Clause
 * Folders of TIFFs, as beamlines leave them. Names that differ only in digits make a series, in natural
 * order; words in the name of the file or of its folder say what it is: flat, white, bg, ref, bak, ...
 * are flats, dark, df, drk, ... are darks, before and after say when. So found: proj/ flats/ darks/
 * (Algotom), tomo_0001 flat_1 dark_1 (Elettra), radios/ (ANKA), SAMPLE_T_ BG__BEFORE_ DF__BEFORE_
 * (Australian Synchrotron), name_ namebak_ namedrk_ (ALS), Tomo/ Flat_Before/ Dark_Before/ (Mantid),
 * tiffs/raw_ with flat and dark beside it (Savu). */
#include "core/log.h"
#include "io/hdf5_read.h"
#include "io/tiff_read.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { MAX_SERIES = 128 };

static const char *const suffixes[] = {".tif", ".tiff", NULL};

struct tiffs {
	const char *folder, *pattern;
	const char **names;
	int64_t n;
	enum frame_kind kind;
	int at;
};

struct listing {
	struct tiffs series[MAX_SERIES];
	int n;
};

/* The name with each run of digits as one star: "scan_*_*.tif". */
static const char *pattern_of(const char *name, struct arena *arena)
{
	char *pattern = arena_copy(arena, name), *to = pattern;

	if (!pattern)
		return NULL;
	while (*name) {
		if (isdigit((unsigned char)*name)) {
			*to++ = '*';
			name += strspn(name, "0123456789");
		} else {
			*to++ = *name++;
		}
	}
	*to = '\0';
	return pattern;
}

static bool fits(const char *pattern, const char *name)
{
	while (*pattern && *name) {
		if (*pattern == '*' && isdigit((unsigned char)*name))
			name += strspn(name, "0123456789");
		else if (*pattern == *name)
			name++;
		else
			return false;
		pattern++;
	}
	return !*pattern && !*name;
}

static enum err new_series(struct scan_source *source, const char *folder, const char *name,
	int64_t room, struct listing *list, struct tiffs **out)
{
	struct tiffs *s = &list->series[list->n];
	int at;

	if (list->n == MAX_SERIES)
		return fail(
			ERR_INPUT, "%s: holds more than %d series of TIFFs", folder, MAX_SERIES);
	list->n++;
	*s = (struct tiffs){.folder = folder,
		.pattern = pattern_of(name, source->arena),
		.names = ARENA_NEW(source->arena, const char *, room)};
	NEED(s->pattern);
	NEED(s->names);
	s->kind = kind_of_name(name, &s->at);
	if (kind_of_name(base_name(folder), &at) != FRAME_PROJECTION && folder != source->root)
		s->kind = kind_of_name(base_name(folder), &at);
	else
		at = 0;
	s->at = at ? at : s->at;
	*out = s;
	return OK;
}

/* TIFFs right in a folder; names of sub-folders are left in sub. */
static enum err list_tiffs(struct scan_source *source, const char *folder, struct listing *list,
	const char **sub, int64_t *n_sub)
{
	const char **names;
	struct tiffs *s = NULL;
	int64_t n;

	TRY(list_folder(folder, source->arena, &names, &n));
	for (int64_t i = 0; i < n; i++) {
		if (!has_suffix(names[i], suffixes)) {
			const char *path;
			if (!sub || *n_sub == MAX_SERIES)
				continue;
			path = arena_format(source->arena, "%s/%s", folder, names[i]);
			NEED(path);
			if (is_folder(path) && strncmp(names[i], "180", 3) != 0)
				sub[(*n_sub)++] = path;
			continue;
		}
		for (int j = 0;
			j < list->n && !(s && s->folder == folder && fits(s->pattern, names[i]));
			j++)
			s = &list->series[j];
		if (!s || s->folder != folder || !fits(s->pattern, names[i]))
			TRY(new_series(source, folder, names[i], n - i, list, &s));
		s->names[s->n++] = names[i];
	}
	return OK;
}

static enum err open_series(
	struct scan_source *source, const struct tiffs *t, struct series *series)
{
	const char *label = arena_format(
		source->arena, "%s/%s", t->folder, t->n > 1 ? t->pattern : t->names[0]);
	struct stack *stack;

	NEED(label);
	TRY(tiff_stack(source, t->folder, t->names, t->n, label, &stack));
	TRY(series_all(source, series, stack));
	series->at = t->at < 0 ? -1 : t->at > 0 ? INFINITY : NAN;
	return OK;
}

/* The one series of projections: the only one, or the only one of several files. */
static enum err choose(struct scan_source *source, const struct listing *list, const char *folder,
	const struct tiffs **chosen)
{
	const char *text = "";
	int n = 0, n_long = 0;

	*chosen = NULL;
	for (int i = 0; i < list->n && text; i++) {
		const struct tiffs *t = &list->series[i];

		if (t->kind != FRAME_PROJECTION)
			continue;
		n_long += t->n > 1;
		if (!*chosen || (t->n > 1 && (*chosen)->n == 1))
			*chosen = t;
		text = arena_format(
			source->arena, "%s%s%s/%s", text, n++ ? ", " : "", t->folder, t->pattern);
	}
	NEED(text);
	if (n > 1 && n_long != 1)
		return fail(ERR_INPUT,
			"%s: holds several series of TIFFs that may be projections (%s); name a "
			"folder "
			"that has only one",
			folder, text);
	if (n > 1)
		log_info("%s: %s/%s is taken as the projections, other images are left out", folder,
			(*chosen)->folder, (*chosen)->pattern);
	return OK;
}

static enum err find_angles(struct scan_source *source, const char *folder, struct found *found)
{
	static const char *const names[] = {"angles.txt", "angles.csv", "angle.txt", "theta.txt"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !found->angles.n; i++) {
		const char *path = arena_format(source->arena, "%s/%s", folder, names[i]);
		struct spec spec;

		NEED(path);
		if (!is_file(path))
			continue;
		log_info("%s: found with the TIFFs and taken as their angles", path);
		spec = (struct spec){path, path, "", 0, -1};
		TRY(angles_read(source, &found->angles, &spec));
	}
	return OK;
}

static enum err open_listing(struct scan_source *source, const struct listing *list,
	const char *folder, struct found *found)
{
	const struct tiffs *chosen;
	struct series series;

	found->layout = "TIFF";
	TRY(choose(source, list, folder, &chosen));
	if (chosen)
		TRY(open_series(source, chosen, &found->proj));
	for (int i = 0; i < list->n; i++) {
		if (list->series[i].kind == FRAME_PROJECTION)
			continue;
		TRY(open_series(source, &list->series[i], &series));
		TRY(add_group(found, list->series[i].kind, series));
	}
	if (!chosen)
		return OK;
	TRY(find_angles(source, folder, found));
	return find_angles(source, chosen->folder, found);
}

enum err layout_tiff_folder(struct scan_source *source, const char *folder, struct found *found)
{
	struct listing *list = ARENA_ZERO(source->arena, struct listing, 1);
	const char *sub[MAX_SERIES];
	int64_t n_sub = 0, length = (int64_t)strlen(folder);

	NEED(list);
	while (length > 1 && folder[length - 1] == '/')
		length--;
	source->root = arena_format(source->arena, "%.*s", (int)length, folder);
	NEED(source->root);
	TRY(list_tiffs(source, source->root, list, sub, &n_sub));
	for (int64_t i = 0; i < n_sub; i++)
		TRY(list_tiffs(source, sub[i], list, NULL, NULL));
	if (list->n == 0)
		return fail(ERR_INPUT, "%s: holds no TIFF, no .nxs and no HDF5 scan", source->root);
	return open_listing(source, list, source->root, found);
}

enum err layout_tiff_file(struct scan_source *source, const char *path, struct found *found)
{
	const char **name = ARENA_NEW(source->arena, const char *, 1);
	struct stack *stack;

	NEED(name);
	*name = path;
	found->layout = "TIFF";
	TRY(tiff_stack(source, "", name, 1, path, &stack));
	return series_all(source, &found->proj, stack);
}
