/* SPDX-License-Identifier: BSD-3-Clause
 * Applying a forest; see segment/forest.h. */
#include "segment/forest.h"

#include "segment/forest_kernels.h"

#include <string.h>

void forest_free(struct forest *forest)
{
	for (int64_t t = 0; forest->tree && t < forest->n_trees; t++) {
		arena_free(forest->tree[t].arena);
		forest->tree[t].arena = NULL;
	}
}

void forest_bin(const struct forest_bins *bins, const float *values, int64_t n, uint8_t *out)
{
	const struct forest_kernels *kernels = ISA_PICK(forest_kernels);
	int32_t cell[512];

	for (int64_t i = 0; i < n; i += 512) {
		int64_t m = n - i < 512 ? n - i : 512;

		kernels->cells(values + i, m, bins->low, bins->cells, FOREST_CELLS - 1, cell);
		for (int64_t k = 0; k < m; k++)
			out[i + k] = bins->bin[cell[k]];
	}
}

/* Shares of one tree, added for n samples: sum is (classes, FOREST_BLOCK). */
static void add_tree(const struct forest *f, const struct forest_tree *tree, const uint8_t *bins,
	int64_t stride, int64_t n, uint32_t *sum)
{
	const struct forest_kernels *kernels = ISA_PICK(forest_kernels);
	uint8_t last[FOREST_FEATURES * FOREST_STEP];
	uint32_t leaf[FOREST_STEP];

	for (int64_t i = 0; i < n; i += FOREST_STEP) {
		int64_t m = n - i < FOREST_STEP ? n - i : FOREST_STEP;
		const uint8_t *from = bins + i;
		int64_t apart = stride;

		if (m < FOREST_STEP) { /* no reading beyond the rows */
			memset(last, 0, sizeof(last));
			for (int64_t k = 0; k < f->n_features; k++)
				memcpy(last + k * FOREST_STEP, from + k * stride, (size_t)m);
			from = last;
			apart = FOREST_STEP;
		}
		kernels->walk(tree->node, tree->depth, from, apart, leaf);
		for (int64_t k = 0; k < m; k++)
			for (int64_t c = 0; c < f->n_classes; c++)
				sum[c * FOREST_BLOCK + i + k] +=
					tree->share[(int64_t)leaf[k] * f->n_classes + c];
	}
}

static void decide(
	const struct forest *f, const uint32_t *sum, int64_t n, uint8_t *vote, uint8_t *sure)
{
	for (int64_t i = 0; i < n; i++) {
		uint64_t best = sum[i], all = best;
		uint8_t place = 0;

		for (int64_t c = 1; c < f->n_classes; c++) {
			uint64_t votes = sum[c * FOREST_BLOCK + i];

			all += votes;
			if (votes > best) {
				best = votes;
				place = (uint8_t)c;
			}
		}
		vote[i] = place;
		sure[i] = (uint8_t)(all ? (best * 255 + all / 2) / all : 0);
	}
}

void forest_classify(const struct forest *f, const uint8_t *bins, int64_t stride, int64_t n,
	uint32_t *scratch, uint8_t *vote, uint8_t *sure)
{
	for (int64_t i = 0; i < n; i += FOREST_BLOCK) {
		int64_t m = n - i < FOREST_BLOCK ? n - i : FOREST_BLOCK;

		memset(scratch, 0, (size_t)(f->n_classes * FOREST_BLOCK) * sizeof(*scratch));
		for (int64_t t = 0; t < f->n_trees; t++)
			add_tree(f, f->tree + t, bins + i, stride, m, scratch);
		decide(f, scratch, m, vote + i, sure + i);
	}
}
