/*
 * wipe -- what functions that were handed a secret leave of it.
 */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

/*
 * wipe_stack -- overwrite the frames that functions called from here had: to be
 * called after a library's function that worked on a secret. 4 KiB, more than
 * inih or nettle take.
 */
void wipe_stack(void);

#endif
