/* SPDX-License-Identifier: BSD-3-Clause
 * Chords of a row of rays with the cell's smooth parts; see truth/solids.h. Double throughout: the
 * difference of squares of a grazing ray has few digits. */
#include "core/isa.h"
#include "truth/larger.h"
#include "truth/solids_kernels.h"

#include <math.h>

/* Half the chord with a circle of radius r, for a ray that passes the axis at distance b; root: length of
 * `along` seen along the axis. */
static inline double half_chord(double r, double b, double root)
{
	return sqrt(larger(0, (r - b) * (r + b))) / root;
}

/* Integral of min(max(x, 0), 1) from 0 to x. */
static inline double area_below(double x)
{
	double inside = smaller(larger(x, 0), 1);

	return inside * inside / 2 + larger(x - 1, 0);
}

/* Length of a chord of half length `half` that lies below a plane, mean over a row of height 1: `middle`
 * is the depth of the chord's middle below the plane in rows, `rise` its change along the ray. */
static inline double below(double middle, double rise, double half)
{
	double width = larger(2 * fabs(rise) * half, 1e-6), centre = middle + 0.5;
	double share = (area_below(centre + width / 2) - area_below(centre - width / 2)) / width;

	return 2 * half * share;
}

/* What all parts need of ray i. */
struct nearest {
	double b, z, x, y, s; /* distance from the axis, the point there, its place along the ray */
};

static inline struct nearest approach(const struct ray_row *row, int32_t i, double a)
{
	double x = row->from[0] + i * row->step[0], y = row->from[1] + i * row->step[1];
	double z = row->from[2] + i * row->step[2];
	double s = -(x * row->along[0] + y * row->along[1]) / a;
	double cross = (x * row->along[1] - y * row->along[0]) / sqrt(a);

	return (struct nearest){fabs(cross), z + s * row->along[2], x + s * row->along[0],
		y + s * row->along[1], s};
}

static void pillars(const struct cell *c, const struct ray_row *row, const struct ray_lengths *out)
{
	const double a = row->along[0] * row->along[0] + row->along[1] * row->along[1];
	const double root = sqrt(a), per_row = 1 / row->height, dz = row->along[2] * per_row;
	const double p0 = c->slope[0], p1 = c->slope[1];
	const double dface = (row->along[2] - p0 * row->along[0] - p1 * row->along[1]) * per_row;
	float *nasicon = out->nasicon, *far = out->far, *al = out->al, *na = out->na,
	      *peek = out->peek;

	for (int32_t i = 0; i < row->n; i++) {
		struct nearest m = approach(row, i, a);
		double rod = half_chord(c->rod, m.b, root);
		double pellet = half_chord(c->pellet_radius, m.b, root);
		double face = (m.z - p0 * m.x - p1 * m.y) * per_row;
		double foot = (m.z - c->pellet) * per_row, top = (m.z + c->gap) * per_row;

		double ceramic = below(face, dface, pellet) - below(foot, dz, pellet);
		/* the chord within reach is centred where the ray passes the rotation axis */
		double near = half_chord(row->reach, fabs(row->t0 + i * row->dt), 1);
		double from = larger(-near - m.s, -pellet), to = smaller(near - m.s, pellet);
		double middle = (from + to) / 2, half = larger(0, (to - from) / 2);

		nasicon[i] = (float)ceramic;
		far[i] = (float)(ceramic - below(face + middle * dface, dface, half) +
				 below(foot + middle * dz, dz, half));
		al[i] = (float)(2 * rod - below(top, dz, rod));
		na[i] = (float)below(foot, dz, rod);
		peek[i] = (float)(2 * half_chord(c->tube_outer, m.b, root) -
				  2 * half_chord(c->tube_inner, m.b, root));
	}
}

/* Half thickness of the O-ring at height z. */
static inline double cord_at(const struct cell *c, double z)
{
	double h = z * (2 / c->gap) + 1;

	return c->ring_half * sqrt(larger(0, 1 - h * h));
}

/* Where the ray crosses the surface ring_middle + side * cord, going one way (`way` +-1) from its nearest
 * point: the radius depends on the height, and the height, a little, on how far one goes. */
static inline double ring_end(
	const struct cell *c, double b, double z, double dz, double root, double side, double way)
{
	double s = 0;

	for (int round = 0; round < 5; round++)
		s = way * half_chord(c->ring_middle + side * cord_at(c, z + s * dz), b, root);
	return s;
}

