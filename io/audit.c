/* SPDX-License-Identifier: BSD-3-Clause
 * Rows are read in a few bands over the height, so that one frame costs a few short reads. */
#include "io/audit.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BANDS = 4, FIELD_FRAMES = 8, HISTOGRAM = 4000 };
static const double MAX_BYTES = 2e9; /* of pixels read for the intensity of the frames */

static void find(struct audit *a, bool serious, const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static void find(struct audit *a, bool serious, const char *code, const char *format, ...)
{
	struct finding *f;
	va_list args;

	if (a->n_findings == MAX_FINDINGS)
		return;
	f = &a->findings[a->n_findings++];
	f->serious = serious;
	f->code = code;
	va_start(args, format);
	vsnprintf(f->text, sizeof(f->text), format, args);
	va_end(args);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_of(double *values, int64_t n)
{
	if (n < 1)
		return NAN;
	qsort(values, (size_t)n, sizeof(double), compare_doubles);
	return values[n / 2];
}

static void report_angles(struct audit *a)
{
	int64_t n = a->scan->n_proj;
	double step;

	if (a->scan->angle_note[0])
		find(a, false, "angles_policy", "%s", a->scan->angle_note);
	if (a->repeated)
		find(a, true, "angle_repeated", "%lld projections repeat the angle before them",
			(long long)a->repeated);
	if (a->gaps)
		find(a, a->missing > n / 100 + 1, "angle_gap",
			"%lld gaps in the sweep, about %lld projections are missing",
			(long long)a->gaps, (long long)a->missing);
	if (a->reversals)
		find(a, true, "angle_reversal", "the sweep changes its direction %lld times",
			(long long)a->reversals);
	if (a->direction < 0)
		find(a, false, "swept_backwards", "the angles decrease: swept backwards");
	if (a->worst_step_error > 0.5 && !a->gaps && !a->repeated)
		find(a, false, "uneven_sweep",
			"steps between angles differ by up to %.2f of a step", a->worst_step_error);
	/* views taken several times have a step of 0 */
	step = fmax(fabs(a->step), a->span / fmax(1, (double)(n - 1 - a->repeated)));
	if (a->span + step < 179)
		find(a, true, "limited_angle",
			"the angles span %.2f degrees: less than the 180 needed", a->span);
}

static enum err audit_angles(struct audit *a, struct arena *arena)
{
	const double *angle = a->scan->angle;
	int64_t n = a->scan->n_proj, steps = 0;
	double *step = ARENA_NEW(arena, double, n), low = angle[0], high = angle[0];

	NEED(step);
	a->first = angle[0];
	a->last = angle[n - 1];
	for (int64_t i = 1; i < n; i++)
		step[steps++] = angle[i] - angle[i - 1];
	a->step = median_of(step, steps);
	a->direction = a->step < 0 ? -1 : 1;
	for (int64_t i = 1; i < n; i++) {
		double k = (angle[i] - angle[i - 1]) / a->step;

		low = fmin(low, angle[i]);
		high = fmax(high, angle[i]);
		a->repeated += angle[i] == angle[i - 1] && a->step == 0;
		if (!isfinite(k) || a->step == 0)
			continue;
		a->worst_step_error = fmax(a->worst_step_error, fabs(k - 1));
		a->repeated += fabs(k) < 0.02;
		a->reversals += k < -0.02;
		a->gaps += k > 1.6;
		a->missing += k > 1.6 ? (int64_t)(k - 0.5) : 0;
	}
	a->span = high - low;
	a->closes_180 = fabs(fmod(fabs(a->last - a->first), 360) - 180) < 0.1 * fabs(a->step);
	report_angles(a);
	return OK;
}

static void to_float(const void *raw, enum sample type, int64_t n, float *out)
{
	for (int64_t i = 0; i < n; i++) {
		switch (type) {
		case SAMPLE_U8:
			out[i] = ((const uint8_t *)raw)[i];
			break;
		case SAMPLE_U16:
			out[i] = ((const uint16_t *)raw)[i];
			break;
		default:
			out[i] = ((const float *)raw)[i];
		}
	}
}

static enum err read_float(struct scan *s, enum frame_kind kind, int group, int64_t frame,
	int64_t row0, int64_t row1, void *raw, float *out)
{
	TRY(scan_read(s, kind, group, frame, 1, row0, row1, raw));
	to_float(raw, scan_type(s, kind, group), (row1 - row0) * s->n_col, out);
	return OK;
}

/* The mean of at most FIELD_FRAMES frames of a group over the whole detector, in `field`. */
static enum err mean_field(struct scan *s, enum frame_kind kind, int group, int64_t n, float *field,
	void *raw, float *frame)
{
	int64_t use = n < FIELD_FRAMES ? n : FIELD_FRAMES, pixels = s->n_row * s->n_col;

	memset(field, 0, (size_t)pixels * sizeof(float));
	for (int64_t f = 0; f < use; f++) {
		TRY(read_float(s, kind, group, f * n / use, 0, s->n_row, raw, frame));
		for (int64_t i = 0; i < pixels; i++)
			field[i] += frame[i] / (float)use;
	}
	return OK;
}

/* Median and median absolute deviation of about 100000 values. */
static enum err field_level(
	const float *field, int64_t pixels, struct arena *arena, double *median, double *deviation)
{
	int64_t step = pixels / 100000 + 1, n = 0;
	double *v = ARENA_NEW(arena, double, pixels / step + 1);

	NEED(v);
	for (int64_t i = 0; i < pixels; i += step)
		if (isfinite(field[i]))
			v[n++] = (double)field[i];
	*median = median_of(v, n);
	for (int64_t i = 0; i < n; i++)
		v[i] = fabs(v[i] - *median);
	*deviation = 1.4826 * median_of(v, n);
	return OK;
}

struct fields_seen {
	float *dark, *flat; /* NULL: none */
	void *raw;
	float *frame;
};

static void judge_fields(struct audit *a, const struct fields_seen *f, double dark_deviation)
{
	double level = a->flat_level - (f->dark ? a->dark_level : 0);

	for (int64_t i = 0; i < a->pixels; i++) {
		double dark = f->dark ? (double)f->dark[i] : 0;

		a->hot += f->dark &&
			  !(dark < a->dark_level + 10 * dark_deviation + 0.05 * fabs(level));
		a->zero_flats += f->flat && !((double)f->flat[i] - dark > 0);
		a->dead += f->flat && !((double)f->flat[i] - dark > 0.05 * level);
	}
	if (a->zero_flats)
		find(a, a->zero_flats > a->pixels / 100, "zero_flats",
			"%lld pixels (%.3f %%) have flats that are not above the darks: recon "
			"interpolates "
			"them",
			(long long)a->zero_flats, 100 * (double)a->zero_flats / (double)a->pixels);
	if (a->dead > a->zero_flats)
		find(a, a->dead > a->pixels / 50, "dead_pixels",
			"%lld pixels give less than 5 %% of the "
			"signal of the others",
			(long long)a->dead);
	if (a->hot)
		find(a, a->hot > a->pixels / 50, "hot_pixels",
			"%lld pixels are bright in the darks", (long long)a->hot);
}

static enum err audit_fields(struct audit *a, struct fields_seen *f, struct arena *arena)
{
	struct scan *s = (struct scan *)a->scan;
	double deviation = 0, last, unused;

	a->pixels = s->n_row * s->n_col;
	f->raw = arena_alloc(arena, a->pixels, 4);
	f->frame = ARENA_NEW(arena, float, a->pixels);
	NEED(f->raw);
	NEED(f->frame);
	a->flat_ratio = NAN;
	if (s->n_dark_groups) {
		NEED(f->dark = ARENA_NEW(arena, float, a->pixels));
		TRY(mean_field(s, FRAME_DARK, 0, s->darks[0].n, f->dark, f->raw, f->frame));
		TRY(field_level(f->dark, a->pixels, arena, &a->dark_level, &deviation));
	} else {
		find(a, true, "no_darks",
			"there are no darks: give them with --darks or --darks-flats");
	}
	if (!s->n_flat_groups) {
		find(a, true, "no_flats",
			"there are no flats: give them with --flats or --darks-flats");
		return OK;
	}
	NEED(f->flat = ARENA_NEW(arena, float, a->pixels));
	if (s->n_flat_groups > 1) {
		int g = s->n_flat_groups - 1;

		TRY(mean_field(s, FRAME_FLAT, g, s->flats[g].n, f->flat, f->raw, f->frame));
		TRY(field_level(f->flat, a->pixels, arena, &last, &unused));
	}
	TRY(mean_field(s, FRAME_FLAT, 0, s->flats[0].n, f->flat, f->raw, f->frame));
	TRY(field_level(f->flat, a->pixels, arena, &a->flat_level, &unused));
	if (s->n_flat_groups > 1)
		a->flat_ratio = (last - a->dark_level) / (a->flat_level - a->dark_level);
	judge_fields(a, f, deviation);
	if (fabs(a->flat_ratio - 1) > 0.1)
		find(a, false, "flat_drift", "the flats after the scan are %.1f %% of those before",
			100 * a->flat_ratio);
	return OK;
}

/* Transmission where flats exist, else the value itself. */
static float transmission(const struct fields_seen *f, int64_t pixel, float value)
{
	float dark = f->dark ? f->dark[pixel] : 0;
	float beam = f->flat ? f->flat[pixel] - dark : 1;

	return beam > 0 ? (value - dark) / beam : NAN;
}

struct sums {
	double sum;
	int64_t n;
	int64_t histogram[HISTOGRAM]; /* transmission 0 to 4 */
};

static void add_rows(struct audit *a, const struct fields_seen *f, const float *rows, int64_t row0,
	int64_t n_rows, struct sums *sums)
{
	enum sample type = a->scan->type;
	float most = type == SAMPLE_U8 ? 255.0f : type == SAMPLE_U16 ? 65535.0f : NAN;

	for (int64_t i = 0; i < n_rows * a->scan->n_col; i++) {
		float t = transmission(f, row0 * a->scan->n_col + i, rows[i]);
		double bin;

		a->saturated += rows[i] >= most;
		a->not_finite += !isfinite(rows[i]);
		if (!isfinite(t))
			continue;
		sums->sum += (double)t;
		sums->n++;
		bin = (double)t * HISTOGRAM / 4;
		sums->histogram[bin < 0 ? 0 : bin > HISTOGRAM - 1 ? HISTOGRAM - 1 : (int)bin]++;
	}
}

static double histogram_at(const struct sums *s, double share)
{
	int64_t total = 0, seen = 0;

	for (int i = 0; i < HISTOGRAM; i++)
		total += s->histogram[i];
	for (int i = 0; i < HISTOGRAM; i++) {
		seen += s->histogram[i];
		if ((double)seen >= share * (double)total)
			return 4 * (i + 0.5) / HISTOGRAM;
	}
	return NAN;
}

static enum err audit_frames(struct audit *a, const struct fields_seen *f, struct arena *arena)
{
	struct scan *s = (struct scan *)a->scan;
	double frame_bytes = (double)(s->n_row * s->n_col * sample_bytes(s->type));
	double all = frame_bytes * (double)s->n_proj;
	int64_t every =
		s->compressed && all > 2 * MAX_BYTES ? (int64_t)(all / (2 * MAX_BYTES)) + 1 : 1;
	int64_t band = all > MAX_BYTES ? (int64_t)(MAX_BYTES / all * (double)s->n_row / BANDS) : 0;
	struct sums *sums = ARENA_ZERO(arena, struct sums, 1);
	int64_t bands = BANDS;

	if (s->compressed || band < 1 || band * BANDS >= s->n_row)
		band = all > MAX_BYTES && !s->compressed ? 1 : s->n_row;
	if (band == s->n_row)
		bands = 1;
	a->sampled_rows = band * bands;
	a->intensity = ARENA_NEW(arena, double, s->n_proj);
	a->frame = ARENA_NEW(arena, double, s->n_proj);
	a->sinogram = ARENA_NEW(arena, float, (s->n_proj / every + 1) * s->n_col);
	NEED(sums);
	NEED(a->intensity);
	NEED(a->frame);
	NEED(a->sinogram);
	for (int64_t p = 0; p < s->n_proj; p += every) {
		int64_t k = a->sampled_frames, middle = s->n_row / 2;

		sums->sum = 0;
		sums->n = 0;
		for (int64_t b = 0; b < bands; b++) {
			int64_t row0 =
				bands == 1 ? 0 : (2 * b + 1) * s->n_row / (2 * bands) - band / 2;

			TRY(read_float(
				s, FRAME_PROJECTION, 0, p, row0, row0 + band, f->raw, f->frame));
			add_rows(a, f, f->frame, row0, band, sums);
			if (bands == 1)
				for (int64_t x = 0; x < s->n_col; x++)
					a->sinogram[k * s->n_col + x] =
						transmission(f, middle * s->n_col + x,
							f->frame[middle * s->n_col + x]);
		}
		if (bands > 1) {
			TRY(read_float(
				s, FRAME_PROJECTION, 0, p, middle, middle + 1, f->raw, f->frame));
			for (int64_t x = 0; x < s->n_col; x++)
				a->sinogram[k * s->n_col + x] =
					transmission(f, middle * s->n_col + x, f->frame[x]);
		}
		a->frame[k] = (double)p;
		a->intensity[k] = sums->n ? sums->sum / (double)sums->n : NAN;
		a->sampled_frames++;
	}
	a->transmission_low = histogram_at(sums, 0.001);
	a->transmission_high = histogram_at(sums, 0.999);
	return OK;
}

/* A frame much darker or brighter than its neighbours over the scan. */
static enum err judge_frames(struct audit *a, const struct fields_seen *f, struct arena *arena)
{
	int64_t n = a->sampled_frames, odd = 0, first = -1;
	double values = (double)(a->sampled_frames * a->sampled_rows * a->scan->n_col), median;
	double *sorted = ARENA_NEW(arena, double, n);

	NEED(sorted);
	memcpy(sorted, a->intensity, (size_t)n * sizeof(double));
	median = median_of(sorted, n);
	for (int64_t i = 0; i < n; i++) {
		if (fabs(a->intensity[i] / median - 1) > 0.3 || !isfinite(a->intensity[i])) {
			odd++;
			first = first < 0 ? (int64_t)a->frame[i] : first;
		}
	}
	if (odd)
		find(a, odd > n / 100 + 1, "beam_loss",
			"%lld projections are more than 30 %% brighter or darker than the median, "
			"the first is "
			"%lld",
			(long long)odd, (long long)first);
	if (a->saturated)
		find(a, (double)a->saturated > 0.001 * values, "saturated",
			"%lld sampled values (%.4f %%) are at the largest number of the detector",
			(long long)a->saturated, 100 * (double)a->saturated / values);
	if (a->not_finite)
		find(a, false, "not_finite", "%lld sampled values are NaN or infinite",
			(long long)a->not_finite);
	if (f->flat && median > 1.05)
		find(a, true, "flats_do_not_fit",
			"projections are brighter than the flats (mean transmission %.3f): other "
			"exposure or "
			"wrong flats",
			median);
	else if (f->flat && a->transmission_high > 1.3)
		find(a, false, "bright_spots",
			"transmission reaches %.2f: zingers, phase fringes or "
			"flats that do not fit",
			a->transmission_high);
	return OK;
}

static void judge_exposure(struct audit *a)
{
	const double *t = a->scan->exposure;
	static const char *const names[] = {"projections", "flats", "darks"};

	for (int k = 1; k < 3; k++)
		if (isfinite(t[0]) && isfinite(t[k]) && fabs(t[k] / t[0] - 1) > 0.01)
			find(a, true, "exposure_mismatch",
				"%s were exposed %.4g s, projections %.4g s", names[k], t[k], t[0]);
}

static enum err keep_projections(struct audit *a, const struct fields_seen *f, struct arena *arena)
{
	struct scan *s = (struct scan *)a->scan;

	for (int k = 0; k < 3; k++) {
		float *image = ARENA_NEW(arena, float, a->pixels);

		NEED(image);
		a->projection_index[k] = k * (s->n_proj - 1) / 2;
		TRY(read_float(s, FRAME_PROJECTION, 0, a->projection_index[k], 0, s->n_row, f->raw,
			image));
		for (int64_t i = 0; i < a->pixels; i++)
			image[i] = transmission(f, i, image[i]);
		a->projection[k] = image;
	}
	return OK;
}

enum err audit_scan(struct audit *a, struct scan *scan, struct arena *arena)
{
	struct fields_seen fields = {0};

	memset(a, 0, sizeof(*a));
	a->scan = scan;
	TRY(audit_angles(a, arena));
	TRY(audit_fields(a, &fields, arena));
	TRY(audit_frames(a, &fields, arena));
	TRY(judge_frames(a, &fields, arena));
	judge_exposure(a);
	return keep_projections(a, &fields, arena);
}
