// The plug-in on a node: its program, its place in the network list, and whether both still stand.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// before is the ending of the file that was there before the wall; no runtime reads it.
const before = ".before-" + Name

// Node is where things lie on it, as this program sees them.
type Node struct {
	programs, lists, configuration, cgroups string
	every                                   time.Duration
	once                                    bool
	seen                                    os.FileInfo // of the node's program, when it was last compared
}

func nodeFrom(word string, rest []string) (*Node, error) {
	node := &Node{}
	flags := flag.NewFlagSet(word, flag.ContinueOnError)
	flags.StringVar(&node.programs, "programs", "/host/opt/cni/bin", "the node's folder of CNI programs")
	flags.StringVar(&node.lists, "lists", "/host/etc/cni/net.d", "the node's folder of network lists")
	flags.StringVar(&node.configuration, "configuration", "/etc/tre-wall/wall.json", "doors and callers")
	flags.StringVar(&node.cgroups, "cgroups", "/host/sys/fs/cgroup", "the node's control groups")
	flags.DurationVar(&node.every, "every", time.Second, "how often to look")
	flags.BoolVar(&node.once, "once", false, "install and end")
	err := flags.Parse(rest)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("%s is one word too many", flags.Arg(0))
	}
	return node, err
}

// Install puts the plug-in there, again whenever somebody has taken it away, until it is told to end.
//
// Ending is not leaving: a new version of this program must not open the node while it starts.
func (node *Node) Install() error {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	said := ""
	for {
		done, err := node.settle()
		said = report(done, err, said)
		if node.once {
			return err
		}
		select {
		case <-end:
			return nil
		case <-time.After(node.every):
		}
	}
}

// report says what was done, and what is wrong once and not at every look.
func report(done []string, err error, said string) string {
	for _, sentence := range done {
		log.Print(sentence)
	}
	if err == nil {
		return ""
	}
	if err.Error() != said {
		log.Print(err)
	}
	return err.Error()
}

// settle changes what differs: first the program, then the list that names it. A configuration
// that is wrong, or that this kernel does not take, changes nothing.
func (node *Node) settle() ([]string, error) {
	entry, err := node.entry()
	if err != nil {
		return nil, err
	}
	file, list, err := node.chosen()
	if err != nil {
		return nil, err
	}
	current, err := node.programIsOurs()
	if err != nil || current && list.Holds(entry) {
		return nil, err
	}
	if err := tried(entry); err != nil {
		return nil, err
	}
	var done []string
	if !current {
		if err := node.copyProgram(); err != nil {
			return nil, err
		}
		done = append(done, "the program is in "+node.programs)
	}
	if list.Holds(entry) {
		return done, nil
	}
	if err := node.insert(file, list, entry); err != nil {
		return done, err
	}
	return append(done, "the wall is in "+file), nil
}

func (node *Node) entry() (json.RawMessage, error) {
	text, err := os.ReadFile(node.configuration)
	if err != nil {
		return nil, fmt.Errorf("no configuration: %w", err)
	}
	return Entry(text)
}

func tried(entry json.RawMessage) error {
	conf, err := Parse(entry)
	if err != nil {
		return err
	}
	return Try(Chains(conf))
}

func (node *Node) names() ([]string, error) {
	found, err := os.ReadDir(node.lists)
	if err != nil {
		return nil, fmt.Errorf("the node's network lists: %w", err)
	}
	names := make([]string, len(found))
	for number, file := range found {
		names[number] = file.Name()
	}
	return names, nil
}

func (node *Node) chosen() (string, List, error) {
	names, err := node.names()
	if err != nil {
		return "", List{}, err
	}
	name := Chosen(names)
	if name == "" {
		return "", List{}, errors.New("the node has no network list yet")
	}
	file := filepath.Join(node.lists, name)
	text, err := os.ReadFile(file)
	if err != nil {
		return file, List{}, err
	}
	list, err := Read(text)
	if err != nil {
		return file, List{}, fmt.Errorf("%s: %w", file, err)
	}
	return file, list, nil
}

// insert keeps a copy of the file as others wrote it. A file that changed while we looked is left
// to the next look, so that nobody's words are lost.
func (node *Node) insert(file string, list List, entry json.RawMessage) error {
	longer, err := list.With(entry)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if again, err := Read(text); err != nil || !bytes.Equal(again.Text(), list.Text()) {
		return fmt.Errorf("%s changes just now", file)
	}
	if list.Wall() == nil {
		if err := replace(file+before, text, 0o600); err != nil {
			return err
		}
	}
	return rewrite(file, longer.Text())
}

func (node *Node) program() string {
	return filepath.Join(node.programs, Name)
}

