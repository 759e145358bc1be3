/* SPDX-License-Identifier: BSD-3-Clause
 * The optics against closed forms of physics: transport of intensity, Fresnel's edge, a weak Gaussian
 * phase object, the blurred edge, energy. */
#include "tests/optics_field.h"

#include <complex.h>
#include <stdbool.h>

enum { N = 64 }; /* pixels wanted across a test object */

/* lambda z, um^2 */
static double lambda_z(const struct field *f)
{
	return optics_wavelength(energy) * 1e3 * f->plan.distance_mm;
}

/* Along rows or along columns: objects of one coordinate are tested both ways. */
static struct field line_field(struct optics_plan plan, bool upright)
{
	return upright ? field_new(plan, N, 3) : field_new(plan, 3, N);
}

/* Something smooth of one coordinate, and what follows from it. Each is the mean over a Gaussian of
 * width `soft` of a sharp one, so that its derivatives are integrals over those of the Gaussian. */
struct profile {
	double soft;	      /* um */
	double step;	      /* of D, um, if it is an edge */
	double radius, delta; /* of a cylinder, if it is not */
	bool upright;	      /* varies with y */
};

static double gauss(double x, double s)
{
	return exp(-0.5 * x * x / (s * s)) / (s * sqrt(2 * M_PI));
}

/* Derivative of order 0, 1, 2 or 6 of a Gaussian: Hermite polynomials. */
static double gauss_derivative(double x, double s, int order)
{
	double t = x / s, t2 = t * t, hermite = 1;

	if (order == 1)
		hermite = -t;
	if (order == 2)
		hermite = t2 - 1;
	if (order == 5)
		hermite = -t * (t2 * t2 - 10 * t2 + 15);
	if (order == 6)
		hermite = t2 * t2 * t2 - 15 * t2 * t2 + 45 * t2 - 15;
	return hermite * gauss(x, s) / pow(s, order);
}

/* The same of D, blurred by `blur` um on top. The cylinder: chord 2 sqrt(R^2 - t^2), with t = R sin a, by the
 * midpoint rule, which converges fast for what vanishes at both ends. */
static double profile_value(const struct profile *p, double x, double blur, int order)
{
	enum { POINTS = 2000 };
	double s = sqrt(p->soft * p->soft + blur * blur), sum = 0;

	if (p->radius == 0)
		return order ? p->step * gauss_derivative(x, s, order - 1)
			     : 0.5 * p->step * (1 + erf(x / s * M_SQRT1_2));
	for (int i = 0; i < POINTS; i++) {
		double a = M_PI * ((i + 0.5) / POINTS - 0.5), c = cos(a) * p->radius;

		sum += 2 * p->delta * c * c * gauss_derivative(x - p->radius * sin(a), s, order);
	}
	return sum * M_PI / POINTS;
}

static double profile_D(double x, double y, const void *context)
{
	const struct profile *p = context;

	return profile_value(p, p->upright ? y : x, 0, 0);
}

/* The transport-of-intensity equation to first order in distance, I = 1 - lambda z / (2 pi) phi'' with
 * phi = -k D, thus 1 + z D''; blurred, and the mean over the pixel, which is a difference of D'.
 * What it leaves out, next order in each of two ways: lines that bend, z^2 / 2 (D'^2)'', and diffraction,
 * (lambda z / 4 pi)^3 / 3 phi''''''; their largest values and half as much again are the tolerance. */
static void check_transport(struct profile p, struct optics_plan plan)
{
	struct field f = line_field(plan, p.upright);
	double z = 1e3 * plan.distance_mm, blur = plan.blur_px * pixel, h = 0.05;
	double bent = 0, diffraction = 0, seen = 0, tolerance;

	field_fill(&f, f.D, profile_D, &p);
	field_apply(&f);
	for (int i = 0; i < 800; i++) { /* from -40 to 40 um, which is all of N pixels */
		double x = 0.1 * (i - 400), square[3];

		for (int k = 0; k < 3; k++)
			square[k] = pow(profile_value(&p, x + (k - 1) * h, 0, 1), 2);
		bent = fmax(
			bent, 0.5 * z * z * fabs(square[0] - 2 * square[1] + square[2]) / (h * h));
		diffraction =
			fmax(diffraction, pow(lambda_z(&f) / (4 * M_PI), 3) / 3 * wave_number() *
						  fabs(profile_value(&p, x, 0, 6)));
	}
	tolerance = 1.5 * (bent + diffraction) + 5e-6;
	for (int64_t i = 0; i < N; i++) {
		double x = pixel_at(i, N);
		double change = z / pixel *
				(profile_value(&p, x + 0.5 * pixel, blur, 1) -
					profile_value(&p, x - 0.5 * pixel, blur, 1));

		seen = fmax(seen, fabs(change));
		for (int64_t k = 0; k < 3; k++)
			assert_near(
				f.out[p.upright ? 3 * i + k : k * N + i], 1 + change, tolerance);
	}
	/* the test says something: fringes ten times what it allows */
	assert_true(seen > 10 * tolerance);
}

