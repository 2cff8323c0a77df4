// The plug-in as a container runtime calls it: once for every pod, last in the chain.
//
// For a pod of a project it raises the wall before the pod's first process starts; a wall that
// cannot be raised fails the pod. Every other pod gets the previous result, untouched, whatever
// state the wall's configuration is in.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	"github.com/containernetworking/cni/pkg/version"
	"github.com/google/nftables"
)

// Versions of the specification that hand a previous result on. 0.3 has no CHECK, but several
// network plug-ins still write their lists in it.
var Versions = version.PluginSupports("0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0")

// project matches the namespaces of projects: the prefix, then a slug, which begins with a letter.
var project = regexp.MustCompile(`^tre-[a-z]`)

// Plugin answers one call. A teardown is not looked at: the rules end with their namespace, and
// nothing that is wrong here may keep a pod from ending.
func Plugin(command string) {
	if command == "DEL" || command == "GC" {
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	skel.PluginMainFuncs(skel.CNIFuncs{Add: add, Check: check, Status: status}, Versions, Name)
}

func add(args *skel.CmdArgs) error {
	previous, err := previousResult(args.StdinData)
	if err != nil {
		return err
	}
	ours, err := inProject(args.Args)
	if err != nil {
		return err
	}
	if ours {
		if err := with(args, Raise); err != nil {
			return err
		}
	}
	_, err = os.Stdout.Write(append(previous, '\n'))
	return err
}

func check(args *skel.CmdArgs) error {
	if _, err := previousResult(args.StdinData); err != nil {
		return err
	}
	ours, err := inProject(args.Args)
	if err != nil || !ours {
		return err
	}
	return with(args, Compare)
}

// status: ready to add, which needs a configuration and a kernel that filters.
func status(args *skel.CmdArgs) error {
	if _, err := Parse(args.StdinData); err != nil {
		return types.NewError(types.ErrPluginNotAvailable, err.Error(), "")
	}
	kernel, err := nftables.New()
	if err == nil {
		_, err = kernel.ListTablesOfFamily(nftables.TableFamilyINet)
	}
	if err != nil {
		return types.NewError(types.ErrPluginNotAvailable, "the kernel's packet filter does not answer", err.Error())
	}
	return nil
}

func with(args *skel.CmdArgs, act func(*os.File, []Chain) error) error {
	conf, err := Parse(args.StdinData)
	if err != nil {
		return types.NewError(types.ErrInvalidNetworkConfig, err.Error(), "")
	}
	namespace, err := Open(args.Netns)
	if err != nil {
		return types.NewError(types.ErrInvalidNetNS, err.Error(), "")
	}
	defer namespace.Close()
	return act(namespace, Chains(conf))
}

// previousResult answers the bytes that the plug-in before this one gave, which must be a result.
func previousResult(entry []byte) ([]byte, error) {
	var raw struct {
		Previous json.RawMessage `json:"prevResult"`
	}
	var conf types.PluginConf
	if err := json.Unmarshal(entry, &raw); err != nil {
		return nil, types.NewError(types.ErrDecodingFailure, err.Error(), "")
	}
	if err := json.Unmarshal(entry, &conf); err != nil {
		return nil, types.NewError(types.ErrDecodingFailure, err.Error(), "")
	}
	if err := version.ParsePrevResult(&conf); err != nil {
		return nil, types.NewError(types.ErrDecodingFailure, err.Error(), "")
	}
	if conf.PrevResult == nil {
		return nil, types.NewError(types.ErrInvalidNetworkConfig, "the wall stands behind another plug-in, never first", "")
	}
	return raw.Previous, nil
}

// inProject: a pod whose namespace is not said, or said twice, could be anybody's and is refused.
func inProject(arguments string) (bool, error) {
	var found []string
	for _, pair := range strings.Split(arguments, ";") {
		if key, value, _ := strings.Cut(pair, "="); key == "K8S_POD_NAMESPACE" {
			found = append(found, value)
		}
	}
	if len(found) != 1 || found[0] == "" {
		said := fmt.Sprintf("the runtime named %d namespaces for this pod instead of one", len(found))
		return false, types.NewError(types.ErrInvalidEnvironmentVariables, said, "")
	}
	return project.MatchString(found[0]), nil
}
