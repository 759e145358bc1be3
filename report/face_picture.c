/* SPDX-License-Identifier: BSD-3-Clause
 * Pages about the face of the ceramic; see report/face_picture.h. */
#include "report/face_picture.h"

#include "report/sheet.h"

#include <math.h>
#include <string.h>

enum { HEAD = 62, MOUTH = 1, CRACK = 2, CHIP = 4, FACE = 8 };
static const uint32_t paper = 0xffffff, ceramic = 0xe6e3dc, mouth_line = 0x101010,
		      chip_line = 0x1557b0, unsure = 0x8c8c8c;

/* A panel: cells of the page. */
struct cells {
	struct zoom zoom;
	int64_t h, w;
	uint32_t *rgb;
	uint8_t *flags;
};

struct span {
	int64_t y0, y1, x0, x1;
};

static struct span span_of(const struct face_maps *m, struct zoom zoom, int64_t y, int64_t x)
{
	struct span s = {y * zoom.k, (y + 1) * zoom.k, x * zoom.k, (x + 1) * zoom.k};

	s.y1 = s.y1 < m->ny ? s.y1 : m->ny;
	s.x1 = s.x1 < m->nx ? s.x1 : m->nx;
	return s;
}

static uint8_t flags_of(const struct face_maps *m, struct span s)
{
	uint8_t flags = 0;

	for (int64_t y = s.y0; y < s.y1; y++)
		for (int64_t x = s.x0; x < s.x1; x++) {
			int64_t i = y * m->nx + x;

			flags |= m->contact[i] == CONTACT_MOUTH ? MOUTH : 0;
			flags |= m->crack[i] != CRACK_NONE ? CRACK : 0;
			flags |= m->chip && m->chip[i] ? CHIP : 0;
			flags |= m->contact[i] != CONTACT_NONE ? FACE : 0;
		}
	return flags;
}

static enum err cells_new(struct cells *c, const struct face_maps *m, struct arena *arena)
{
	c->zoom = zoom_for(m->ny > m->nx ? m->ny : m->nx, SHEET_SIDE);
	c->h = zoom_cells(c->zoom, m->ny);
	c->w = zoom_cells(c->zoom, m->nx);
	NEED(c->rgb = ARENA_NEW(arena, uint32_t, c->h * c->w));
	NEED(c->flags = ARENA_NEW(arena, uint8_t, c->h * c->w));
	for (int64_t i = 0; i < c->h * c->w; i++)
		c->flags[i] = flags_of(m, span_of(m, c->zoom, i / c->w, i % c->w));
	return OK;
}

/* Mean over the columns that have a number; NAN: none has. */
static double mean_of(const float *map, int64_t nx, struct span s)
{
	double sum = 0;
	int64_t n = 0;

	for (int64_t y = s.y0; y < s.y1; y++)
		for (int64_t x = s.x0; x < s.x1; x++)
			if (isfinite(map[y * nx + x])) {
				sum += (double)map[y * nx + x];
				n++;
			}
	return n ? sum / (double)n : NAN;
}

/* How often each value is in the cell. */
static void tally(const uint8_t *map, int64_t nx, struct span s, int64_t count[8])
{
	memset(count, 0, 8 * sizeof(*count));
	for (int64_t y = s.y0; y < s.y1; y++)
		for (int64_t x = s.x0; x < s.x1; x++)
			count[map[y * nx + x] & 7]++;
}

static void paint_lengths(struct cells *c, const struct face_maps *m, const float *map, double unit,
	const struct sheet_bar *bar)
{
	for (int64_t i = 0; i < c->h * c->w; i++) {
		double v = unit * mean_of(map, m->nx, span_of(m, c->zoom, i / c->w, i % c->w));

		c->rgb[i] = isfinite(v)		 ? ramp_colour(bar->ramp, v / bar->high)
			    : c->flags[i] & FACE ? ceramic
						 : paper;
	}
}