static void smooth_edge_has_the_fringe_of_transport(void **state)
{
	(void)state;
	for (int upright = 0; upright < 2; upright++)
		for (int64_t oversample = 1; oversample <= 3; oversample++) {
			check_transport(
				(struct profile){.soft = 5, .step = 2e-6, .upright = upright},
				plan_of(oversample, 500, 0.6));
			check_transport(
				(struct profile){.soft = 6, .step = -3e-6, .upright = upright},
				plan_of(oversample, 300, 0));
		}
}

static void smooth_cylinder_has_the_fringe_of_transport(void **state)
{
	(void)state;
	for (int upright = 0; upright < 2; upright++) {
		check_transport(
			(struct profile){
				.soft = 4, .radius = 25, .delta = 3e-8, .upright = upright},
			plan_of(2, 300, 0.6));
		check_transport(
			(struct profile){
				.soft = 5, .radius = 20, .delta = -2e-8, .upright = upright},
			plan_of(2, 500, 0));
	}
}

/* A dense cylinder spreads light: dark within its rim, bright outside, in words. */
static void rim_of_a_dense_body_is_dark_inside(void **state)
{
	struct profile p = {.soft = 1, .radius = 26, .delta = 1e-7};
	struct field f = line_field(plan_of(2, 500, 0.6), false);

	(void)state;
	field_fill(&f, f.D, profile_D, &p);
	field_apply(&f);
	/* the rims at 26 um, 20 pixels from the middle, are between pixels 51 and 52, and 11 and 12 */
	assert_true(f.out[N + 50] < 0.96F && f.out[N + 52] > 1.1F);
	assert_true(f.out[N + 13] < 0.96F && f.out[N + 11] > 1.1F);
}

/* Fresnel integrals C + iS from 0 to w, by Simpson's rule on the smooth integrand. */
static double complex fresnel(double w)
{
	int n = 2 * (50 + (int)(40 * w * w));
	double complex sum = 0;

	for (int i = 0; i <= n; i++) {
		double t = w * i / n;

		sum += (i == 0 || i == n ? 1 : i % 2 ? 4 : 2) * cexp(I * M_PI_2 * t * t);
	}
	return sum * w / (3 * n);
}

/* Intensity behind a phase that jumps from 0 to phi at x = 0 (Born and Wolf, 8.7.3, with two half planes):
 * the wave is 1 + (e^(i phi) - 1) E, E = (1 - i) / 2 (C + 1/2 + i (S + 1/2)) at x sqrt(2 / (lambda z)). */
static double edge_intensity(double x, double phi, double reach)
{
	double complex e = 0.5 * (1 - I) * (fresnel(x * sqrt(2 / reach)) + 0.5 * (1 + I));
	double complex wave = 1 + (cexp(I * phi) - 1) * e;

	return creal(wave) * creal(wave) + cimag(wave) * cimag(wave);
}

/* ... blurred by a Gaussian and a pixel, around x: midpoint rule, fine enough for 1e-5. */
static double edge_pixel(double x, double phi, double reach, double blur)
{
	const double h = 0.1;
	double sum = 0, weights = 0;

	for (double t = -5.5; t < 5.5; t += h) {
		double w = erf((t + 0.5 * pixel) / blur * M_SQRT1_2) -
			   erf((t - 0.5 * pixel) / blur * M_SQRT1_2);

		sum += w * edge_intensity(x + t, phi, reach);
		weights += w;
	}
	return sum / weights;
}