/* Length between the collector and the interface inside a surface of the O-ring. */
static inline double inside_ring(const struct cell *c, const struct nearest *m, double dz,
	double root, double side, double per_row, double dface, double face)
{
	double s0 = ring_end(c, m->b, m->z, dz, root, side, -1);
	double s1 = ring_end(c, m->b, m->z, dz, root, side, 1);
	double middle = (s0 + s1) / 2, half = (s1 - s0) / 2;

	return below((m->z + c->gap + middle * dz) * per_row, dz * per_row, half) -
	       below(face + middle * dface, dface, half);
}

static void liquid(const struct cell *c, const struct ray_row *row, const struct ray_lengths *out)
{
	const double a = row->along[0] * row->along[0] + row->along[1] * row->along[1];
	const double root = sqrt(a), per_row = 1 / row->height, dz = row->along[2];
	const double p0 = c->slope[0], p1 = c->slope[1];
	const double dface = (dz - p0 * row->along[0] - p1 * row->along[1]) * per_row;
	float *nak = out->nak, *ring = out->ring;

	for (int32_t i = 0; i < row->n; i++) {
		struct nearest m = approach(row, i, a);
		double face = (m.z - p0 * m.x - p1 * m.y) * per_row;
		double in = inside_ring(c, &m, dz, root, -1, per_row, dface, face);
		double all = inside_ring(c, &m, dz, root, 1, per_row, dface, face);

		nak[i] = (float)in;
		ring[i] = (float)(all - in);
	}
}

/* Rays that a sample is averaged over, each way; more of them at the rim, where the chord is a root. */
enum { BALL_SUB = 2, RIM_SUB = 8 };

/* The chord of a ray (du, dv) fine samples from the middle of the ball; per_row: rays in a sample's height. */
static inline double ball_chord(const struct ball_row *b, double du, double dv, double per_row)
{
	double rest = b->radius * b->radius - dv * dv - du * du;
	double half = sqrt(larger(rest, 0)), chord = 2 * half;

	if (b->clip)
		chord -= below((dv * b->down - b->plane - du * b->across) * per_row,
			-b->along * per_row, half);
	return chord;
}

static double ball_sample(const struct ball_row *b, double du, int sub)
{
	double sum = 0;

	for (int k = 0; k < sub * sub; k++)
		sum += ball_chord(b, du + (k % sub + 0.5) / sub - 0.5,
			b->row + (k / sub + 0.5) / sub - 0.5, sub);
	return sum / (sub * sub);
}

static void ball(const struct ball_row *b, float *line)
{
	const double weight = b->scale / (BALL_SUB * BALL_SUB);
	const double from = larger(0, b->radius - 2), to = b->radius + 0.8;

	for (int k = 0; k < BALL_SUB * BALL_SUB; k++) {
		double dv = b->row + (k / BALL_SUB + 0.5) / BALL_SUB - 0.5;
		double du0 = (k % BALL_SUB + 0.5) / BALL_SUB - b->column;

		for (int32_t i = b->first; i < b->last; i++)
			line[i] -= (float)(weight * ball_chord(b, i + du0, dv, BALL_SUB));
	}
	for (int32_t i = b->first; i < b->last; i++) {
		double du = i + 0.5 - b->column, d2 = du * du + b->row * b->row;

		if (d2 > from * from && d2 < to * to)
			line[i] -= (float)(b->scale * (ball_sample(b, du, RIM_SUB) -
							      ball_sample(b, du, BALL_SUB)));
	}
}

static void weigh(const struct ray_lengths *l, const float *const shade[N_SHADES],
	const double per_px[N_PARTS], double porosity, int32_t n, float *sum)
{
	const float nasicon = (float)per_px[PART_NASICON], nak = (float)per_px[PART_NAK];
	const float al = (float)per_px[PART_AL], na = (float)per_px[PART_NA];
	const float peek = (float)per_px[PART_PEEK], ring = (float)per_px[PART_RING];
	const float thin = (float)porosity, *solid = shade[SHADE_NASICON];
	const float *liquid_shade = shade[SHADE_NAK], *swap = shade[SHADE_SWAP];

	for (int32_t i = 0; i < n; i++) {
		float ceramic = l->nasicon[i] - thin * l->far[i] + solid[i] + swap[i];
		float fluid = l->nak[i] + liquid_shade[i] - swap[i];

		sum[i] = nasicon * ceramic + nak * fluid + al * l->al[i] + na * l->na[i] +
			 peek * l->peek[i] + ring * l->ring[i];
	}
}

const struct solids_kernels ISA_NAME(solids_kernels) = {pillars, liquid, ball, weigh};
