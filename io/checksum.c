/* SPDX-License-Identifier: BSD-3-Clause
 * The only door to zlib for checksums; crc32_z() takes sizes beyond 32 bits. */
#include "io/checksum.h"

#include <zlib.h>

uint32_t checksum(uint32_t crc, const void *data, int64_t bytes)
{
	return (uint32_t)crc32_z(crc, data, (size_t)bytes);
}
