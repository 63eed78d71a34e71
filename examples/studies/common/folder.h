/* folder - paths: makes the folder of the results, names files in folders, finds a file or its gzip'd twin. */
#ifndef EXAMPLE_FOLDER_H
#define EXAMPLE_FOLDER_H

/* Makes a folder and those it is in; gives up if that cannot be done. */
void make_folder(const char *path);

/* folder/name, valid until the next call but three. */
const char *in_folder(const char *folder, const char *name);

/* folder/name or folder/name.gz, whichever can be read, the plain one first; gives up if neither can. Valid as
 * above. */
const char *plain_or_gz(const char *folder, const char *name);

#endif
