/* SPDX-License-Identifier: BSD-3-Clause
 * compare A.h5 B.h5 [RADIUS]: how far volume A is from volume B, for the shell tests. Looks at
 * /entry/data/data inside the circle of RADIUS (share of half the width, default 0.9) of all slices.
 * Prints one line: relative_rmse (to the range of B) max_abs mean_a mean_b sd_a bad (not-a-numbers of
 * A anywhere, in or out of the circle). */
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct volume {
	hsize_t n[3];
	float *v;
};

static struct volume load(const char *path)
{
	struct volume a = {0};
	hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	hid_t set = H5Dopen2(file, "/entry/data/data", H5P_DEFAULT), space = H5Dget_space(set);

	if (H5Sget_simple_extent_ndims(space) != 3) {
		fprintf(stderr, "compare: %s: no volume\n", path);
		exit(2);
	}
	H5Sget_simple_extent_dims(space, a.n, NULL);
	a.v = malloc((size_t)(a.n[0] * a.n[1] * a.n[2]) * sizeof(float));
	if (!a.v || H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, a.v) < 0)
		exit(2);
	H5Sclose(space);
	H5Dclose(set);
	H5Fclose(file);
	return a;
}

int main(int argc, char **argv)
{
	double radius = argc > 3 ? atof(argv[3]) : 0.9;
	double error = 0, most = 0, sum_a = 0, sum_b = 0, square = 0, count = 0;
	double low = INFINITY, high = -INFINITY;
	long long bad = 0;
	struct volume a, b;
	size_t i = 0;

	if (argc < 3)
		return 2;
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	a = load(argv[1]);
	b = load(argv[2]);
	if (a.n[0] != b.n[0] || a.n[1] != b.n[1] || a.n[2] != b.n[2]) {
		fprintf(stderr, "compare: shapes differ: %llu %llu %llu and %llu %llu %llu\n",
			(unsigned long long)a.n[0], (unsigned long long)a.n[1],
			(unsigned long long)a.n[2], (unsigned long long)b.n[0],
			(unsigned long long)b.n[1], (unsigned long long)b.n[2]);
		return 2;
	}
	for (hsize_t z = 0; z < a.n[0]; z++) {
		for (hsize_t y = 0; y < a.n[1]; y++) {
			for (hsize_t x = 0; x < a.n[2]; x++, i++) {
				double dx = (double)x - (double)(a.n[2] - 1) / 2;
				double dy = (double)y - (double)(a.n[1] - 1) / 2;
				double p = (double)a.v[i], q = (double)b.v[i], d = p - q;

				bad += !isfinite(p);
				if (hypot(dx, dy) > radius * (double)a.n[2] / 2)
					continue;
				error += d * d;
				most = fmax(most, fabs(d));
				sum_a += p;
				sum_b += q;
				square += p * p;
				low = fmin(low, q);
				high = fmax(high, q);
				count++;
			}
		}
	}
	printf("%.6g %.6g %.8g %.8g %.6g %lld\n",
		sqrt(error / count) / (high > low ? high - low : 1), most, sum_a / count,
		sum_b / count, sqrt(fmax(square / count - sum_a * sum_a / count / count, 0)), bad);
	free(a.v);
	free(b.v);
	return 0;
}