static void paint_states(struct cells *c, const struct face_maps *m)
{
	for (int64_t i = 0; i < c->h * c->w; i++) {
		int64_t n[8];

		tally(m->crack, m->nx, span_of(m, c->zoom, i / c->w, i % c->w), n);
		c->rgb[i] = c->flags[i] & FACE ? ceramic : paper;
		if (!(c->flags[i] & CRACK))
			continue;
		if (n[CRACK_UNSURE] >= n[CRACK_EMPTY] && n[CRACK_UNSURE] >= n[CRACK_FILLED])
			c->rgb[i] = (i / c->w + i % c->w) % 4 < 2 ? unsure : ceramic;
		else
			c->rgb[i] = label_colours[n[CRACK_FILLED] > n[CRACK_EMPTY] ? LABEL_CRACK_NAK
										   : LABEL_CRACK];
	}
}

/* Flags of the cell under a pixel; 0 beyond the panel. */
static uint8_t flags_at(const struct cells *c, int64_t y, int64_t x)
{
	if (y < 0 || x < 0 || y >= c->h * c->zoom.s || x >= c->w * c->zoom.s)
		return 0;
	return c->flags[y / c->zoom.s * c->w + x / c->zoom.s];
}

/* A line of two pixels around the mouth, outside of the crack; one of one pixel around the chip, inside. */
static uint32_t line_at(const struct cells *c, int64_t y, int64_t x, uint32_t rgb)
{
	uint8_t here = flags_at(c, y, x);

	if (!(here & CRACK))
		for (int64_t k = 0; k < 25; k++)
			if (flags_at(c, y + k / 5 - 2, x + k % 5 - 2) & MOUTH)
				return mouth_line;
	if (here & CHIP)
		for (int64_t k = 0; k < 9; k++)
			if (!(flags_at(c, y + k / 3 - 1, x + k % 3 - 1) & CHIP))
				return chip_line;
	return rgb;
}

static enum err draw_cells(
	struct picture *p, const struct cells *c, double x, double y, struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	int64_t s = c->zoom.s, h = c->h * s, w = c->w * s;
	uint32_t *rgb = ARENA_NEW(arena, uint32_t, h * w);

	NEED(rgb);
	for (int64_t i = 0; i < h * w; i++)
		rgb[i] = line_at(c, i / w, i % w, c->rgb[i / w / s * c->w + i % w / s]);
	TRY(picture_pixels(p, x, y, rgb, h, w));
	arena_release(arena, mark);
	picture_frame(p, (struct box){x, y, (double)w, (double)h}, 0x8a8a8a);
	return OK;
}

/* ------------------------------------------------------------------ crack */

struct numbers {
	double columns, filled, unsure; /* shares of the columns with a crack */
	double aperture[3], depth;	/* 10, 50, 90 %; most of the map but for 0.1 % */
	bool chip, mouth;
};

static struct numbers count_cracks(const struct face_maps *m, struct arena *arena)
{
	struct numbers n = {0};
	int64_t all = m->ny * m->nx, state[8];

	tally(m->crack, m->nx, (struct span){0, m->ny, 0, m->nx}, state);
	n.columns = (double)(all - state[CRACK_NONE]);
	n.filled = (double)state[CRACK_FILLED] / fmax(1, n.columns);
	n.unsure = (double)state[CRACK_UNSURE] / fmax(1, n.columns);
	for (int k = 0; k < 3; k++)
		n.aperture[k] = sheet_percentile(m->aperture, all, 0.1 + 0.4 * k, arena);
	n.depth = sheet_percentile(m->depth, all, 0.999, arena);
	for (int64_t i = 0; i < all; i++) {
		n.chip = n.chip || (m->chip && m->chip[i]);
		n.mouth = n.mouth || m->contact[i] == CONTACT_MOUTH;
	}
	return n;
}

static enum err draw_states(struct picture *p, const struct numbers *n, double x, double y)
{
	x = sheet_swatch(p, x, y + 28, label_colours[LABEL_CRACK], "empty");
	x = sheet_swatch(p, x, y + 28, label_colours[LABEL_CRACK_NAK], "filled with liquid");
	if (n->unsure > 0)
		sheet_swatch(p, x, y + 28, unsure, "not to be told (hatched)");
	return OK;
}

