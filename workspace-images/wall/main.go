// A second wall around every pod of a project: rules in the pod's own network namespace.
//
// One program in two parts. Called by a container runtime (CNI_COMMAND is set) it is the plug-in;
// called by its name it puts the plug-in on a node, takes it away, or says whether it stands.
package main

import (
	"fmt"
	"os"
)

const usage = `tre-wall install   put the plug-in on this node and keep it there
tre-wall status    say as JSON whether it stands; 0 only if it does
tre-wall remove    take it off this node
`

func main() {
	if command := os.Getenv("CNI_COMMAND"); command != "" {
		Plugin(command)
		return
	}
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(word string, rest []string) error {
	node, err := nodeFrom(word, rest)
	if err != nil {
		return err
	}
	switch word {
	case "install":
		return node.Install()
	case "status":
		return node.Status(os.Stdout)
	case "remove":
		return node.Remove()
	}
	return fmt.Errorf("%s is none of the words\n%s", word, usage)
}