static double jump_D(double x, double y, const void *context)
{
	(void)y;
	return x > 0 ? *(const double *)context : 0;
}

enum { NEAR = 32 }; /* pixels around the edge */

/* What a sharp edge between two pixels looks like. */
static void edge_seen(int64_t oversample, double phi, double distance, double seen[NEAR])
{
	struct field f = line_field(plan_of(oversample, distance, 0.6), false);
	double D = -phi / wave_number();

	field_fill(&f, f.D, jump_D, &D);
	field_apply(&f);
	for (int i = 0; i < NEAR; i++)
		seen[i] = (double)f.out[N + (N - NEAR) / 2 + i];
}

/* A step sampled at distance h has its frequency f too strong by pi f h / sin(pi f h), about
 * 1 + (pi f h)^2 / 6. The highest frequency that a detector shows is half a cycle a pixel: 10 % there
 * with 2 samples a pixel, 2.6 % with 4, and no more is allowed. Being an error of the order h^2, it
 * goes away when both results are extrapolated to h = 0. Then what is left is light that a grid cannot
 * hold, beyond f = 0.7 of Nyquist for 2 samples: its interference with the beam, of which blur and pixel
 * let 1 % through, and its own intensity, A^2 / (4 pi^2 f^2 lambda z) where it would land, A =
 * |e^(i phi) - 1|; 4 samples lose half of it, and the extrapolation leaves a third. */
static void sharp_edge_has_the_fringes_of_fresnel(void **state)
{
	static const double phi[] = {0.5, -0.5, 1.2, -1.2}, distance[] = {300, 500, 800};
	double two[NEAR], four[NEAR], want[NEAR];

	(void)state;
	for (int c = 0; c < 12; c++) {
		double reach = optics_wavelength(energy) * 1e3 * distance[c % 3], most = 0;
		double held = 0.7 / pixel, amplitude = 2 * sin(0.5 * phi[c / 3]);
		double lost = pow(amplitude / (2 * M_PI * held), 2) / reach;

		edge_seen(2, phi[c / 3], distance[c % 3], two);
		edge_seen(4, phi[c / 3], distance[c % 3], four);
		for (int i = 0; i < NEAR; i++) {
			want[i] = edge_pixel(pixel_at(i, NEAR), phi[c / 3], reach, 0.6 * pixel);
			most = fmax(most, fabs(want[i] - 1));
		}
		assert_true(most > 0.15 * fabs(phi[c / 3]));
		for (int i = 0; i < NEAR; i++) {
			assert_near(two[i], want[i], 0.1 * most);
			assert_near(four[i], want[i], 0.026 * most);
			assert_near((4 * four[i] - two[i]) / 3, want[i], 0.01 * most + lost / 3);
		}
	}
}

/* A weak phase object: a Gaussian with axes that are turned, not separable. */
struct blob {
	double peak;			    /* of D, um */
	double long_axis, short_axis, turn; /* um, um, rad */
	double x, y;			    /* of its middle */
};

/* sqrt(det S / det M) exp(-r' M^-1 r / 2), with S the matrix of the blob and M = S + extra 1: a Gaussian
 * after convolution with one of variance `extra`, which propagation makes complex. */
static double complex spread_blob(const struct blob *b, double x, double y, double complex extra)
{
	double c = cos(b->turn), s = sin(b->turn), dx = x - b->x, dy = y - b->y;
	double u = c * dx + s * dy, v = c * dy - s * dx;
	double complex a2 = b->long_axis * b->long_axis + extra;
	double complex b2 = b->short_axis * b->short_axis + extra;

	return b->long_axis * b->short_axis / (csqrt(a2) * csqrt(b2)) *
	       cexp(-0.5 * (u * u / a2 + v * v / b2));
}

static double blob_D(double x, double y, const void *context)
{
	const struct blob *b = context;

	return b->peak * creal(spread_blob(b, x, y, 0));
}

/* Mean over the pixel: by Gauss and Legendre's 3 x 3 points, exact to the fifth power; without blur it is the
 * mean over the samples, 2 x 2 of them. */
