/* SPDX-License-Identifier: BSD-3-Clause
 * CRC-32 (ISO 3309, as in gzip and PNG) of buffers of any size. */
#ifndef IO_CHECKSUM_H
#define IO_CHECKSUM_H

#include <stdint.h>

/* Goes on from crc; 0 starts. */
uint32_t checksum(uint32_t crc, const void *data, int64_t bytes);

#endif
