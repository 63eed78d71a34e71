/* file - whole files in and out: bounded reading, plain or gzip'd, and a replacement that is never half done.
 * Every message begins with the path; those of the operating system end in its own words. */
#ifndef CAMA_IO_FILE_H
#define CAMA_IO_FILE_H

#include "../base/mem.h"

/* A regular file that is read once, from its beginning to its end. */
typedef struct cama__file cama__file;

/* With inflate, a file that begins like gzip gives what is packed in it (all members, one after the other); any other
 * file is read as it is. CAMA_E_IO if the file cannot be opened or is not a regular file. */
int32_t cama__file_open(const char *path, bool inflate, cama__file **out);

/* The next size bytes into buffer. *taken < size only at the end of the file, which for a gzip'd one means after the
 * last member with its checksum right and nothing but zeros behind it. CAMA_E_FORMAT for a gzip stream that is
 * truncated, corrupt or followed by something else. */
int32_t cama__file_take(cama__file *file, void *buffer, int64_t size, int64_t *taken);

/* Bytes that the whole file can give: exact for a plain file, otherwise the most that deflate could have packed into
 * it. A size that stands in a file is compared with this one before anything is allocated for it. */
int64_t cama__file_most(const cama__file *file, bool *exact);
void cama__file_close(cama__file *file); /* NULL is allowed */

/* The whole file, at most limit bytes of it (CAMA_E_FORMAT if there are more, said before they are read into memory);
 * inflate as above, limit counts inflated bytes. *data belongs to the caller (cama__mem_free) and has one zero byte
 * behind its end. */
int32_t cama__file_read(const char *path, bool inflate, int64_t limit, void **data, int64_t *size);

/* The same of a regular file or a pipe, plain or gzip'd: waits for whoever writes into a FIFO. A path is opened once.
 * */
int32_t cama__file_read_any(const char *path, int64_t limit, void **data, int64_t *size);
/* The same of bytes (stored) in memory, which where names in messages. */
int32_t cama__file_unpack(const void *bytes, int64_t stored, const char *where, int64_t limit, void **data,
                          int64_t *size);

/* CAMA_E_IO, "PATH: cannot VERB: " and what errno says. */
int32_t cama__file_os_error(const char *path, const char *verb);

/* A size of 64 bits for cama__mem_alloc: as it is, or where it does not fit in size_t one that is never to be had. */
static inline size_t cama__file_room(int64_t bytes)
{
    const size_t room = (size_t)bytes;
    return (int64_t)room == bytes ? room : SIZE_MAX;
}

/* Create or replace path by size bytes of data. The bytes go to a new file in the same directory, which takes the name
 * only when all of them are on the disk: after a failure an old file is as it was and nothing is left behind, after a
 * crash path is the old file or the new one. An old file's permissions are kept, a new one's are 0666 less the umask. A
 * symbolic link is followed; what is not a regular file is refused. Any number of threads may write at once. */
int32_t cama__file_write(const char *path, const void *data, int64_t size);

#endif