// programIsOurs compares byte for byte, but not again while the file is the one that was compared.
func (node *Node) programIsOurs() (bool, error) {
	about, err := os.Stat(node.program())
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil || about.Mode().Perm() != 0o755 {
		return false, err
	}
	if node.seen != nil && os.SameFile(about, node.seen) && about.ModTime().Equal(node.seen.ModTime()) {
		return true, nil
	}
	mine, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return false, err
	}
	theirs, err := os.ReadFile(node.program())
	if err != nil || !bytes.Equal(mine, theirs) {
		return false, err
	}
	node.seen = about
	return true, nil
}

func (node *Node) copyProgram() error {
	mine, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return err
	}
	return replace(node.program(), mine, 0o755)
}

// rewrite replaces a list and leaves it the rights that it has.
func rewrite(file string, text []byte) error {
	about, err := os.Stat(file)
	if err != nil {
		return err
	}
	return replace(file, text, about.Mode().Perm())
}

// replace writes a file whole or not at all; its first name has no ending that a runtime reads.
func replace(file string, text []byte, mode os.FileMode) error {
	making, err := os.CreateTemp(filepath.Dir(file), "."+Name+"-*.making")
	if err != nil {
		return err
	}
	defer os.Remove(making.Name()) // after the renaming there is nothing of that name
	_, err = making.Write(text)
	err = errors.Join(err, making.Chmod(mode), making.Sync(), making.Close())
	if err != nil {
		return err
	}
	return os.Rename(making.Name(), file)
}

// Remove takes the wall out of every list, then the program, whatever others did to the lists since.
func (node *Node) Remove() error {
	names, err := node.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		err = errors.Join(err, node.leave(filepath.Join(node.lists, name)))
	}
	if err != nil {
		return err // the program stays while a list names it, else no pod at all would start
	}
	if err := os.Remove(node.program()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (node *Node) leave(file string) error {
	if strings.HasSuffix(file, before) {
		return os.Remove(file)
	}
	if Chosen([]string{file}) == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil || !bytes.Contains(text, []byte(Name)) {
		return err
	}
	list, err := Read(text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if list.Wall() == nil {
		return nil
	}
	return rewrite(file, list.Without().Text())
}

// Standing is what a health check is told.
type Standing struct {
	Stands bool     `json:"stands"`
	Faults []string `json:"faults"`
	Notes  []string `json:"notes"`
	File   string   `json:"file"`
	Chain  []string `json:"chain"`
}

// Status says whether the next pod of a project would get its wall on this node.
func (node *Node) Status(to io.Writer) error {
	standing := node.look()
	standing.Stands = len(standing.Faults) == 0
	if err := json.NewEncoder(to).Encode(standing); err != nil {
		return err
	}
	if !standing.Stands {
		return errors.New("the wall does not stand: " + strings.Join(standing.Faults, "; "))
	}
	return nil
}

func (node *Node) look() Standing {
	standing := Standing{Faults: []string{}, Notes: node.notes(), Chain: []string{}}
	fault := func(err error) {
		if err != nil {
			standing.Faults = append(standing.Faults, err.Error())
		}
	}
	entry, err := node.entry()
	fault(err)
	file, list, err := node.chosen()
	fault(err)
	standing.File, standing.Chain = filepath.Base(file), list.Types()
	if err == nil && !list.Holds(entry) {
		fault(errors.New("the network list does not have the wall as it should be"))
	}
	current, err := node.programIsOurs()
	if fault(err); err == nil && !current {
		fault(errors.New("the program on the node is not this one"))
	}
	if entry != nil && current {
		fault(tried(entry))
		fault(node.answers(entry))
	}
	return standing
}

// answers asks the program on the node, as the runtime would, whether it is ready.
func (node *Node) answers(entry json.RawMessage) error {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(entry, &keys); err != nil {
		return err
	}
	keys["cniVersion"], keys["name"] = json.RawMessage(`"1.1.0"`), json.RawMessage(`"status"`)
	text, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	call := exec.Command(node.program())
	call.Env = []string{"CNI_COMMAND=STATUS", "CNI_PATH=" + node.programs}
	call.Stdin = bytes.NewReader(text)
	if said, err := call.Output(); err != nil {
		return fmt.Errorf("the plug-in does not answer: %w %s", err, said)
	}
	return nil
}

// notes are facts that break no wall and that an administrator should know.
func (node *Node) notes() []string {
	translated, err := TranslatesAtSocket(node.cgroups)
	switch {
	case err != nil:
		return []string{"whether addresses are translated at the socket is not known: " + err.Error()}
	case translated:
		return []string{"programs on the node's control groups see every connect: where they translate " +
			"service addresses, the wall sees the translated one and the doors stay closed"}
	}
	return []string{}
}
