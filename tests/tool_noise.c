/* SPDX-License-Identifier: BSD-3-Clause
 * noise [--correlated] [--rings A] [--cupping A] VOLUME OUT NOISE BLUR [OFFSET] [SEED] [none]: a true attenuation
 * (simulate --attenuation) as a volume that a scan could have given: blurred by a Gaussian of BLUR voxels, with
 * noise of NOISE 1/cm r.m.s. and, with OFFSET, an offset that goes up and down along z. Beyond the circle of view it
 * is 0. none: nothing but the noise.
 * --correlated: not white in the planes, but with the spectrum that filtered back-projection with a hann window gives
 *   to white noise of the projections: power f hann(f)^2 (Riederer, Pelc and Chesler 1978, doi:10.1088/0031-9155/23/3/008);
 *   planes stay independent of each other.
 * --rings A: rings of a voxel's width about the middle, A 1/cm r.m.s., half of their power the same in all planes.
 * --cupping A: the middle lies A 1/cm below the rim, as a parabola.
 * Random numbers are started anew for each row: bytes do not depend on threads. It shares no code with segment/. */
#include "core/parallel.h"
#include "io/hdf5_write.h"
#include "io/volume_view.h"
#include "recon/fft.h"
#include "truth/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RINGS = 1, ROWS = 2, MOST_TAPS = 64 }; /* streams of random numbers */

struct job {
	const char *in, *out;
	double noise, sigma, offset, rings, cupping;
	uint64_t seed;
	bool correlated, nothing;
	struct arena *arena;
	int64_t nz, ny, nx;
	float *data;
	float tap[2 * MOST_TAPS + 1];
	int64_t reach;
	double *normals;	 /* a row or a ring profile a thread */
	float *work;		 /* nz or ny rows a thread */
	float complex *spectrum; /* a plane a thread */
	float *transfer;	 /* ny x nx: of the noise's spectrum */
	const struct fft *fft;
	struct ziggurat ziggurat;
};

static void make_taps(struct job *job)
{
	double sum = 0;

	job->reach = (int64_t)ceil(4 * job->sigma);
	job->reach = job->reach > MOST_TAPS ? MOST_TAPS : job->reach;
	for (int64_t k = -job->reach; k <= job->reach; k++)
		sum += exp(-0.5 * (double)(k * k) / (job->sigma * job->sigma));
	for (int64_t k = -job->reach; k <= job->reach; k++)
		job->tap[k + job->reach] =
			(float)(exp(-0.5 * (double)(k * k) / (job->sigma * job->sigma)) / sum);
}

static int64_t within(int64_t i, int64_t n)
{
	return i < 0 ? 0 : i >= n ? n - 1 : i;
}

/* n rows, `stride` apart, across each other; the volume goes on with its last value. */
static void blur_across(const struct job *job, float *rows, int64_t n, int64_t stride, float *work)
{
	const int64_t m = job->nx;

	for (int64_t i = 0; i < n; i++) {
		float *out = work + i * m;

		memset(out, 0, (size_t)m * sizeof(*out));
		for (int64_t k = -job->reach; k <= job->reach; k++) {
			const float *in = rows + within(i + k, n) * stride;
			float tap = job->tap[k + job->reach];

			for (int64_t x = 0; x < m; x++)
				out[x] += tap * in[x];
		}
	}
	for (int64_t i = 0; i < n; i++)
		memcpy(rows + i * stride, work + i * m, (size_t)m * sizeof(*rows));
}

static void blur_along(const struct job *job, float *row, float *work)
{
	const int64_t n = job->nx, r = job->reach;
	float *padded = work, *sum = work + n + 2 * r;

	for (int64_t x = -r; x < n + r; x++)
		padded[x + r] = row[within(x, n)];
	memset(sum, 0, (size_t)n * sizeof(*sum));
	for (int64_t k = 0; k <= 2 * r; k++)
		for (int64_t x = 0; x < n; x++)
			sum[x] += job->tap[k] * padded[x + k];
	memcpy(row, sum, (size_t)n * sizeof(*row));
}

static int64_t most_rows(const struct job *job)
{
	int64_t most = job->nz > job->ny ? job->nz : job->ny;

	return most < 3 ? 3 : most; /* blur_along needs room for a padded row and its sum */
}

static float *work_of(const struct job *job, int thread)
{
	return job->work + thread * (most_rows(job) * job->nx + 4 * MOST_TAPS);
}

static enum err blur_z(void *context, int64_t y, int thread)
{
	const struct job *job = context;