static double complex blob_pixel(const struct blob *b, double x, double y, double complex extra)
{
	bool blurred = creal(extra) > 0;
	int n = blurred ? 3 : 2;
	double at[3] = {-0.387298334620742, 0, 0.387298334620742},
	       weight[] = {5. / 18, 8. / 18, 5. / 18};
	double complex sum = 0;

	if (!blurred)
		at[0] = -0.25, at[1] = 0.25, weight[0] = weight[1] = 0.5;
	for (int i = 0; i < n * n; i++)
		sum += weight[i / n] * weight[i % n] *
		       spread_blob(b, x + at[i % n] * pixel, y + at[i / n] * pixel, extra);
	return sum;
}

/* To first order in phi = -k D, I - 1 = 2 Re(i phi_z), where the propagated phi_z is the Gaussian with
 * variances larger by i lambda z / (2 pi); blur adds its own variance. Half the difference of the
 * intensities of phi and -phi has no second order; the third is phi^3 / 3 of terms of size 1. */
static void check_blob(struct blob b, struct optics_plan plan)
{
	enum { SIDE = 25 };
	struct field f = field_new(plan, SIDE, SIDE), g = field_new(plan, SIDE, SIDE);
	double blur = plan.blur_px * pixel, seen = 0, phi = wave_number() * fabs(b.peak);
	double complex extra = blur * blur + I * lambda_z(&f) / (2 * M_PI);
	struct blob opposite = b;

	opposite.peak = -b.peak;
	field_fill(&f, f.D, blob_D, &b);
	field_fill(&g, g.D, blob_D, &opposite);
	field_apply(&f);
	field_apply(&g);
	for (int64_t i = 0; i < SIDE; i++)
		for (int64_t j = 0; j < SIDE; j++) {
			double complex field =
				blob_pixel(&b, pixel_at(j, SIDE), pixel_at(i, SIDE), extra);
			double want = copysign(2 * phi, b.peak) * cimag(field), half;

			half = 0.5 * ((double)f.out[i * SIDE + j] - (double)g.out[i * SIDE + j]);
			assert_near(half, want, pow(phi, 3) / 3 + 3e-4 * phi + 5e-6);
			seen = fmax(seen, fabs(want));
		}
	assert_true(seen > 0.1 * phi);
}

static void weak_gaussian_phase_has_its_closed_form(void **state)
{
	(void)state;
	/* 1.5 um is 2.3 samples: 0.7 of Nyquist has 6e-5 of it */
	check_blob((struct blob){1e-7, 1.5, 1.5, 0, 0, 0}, plan_of(2, 500, 0.6));
	check_blob((struct blob){1e-7, 4, 1.5, 0.5, 1, -2}, plan_of(2, 500, 0.6));
	check_blob((struct blob){1e-7, 4, 1.5, 0.5, -3.3, 1.2}, plan_of(2, 900, 0));
	check_blob((struct blob){-1e-7, 3, 1.7, 2, 0.4, 0.1}, plan_of(2, 300, 0.6));
	check_blob((struct blob){1e-7, 2, 1, 2, 0.4, 0.1}, plan_of(4, 500, 0.4));
}

/* exp(-T) is a smoothed edge from 0.3 to 0.8. */
static double edge_T(double x, double y, const void *context)
{
	double soft = *(const double *)context;

	(void)y;
	return -log(0.55 + 0.25 * erf(x / soft * M_SQRT1_2));
}

/* Integral of the error function of a Gaussian of width s, divided by 2. */
static double ramp(double x, double s)
{
	return 0.5 * x * erf(x / s * M_SQRT1_2) + s * s * gauss(x, s);
}

/* Without propagation an edge as soft as s is, after the blur, one of width sqrt(s^2 + sigma^2), and a pixel
 * sees its mean. Widths of 0.9 samples and more leave exp(-2 pi^2 0.9^2) = 1e-7 to the grid. The cut of the
 * Gaussian at 4 sigma moves 6e-5 of the weight of a step of 0.5: 3e-5. */
static void blurred_edge_is_the_error_function(void **state)
{
	(void)state;
	for (int64_t oversample = 1; oversample <= 4; oversample++)
		for (int k = 0; k < 3; k++) {
			double sample = pixel / (double)oversample, soft = 1.6 * sample;
			double sigma = (0.9 + 0.4 * k) * sample,
			       s = sqrt(soft * soft + sigma * sigma);
			struct field f = line_field(plan_of(oversample, 0, sigma / pixel), false);

			field_fill(&f, f.T, edge_T, &soft);
			field_apply(&f);
			for (int64_t i = 0; i < N; i++) {
				double x = pixel_at(i, N);
				double mean = 0.55 + 0.5 / pixel *
							     (ramp(x + 0.5 * pixel, s) -
								     ramp(x - 0.5 * pixel, s));

				assert_near(f.out[N + i], mean, 3e-5);
			}
		}
}

