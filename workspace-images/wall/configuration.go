// Configuration of the wall: what the plug-in's entry in the node's network list may say. [pure]
//
// Everything is refused that is not understood, because a wall with a guess in it is not a wall:
// unknown keys, empty lists, names instead of addresses, addresses that no door can have.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
)

// Name is what the runtime calls the program by: its file name and its `type` in the list.
const Name = "tre-wall"

// NotebookPort is where a notebook server listens in its pod.
const NotebookPort = 8888

// dnsPort is never a door: a resolver carries any byte to any place (a tunnel).
const dnsPort = 53

// The widest ranges of callers that are believed, in bits: a pod range is never wider.
const (
	widestV4 = 8
	widestV6 = 32
)

// Configuration says which doors a pod may reach and who may call its notebook server.
type Configuration struct {
	Doors    []netip.Addr
	Ports    []uint16
	Notebook []netip.Prefix
}

type written struct {
	Doors struct {
		Addresses []string `json:"addresses"`
		Ports     []int    `json:"ports"`
	} `json:"doors"`
	Notebook struct {
		Sources []string `json:"sources"`
	} `json:"notebook"`
}

// fromRuntime are the keys that belong to the runtime, or that every entry of a list has.
var fromRuntime = []string{
	"cniVersion", "name", "type", "prevResult", "runtimeConfig", "args", "capabilities", "ipam", "dns",
	"cni.dev/attachments", "cni.dev/valid-attachments",
}

// Parse reads the entry as the runtime hands it over.
func Parse(entry []byte) (Configuration, error) {
	said, err := decode(entry)
	if err != nil {
		return Configuration{}, err
	}
	var conf Configuration
	if conf.Doors, err = all("doors.addresses", said.Doors.Addresses, door); err != nil {
		return Configuration{}, err
	}
	if conf.Ports, err = all("doors.ports", said.Doors.Ports, port); err != nil {
		return Configuration{}, err
	}
	if conf.Notebook, err = all("notebook.sources", said.Notebook.Sources, source); err != nil {
		return Configuration{}, err
	}
	return conf, nil
}

func decode(entry []byte) (written, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(entry, &keys); err != nil {
		return written{}, fmt.Errorf("the wall's configuration is not a JSON object: %w", err)
	}
	for _, key := range fromRuntime {
		delete(keys, key)
	}
	ours, err := json.Marshal(keys)
	if err != nil {
		return written{}, err
	}
	reader := json.NewDecoder(bytes.NewReader(ours))
	reader.DisallowUnknownFields()
	var said written
	if err := reader.Decode(&said); err != nil {
		return written{}, fmt.Errorf("the wall does not understand its configuration: %w", err)
	}
	return said, nil
}

// all reads every word of a list that must neither be empty nor say a thing twice.
func all[W any, T comparable](key string, words []W, read func(W) (T, error)) ([]T, error) {
	if len(words) == 0 {
		return nil, fmt.Errorf("%s is missing or empty", key)
	}
	seen := map[T]bool{}
	found := make([]T, 0, len(words))
	for _, word := range words {
		value, err := read(word)
		if err != nil {
			return nil, fmt.Errorf("%s: %v: %w", key, word, err)
		}
		if seen[value] {
			return nil, fmt.Errorf("%s: %v stands there twice", key, word)
		}
		seen[value] = true
		found = append(found, value)
	}
	return found, nil
}

func door(word string) (netip.Addr, error) {
	address, err := netip.ParseAddr(word)
	if err != nil {
		return netip.Addr{}, errors.New("not an IP address")
	}
	return address, believable(address)
}

// believable refuses what no door can have. Link-local is where clouds keep their metadata.
func believable(address netip.Addr) error {
	switch {
	case address.Is4In6() || address.Zone() != "":
		return errors.New("not a plain address")
	case address.IsUnspecified(), address.IsLoopback(), address.IsMulticast(), address.IsLinkLocalUnicast():
		return errors.New("not an address that another machine can have")
	case address == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return errors.New("not an address that another machine can have")
	}
	return nil
}

func port(number int) (uint16, error) {
	if number < 1 || number > 65535 {
		return 0, errors.New("not a port")
	}
	if number == dnsPort {
		return 0, errors.New("a resolver is never a door")
	}
	return uint16(number), nil
}

// source reads an address or a range; a range with bits below its length is a slip of the pen.
func source(word string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(word); err == nil {
		return netip.PrefixFrom(address, address.BitLen()), believable(address)
	}
	prefix, err := netip.ParsePrefix(word)
	if err != nil {
		return netip.Prefix{}, errors.New("neither an IP address nor a range")
	}
	if prefix != prefix.Masked() {
		return netip.Prefix{}, fmt.Errorf("the range begins at %s", prefix.Masked())
	}
	if prefix.Bits() < widest(prefix.Addr()) {
		return netip.Prefix{}, fmt.Errorf("wider than /%d", widest(prefix.Addr()))
	}
	return prefix, believable(prefix.Addr())
}

func widest(address netip.Addr) int {
	if address.Is4() {
		return widestV4
	}
	return widestV6
}