static enum err draw_panels(struct picture *p, const struct face_page *page, struct cells *c,
	const struct numbers *n, struct arena *arena)
{
	const struct face_maps *m = page->maps;
	bool known = isfinite(page->voxel_um);
	double unit = known ? page->voxel_um : 1, w = (double)(c->w * c->zoom.s);
	double step = fmax(w, 300) + SHEET_GAP, x = SHEET_GAP,
	       y = HEAD + SHEET_TITLE + (double)(c->h * c->zoom.s) + 12;
	const char *name = known ? "um" : "voxels", *text;
	struct sheet_bar aperture = {.ramp = RAMP_SEA,
		.high = sheet_round_up(
			unit * sheet_percentile(m->aperture, m->ny * m->nx, 0.99, arena)),
		.name = arena_format(arena, "aperture, %s", name)};
	struct sheet_bar depth = {.ramp = RAMP_EMBER,
		.high = sheet_round_up(unit * n->depth),
		.name = arena_format(arena, "depth below the face, %s", name)};

	NEED(aperture.name);
	NEED(depth.name);
	NEED(text = arena_format(arena, "aperture: median %.3g %s, 10 to 90 %% %.3g to %.3g",
		     unit * n->aperture[1], name, unit * n->aperture[0], unit * n->aperture[2]));
	picture_text(p, x, HEAD + 13, w, SHEET_TEXT, text);
	paint_lengths(c, m, m->aperture, unit, &aperture);
	TRY(draw_cells(p, c, x, HEAD + SHEET_TITLE, arena));
	TRY(sheet_bar(p, x, y, 260, &aperture));
	x += step;
	NEED(text = arena_format(arena, "depth: down to %.3g %s, the deepest branch to %.3g",
		     unit * n->depth, name, unit * m->deepest));
	picture_text(p, x, HEAD + 13, w, SHEET_TEXT, text);
	paint_lengths(c, m, m->depth, unit, &depth);
	TRY(draw_cells(p, c, x, HEAD + SHEET_TITLE, arena));
	TRY(sheet_bar(p, x, y, 260, &depth));
	x += step;
	NEED(text = arena_format(arena,
		     "filled with liquid: %.0f %% of the crack seen from above%s", 100 * n->filled,
		     n->unsure > 0
			     ? arena_format(arena, ", %.0f %% not to be told", 100 * n->unsure)
			     : ""));
	picture_text(p, x, HEAD + 13, w, SHEET_TEXT, text);
	paint_states(c, m);
	TRY(draw_cells(p, c, x, HEAD + SHEET_TITLE, arena));
	return draw_states(p, n, x, y);
}

static void draw_head(struct picture *p, const struct face_page *page, const struct cells *c,
	double width, const char *what)
{
	double unit = isfinite(page->voxel_um) ? page->voxel_um : 1;

	picture_text(p, SHEET_GAP, 24, width - 2 * SHEET_GAP, 15, page->title);
	picture_text(p, SHEET_GAP, 46, width - 2 * SHEET_GAP - 230, SHEET_TEXT, what);
	sheet_scale(p, width - 220, 46, unit * (double)c->zoom.k / (double)c->zoom.s,
		isfinite(page->voxel_um));
}

enum err crack_picture(const char *path, const struct face_page *page, struct arena *arena)
{
	struct numbers n = count_cracks(page->maps, arena);
	struct cells c;
	struct picture *p;
	double w, h, width, x = SHEET_GAP;

	TRY(cells_new(&c, page->maps, arena));
	w = (double)(c.w * c.zoom.s);
	h = (double)(c.h * c.zoom.s);
	width = 3 * (fmax(w, 300) + SHEET_GAP) + SHEET_GAP;
	if (n.columns > 0)
		h += HEAD + SHEET_TITLE + 12 + SHEET_BAR + 30 + SHEET_GAP;
	else
		h = HEAD;
	TRY(picture_new(&p, (int)width, (int)h, arena));
	draw_head(p, page, &c, width,
		n.columns > 0 ? "Cracks of the ceramic seen along z: x to the right, y down"
			      : "No crack is labelled in this volume");
	if (n.columns > 0) {
		double y = h - SHEET_GAP - 6;

		TRY(draw_panels(p, page, &c, &n, arena));
		if (n.mouth)
			x = sheet_swatch(
				p, x, y, mouth_line, "mouth: where the crack meets the face");
		if (n.chip)
			x = sheet_swatch(p, x, y, chip_line, "edge of the chip");
		sheet_swatch(p, x, y, ceramic, "ceramic without a crack");
	}
	return picture_save(p, path);
}

/* ------------------------------------------------------------------ contact */

