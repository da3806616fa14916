/* SPDX-License-Identifier: MIT */
#ifndef ARCH_SYS_ARCH_H
#define ARCH_SYS_ARCH_H
typedef struct semaphore *sys_sem_t;
typedef struct mutex *sys_mutex_t;
typedef struct mailbox *sys_mbox_t;
typedef struct task *sys_thread_t;
#define sys_sem_valid(sem)   (*(sem) != 0)
#define sys_mbox_valid(mbox) (*(mbox) != 0)
sys_sem_t *sys_thread_sem_get(void);
#define LWIP_NETCONN_THREAD_SEM_GET()   sys_thread_sem_get()
#define LWIP_NETCONN_THREAD_SEM_ALLOC() ((void)0)
#define LWIP_NETCONN_THREAD_SEM_FREE()  ((void)0)
#endif
