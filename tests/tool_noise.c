/* SPDX-License-Identifier: BSD-3-Clause
 * noise VOLUME OUT NOISE BLUR [OFFSET] [SEED] [none]: a true attenuation (simulate --attenuation) as a volume that a scan could have
 * given: blurred by a Gaussian of BLUR voxels, with white noise of NOISE 1/cm and, with OFFSET, an offset that
 * goes up and down along z. Beyond the circle of view it is 0. none:
 * nothing but the noise. Its own code: it shares none with segment/. */
#include "io/hdf5_write.h"
#include "io/volume_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

static double uniform(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return ((double)(state >> 33) + 0.5) / 2147483648.0;
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * acos(-1.0) * uniform());
}

/* Along one axis; the volume goes on with its last value. */
static void blur(float *v, int64_t n, int64_t stride, double sigma, double *line)
{
	int64_t r = (int64_t)ceil(4 * sigma);

	for (int64_t i = 0; i < n; i++)
		line[i] = (double)v[i * stride];
	for (int64_t i = 0; i < n; i++) {
		double sum = 0, weight = 0;

		for (int64_t k = i - r; k <= i + r; k++) {
			double w = exp(-0.5 * (double)((k - i) * (k - i)) / (sigma * sigma));

			sum += w * line[k < 0 ? 0 : k >= n ? n - 1 : k];
			weight += w;
		}
		v[i * stride] = (float)(sum / weight);
	}
}

static void spoil(float *data, const struct volume_view *v, double noise, double offset)
{
	double half_y = (double)(v->ny - 1) / 2, half_x = (double)(v->nx - 1) / 2;

	for (int64_t i = 0; i < v->nz * v->ny * v->nx; i++) {
		double z = (double)(i / v->nx / v->ny), y = (double)(i / v->nx % v->ny) - half_y;
		double x = (double)(i % v->nx) - half_x, radius = (double)v->nx / 2;

		data[i] += (float)(noise * normal() + offset * sin(0.05 * z));
		if (y * y + x * x > radius * radius)
			data[i] = 0;
	}
}

static enum err make(char **argv, double offset, bool nothing, struct arena *arena)
{
	const struct hdf5_window all = {.step = 1};
	struct volume_view v;
	struct hdf5_out out;
	struct hdf5_window window = all;
	float *data;
	double *line, sigma = atof(argv[4]);
	int64_t plane;

	TRY(volume_view(&v, argv[1], arena));
	plane = v.ny * v.nx;
	NEED(data = ARENA_NEW(arena, float, v.nz *plane));
	NEED(line = ARENA_NEW(arena, double, v.nz + v.ny + v.nx));
	window.n = v.ny;
	window.m = v.nx;
	for (window.z = 0; window.z < v.nz; window.z++)
		TRY(volume_view_read(&v, &window, data + window.z * plane));
	if (nothing)
		memset(data, 0, (size_t)(v.nz * plane) * sizeof(*data));
	for (int64_t i = 0; i < plane && sigma > 0; i++)
		blur(data + i, v.nz, plane, sigma, line);
	for (int64_t i = 0; i < v.nz * v.nx && sigma > 0; i++)
		blur(data + i / v.nx * plane + i % v.nx, v.ny, v.nx, sigma, line);
	for (int64_t i = 0; i < v.nz * v.ny && sigma > 0; i++)
		blur(data + i * v.nx, v.nx, 1, sigma, line);
	spoil(data, &v, atof(argv[3]), offset);
	const struct hdf5_array array = {.type = HDF5_F32, .rank = 3, .shape = {v.nz, v.ny, v.nx}};

	TRY(hdf5_create(&out, argv[2], false));
	TRY(hdf5_put(&out, "/entry/data/data", &array, data, NULL));
	TRY(hdf5_note(&out, "/entry/data/data", "units", "1/cm"));
	TRY(hdf5_note_integer(
		&out, "/entry/data/data", "first_row", v.first_row < 0 ? 0 : v.first_row));
	TRY(hdf5_note_number(
		&out, "/entry/data/data", "voxel_um", isfinite(v.voxel_um) ? v.voxel_um : 1.3));
	volume_view_close(&v);
	return hdf5_close(&out);
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	enum err e;

	if (argc < 5 || !arena) {
		fputs("usage: noise VOLUME OUT NOISE BLUR [OFFSET] [SEED]\n", stderr);
		return 2;
	}
	state = argc > 6 ? strtoull(argv[6], NULL, 10) : 1;
	e = make(argv, argc > 5 ? atof(argv[5]) : 0, argc > 7, arena);
	if (e != OK)
		fprintf(stderr, "%s\n", error_message());
	arena_free(arena);
	return (int)e;
}
