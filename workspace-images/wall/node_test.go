// The program on a node: installed into folders of the test's own, as it is shipped.
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

type machine struct {
	t                          *testing.T
	programs, lists, file, own string
}

func newMachine(t *testing.T) machine {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("the installer tries its rules in a network namespace: run these tests as root")
	}
	folder := t.TempDir()
	m := machine{t, filepath.Join(folder, "bin"), filepath.Join(folder, "net.d"), "", filepath.Join(folder, "wall.json")}
	m.file = filepath.Join(m.lists, "10-lab.conflist")
	for _, place := range []string{m.programs, m.lists} {
		if err := os.Mkdir(place, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	m.write(m.file, network)
	m.write(m.own, good)
	return m
}

func (m machine) write(file, text string) {
	m.t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o640); err != nil {
		m.t.Fatal(err)
	}
}

func (m machine) command(words ...string) *exec.Cmd {
	where := []string{"-programs", m.programs, "-lists", m.lists, "-configuration", m.own, "-cgroups", m.lists}
	return exec.Command(built(m.t), append(words[:1:1], append(where, words[1:]...)...)...)
}

func (m machine) must(words ...string) {
	m.t.Helper()
	if said, err := m.command(words...).CombinedOutput(); err != nil {
		m.t.Fatalf("%v: %v %s", words, err, said)
	}
}

func (m machine) standing() (Standing, bool) {
	m.t.Helper()
	said, err := m.command("status").Output()
	var standing Standing
	if broken := json.Unmarshal(said, &standing); broken != nil {
		m.t.Fatalf("%v: %q", broken, said)
	}
	if standing.Stands != (err == nil) {
		m.t.Errorf("the exit status says %v and the words say %+v", err, standing)
	}
	return standing, standing.Stands
}

func (m machine) eventually(says string, is func() bool) {
	m.t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if is() {
			return
		}
	}
	m.t.Fatalf("after 5 s it is still not so: %s", says)
}

func (m machine) holds(file string) bool {
	text, err := os.ReadFile(file)
	if err != nil {
		return false
	}
	list, err := Read(text)
	return err == nil && list.Wall() != nil
}

func TestInstalledAskedAndRemoved(t *testing.T) {
	m := newMachine(t)
	if standing, stands := m.standing(); stands {
		t.Errorf("nothing is installed: %+v", standing)
	}
	m.must("install", "-once")
	standing, stands := m.standing()
	if !stands || !slices.Equal(standing.Chain, []string{"ptp", "portmap", Name}) || standing.File != "10-lab.conflist" {
		t.Errorf("installed: %+v", standing)
	}
	kept, err := os.ReadFile(m.file + before)
	if err != nil || string(kept) != network {
		t.Errorf("the file that was there is not kept: %v %s", err, kept)
	}
	about, err := os.Stat(m.file)
	if err != nil || about.Mode().Perm() != 0o640 {
		t.Errorf("the file has other rights: %v %v", about.Mode(), err)
	}
	m.must("remove")
	m.must("remove")
	if names := m.names(m.lists); !slices.Equal(names, []string{"10-lab.conflist"}) || m.holds(m.file) {
		t.Errorf("left behind: %v", names)
	}
	if names := m.names(m.programs); len(names) > 0 {
		t.Errorf("left behind: %v", names)
	}
	before, err := os.ReadFile(m.file)
	if err != nil || string(before) != string(listed(t, network).Text()) {
		t.Errorf("the list is not what it was: %s", before)
	}
}

func (m machine) names(folder string) []string {
	found, err := os.ReadDir(folder)
	if err != nil {
		m.t.Fatal(err)
	}
	var names []string
	for _, file := range found {
		names = append(names, file.Name())
	}
	return names
}

// The installed program, from the installed list, is called as a runtime would.
func TestTheInstalledEntryRaisesAWall(t *testing.T) {
	m, w := newMachine(t), newWorld(t)
	m.must("install", "-once")
	text, err := os.ReadFile(m.file)
	if err != nil {
		t.Fatal(err)
	}
	c := w.call("ADD")
	c.entry = entry(t, string(listed(t, string(text)).Wall()), "1.0.0", previous)
	if _, err := c.run(t); err != nil {
		t.Fatal(err)
	}
	if w.tcp(w.pod, "", families[0].door, "8081") != nil || w.tcp(w.pod, "", families[0].other, "8081") == nil {
		t.Error("the door is closed, or more than the door is open")
	}
}

