/* SPDX-License-Identifier: BSD-3-Clause
 * The one door to FFTW (single precision). Plans are made with FFTW_ESTIMATE on purpose: measured plans
 * differ from run to run and so would the last bits of the result. Plans are cached for the life
 * of the process; any thread may ask for one and use it. Transforms are not normalised.
 * Buffers must be 64-byte aligned (arena memory is). */
#ifndef RECON_FFT_H
#define RECON_FFT_H

#include "core/error.h"

#include <complex.h>
#include <stdint.h>

struct fft;

/* Real to half-complex and back, 1D, n reals <-> n/2+1 complex numbers. */
enum err fft_real(const struct fft **fft, int64_t n);
void fft_forward(const struct fft *fft, float *in, float complex *out);
void fft_backward(const struct fft *fft, float complex *in, float *out); /* destroys in */

/* Complex, in place, 1D (ny = 1) or 2D (ny rows of nx). */
enum err fft_complex(const struct fft **fft, int64_t ny, int64_t nx);
void fft_complex_forward(const struct fft *fft, float complex *data);
void fft_complex_backward(const struct fft *fft, float complex *data);

/* The smallest n' >= n of the form 2^a 3^b 5^c, even. */
int64_t fft_good_size(int64_t n);

#endif
