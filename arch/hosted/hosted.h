/* SPDX-License-Identifier: MIT */
/* hosted.h - shared by the files of the hosted port */
#ifndef _HOSTED_H
#define _HOSTED_H

/* Makes the calling thread look up its number and name anew. */
void hosted_forget_thread(void);

#endif
