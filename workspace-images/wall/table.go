// The table in a pod's network namespace: written in one batch, read back, compared.
package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Raise writes the wall into a network namespace and reads it back.
//
// The kernel takes the batch as a whole or not at all. What an earlier attempt left is replaced in
// the same batch, so there is no moment without a wall.
func Raise(namespace *os.File, chains []Chain) error {
	kernel, err := nftables.New(nftables.WithNetNSFd(int(namespace.Fd())))
	if err != nil {
		return fmt.Errorf("the kernel's packet filter does not answer: %w", err)
	}
	table := kernel.AddTable(ours())
	kernel.DelTable(table)
	kernel.AddTable(table)
	for _, chain := range chains {
		made := kernel.AddChain(chain.inside(table))
		for _, rule := range chain.Rules {
			kernel.AddRule(&nftables.Rule{Table: table, Chain: made, Exprs: rule})
		}
	}
	if err := kernel.Flush(); err != nil {
		return fmt.Errorf("the kernel refused the wall: %w", err)
	}
	return Compare(namespace, chains)
}

// Compare says what differs between the wall that should stand and the one that does.
func Compare(namespace *os.File, chains []Chain) error {
	kernel, err := nftables.New(nftables.WithNetNSFd(int(namespace.Fd())))
	if err != nil {
		return fmt.Errorf("the kernel's packet filter does not answer: %w", err)
	}
	table, err := kernel.ListTableOfFamily(Name, nftables.TableFamilyINet)
	if err != nil {
		return fmt.Errorf("the wall is not there: %w", err)
	}
	if table.Flags != 0 {
		return errors.New("the wall is asleep: its table carries flags that it was not written with")
	}
	found, err := named(kernel)
	if err != nil {
		return err
	}
	if len(found) != len(chains) {
		return fmt.Errorf("the wall has %d chains instead of %d", len(found), len(chains))
	}
	for _, chain := range chains {
		if err := chain.compare(kernel, found[chain.Name]); err != nil {
			return err
		}
	}
	return nil
}

func ours() *nftables.Table {
	return &nftables.Table{Name: Name, Family: nftables.TableFamilyINet}
}

func named(kernel *nftables.Conn) (map[string]*nftables.Chain, error) {
	everything, err := kernel.ListChainsOfTableFamily(nftables.TableFamilyINet)
	if err != nil {
		return nil, fmt.Errorf("the chains could not be read: %w", err)
	}
	found := map[string]*nftables.Chain{}
	for _, chain := range everything {
		if chain.Table.Name == Name {
			found[chain.Name] = chain
		}
	}
	return found, nil
}

func (chain Chain) inside(table *nftables.Table) *nftables.Chain {
	drop := nftables.ChainPolicyDrop
	return &nftables.Chain{
		Name: chain.Name, Table: table, Type: nftables.ChainTypeFilter,
		Hooknum: chain.Hook, Priority: nftables.ChainPriorityFilter, Policy: &drop,
	}
}

func (chain Chain) compare(kernel *nftables.Conn, found *nftables.Chain) error {
	if found == nil {
		return fmt.Errorf("the chain %s is not there", chain.Name)
	}
	if !chain.sameHead(found) {
		return fmt.Errorf("the chain %s does not drop at its hook any more", chain.Name)
	}
	rules, err := kernel.GetRules(ours(), found)
	if err != nil {
		return fmt.Errorf("the rules of %s could not be read: %w", chain.Name, err)
	}
	if len(rules) != len(chain.Rules) {
		return fmt.Errorf("the chain %s has %d rules instead of %d", chain.Name, len(rules), len(chain.Rules))
	}
	for number, rule := range chain.Rules {
		if !reflect.DeepEqual([]expr.Any(rule), rules[number].Exprs) {
			return fmt.Errorf("rule %d of %s is another one", number+1, chain.Name)
		}
	}
	return nil
}

func (chain Chain) sameHead(found *nftables.Chain) bool {
	return found.Hooknum != nil && *found.Hooknum == *chain.Hook &&
		found.Priority != nil && *found.Priority == *nftables.ChainPriorityFilter &&
		found.Policy != nil && *found.Policy == nftables.ChainPolicyDrop &&
		found.Type == nftables.ChainTypeFilter
}

// Open answers a network namespace by its path, never the one this program is in itself: a wall
// there would cut the node off. The skeleton library looks too, but only after the plug-in has acted.
func Open(path string) (*os.File, error) {
	namespace, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the pod's network namespace: %w", err)
	}
	if err := foreign(namespace); err != nil {
		namespace.Close()
		return nil, err
	}
	return namespace, nil
}

func foreign(namespace *os.File) error {
	kind, err := unix.IoctlRetInt(int(namespace.Fd()), unix.NS_GET_NSTYPE)
	if err != nil || kind != unix.CLONE_NEWNET {
		return fmt.Errorf("%s is not a network namespace", namespace.Name())
	}
	theirs, err := namespace.Stat()
	if err != nil {
		return err
	}
	mine, err := os.Stat("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	if os.SameFile(theirs, mine) {
		return fmt.Errorf("%s is the node's own network namespace", namespace.Name())
	}
	return nil
}

// Try raises the wall in a network namespace made for it and thrown away with its thread.
func Try(chains []Chain) error {
	answer := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this function
		answer <- tryHere(chains)
	}()
	return <-answer
}

func tryHere(chains []Chain) error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("no network namespace for a trial: %w", err)
	}
	namespace, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer namespace.Close()
	return Raise(namespace, chains)
}