static uint32_t contact_colour(const int64_t n[8], double film, const struct sheet_bar *bar)
{
	/* what is rare is not lost among liquid */
	if (n[CONTACT_MOUTH])
		return label_colours[LABEL_CRACK];
	if (n[CONTACT_BUBBLE] && n[CONTACT_BUBBLE] >= n[CONTACT_FILM])
		return label_colours[LABEL_VOID];
	if (n[CONTACT_FILM])
		return ramp_colour(bar->ramp, film / bar->high);
	return n[CONTACT_LIQUID] ? colour_mix(label_colours[LABEL_NAK], paper, 0.6) : paper;
}

static double draw_shares(
	struct picture *p, const struct face_page *page, double x, double y, struct arena *arena)
{
	static const struct {
		enum contact_state state;
		const char *name;
	} rows[] = {{CONTACT_LIQUID, "liquid touches the ceramic"}, {CONTACT_FILM, "film of gas"},
		{CONTACT_BUBBLE, "bubble attached"}, {CONTACT_MOUTH, "mouth of a crack"}};
	const uint32_t colours[] = {colour_mix(label_colours[LABEL_NAK], paper, 0.6),
		ramp_colour(RAMP_PLUM, 0.5), label_colours[LABEL_VOID], label_colours[LABEL_CRACK]};
	const struct face_maps *m = page->maps;
	int64_t n[8], all;

	tally(m->contact, m->nx, (struct span){0, m->ny, 0, m->nx}, n);
	all = m->ny * m->nx - n[CONTACT_NONE];
	for (size_t k = 0; k < 4; k++, y += 24) {
		const char *text = arena_format(arena, "%s: %.2f %%", rows[k].name,
			100 * (double)n[rows[k].state] / fmax(1, (double)all));

		if (text)
			sheet_swatch(p, x, y, colours[k], text);
	}
	sheet_swatch(p, x, y, paper, "outside of the view, no liquid or no ceramic");
	return y + 36;
}

static const char *contact_text(const struct face_page *page, struct arena *arena)
{
	double share = face_maps_contact(page->maps);

	if (isfinite(page->contact.value) && isfinite(page->contact.sd))
		return arena_format(arena, "contact fraction %.4f, sd %.4f", page->contact.value,
			page->contact.sd);
	if (isfinite(share))
		return arena_format(arena, "contact fraction %.4f of the columns", share);
	return "no face of the ceramic towards the liquid";
}

enum err contact_picture(const char *path, const struct face_page *page, struct arena *arena)
{
	const struct face_maps *m = page->maps;
	double unit = isfinite(page->voxel_um) ? page->voxel_um : 1, side, x, y, width;
	double film = unit * sheet_percentile(m->film, m->ny * m->nx, 0.98, arena);
	struct sheet_bar bar = {.ramp = RAMP_PLUM, .high = sheet_round_up(film)};
	struct cells c;
	struct picture *p;
	const char *text;

	TRY(cells_new(&c, m, arena));
	NEED(bar.name = arena_format(
		     arena, "thickness of films, %s", isfinite(page->voxel_um) ? "um" : "voxels"));
	NEED(text = contact_text(page, arena));
	for (int64_t i = 0; i < c.h * c.w; i++) {
		struct span s = span_of(m, c.zoom, i / c.w, i % c.w);
		int64_t n[8];

		tally(m->contact, m->nx, s, n);
		c.rgb[i] = contact_colour(n, unit * mean_of(m->film, m->nx, s), &bar);
		c.flags[i] = 0;
	}
	side = fmax((double)(c.h * c.zoom.s), 260);
	x = SHEET_GAP + (double)(c.w * c.zoom.s) + 24;
	width = x + 340;
	TRY(picture_new(&p, (int)width, (int)(HEAD + side + SHEET_GAP), arena));
	draw_head(p, page, &c, width,
		"What lies on the ceramic's face, seen along z: x to the right, y down");
	TRY(draw_cells(p, &c, SHEET_GAP, HEAD, arena));
	picture_text(p, x, HEAD + 16, 330, 15, text);
	y = draw_shares(p, page, x, HEAD + 50, arena);
	if (isfinite(film))
		TRY(sheet_bar(p, x, y - 10, 260, &bar));
	return picture_save(p, path);
}
