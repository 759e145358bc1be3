/* SPDX-License-Identifier: BSD-3-Clause
 * Geometry of the cell; see truth/cell.h. */
#include "truth/cell.h"

#include "truth/random.h"

#include <math.h>

/* Flat in the middle, turning up to the surface at the rim: "runs sideways, then turns back". */
static const double lens_power = 2.6;
/* Roughness fades between these shares of the O-ring's middle radius: further out the liquid below the ring is
 * thinner than it. */
static const double fade_from = 0.82, fade_to = 0.87;

double cell_chip_way(const struct cell *c)
{
	return 0.08 * c->gap;
}

double cell_plane(const struct cell *c, double x, double y)
{
	return c->slope[0] * x + c->slope[1] * y;
}

double cell_interface(const struct cell *c, double x, double y)
{
	double r2 = x * x + y * y, fade = 1;

	if (r2 >= c->smooth_to * c->smooth_to)
		return cell_plane(c, x, y);
	if (r2 > c->smooth_from * c->smooth_from) {
		double t = (c->smooth_to - sqrt(r2)) / (c->smooth_to - c->smooth_from);

		fade = t * t * (3 - 2 * t);
	}
	return cell_plane(c, x, y) + fade * field_at(&c->rough, x, y);
}

/* Radius of the rim in the direction of the unit vector (cx, cy): waves of 2 to 5 around it. */
static double rim_radius(const struct cell *c, double cx, double cy)
{
	double re = cx, im = cy, sum = 1;

	for (int k = 0; k < LENS_WAVES; k++) {
		double next = re * cx - im * cy;

		im = re * cy + im * cx;
		re = next;
		sum += c->wave_cos[k] * re + c->wave_sin[k] * im;
	}
	return c->lens_radius * sum;
}

double cell_rim(const struct cell *c, double x, double y)
{
	double dx = x - c->lens_x, dy = y - c->lens_y, r = sqrt(dx * dx + dy * dy);

	return r > 1e-9 ? r / rim_radius(c, dx / r, dy / r) : 0;
}

double cell_lens(const struct cell *c, double x, double y)
{
	double q = cell_rim(c, x, y), skew, depth;

	if (q > 1.3) /* far outside: only that it is above the interface matters */
		return cell_plane(c, x, y) - c->lens_depth;
	skew = 1 + (c->lens_skew[0] * (x - c->lens_x) + c->lens_skew[1] * (y - c->lens_y)) /
			   c->lens_radius;
	depth = c->lens_depth * (1 - pow(q, lens_power)) * skew;
	return cell_plane(c, x, y) + depth + field_at(&c->crack_rough, x, y);
}

typedef double surface(const struct cell *c, double x, double y);

/* of a surface on which a slope is laid */
static double stretch(
	const struct cell *c, surface *z, double slope_x, double slope_y, double x, double y)
{
	const double h = 0.25;
	double gx = (z(c, x + h, y) - z(c, x - h, y)) / (2 * h) + slope_x;
	double gy = (z(c, x, y + h) - z(c, x, y - h)) / (2 * h) + slope_y;

	return sqrt(1 + gx * gx + gy * gy);
}

double cell_lens_stretch(const struct cell *c, double x, double y)
{
	return stretch(c, cell_lens, 0, 0, x, y);
}

double cell_interface_stretch(const struct cell *c, double x, double y)
{
	return stretch(c, cell_interface, 0, 0, x, y);
}

double cell_branch_stretch(const struct cell *c, const struct branch *b, double x, double y)
{
	return stretch(c, cell_lens, b->slope * b->along[0], b->slope * b->along[1], x, y);
}

static double raw_front(const struct cell *c, double x, double y)
{
	double away = hypot(x - c->source_x, y - c->source_y) / (2 * c->lens_radius);

	return away + field_at(&c->front_noise, x, y);
}

double cell_front(const struct cell *c, double x, double y)
{
	double f = raw_front(c, x, y) / c->front_end;

	return f > 0 ? f : 0;
}

bool cell_holds(const struct cell *c, double x, double y)
{
	return isfinite(c->ligament_level) &&
	       field_at(&c->ligament_noise, x, y) > c->ligament_level;
}

bool cell_branch(const struct cell *c, const struct branch *b, double grown, double x, double y,
	double *z, double *open)
{
	double dx = x - b->x, dy = y - b->y, length = b->length * grown, across, rest;
	double l = dx * b->along[0] + dy * b->along[1], m = dx * b->along[1] - dy * b->along[0];

	if (!(l > 0 && l < length))
		return false;
	rest = 1 - l / length;
	across = b->half_width * sqrt(grown) * sqrt(rest);
	if (fabs(m) >= across)
		return false;
	*z = cell_lens(c, x, y) + b->slope * l;
	*open = sqrt(rest) * sqrt(1 - fabs(m) / across);
	return true;
}

