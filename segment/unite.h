/* SPDX-License-Identifier: BSD-3-Clause
 * Sets of numbers that are joined pair by pair. parent[i] = i to begin with; the smallest number is a set's root, so that the
 * result does not depend on the order of the pairs. */
#ifndef SEGMENT_UNITE_H
#define SEGMENT_UNITE_H

#include <stdint.h>

static inline int32_t unite_root(int32_t *parent, int32_t i)
{
	while (parent[i] != i)
		i = parent[i] = parent[parent[i]];
	return i;
}

static inline void unite(int32_t *parent, int32_t a, int32_t b)
{
	a = unite_root(parent, a);
	b = unite_root(parent, b);
	if (a < b)
		parent[b] = a;
	else
		parent[a] = b;
}

#endif