	blur_across(job, job->data + y * job->nx, job->nz, job->ny * job->nx, work_of(job, thread));
	return OK;
}

static enum err blur_plane(void *context, int64_t z, int thread)
{
	const struct job *job = context;
	float *plane = job->data + z * job->ny * job->nx;

	blur_across(job, plane, job->ny, job->nx, work_of(job, thread));
	for (int64_t y = 0; y < job->ny; y++)
		blur_along(job, plane + y * job->nx, work_of(job, thread));
	return OK;
}

/* ------------------------------------------------------------------ noise */

/* Of a spectrum of independent normals, so that their transform has r.m.s. 1 in its real part and in
 * its imaginary part. */
static enum err make_transfer(struct job *job)
{
	const int64_t ny = job->ny, nx = job->nx;
	double sum = 0;

	NEED(job->transfer = ARENA_NEW(job->arena, float, ny *nx));
	for (int64_t i = 0; i < ny * nx; i++) {
		int64_t v = i / nx, u = i % nx;
		double fy = (double)(v > ny / 2 ? v - ny : v) / (double)ny;
		double fx = (double)(u > nx / 2 ? u - nx : u) / (double)nx;
		double f = sqrt(fy * fy + fx * fx),
		       hann = f < 0.5 ? 0.5 + 0.5 * cos(2 * M_PI * f) : 0;

		job->transfer[i] = (float)(sqrt(f) * hann);
		sum += f * hann * hann;
	}
	for (int64_t i = 0; i < ny * nx; i++)
		job->transfer[i] /= (float)sqrt(sum);
	return OK;
}

static void draw(const struct job *job, int64_t row, double *normals, int64_t n)
{
	struct random random = random_start(job->seed, ROWS, (uint64_t)row);

	random_normals(&random, &job->ziggurat, normals, n);
}

static double *normals_of(const struct job *job, int thread)
{
	return job->normals + thread * 2 * (job->nx + 1);
}

static void add_white(const struct job *job, int64_t z, double *normals)
{
	for (int64_t row = z * job->ny; row < (z + 1) * job->ny; row++) {
		float *out = job->data + row * job->nx;

		draw(job, row, normals, job->nx);
		for (int64_t x = 0; x < job->nx; x++)
			out[x] += (float)(job->noise * normals[x]);
	}
}

/* Two planes at once: the real and the imaginary part. */
static void add_correlated(const struct job *job, int64_t z, int thread)
{
	const int64_t plane = job->ny * job->nx;
	float complex *spectrum = job->spectrum + thread * plane;
	double *normals = normals_of(job, thread);
	float *out = job->data + z * plane, noise = (float)job->noise;

	for (int64_t y = 0; y < job->ny; y++) {
		draw(job, z * job->ny + y, normals, 2 * job->nx);
		for (int64_t x = 0; x < job->nx; x++)
			spectrum[y * job->nx + x] =
				job->transfer[y * job->nx + x] *
				((float)normals[2 * x] +
					(float)normals[2 * x + 1] * (float complex)I);
	}
	fft_complex_backward(job->fft, spectrum);
	for (int64_t i = 0; i < plane; i++)
		out[i] += noise * crealf(spectrum[i]);
	for (int64_t i = 0; i < plane && z + 1 < job->nz; i++)
		out[plane + i] += noise * cimagf(spectrum[i]);
}

/* Half of the rings' power is one profile for all planes, half is of this plane. */
static void ring_profile(const struct job *job, int64_t z, double *profile)
{
	int64_t n = job->nx + 1;
	struct random all = random_start(job->seed, RINGS, 0);
	struct random own = random_start(job->seed, RINGS, (uint64_t)z + 1);

	random_normals(&all, &job->ziggurat, profile, n);
	random_normals(&own, &job->ziggurat, profile + n, n);
	for (int64_t r = 0; r < n; r++)
		profile[r] = job->rings * sqrt(0.5) * (profile[r] + profile[n + r]);
}

static void shade(const struct job *job, int64_t z, double *profile)
{
	double half_y = (double)(job->ny - 1) / 2, half_x = (double)(job->nx - 1) / 2;
	double rim = (double)job->nx / 2, offset = job->offset * sin(0.05 * (double)z);

	ring_profile(job, z, profile);
	for (int64_t i = 0; i < job->ny * job->nx; i++) {
		double y = (double)(i / job->nx) - half_y, x = (double)(i % job->nx) - half_x;
		double r2 = y * y + x * x;
		float *out = job->data + z * job->ny * job->nx + i;

		if (r2 > rim * rim)
			*out = 0;
		else
			*out += (float)(offset + job->cupping * (r2 / (rim * rim) - 1) +
					(job->rings > 0 ? profile[(int64_t)sqrt(r2)] : 0));
	}
}