static enum err check_sizes(const struct cell_settings *s, const struct cell *c)
{
	if (c->ring_middle + c->ring_half > c->tube_inner * 1.0001)
		return fail(ERR_USAGE,
			"cell.ring_inner: an O-ring of %g um inside and %g um cord does not fit "
			"into a tube of %g um (cell.tube_inner)",
			s->ring_inner, s->ring_cord, s->tube_inner);
	if (c->pellet_radius > c->tube_inner)
		return fail(ERR_USAGE,
			"cell.pellet_diameter: %g um does not fit into a tube of %g um "
			"(cell.tube_inner)",
			s->pellet_diameter, s->tube_inner);
	if (c->lens_depth > 0.8 * c->pellet)
		return fail(ERR_USAGE,
			"cell.chip_depth: %g um, at most 0.8 of the pellet's height (%g um)",
			s->chip_depth, s->pellet_height);
	if (s->chip_diameter > 0.6 * s->ring_inner)
		return fail(ERR_USAGE,
			"cell.chip_diameter: %g um, at most 0.6 of the O-ring's inside (%g um)",
			s->chip_diameter, s->ring_inner);
	if (s->pore_large < s->pore_small)
		return fail(ERR_USAGE, "cell.pore_large: %g um is less than pore_small, %g um",
			s->pore_large, s->pore_small);
	return OK;
}

static void place_lens(struct cell *c, const struct cell_settings *s, double um, struct random *r)
{
	double round = 2 * M_PI * random_uniform(r), at = random_between(r, 0, 2 * M_PI);
	double away = 0.32 * (c->ring_middle - c->ring_half), lean = random_between(r, 0, 2 * M_PI);

	c->lens_x = away * cos(round);
	c->lens_y = away * sin(round);
	c->lens_radius = s->chip_diameter / 2 * um;
	c->lens_depth = s->chip_depth * um;
	c->lens_skew[0] = 0.35 * cos(lean);
	c->lens_skew[1] = 0.35 * sin(lean);
	for (int k = 0; k < LENS_WAVES; k++) {
		c->wave_cos[k] = 0.10 / (k + 1) * random_normal(r);
		c->wave_sin[k] = 0.10 / (k + 1) * random_normal(r);
		c->wave_cos[k] = fmax(-0.12, fmin(0.12, c->wave_cos[k]));
		c->wave_sin[k] = fmax(-0.12, fmin(0.12, c->wave_sin[k]));
	}
	c->source_x = c->lens_x + rim_radius(c, cos(at), sin(at)) * cos(at);
	c->source_y = c->lens_y + rim_radius(c, cos(at), sin(at)) * sin(at);
}

static void place_branches(struct cell *c, int64_t n, struct random *r)
{
	for (c->n_branches = 0; c->n_branches < n; c->n_branches++) {
		struct branch *b = &c->branches[c->n_branches];
		double round = 2 * M_PI * random_uniform(r), away = random_between(r, 0.15, 0.6);
		double to = atan2(c->lens_y - c->source_y, c->lens_x - c->source_x) +
			    random_between(r, -0.9, 0.9);

		*b = (struct branch){
			.x = c->lens_x + away * c->lens_radius * cos(round),
			.y = c->lens_y + away * c->lens_radius * sin(round),
			.along = {cos(to), sin(to)},
			.slope = random_between(r, 0.35, 0.8),
			.length = c->lens_radius * random_between(r, 0.35, 0.7),
			.half_width = c->lens_radius * random_between(r, 0.15, 0.35),
		};
		b->start = cell_front(c, b->x, b->y);
	}
}

/* Last value of the front over the lens, and the level above which noise covers a share of it. */
static void measure_lens(struct cell *c, double ligaments)
{
	enum { N = 200 };
	double last = 0, low = -10, high = 10, reach = 1.6 * c->lens_radius;

	for (int i = 0; i < N * N; i++) {
		double x = c->lens_x + reach * ((i % N + 0.5) / (N / 2.0) - 1);
		double y = c->lens_y + reach * ((i / N + 0.5) / (N / 2.0) - 1);

		if (cell_lens(c, x, y) > cell_interface(c, x, y))
			last = fmax(last, raw_front(c, x, y));
	}
	c->front_end = last > 0 ? last * 1.01 : 1;
	c->ligament_level = INFINITY;
	for (int step = 0; step < 40 && ligaments > 0; step++) {
		double level = (low + high) / 2;
		int64_t in = 0, above = 0;

		for (int i = 0; i < N * N; i++) {
			double x = c->lens_x + reach * ((i % N + 0.5) / (N / 2.0) - 1);
			double y = c->lens_y + reach * ((i / N + 0.5) / (N / 2.0) - 1);

			if (cell_rim(c, x, y) < 1) {
				in++;
				above += field_at(&c->ligament_noise, x, y) > level;
			}
		}
		if ((double)above > ligaments * (double)in)
			low = level;
		else
			high = level;
		c->ligament_level = level;
	}
}