func TestEveryFaultIsShown(t *testing.T) {
	for says, spoil := range map[string]func(machine) error{
		"program gone": func(m machine) error { return os.Remove(filepath.Join(m.programs, Name)) },
		"program another": func(m machine) error {
			return os.WriteFile(filepath.Join(m.programs, Name), []byte("#!/bin/true\n"), 0o755)
		},
		"program locked":  func(m machine) error { return os.Chmod(filepath.Join(m.programs, Name), 0o644) },
		"chain rewritten": func(m machine) error { return os.WriteFile(m.file, []byte(network), 0o640) },
		"list gone":       func(m machine) error { return os.Remove(m.file) },
		"another list first": func(m machine) error {
			return os.WriteFile(filepath.Join(m.lists, "05-x.conflist"), []byte(network), 0o640)
		},
		"a single plug-in first": func(m machine) error {
			return os.WriteFile(filepath.Join(m.lists, "05-x.conf"), []byte(`{"type":"bridge","cniVersion":"1.0.0"}`), 0o640)
		},
		"other doors wanted":    func(m machine) error { return os.WriteFile(m.own, []byte(changed(t, "doors ports", []any{9})), 0o640) },
		"configuration wrong":   func(m machine) error { return os.WriteFile(m.own, []byte(`{}`), 0o640) },
		"configuration missing": func(m machine) error { return os.Remove(m.own) },
	} {
		m := newMachine(t)
		m.must("install", "-once")
		if standing, stands := m.standing(); !stands {
			t.Fatalf("installed: %+v", standing)
		}
		if err := spoil(m); err != nil {
			t.Fatal(err)
		}
		if standing, stands := m.standing(); stands {
			t.Errorf("%s: not noticed: %+v", says, standing)
		}
	}
}

func TestAWrongConfigurationIsNotInstalled(t *testing.T) {
	m := newMachine(t)
	m.write(m.own, changed(t, "doors addresses", []any{}))
	if said, err := m.command("install", "-once").CombinedOutput(); err == nil {
		t.Errorf("installed: %s", said)
	}
	if text, _ := os.ReadFile(m.file); string(text) != network {
		t.Errorf("the list was changed: %s", text)
	}
}

func TestTheInstallerPutsItselfBackAndOutlivesItsEnd(t *testing.T) {
	m := newMachine(t)
	var said bytes.Buffer
	watcher := m.command("install", "-every", "50ms")
	watcher.Stderr = &said
	if err := watcher.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = watcher.Process.Kill() })
	m.eventually("the wall is in the list", func() bool { return m.holds(m.file) })

	m.write(m.file, network)
	m.eventually("it is there again after another plug-in wrote the list", func() bool { return m.holds(m.file) })
	first := filepath.Join(m.lists, "05-first.conflist")
	m.write(first, network)
	m.eventually("it is in the list that comes first now", func() bool { return m.holds(first) })
	if err := os.Remove(filepath.Join(m.programs, Name)); err != nil {
		t.Fatal(err)
	}
	m.eventually("the program is there again", func() bool { _, stands := m.standing(); return stands })
	m.write(m.own, changed(t, "doors ports", []any{8081}))
	m.eventually("it follows its configuration", func() bool { _, stands := m.standing(); return stands })
	m.write(m.own, `{}`)
	m.eventually("a wrong configuration is shown", func() bool { _, stands := m.standing(); return !stands })

	if err := watcher.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := watcher.Wait(); err != nil {
		t.Errorf("%v: %s", err, said.String())
	}
	if !m.holds(first) {
		t.Error("the wall went with its installer: a new version would open the node while it starts")
	}
	m.must("remove")
	if m.holds(first) || m.holds(m.file) || len(m.names(m.lists)) != 2 {
		t.Errorf("left behind: %v", m.names(m.lists))
	}
}

// Readers of the list see the old file or the new one, whole, however often it is written.
func TestTheListIsNeverHalfWritten(t *testing.T) {
	m := newMachine(t)
	end, faults := make(chan struct{}), make(chan string, 1)
	go func() {
		defer close(faults)
		for {
			select {
			case <-end:
				return
			default:
			}
			text, err := os.ReadFile(m.file)
			if _, broken := Read(text); err != nil || broken != nil {
				faults <- string(text)
				return
			}
		}
	}()
	for range 10 {
		m.must("install", "-once")
		m.must("remove")
	}
	close(end)
	if text, broken := <-faults; broken {
		t.Errorf("half a list was seen: %q", text)
	}
}

func TestUnknownWordsAreRefused(t *testing.T) {
	m := newMachine(t)
	for _, words := range [][]string{{"instal"}, {"install", "-onec"}, {"remove", "all"}} {
		if said, err := m.command(words...).CombinedOutput(); err == nil {
			t.Errorf("%v: %s", words, said)
		}
	}
	if said, err := exec.Command(built(t)).CombinedOutput(); err == nil || !strings.Contains(string(said), "status") {
		t.Errorf("without a word: %v %s", err, said)
	}
}

// The rules are tried before anything is written: where the trial fails, nothing is.
func TestWithoutATrialNothingIsWrittenOrBelieved(t *testing.T) {
	m := newMachine(t)
	weak := func(word string, rest ...string) error {
		command := m.command(append([]string{word}, rest...)...)
		words := append([]string{"--bounding-set=-sys_admin", "--inh-caps=-all"}, command.Args...)
		return exec.Command("setpriv", words...).Run()
	}
	if weak("install", "-once") == nil || m.holds(m.file) || len(m.names(m.programs)) > 0 {
		t.Error("installed on a node where the wall cannot stand")
	}
	m.must("install", "-once")
	if weak("status") == nil {
		t.Error("said to stand where the trial fails")
	}
}

// A program that is there and cannot be run is no wall.
func TestTheInstalledProgramIsAsked(t *testing.T) {
	m := newMachine(t)
	if err := unix.Mount("tmpfs", m.programs, "tmpfs", unix.MS_NOEXEC, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(m.programs, unix.MNT_DETACH) })
	m.must("install", "-once")
	if standing, stands := m.standing(); stands {
		t.Errorf("it cannot be run: %+v", standing)
	}
}
