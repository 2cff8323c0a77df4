// Whether something on this node is asked at every connect of a process.
//
// A network plug-in that replaces kube-proxy may translate a service address in the connect call
// itself, by a BPF program on a control group. The packet filter in the pod then never sees the
// service address. That closes doors and opens nothing, but it must be noticed.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// query is the kernel's argument of BPF_PROG_QUERY (linux/bpf.h, union bpf_attr, field query).
type query struct {
	target, attach, flags, attached uint32
	programs                        uint64
	count                           uint32
	_                               uint32
}

// TranslatesAtSocket asks for programs on connect at the root of the control groups.
func TranslatesAtSocket(cgroups string) (bool, error) {
	folder, err := os.Open(cgroups)
	if err != nil {
		return false, err
	}
	defer folder.Close()
	for _, kind := range []uint32{unix.BPF_CGROUP_INET4_CONNECT, unix.BPF_CGROUP_INET6_CONNECT} {
		count, err := attached(folder, kind)
		if err != nil || count > 0 {
			return count > 0, err
		}
	}
	return false, nil
}

func attached(folder *os.File, kind uint32) (uint32, error) {
	asked := query{target: uint32(folder.Fd()), attach: kind}
	_, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_QUERY, uintptr(unsafe.Pointer(&asked)), unsafe.Sizeof(asked))
	runtime.KeepAlive(folder)
	if errno != 0 && !errors.Is(errno, unix.ENOSPC) {
		return 0, fmt.Errorf("%s: %w", folder.Name(), errno)
	}
	return asked.count, nil
}