static enum err set_fields(struct cell *c, const struct cell_settings *s, struct arena *arena)
{
	double px = 1 / c->pixel_um, lens = c->lens_radius;

	c->rough = (struct field){.seed = c->seed * 16 + 1,
		.size = s->grain * px,
		.sd = s->roughness * px,
		.octaves = 2};
	c->crack_rough = (struct field){.seed = c->seed * 16 + 2,
		.size = fmax(lens / 3, 2 * s->grain * px),
		/* a small lens with all of it would be all cliffs */
		.sd = fmin(s->crack_roughness * px, 0.05 * lens),
		.octaves = 5};
	c->front_noise = (struct field){
		.seed = c->seed * 16 + 5, .size = lens / 3, .sd = 0.05, .octaves = 3};
	c->aperture_noise = (struct field){
		.seed = c->seed * 16 + 8, .size = lens / 4, .sd = 0.15, .octaves = 3};
	c->fill_noise = (struct field){
		.seed = c->seed * 16 + 11, .size = lens / 3, .sd = 0.1, .octaves = 3};
	c->ligament_noise =
		(struct field){.seed = c->seed * 16 + 14, .size = lens / 6, .sd = 1, .octaves = 2};

	/* Beyond these the roughness is nought, or nothing of the lens is left. */
	TRY(field_keep(&c->rough, c->smooth_to, arena));
	struct field *of_lens[] = {&c->crack_rough, &c->front_noise, &c->aperture_noise,
		&c->fill_noise, &c->ligament_noise};
	double half = 1.5 * lens + hypot(c->lens_x, c->lens_y);

	for (size_t i = 0; i < sizeof(of_lens) / sizeof(*of_lens); i++)
		TRY(field_keep(of_lens[i], half, arena));
	return OK;
}

enum err cell_new(struct cell **cell, const struct cell_settings *s, double pixel_um, int64_t width,
	uint64_t seed, struct arena *arena)
{
	struct cell *c = ARENA_ZERO(arena, struct cell, 1);
	struct random r = random_start(seed, 'c', 0);
	double scale = isfinite(s->scale) ? s->scale : (double)width * pixel_um / 4000;
	double um = scale / pixel_um, tilt = 2 * M_PI * random_uniform(&r);

	NEED(c);
	*c = (struct cell){
		.pixel_um = pixel_um,
		.scale = scale,
		.tube_inner = s->tube_inner / 2 * um,
		.tube_outer = (s->tube_inner / 2 + s->tube_wall) * um,
		.ring_middle = (s->ring_inner + s->ring_cord) / 2 * um,
		.ring_half = s->ring_cord / 2 * um,
		.gap = s->gap * um,
		.pellet_radius = s->pellet_diameter / 2 * um,
		.rod = s->pellet_diameter / 2 * um,
		.pellet = s->pellet_height * um,
		.slope = {tan(s->tilt * M_PI / 180) * cos(tilt),
			tan(s->tilt * M_PI / 180) * sin(tilt)},
		.aperture = s->crack_aperture / pixel_um,
		.porosity = s->porosity,
		.pore_small = s->pore_small / pixel_um,
		.pore_large = s->pore_large / pixel_um,
		.seed = field_hash(seed, 'c', 0, 0) >> 8,
		.front_end = 1,
	};
	c->smooth_to = fade_to * c->ring_middle;
	c->smooth_from = fade_from * c->ring_middle;
	place_lens(c, s, um, &r);
	TRY(check_sizes(s, c));
	TRY(set_fields(c, s, arena));
	measure_lens(c, s->ligaments);
	place_branches(c, s->branches, &r);
	*cell = c;
	return OK;
}

double cell_sheet_stretch(const struct cell *c, const double p[3], double thick)
{
	const struct branch *branch = NULL;
	double best = INFINITY, z, open;

	if (p[2] < cell_lens(c, p[0], p[1]) + 0.01)
		return cell_lens_stretch(c, p[0], p[1]);
	for (int64_t i = 0; i < c->n_branches; i++) {
		const struct branch *b = &c->branches[i];

		if (cell_branch(c, b, 1, p[0], p[1], &z, &open) &&
			fabs(z - p[2] - thick / 2) < best) {
			best = fabs(z - p[2] - thick / 2);
			branch = b;
		}
	}
	return branch ? cell_branch_stretch(c, branch, p[0], p[1])
		      : cell_lens_stretch(c, p[0], p[1]);
}