static enum err spoil(void *context, int64_t pair, int thread)
{
	const struct job *job = context;

	if (job->correlated)
		add_correlated(job, 2 * pair, thread);
	for (int64_t z = 2 * pair; z < 2 * pair + 2 && z < job->nz; z++) {
		if (!job->correlated)
			add_white(job, z, normals_of(job, thread));
		shade(job, z, normals_of(job, thread));
	}
	return OK;
}

/* ------------------------------------------------------------------ files */

static enum err read_all(struct job *job, struct volume_view *v)
{
	struct hdf5_window window = {.step = 1};

	TRY(volume_view(v, job->in, job->arena));
	job->nz = v->nz;
	job->ny = window.n = v->ny;
	job->nx = window.m = v->nx;
	NEED(job->data = ARENA_NEW(job->arena, float, v->nz * v->ny * v->nx));
	for (; window.z < v->nz && !job->nothing; window.z++)
		TRY(volume_view_read(v, &window, job->data + window.z * v->ny * v->nx));
	if (job->nothing)
		memset(job->data, 0, (size_t)(v->nz * v->ny * v->nx) * sizeof(*job->data));
	volume_view_close(v);
	return OK;
}

static enum err prepare(struct job *job)
{
	int64_t threads = parallel_threads();

	ziggurat_fill(&job->ziggurat);
	NEED(job->normals = ARENA_NEW(job->arena, double, threads * 2 * (job->nx + 1)));
	NEED(job->work = ARENA_NEW(
		     job->arena, float, threads *(most_rows(job) * job->nx + 4 * MOST_TAPS)));
	if (!job->correlated)
		return OK;
	NEED(job->spectrum = ARENA_NEW(job->arena, float complex, threads * job->ny * job->nx));
	TRY(make_transfer(job));
	return fft_complex(&job->fft, job->ny, job->nx);
}

static enum err make(struct job *job)
{
	struct volume_view v;
	struct hdf5_out out;

	TRY(read_all(job, &v));
	TRY(prepare(job));
	if (job->sigma > 0) {
		make_taps(job);
		TRY(parallel_for(job->ny, blur_z, job));
		TRY(parallel_for(job->nz, blur_plane, job));
	}
	TRY(parallel_for((job->nz + 1) / 2, spoil, job));
	const struct hdf5_array array = {
		.type = HDF5_F32, .rank = 3, .shape = {job->nz, job->ny, job->nx}};

	TRY(hdf5_create(&out, job->out, false));
	TRY(hdf5_put(&out, "/entry/data/data", &array, job->data, NULL));
	TRY(hdf5_note(&out, "/entry/data/data", "units", "1/cm"));
	TRY(hdf5_note_integer(
		&out, "/entry/data/data", "first_row", v.first_row < 0 ? 0 : v.first_row));
	TRY(hdf5_note_number(
		&out, "/entry/data/data", "voxel_um", isfinite(v.voxel_um) ? v.voxel_um : 1.3));
	return hdf5_close(&out);
}

int main(int argc, char **argv)
{
	struct job job = {.arena = arena_new(), .seed = 1};
	enum err e;

	for (; argc > 1 && argv[1][0] == '-' && argv[1][1] == '-'; argc--, argv++) {
		job.correlated |= !strcmp(argv[1], "--correlated");
		if (strcmp(argv[1], "--rings") != 0 && strcmp(argv[1], "--cupping") != 0)
			continue;
		*(argv[1][2] == 'r' ? &job.rings : &job.cupping) = argc > 2 ? atof(argv[2]) : 0;
		argc--;
		argv++;
	}
	if (argc < 5 || !job.arena) {
		fputs("usage: noise [--correlated] [--rings A] [--cupping A] VOLUME OUT NOISE BLUR "
		      "[OFFSET] [SEED] [none]\n",
			stderr);
		return 2;
	}
	job.in = argv[1];
	job.out = argv[2];
	job.noise = atof(argv[3]);
	job.sigma = atof(argv[4]);
	job.offset = argc > 5 ? atof(argv[5]) : 0;
	job.seed = argc > 6 ? strtoull(argv[6], NULL, 10) : 1;
	job.nothing = argc > 7;
	e = make(&job);
	if (e != OK)
		fprintf(stderr, "%s\n", error_message());
	arena_free(job.arena);
	return (int)e;
}