static double jump_T(double x, double y, const void *context)
{
	(void)context;
	(void)x;
	return -log(y > 0 ? 0.8 : 0.3);
}

/* A sharp edge between two samples: a sum for an integral errs by h^2 / 24 of the slope of what is
 * summed, which is Gaussian and pixel: at most 1 / (sqrt(2 pi) sigma pixel). */
static void sharp_edge_is_the_error_function_to_second_order(void **state)
{
	(void)state;
	for (int64_t oversample = 2; oversample <= 4; oversample++) {
		struct field f = line_field(plan_of(oversample, 0, 0.6), true);
		double s = 0.6 * pixel, h = pixel / (double)oversample;
		double tolerance = 0.5 * h * h / 24 / (sqrt(2 * M_PI) * s * pixel) + 3e-5;

		field_fill(&f, f.T, jump_T, NULL);
		field_apply(&f);
		for (int64_t i = 0; i < N; i++) {
			double x = pixel_at(i, N);
			double mean =
				0.55 +
				0.5 / pixel * (ramp(x + 0.5 * pixel, s) - ramp(x - 0.5 * pixel, s));

			assert_near(f.out[3 * i + 1], mean, tolerance);
		}
	}
}

static double block_D(double x, double y, const void *context)
{
	return fabs(x) < 9 && fabs(y) < 7 ? *(const double *)context : 0;
}

static double hill_D(double x, double y, const void *context)
{
	return *(const double *)context * exp(-(x * x + y * y + x * y) / 40);
}

static double mean_change(const struct field *f)
{
	double sum = 0;

	for (int64_t i = 0; i < f->n_row * f->n_col; i++)
		sum += (double)f->out[i] - 1;
	return sum * pixel * pixel;
}

/* Nothing is absorbed, so that what is missing in one place is found in another: the sum of I - 1 times
 * area, over a region that all of it stays in. For a smooth hill nothing is lost: 3e-4 in each of two
 * passes, twice in intensity, of what is scattered at all (I - 1 in absolute value). A sharp block loses
 * what it scatters beyond 0.7 of Nyquist, A^2 / (2 pi^2 f) a um of its rim, A = |e^(i phi) - 1|, and never
 * gains. */
static void phase_alone_takes_no_energy(void **state)
{
	struct field f = field_new(plan_of(2, 500, 0.6), N, N);
	struct field g = field_new(plan_of(2, 500, 0.6), N, N);
	double peak = 3e-5 /* 12 rad */, block = 2e-6, moved = 0, amplitude, lost;

	(void)state;
	field_fill(&f, f.D, hill_D, &peak);
	field_apply(&f);
	for (int64_t i = 0; i < N * N; i++)
		moved += fabs((double)f.out[i] - 1) * pixel * pixel;
	assert_true(moved > 50); /* um^2 */
	assert_near(mean_change(&f), 0, 1.2e-3 * moved);
	field_fill(&g, g.D, block_D, &block);
	field_apply(&g);
	amplitude = 2 * sin(0.5 * wave_number() * block);
	lost = amplitude * amplitude / (2 * M_PI * M_PI * 0.7 / 1.3) * 2 * (18 + 14);
	assert_true(mean_change(&g) < 0 && mean_change(&g) > -lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smooth_edge_has_the_fringe_of_transport),
		cmocka_unit_test(smooth_cylinder_has_the_fringe_of_transport),
		cmocka_unit_test(rim_of_a_dense_body_is_dark_inside),
		cmocka_unit_test(sharp_edge_has_the_fringes_of_fresnel),
		cmocka_unit_test(weak_gaussian_phase_has_its_closed_form),
		cmocka_unit_test(blurred_edge_is_the_error_function),
		cmocka_unit_test(sharp_edge_is_the_error_function_to_second_order),
		cmocka_unit_test(phase_alone_takes_no_energy),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
