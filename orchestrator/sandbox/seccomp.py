"""Build the system call filters of every sandbox; the only importer of `pyseccomp`.

Two programs are stacked, and the kernel takes the stricter answer: the allow-list knows what a
notebook, a compiler and our own servers need and answers ENOSYS to all else; the refusals look at
arguments of calls that are allowed as such (a namespace by `clone`, typing into a terminal).
"""

import errno
import os
import socket
from collections.abc import Callable
from functools import cache

try:
    import pyseccomp
except (ImportError, OSError, RuntimeError):  # the binding is there, the library is not
    pyseccomp = None

LOW = 0xFFFFFFFF  # the kernel looks at the low half of an int argument, so a filter must too

_FILES = """
access faccessat faccessat2 open openat openat2 creat close close_range read write readv writev
pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek sendfile copy_file_range splice tee
stat lstat fstat newfstatat statx statfs fstatfs ustat getdents getdents64 getcwd chdir fchdir
rename renameat renameat2 mkdir mkdirat rmdir link linkat symlink symlinkat unlink unlinkat
readlink readlinkat chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat umask utime
utimes utimensat futimesat truncate ftruncate fallocate fadvise64 readahead sync syncfs fsync
fdatasync sync_file_range flock fcntl dup dup2 dup3 pipe pipe2 mknod mknodat ioctl
getxattr lgetxattr fgetxattr setxattr lsetxattr fsetxattr listxattr llistxattr flistxattr
removexattr lremovexattr fremovexattr inotify_init inotify_init1 inotify_add_watch
inotify_rm_watch memfd_create
"""

_WAITING = """
poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait
epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4 timerfd_create
timerfd_settime timerfd_gettime futex futex_waitv futex_wait futex_wake futex_requeue
get_robust_list set_robust_list nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday
time times alarm getitimer setitimer timer_create timer_delete timer_getoverrun timer_gettime
timer_settime pause restart_syscall sched_yield membarrier rseq
"""

_MEMORY = """
brk mmap munmap mremap mprotect madvise msync mincore mlock mlock2 munlock mlockall munlockall
pkey_alloc pkey_free pkey_mprotect get_mempolicy map_shadow_stack
"""

_PROCESSES = """
clone fork vfork execve execveat exit exit_group wait4 waitid kill tkill tgkill rt_sigaction
rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigpending rt_sigtimedwait rt_sigqueueinfo
rt_tgsigqueueinfo sigaltstack getpid getppid gettid getpgid getpgrp setpgid getsid setsid
getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid
setresuid setresgid setfsuid setfsgid setgroups capget capset prctl arch_prctl set_tid_address
set_thread_area get_thread_area getrlimit setrlimit prlimit64 getrusage getpriority setpriority
ioprio_get ioprio_set sched_getaffinity sched_setaffinity sched_getattr sched_getparam
sched_getscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval
sched_setattr sched_setparam sched_setscheduler pidfd_open pidfd_send_signal getcpu uname sysinfo
getrandom seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
"""

_TALKING = """
bind connect listen accept accept4 getsockname getpeername getsockopt setsockopt shutdown sendto
sendmsg sendmmsg recvfrom recvmsg recvmmsg
shmget shmat shmdt shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl
mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr
"""

ALLOWED = tuple((_FILES + _WAITING + _MEMORY + _PROCESSES + _TALKING).split())
"""Calls allowed whatever their arguments; `socket`, `socketpair`, `personality` are not here."""

REFUSED = (
    "add_key",
    "bpf",
    "clone3",
    "io_uring_setup",
    "keyctl",
    "mount",
    "perf_event_open",
    "process_vm_readv",
    "ptrace",
    "request_key",
    "setns",
    "umount2",
    "unshare",
    "userfaultfd",
)
"""Calls that must never be found in `ALLOWED`; a test holds that."""

_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
_TYPING = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
_PERSONALITIES = (0x0, 0x0008, 0x20000, 0x20008, 0xFFFFFFFF)


def available() -> bool:
    """Say whether the system's libseccomp is there."""
    return pyseccomp is not None


@cache
def programs() -> tuple[bytes, ...]:
    """Compile both filters for this machine, in the order in which they are given.

    Errors: RuntimeError without libseccomp; `run.tried` says so in a sentence first.
    """
    if pyseccomp is None:
        raise RuntimeError("libseccomp is missing")
    return (_compiled(_allow_list), _compiled(_refusals))


def _compiled(build: Callable[[], "pyseccomp.SyscallFilter"]) -> bytes:
    descriptor = os.memfd_create("filter")
    with os.fdopen(descriptor, "w+b") as file:
        build().export_bpf(file)
        file.seek(0)
        return file.read()


def _allow_list() -> "pyseccomp.SyscallFilter":
    """Allow by name; an unknown name (an older library) stays refused."""
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))
    for name in ALLOWED:
        if _known(name):
            rules.add_rule(pyseccomp.ALLOW, name)
    for value in _PERSONALITIES:
        rules.add_rule(pyseccomp.ALLOW, "personality", _low(0, value))
    rules.add_rule(pyseccomp.ALLOW, "socketpair", _low(0, socket.AF_UNIX))
    _allow_sockets(rules)
    return rules


def _allow_sockets(rules: "pyseccomp.SyscallFilter") -> None:
    """Unix sockets, TCP and UDP, and the route kind of netlink: no raw, packet, ICMP or vsock."""
    rules.add_rule(pyseccomp.ALLOW, "socket", _low(0, socket.AF_UNIX))
    rules.add_rule(pyseccomp.ALLOW, "socket", _low(0, socket.AF_NETLINK), _low(2, 0))
    kinds = ((socket.SOCK_STREAM, (0, 6)), (socket.SOCK_DGRAM, (0, 17)))
    for family in (socket.AF_INET, socket.AF_INET6):
        for kind, protocols in kinds:
            for protocol in protocols:
                rules.add_rule(
                    pyseccomp.ALLOW,
                    "socket",
                    _low(0, family),
                    pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xF, kind),
                    _low(2, protocol),
                )


def _refusals() -> "pyseccomp.SyscallFilter":
    """Refuse by argument what the allow-list lets through by name."""
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    denied = pyseccomp.ERRNO(errno.EPERM)
    for flag in _NAMESPACES:
        rules.add_rule(denied, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    for request in _TYPING:
        rules.add_rule(denied, "ioctl", _low(1, request))
    return rules


def _low(argument: int, value: int) -> "pyseccomp.Arg":
    return pyseccomp.Arg(argument, pyseccomp.MASKED_EQ, LOW, value & LOW)


def _known(name: str) -> bool:
    return int(pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)) >= 0
