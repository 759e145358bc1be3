/* SPDX-License-Identifier: BSD-3-Clause */
#include "recon/fft.h"

#include <fftw3.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct fft {
	struct fft *next;
	bool real;
	int64_t ny, nx;
	fftwf_plan forward, backward;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct fft *cache;

static void plan_real(struct fft *f)
{
	float *in = fftwf_alloc_real((size_t)f->nx);
	fftwf_complex *out = fftwf_alloc_complex((size_t)(f->nx / 2 + 1));

	if (in && out) {
		f->forward = fftwf_plan_dft_r2c_1d((int)f->nx, in, out, FFTW_ESTIMATE);
		f->backward = fftwf_plan_dft_c2r_1d((int)f->nx, out, in, FFTW_ESTIMATE);
	}
	fftwf_free(in);
	fftwf_free(out);
}

static void plan_complex(struct fft *f)
{
	fftwf_complex *data = fftwf_alloc_complex((size_t)(f->ny * f->nx));
	int n[2] = {(int)f->ny, (int)f->nx};
	int rank = f->ny > 1 ? 2 : 1;
	const int *size = f->ny > 1 ? n : n + 1;

	if (data) {
		f->forward = fftwf_plan_dft(rank, size, data, data, FFTW_FORWARD, FFTW_ESTIMATE);
		f->backward = fftwf_plan_dft(rank, size, data, data, FFTW_BACKWARD, FFTW_ESTIMATE);
	}
	fftwf_free(data);
}

static struct fft *find_or_make(bool real, int64_t ny, int64_t nx)
{
	struct fft *f;

	for (f = cache; f; f = f->next)
		if (f->real == real && f->ny == ny && f->nx == nx)
			return f;
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->real = real;
	f->ny = ny;
	f->nx = nx;
	if (real)
		plan_real(f);
	else
		plan_complex(f);
	if (!f->forward || !f->backward) {
		free(f);
		return NULL;
	}
	f->next = cache;
	cache = f;
	return f;
}

static enum err get(const struct fft **fft, bool real, int64_t ny, int64_t nx)
{
	pthread_mutex_lock(&lock);
	*fft = find_or_make(real, ny, nx);
	pthread_mutex_unlock(&lock);
	return *fft ? OK
		    : fail(ERR_RESOURCE, "out of memory for a Fourier transform of %lld x %lld",
			      (long long)ny, (long long)nx);
}

enum err fft_real(const struct fft **fft, int64_t n)
{
	return get(fft, true, 1, n);
}

enum err fft_complex(const struct fft **fft, int64_t ny, int64_t nx)
{
	return get(fft, false, ny, nx);
}

void fft_forward(const struct fft *fft, float *in, float complex *out)
{
	fftwf_execute_dft_r2c(fft->forward, in, out);
}

void fft_backward(const struct fft *fft, float complex *in, float *out)
{
	fftwf_execute_dft_c2r(fft->backward, in, out);
}

void fft_complex_forward(const struct fft *fft, float complex *data)
{
	fftwf_execute_dft(fft->forward, data, data);
}

void fft_complex_backward(const struct fft *fft, float complex *data)
{
	fftwf_execute_dft(fft->backward, data, data);
}

int64_t fft_good_size(int64_t n)
{
	for (n += n & 1;; n += 2) {
		int64_t rest = n;

		for (int64_t p = 2; p <= 5; p += p == 2 ? 1 : 2)
			while (rest % p == 0)
				rest /= p;
		if (rest == 1)
			return n;
	}
}
