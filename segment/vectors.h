/* SPDX-License-Identifier: BSD-3-Clause
 * Vectors of floats for kernel_*.c: the widest of the level, no wider, since compilers split wider ones
 * badly. Where a kernel uses them, its sums must stay in registers or its rows have no tails. */
#ifndef SEGMENT_VECTORS_H
#define SEGMENT_VECTORS_H

#include <stdint.h>

#if defined(ISA_v4)
enum { BYTES = 64 };
#elif defined(ISA_v3)
enum { BYTES = 32 };
#else
enum { BYTES = 16 };
#endif
typedef float reals __attribute__((vector_size(BYTES), may_alias));
typedef float reals_anywhere __attribute__((vector_size(BYTES), aligned(4), may_alias));
typedef int32_t integers __attribute__((vector_size(BYTES), may_alias));

enum { WIDTH = BYTES / 4 };

static inline reals anywhere(const float *p)
{
	return *(const reals_anywhere *)p;
}

static inline void put(float *p, reals x)
{
	*(reals_anywhere *)p = x;
}

#endif
