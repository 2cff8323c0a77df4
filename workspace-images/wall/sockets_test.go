// A real BPF program on a real control group is noticed.
package main

import (
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func TestTranslationAtTheSocketIsNoticed(t *testing.T) {
	folder := t.TempDir()
	if err := unix.Mount("tre-wall", folder, "cgroup2", 0, ""); err != nil {
		t.Fatalf("control groups of the second version: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(folder, 0) })
	group, err := os.MkdirTemp(folder, "tre-wall-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(group) })
	if found, err := TranslatesAtSocket(group); found || err != nil {
		t.Fatalf("nothing is attached: %v %v", found, err)
	}
	watch(t, group)
	if found, err := TranslatesAtSocket(group); !found || err != nil {
		t.Errorf("a program is attached: %v %v", found, err)
	}
	if _, err := TranslatesAtSocket("/etc"); err == nil {
		t.Error("a folder that is no control group was taken for one")
	}
}

// watch attaches the smallest program there is: let every connect pass (r0 = 1; exit).
func watch(t *testing.T, group string) {
	t.Helper()
	code := []uint64{0x00000001_0000_00_b7, 0x00000000_0000_00_95}
	licence := []byte("MIT\x00")
	load := struct {
		kind, count       uint32
		code, licence     uint64
		level, size       uint32
		log               uint64
		version, flags    uint32
		name              [16]byte
		device, attaching uint32
	}{
		kind: unix.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, count: uint32(len(code)),
		code: uint64(uintptr(unsafe.Pointer(&code[0]))), licence: uint64(uintptr(unsafe.Pointer(&licence[0]))),
		attaching: unix.BPF_CGROUP_INET4_CONNECT,
	}
	program, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_LOAD, uintptr(unsafe.Pointer(&load)), unsafe.Sizeof(load))
	if errno != 0 {
		t.Fatalf("no BPF program: %v", errno)
	}
	t.Cleanup(func() { _ = unix.Close(int(program)) })
	place, err := os.Open(group)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = place.Close() })
	attach := struct{ target, program, kind, flags uint32 }{uint32(place.Fd()), uint32(program), unix.BPF_CGROUP_INET4_CONNECT, 0}
	_, _, errno = unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_ATTACH, uintptr(unsafe.Pointer(&attach)), unsafe.Sizeof(attach))
	if errno != 0 {
		t.Fatalf("not attached: %v", errno)
	}
}
